"""Bulk actions of those who review calls: "Mark as reviewed" and "Assign follow-up", consequences first."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from calls.admin import consequences
from calls.admin.call_again import consequence, rows_of
from calls.admin.call_page import CallAdmin
from calls.admin.consequences import Plan
from calls.admin.keys import primary_keys
from calls.admin.permissions import person_of, require_verb
from calls.admin.staff import StaffField, active_staff, name_of
from calls.choices import CallStatus
from calls.models import CallLog
from calls.services import review

# Names the calls of the link that undoes.
_CALLS = "calls"

# --- Mark as reviewed -------------------------------------------------------------------------


def ask_reviewed(
    model_admin: CallAdmin, request: HttpRequest, queryset: QuerySet[CallLog]
) -> HttpResponse | None:
    """Show which calls would be marked as reviewed, and which not and why."""
    if consequences.too_many(request, queryset):
        return None
    rows = [consequence(call, _why_not_reviewed(call)) for call in _calls(queryset)]
    count = sum(not row.why_not for row in rows)
    plan = Plan(
        title=_("Mark as reviewed"),
        heading=ngettext(
            "%(count)d call will be marked as reviewed by you",
            "%(count)d calls will be marked as reviewed by you",
            count,
        )
        % {"count": count},
        none=_("No call will be marked"),
        button=ngettext("Mark %(count)d call as reviewed", "Mark %(count)d calls as reviewed", count)
        % {"count": count},
        action_url=reverse("admin:calls_calllog_reviewed_many"),
        consequences=rows,
    )
    return consequences.show(model_admin, request, plan)


def mark_reviewed(model_admin: CallAdmin, request: HttpRequest) -> HttpResponse:
    """Mark the calls of a page of consequences as reviewed."""
    require_verb(request, "view_calllog")
    require_verb(request, "review_call")
    if request.method == "POST":
        reasons = {call.pk: _why_not_reviewed(call) for call in rows_of(consequences.chosen(request))}
        pks = [pk for pk, why in reasons.items() if not why]
        count = review.mark_reviewed(pks, by=person_of(request))
        sentence = ngettext(
            "%(count)d call was marked as reviewed.", "%(count)d calls were marked as reviewed.", count
        ) % {"count": count}
        if count:
            address = reverse("admin:calls_calllog_unreview_many", query={_CALLS: ",".join(map(str, pks))})
            messages.success(request, format_html('{} <a href="{}">{}</a>', sentence, address, _("Undo…")))
        else:
            messages.warning(request, sentence)
        consequences.tell_reasons(request, filter(None, reasons.values()))
    return HttpResponseRedirect(consequences.list_address(model_admin, request))


def _why_not_reviewed(call: CallLog) -> str:
    if call.status != CallStatus.FINISHED:
        return _("Nothing is known yet of how it went.")
    return _("It was reviewed before.") if call.reviewed_at else ""


def unreview(model_admin: CallAdmin, request: HttpRequest) -> HttpResponse:
    """Undo "Mark as reviewed": GET shows which of one's own marks would be taken back, POST does it."""
    require_verb(request, "view_calllog")
    require_verb(request, "review_call")
    if request.method != "POST":
        named = request.GET.get(_CALLS, "").split(",")[: consequences.MOST_AT_ONCE]
        return consequences.show(model_admin, request, _undo_plan(request, rows_of(primary_keys(named))))
    reasons = {call.pk: _why_not_undone(request, call) for call in rows_of(consequences.chosen(request))}
    pks = [pk for pk, why in reasons.items() if not why]
    count = review.unmark_reviewed(pks, by=person_of(request))
    sentence = ngettext("%(count)d mark was taken back.", "%(count)d marks were taken back.", count)
    (messages.success if count else messages.warning)(request, sentence % {"count": count})
    consequences.tell_reasons(request, filter(None, reasons.values()))
    return HttpResponseRedirect(reverse("admin:calls_calllog_changelist"))


def _undo_plan(request: HttpRequest, calls: Iterable[CallLog]) -> Plan:
    rows = [consequence(call, _why_not_undone(request, call)) for call in calls]
    count = sum(not row.why_not for row in rows)
    return Plan(
        title=_("Undo “Mark as reviewed”"),
        heading=ngettext(
            "%(count)d call will wait for a review again",
            "%(count)d calls will wait for a review again",
            count,
        )
        % {"count": count},
        none=_("There is nothing to undo"),
        button=ngettext("Take back %(count)d mark", "Take back %(count)d marks", count) % {"count": count},
        action_url=reverse("admin:calls_calllog_unreview_many"),
        consequences=rows,
    )


def _why_not_undone(request: HttpRequest, call: CallLog) -> str:
    if not call.reviewed_at:
        return _("It is not marked as reviewed.")
    return "" if call.reviewed_by_id == request.user.pk else _("Somebody else reviewed it.")


# --- Assign follow-up -------------------------------------------------------------------------


class FollowUpForm(forms.Form):
    """Who is to follow calls up, and until when."""

    owner = StaffField(
        label=gettext_lazy("Who follows up"),
        queryset=active_staff().order_by("username"),
    )
    due = forms.DateField(
        label=gettext_lazy("Due on"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("This is no day. Write it like 2026-05-31.")},
    )


def ask_follow_up(
    model_admin: CallAdmin, request: HttpRequest, queryset: QuerySet[CallLog]
) -> HttpResponse | None:
    """Ask who is to follow which calls up, and until when."""
    if consequences.too_many(request, queryset):
        return None
    form = FollowUpForm(initial={"owner": request.user.pk, "due": timezone.localdate()})
    return _follow_up_page(model_admin, request, _calls(queryset), form)


def assign_follow_up(model_admin: CallAdmin, request: HttpRequest) -> HttpResponse:
    """Give the calls of a page of consequences to somebody; with a wrong entry the page comes again."""
    require_verb(request, "view_calllog")
    require_verb(request, "review_call")
    if request.method == "POST":
        calls, form = rows_of(consequences.chosen(request)), FollowUpForm(request.POST)
        if not _assign(request, calls, form):
            return _follow_up_page(model_admin, request, calls, form)
    return HttpResponseRedirect(consequences.list_address(model_admin, request))


def _assign(request: HttpRequest, calls: Iterable[CallLog], form: forms.Form) -> bool:
    """Assign and say so; False, with the errors in the form, if an entry is wrong."""
    if not form.is_valid():
        return False
    owner, due = form.cleaned_data["owner"], form.cleaned_data["due"]
    try:
        count = review.assign_follow_up(
            [call.pk for call in calls], owner=owner, due=due, by=person_of(request)
        )
    except ValidationError as error:
        form.add_error(None, error)
        return False
    _tell_assigned(request, count, owner, due)
    return True


def _follow_up_page(
    model_admin: CallAdmin, request: HttpRequest, calls: Iterable[CallLog], form: forms.Form
) -> HttpResponse:
    rows = [consequence(call, note=_replaces(call)) for call in calls]
    plan = Plan(
        title=_("Assign follow-up"),
        heading=ngettext(
            "%(count)d call will get a follow-up", "%(count)d calls will get a follow-up", len(rows)
        )
        % {"count": len(rows)},
        none=_("No call will get a follow-up"),
        button=ngettext("Assign %(count)d follow-up", "Assign %(count)d follow-ups", len(rows))
        % {"count": len(rows)},
        action_url=reverse("admin:calls_calllog_follow_up_many"),
        consequences=rows,
        form=form,
    )
    return consequences.show(model_admin, request, plan)


def _replaces(call: CallLog) -> str:
    if not call.follow_up_on:
        return ""
    day = formats.date_format(call.follow_up_on, "j M Y")
    if call.follow_up_owner is None:
        return _("replaces the follow-up due on %(day)s") % {"day": day}
    facts = {"person": name_of(call.follow_up_owner), "day": day}
    return _("replaces the follow-up by %(person)s, due on %(day)s") % facts


def _tell_assigned(request: HttpRequest, count: int, owner: User, due: date) -> None:
    sentence = ngettext(
        "%(count)d follow-up was given to %(person)s, due on %(day)s.",
        "%(count)d follow-ups were given to %(person)s, due on %(day)s.",
        count,
    )
    facts = {"count": count, "person": name_of(owner), "day": formats.date_format(due, "j M Y")}
    (messages.success if count else messages.warning)(request, sentence % facts)


def _calls(queryset: QuerySet[CallLog]) -> list[CallLog]:
    return rows_of(queryset.values_list("pk", flat=True))
