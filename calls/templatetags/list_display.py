"""How a call list and its people read on screens: badges, chips, and bars made of counted parts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.utils import formats, timezone
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList, Contact
from calls.services import numbers
from calls.templatetags.call_display import exact, length
from calls.templatetags.console import badge

register = template.Library()

LIST_TONES = {
    ListStatus.MAPPING: "info",
    ListStatus.CHECKING: "progress",
    ListStatus.CHECKED: "info",
    ListStatus.SCHEDULED: "info",
    ListStatus.RUNNING: "progress",
    ListStatus.PAUSED: "warning",
    ListStatus.FINISHED: "success",
    ListStatus.CANCELLED: "neutral",
    ListStatus.HANDED_OVER: "neutral",
    ListStatus.FAILED: "danger",
}
CONTACT_TONES = {
    ContactStatus.WAITING: "info",
    ContactStatus.CALLING: "progress",
    ContactStatus.DONE: "success",
    ContactStatus.SKIPPED: "neutral",
    ContactStatus.REMOVED: "neutral",
}
VERDICT_TONES = {
    ContactVerdict.UNCHECKED: "neutral",
    ContactVerdict.READY: "success",
    ContactVerdict.FIXED: "success",
    ContactVerdict.OUTSIDE_HOURS: "info",
    ContactVerdict.DUPLICATE: "neutral",
    ContactVerdict.RECENT: "neutral",
    ContactVerdict.DO_NOT_CALL: "warning",
    ContactVerdict.OVER_CAP: "neutral",
    ContactVerdict.NO_HOURS: "danger",
    ContactVerdict.MISSING_VALUE: "danger",
    ContactVerdict.BAD_VALUE: "danger",
    ContactVerdict.BAD_NUMBER: "danger",
}


@register.filter
def list_badge(call_list: CallList) -> SafeString:
    """Where a list stands, as a badge."""
    return badge(LIST_TONES[ListStatus(call_list.status)], call_list.get_status_display())


@register.filter
def contact_badge(contact: Contact) -> SafeString:
    """Where a person of a list stands, as a badge."""
    return badge(CONTACT_TONES[ContactStatus(contact.status)], contact.get_status_display())


@register.filter
def verdict_tone(verdict: str) -> str:
    """The tone of what the check found about a row."""
    return VERDICT_TONES[ContactVerdict(verdict)]


@register.filter
def masked_contact(contact: Contact) -> str:
    """The number of a person of a list as everybody may see it."""
    number = contact.phone_number
    return numbers.masked(PhoneNumber.from_string(number)) if number else ""


@register.filter
def clock(at: datetime | None) -> SafeString | str:
    """A moment to come, by the console's clock: "11:25" today, "25 Nov, 09:00" on another day."""
    if at is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        exact(at),
        clock_words(at),
    )


@register.filter
def going_for(since: datetime) -> str:
    """How long something has been going on, as "1 min 12 s"."""
    return length(max(int((timezone.now() - since).total_seconds()), 0))


def clock_words(at: datetime) -> str:
    """The time by the console's clock, with the day unless it is today."""
    local = timezone.localtime(at)
    time = f"{local:%H:%M}"
    return time if local.date() == timezone.localdate() else f"{formats.date_format(local, 'j M')}, {time}"


@dataclass(frozen=True)
class Part:
    """One part of a whole: what it is for the stylesheet, in words, and how many."""

    key: str
    label: str | Promise
    count: int
    url: str = ""


@register.simple_tag
def parts_bar(parts: Iterable[Part]) -> SafeString:
    """A bar made of parts, each as wide as its share. It is a picture only: write the numbers beside it."""
    rows, start = [], 0
    for part in parts:
        if part.count:
            rows.append((part.key, start, part.count))
            start += part.count
    shapes = format_html_join("", '<rect class="part part--{}" x="{}" width="{}" height="1"></rect>', rows)
    return format_html(
        '<svg class="parts-bar" viewBox="0 0 {} 1" preserveAspectRatio="none" aria-hidden="true">{}</svg>',
        max(start, 1),
        shapes,
    )
