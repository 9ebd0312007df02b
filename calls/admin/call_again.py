"""Bulk actions on calls, "Call again" and "Cancel": a page of consequences first, then a POST that does it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin import consequences
from calls.admin.call_page import CallAdmin
from calls.admin.consequences import Consequence, Plan
from calls.admin.permissions import person_of, require_verb
from calls.choices import EventSource
from calls.models import CallLog
from calls.services import cancel
from calls.services.again import order_from, reasons_against, token_for
from calls.services.place import place
from calls.templatetags.call_display import call_words, masked_number, relative


def ask_call_again(
    model_admin: CallAdmin, request: HttpRequest, queryset: QuerySet[CallLog]
) -> HttpResponse | None:
    """Show who would be rung again, and who would not and why."""
    if consequences.too_many(request, queryset):
        return None
    calls = rows_of(queryset.values_list("pk", flat=True))
    reasons = reasons_against(calls)
    count = len(calls) - len(reasons)
    plan = Plan(
        title=_("Call again"),
        heading=ngettext("%(count)d person will be rung", "%(count)d people will be rung", count)
        % {"count": count},
        none=_("Nobody will be rung"),
        button=ngettext("Place %(count)d call", "Place %(count)d calls", count) % {"count": count},
        action_url=reverse("admin:calls_calllog_again"),
        consequences=[consequence(call, reasons.get(call.pk, "")) for call in calls],
    )
    return consequences.show(model_admin, request, plan)


def call_again(model_admin: CallAdmin, request: HttpRequest) -> HttpResponse:
    """Place the calls of a page of consequences; sending that page twice places nothing twice."""
    require_verb(request, "view_calllog")
    require_verb(request, "place_call")
    token = consequences.form_token(request)
    if request.method == "POST" and token is not None:
        calls = {token_for(token, call): call for call in rows_of(consequences.chosen(request))}
        done = set(CallLog.objects.filter(form_token__in=calls).values_list("form_token", flat=True))
        fresh = {form: call for form, call in calls.items() if form not in done}
        placed, repeated, reasons = _place(fresh, request)
        _tell(request, placed, repeated + len(done), reasons)
    return HttpResponseRedirect(consequences.list_address(model_admin, request))


def _place(calls: dict[Any, CallLog], request: HttpRequest) -> tuple[int, int, list[str]]:
    """Place each call; return how many are new, how many another POST placed meanwhile, and why others were not."""
    against = reasons_against(calls.values())
    placed, repeated, reasons = 0, 0, list(against.values())
    for form_token, call in calls.items():
        if call.pk in against:
            continue
        try:
            # The page of consequences named this call; a later one to the same number was not confirmed there.
            order = replace(order_from(call, form_token=form_token), confirmed_duplicate=call.reference)
            _call, is_new = place(order, source=EventSource.PERSON, by=person_of(request))
        except ValidationError as error:
            reasons += error.messages
        else:
            placed, repeated = placed + is_new, repeated + (not is_new)
    return placed, repeated, reasons


def _tell(request: HttpRequest, placed: int, repeated: int, reasons: list[str]) -> None:
    if placed:
        sentence = ngettext("%(count)d call was placed.", "%(count)d calls were placed.", placed)
        messages.success(request, sentence % {"count": placed})
    if repeated:
        sentence = ngettext(
            "%(count)d call of this form was placed before and is not placed twice.",
            "%(count)d calls of this form were placed before and are not placed twice.",
            repeated,
        )
        messages.info(request, sentence % {"count": repeated})
    if not placed and not repeated:
        messages.warning(request, _("No call was placed."))
    consequences.tell_reasons(request, reasons)


def ask_cancel(
    model_admin: CallAdmin, request: HttpRequest, queryset: QuerySet[CallLog]
) -> HttpResponse | None:
    """Show which calls would be cancelled, and for which it is too late."""
    if consequences.too_many(request, queryset):
        return None
    calls = rows_of(queryset.values_list("pk", flat=True))
    late = _("It has left already or has ended.")
    rows = [consequence(call, "" if call.can_be_cancelled else late) for call in calls]
    count = sum(not row.why_not for row in rows)
    plan = Plan(
        title=_("Cancel calls"),
        heading=ngettext(
            "%(count)d call will be cancelled unless it is sent meanwhile",
            "%(count)d calls will be cancelled unless they are sent meanwhile",
            count,
        )
        % {"count": count},
        none=_("Nothing can be cancelled"),
        button=ngettext("Cancel %(count)d call", "Cancel %(count)d calls", count) % {"count": count},
        action_url=reverse("admin:calls_calllog_cancel_many"),
        consequences=rows,
        dangerous=True,
    )
    return consequences.show(model_admin, request, plan)


def cancel_many(model_admin: CallAdmin, request: HttpRequest) -> HttpResponse:
    """Cancel the calls of a page of consequences, as far as they have not left."""
    require_verb(request, "view_calllog")
    require_verb(request, "cancel_call")
    if request.method == "POST":
        cancelled, reasons = 0, []
        for call in rows_of(consequences.chosen(request)):
            try:
                cancel.cancel(call.pk, source=EventSource.PERSON, by=person_of(request))
            except cancel.TooLate as error:
                reasons.append(str(error))
            else:
                cancelled += 1
        sentence = ngettext("%(count)d call was cancelled.", "%(count)d calls were cancelled.", cancelled)
        messages.success(request, sentence % {"count": cancelled})
        consequences.tell_reasons(request, reasons)
    return HttpResponseRedirect(consequences.list_address(model_admin, request))


def rows_of(pks: Iterable[int]) -> list[CallLog]:
    """Return the calls, newest first, with their snapshots."""
    related = ("agent", "template", "template_version", "follow_up_owner")
    return list(CallLog.objects.filter(pk__in=list(pks)).select_related(*related))


def consequence(call: CallLog, why_not: str = "", note: str = "") -> Consequence:
    """Return a call as the page of consequences shows it; `note` says what else changes."""
    parts = [masked_number(call), call_words(call), relative(call.requested_at), note]
    return Consequence(call.pk, str(call), " · ".join(part for part in parts if part), why_not)
