"""Cells of the list of calls: the person, marks beside what happened, and the answers of one template."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from calls.admin.call_facts import label, readable
from calls.admin.keys import primary_key
from calls.admin.permissions import has_verb, person_of
from calls.choices import CallStatus, Disclosed
from calls.models import AnswerCorrection, CallLog, CallTemplateVersion, DataPoint
from calls.services import disclosure
from calls.templatetags.call_display import call_badge, masked_number, relative
from calls.templatetags.console import icon

# Columns and characters; more nobody reads in a list.
MOST_ANSWERS = 6
_SHORT, _LONG = 60, 500
# Cards on small screens leave such cells out.
NONE = format_html('<span class="none">{}</span>', "–")


def person(call: CallLog) -> SafeString:
    """Name and masked number, as the way to the call's page."""
    return format_html(
        '<a class="person" href="{}"><span class="person__name" dir="auto">{}</span>'
        '<span class="person__number" dir="ltr">{}</span></a>',
        reverse("admin:calls_calllog_change", args=[call.pk]),
        call.person_name or _("No name"),
        masked_number(call),
    )


def what_happened(call: CallLog) -> SafeString:
    """Status or outcome, and the marks of the call."""
    items = format_html_join("", '<li><span class="{}">{}</span></li>', marks(call))
    listed = format_html('<ul class="marks">{}</ul>', items) if items else ""
    return format_html('<div class="what">{}{}</div>', call_badge(call), listed)


def marks(call: CallLog) -> list[tuple[str, SafeString | str]]:
    """Return what else is to be known of a call, each as the class and the words of a chip."""
    found: list[tuple[str, SafeString | str]] = []
    if call.is_test:
        found.append(("chip chip--info", _("Test call")))
    if call.status == CallStatus.SCHEDULED and call.scheduled_for:
        found.append(("mark", _("for %(time)s") % {"time": relative(call.scheduled_for)}))
    if call.required_missing and call.next_poll_at is None:
        found.append(("chip chip--warning", _("Required answer missing")))
    if call.follow_up_on:
        is_due = call.follow_up_on <= timezone.localdate()
        day = formats.date_format(call.follow_up_on, "j M")
        found.append(("chip chip--warning" if is_due else "chip", _("Follow up: %(day)s") % {"day": day}))
    if call.reviewed_at:
        found.append(("mark", format_html("{}{}", icon("check"), _("Reviewed"))))
    return found


# --- Answers ----------------------------------------------------------------------------------


class AnswerColumn:
    """A column of the list with what calls answered to one question. A person's correction wins."""

    def __init__(self, position: int, key: str) -> None:
        self.key = key
        # The admin names and labels columns by these two.
        self.__name__ = f"answer_{position}"
        self.short_description = label(key)

    def text(self, call: CallLog) -> str:
        """Return the answer in words; empty if there is none."""
        corrected = {correction.key: correction.corrected for correction in _corrections(call)}
        return corrected.get(self.key) or readable(call.extracted.get(self.key))

    def __call__(self, call: CallLog) -> SafeString:
        text = self.text(call)
        if not text:
            return NONE
        return format_html(
            '<span class="answer" title="{}" dir="auto"><span class="answer__label">{}</span> {}</span>',
            Truncator(text).chars(_LONG),
            self.short_description,
            Truncator(" ".join(text.split())).chars(_SHORT),
        )


def _corrections(call: CallLog) -> list[AnswerCorrection]:
    return getattr(call, "shown_corrections", [])


def shows_answers(request: HttpRequest) -> bool:
    """Tell whether one template is chosen, and the person may read what was said."""
    return _chosen_template(request) is not None and has_verb(request, "view_conversation")


def _chosen_template(request: HttpRequest) -> int | None:
    return primary_key(request.GET.get("template", ""))


def answer_columns(request: HttpRequest) -> list[AnswerColumn]:
    """Return a column for each data point of the chosen template, none where answers are not shown."""
    if not shows_answers(request):
        return []
    template = _chosen_template(request)
    current = DataPoint.objects.filter(template=template).values_list("key", flat=True)
    versions = CallTemplateVersion.objects.filter(template=template).values_list("content", flat=True)
    newest: dict[str, Any] = versions.first() or {}
    # Calls go on with the newest version until a change is saved, so what it asks comes too.
    keys = dict.fromkeys([*current, *(point["key"] for point in newest.get("data_points", []))])
    return [AnswerColumn(position, key) for position, key in enumerate(list(keys)[:MOST_ANSWERS])]


def log_answers(request: HttpRequest, columns: Iterable[Any], calls: Iterable[CallLog]) -> None:
    """Log whose answers this person is shown in the columns of a list."""
    answers = [column for column in columns if isinstance(column, AnswerColumn)]
    told = [call for call in calls if any(column.text(call) for column in answers)]
    if told:
        disclosure.note_all(told, person_of(request), Disclosed.CONVERSATION)


def calls_with_answers() -> QuerySet[CallLog]:
    """Return all calls, as narrow as lists need them, with answers and corrections read along."""
    newest_last = Prefetch(
        "corrections", queryset=AnswerCorrection.objects.order_by("pk"), to_attr="shown_corrections"
    )
    return CallLog.objects.defer("request", "summary", "analysis", "provenance").prefetch_related(newest_last)
