"""How a call, a delivery, a moment and a length read on screens: words and tones, as data and small tags."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from calls.choices import PICKED, REFUSED_VERDICTS, CallStatus, Verdict
from calls.models import CallLog, WebhookDelivery
from calls.services import numbers
from calls.templatetags.console import badge

register = template.Library()

STATUS_TONES = {
    CallStatus.SCHEDULED: "info",
    CallStatus.QUEUED: "progress",
    CallStatus.SENDING: "progress",
    CallStatus.ACCEPTED: "progress",
    CallStatus.UNCONFIRMED: "warning",
    CallStatus.FINISHED: "neutral",
    CallStatus.NO_OUTCOME: "warning",
    CallStatus.REJECTED: "danger",
    CallStatus.BLOCKED: "warning",
    CallStatus.CANCELLED: "neutral",
    CallStatus.NOT_PLACED: "neutral",
}
OUTCOME_TONES = {PICKED: "success", "failed": "danger"}
# OSVI's own words count as the status for staff only while OSVI has the call.
SPEAKS_BY_OUTCOME = frozenset({CallStatus.ACCEPTED, CallStatus.FINISHED})
VERDICT_TONES = {
    Verdict.RECEIVED: "progress",
    Verdict.APPLIED: "success",
    Verdict.DUPLICATE: "neutral",
    Verdict.NO_CHANGE: "neutral",
    Verdict.UNMATCHED: "warning",
    Verdict.FAILED: "danger",
}
# Older than this, a date says more than "12 days ago".
RELATIVE_UNTIL = timedelta(days=7)


@register.filter
def call_words(call: CallLog) -> str:
    """Where a call stands, or what came of it, in few words."""
    if call.outcome and call.status in SPEAKS_BY_OUTCOME:
        return call.outcome_label
    return str(call.get_status_display())


def call_tone(call: CallLog) -> str:
    """The tone of `call_words`, one of the console's badge tones."""
    if call.status == CallStatus.FINISHED and call.outcome in OUTCOME_TONES:
        return OUTCOME_TONES[call.outcome]
    return STATUS_TONES[CallStatus(call.status)]


@register.filter
def call_badge(call: CallLog) -> SafeString:
    """Status and outcome of a call as one badge."""
    return badge(call_tone(call), call_words(call))


@register.filter
def masked_number(call: CallLog) -> str:
    """The number of a call as everybody may see it; in full it is shown only on the call's page, and logged."""
    return numbers.masked(call.phone_number)


@register.filter
def verdict_badge(delivery: WebhookDelivery) -> SafeString:
    """The verdict on a delivery as a badge."""
    verdict = Verdict(delivery.verdict)
    tone = "danger" if verdict in REFUSED_VERDICTS else VERDICT_TONES[verdict]
    return badge(tone, verdict.label)


@register.filter
def moment(at: datetime | None) -> SafeString | str:
    """A time as people say it ("3 hours ago"), with the exact time and zone on hover; a dash for None."""
    if at is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), exact(at), relative(at)
    )


@register.filter
def exact_moment(at: datetime | None) -> SafeString | str:
    """A time in full, with its zone."""
    if at is None:
        return "–"
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), exact(at))


def exact(at: datetime) -> str:
    """Date, time to the second and zone, in the console's zone."""
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'j M Y')}, {local:%H:%M:%S} {local.tzname()}"


def relative(at: datetime, now: datetime | None = None) -> str:
    """Distance from now for a week, then the date."""
    now = now or timezone.now()
    distance = now - at
    if distance < timedelta(0):
        local = timezone.localtime(at)
        return f"{formats.date_format(local, 'j M')}, {local:%H:%M}"
    if distance < timedelta(minutes=1):
        return _("just now")
    if distance < RELATIVE_UNTIL:
        return _("%(time)s ago") % {"time": timesince(at, now, depth=1)}
    return formats.date_format(timezone.localtime(at), "j M Y")


@register.filter("spoken_length")
def length(seconds: int | None) -> str:
    """Seconds as "1 min 36 s"; a dash for None."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return _("%(seconds)d s") % {"seconds": rest}
    if not rest:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}


@register.filter
def as_json(value: Any) -> str:
    """A stored JSON value as indented text, for technical details."""
    return json.dumps(value, indent=2, ensure_ascii=False)
