"""What the page of one call says, in words: read from the row, nothing asked, nothing changed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from calls.admin.staff import name_of
from calls.choices import NEEDS_ATTENTION, PICKED, CallStatus, EventSource
from calls.models import CallEvent, CallLog, ConsoleState, Transcript
from calls.osvi.outcomes import REFERENCE_KEY
from calls.services.sending import WORKER_SILENT_AFTER
from calls.templatetags.call_display import exact

# Deeper nesting is shown as the JSON it is.
_DEEPEST = 5
EVENT_TONES = {
    CallStatus.FINISHED: "success",
    CallStatus.UNCONFIRMED: "warning",
    CallStatus.NO_OUTCOME: "warning",
    CallStatus.BLOCKED: "warning",
    CallStatus.REJECTED: "danger",
}


@dataclass(frozen=True)
class Line:
    """One turn of the conversation as it is shown."""

    who: str
    text: str
    at: str
    by_agent: bool


@dataclass(frozen=True)
class Next:
    """What is still to come, and whether that needs a person ("warning") or only time ("info")."""

    sentence: str
    tone: str = "info"


def label(key: str) -> str:
    """ "preferred_time" as people write it: "Preferred time"."""
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def readable(value: Any, depth: int = 0) -> str:
    """A JSON value as text: yes and no, dates with times, lists by commas, names and values by lines.

    Empty for nothing.
    """
    if value in (None, "", [], {}):
        return ""
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case dict() | list() if depth >= _DEEPEST:
            return json.dumps(value, ensure_ascii=False)
        case dict():
            return "\n".join(_named_lines(value, depth))
        case list() if any(isinstance(item, dict | list) for item in value):
            return "\n\n".join(filter(None, (readable(item, depth + 1) for item in value)))
        case list():
            return ", ".join(filter(None, (readable(item, depth + 1) for item in value)))
    text = str(value).strip()
    return _moment(text) or text


def _moment(text: str) -> str:
    """Return a date with a time, as machines write it, for people: by the clock that was meant, not by ours."""
    try:
        moment = parse_datetime(text) if "T" in text else None
    except ValueError:
        return ""
    return date_format(moment, "DATETIME_FORMAT") if moment else ""


def _named_lines(value: dict[str, Any], depth: int) -> Iterator[str]:
    for name, item in value.items():
        text = readable(item, depth + 1) or "–"
        if "\n" in text:
            indented = text.replace("\n", "\n\u2003")
            yield f"{label(name)}:\n\u2003{indented}"
        else:
            yield f"{label(name)}: {text}"


def pairs(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return named values as labels and text, without our own reference and without empty ones."""
    shown = ((label(name), readable(value)) for name, value in facts.items() if name != REFERENCE_KEY)
    return [(name, text) for name, text in shown if text]


def lines(call: CallLog, transcript: Transcript | None) -> list[Line]:
    """Return the conversation with its speakers named."""
    names = {"agent": call.agent.name, "person": call.person_name or _("Person called")}
    return [
        Line(
            who=names.get(turn.get("speaker", ""), _("Speaker not named")),
            text=turn.get("text", ""),
            at=_clock(turn.get("at", "")),
            by_agent=turn.get("speaker") == "agent",
        )
        for turn in (transcript.turns if transcript else [])
    ]


def _clock(at: str) -> str:
    """The provider's own text for a moment, as a time of day where it is one."""
    try:
        parsed = parse_datetime(at)
    except ValueError:
        parsed = None
    if parsed is None:
        return at[:20]
    return f"{timezone.localtime(parsed) if timezone.is_aware(parsed) else parsed:%H:%M:%S}"


def attempts_in_words(call: CallLog) -> str:
    """How often it was tried to send the call, and how often OSVI rang again; empty for once and never."""
    sentences = []
    if call.send_attempts > 1:
        sentences.append(_("sent at try %(count)d") % {"count": call.send_attempts})
    if call.retry_count:
        sentences.append(
            ngettext("rung again once", "rung again %(count)d times", call.retry_count)
            % {"count": call.retry_count}
        )
    return ", ".join(sentences)


def event_tone(event: CallEvent, call: CallLog) -> str:
    """The colour of a step's mark on the timeline; empty for the usual one."""
    if event.to_status == CallStatus.FINISHED and call.outcome != PICKED:
        return ""
    return EVENT_TONES.get(CallStatus(event.to_status), "") if event.to_status else ""


def event_source(event: CallEvent) -> str:
    """Who or what made a step, as the timeline names it."""
    if event.by is not None:
        return name_of(event.by)
    return str(EventSource(event.source).label)


def coming(call: CallLog, *, has_transcript: bool, state: ConsoleState | None) -> Next | None:
    """Return what is still to come, or what a person should do; None when there is nothing more."""
    if call.status in {CallStatus.SCHEDULED, CallStatus.QUEUED}:
        return _before_sending(call, state)
    if call.status == CallStatus.FINISHED:
        return _after_the_end(call, has_transcript=has_transcript)
    sentence = _SENTENCES.get(CallStatus(call.status))
    if sentence is None:
        return None
    return Next(_(sentence), "warning" if call.status in NEEDS_ATTENTION else "info")


def _before_sending(call: CallLog, state: ConsoleState | None) -> Next:
    now = timezone.now()
    if state is not None and state.sending_paused_at is not None:
        return Next(_("Sending is paused, so this call waits. Nobody is rung meanwhile."), "warning")
    if call.not_before is not None and call.not_before > now:
        return Next(_("It is sent at %(time)s.") % {"time": exact(call.not_before)})
    silent = state is None or state.worker_seen_at is None or now - state.worker_seen_at > WORKER_SILENT_AFTER
    if silent and now - call.requested_at > timedelta(seconds=30):
        return Next(
            _("The worker that sends calls has given no sign of life. The call waits until it runs again."),
            "warning",
        )
    return Next(_("It is sent within seconds. This page shows what happens, without a reload."))


def _after_the_end(call: CallLog, *, has_transcript: bool) -> Next | None:
    if call.next_poll_at is None:
        return None
    if call.outcome != PICKED:
        if not call.rings_again:
            return None
        return Next(_("OSVI may ring again by itself, so this may still change."))
    if not call.summary and not has_transcript:
        return Next(_("Summary and transcript usually follow within minutes."))
    if not call.summary:
        return Next(_("The summary usually follows within minutes."))
    if not has_transcript:
        return Next(_("The transcript usually follows within minutes."))
    return None


_SENTENCES = {
    CallStatus.SENDING: gettext_noop("OSVI is being asked to ring. It answers within seconds."),
    CallStatus.ACCEPTED: gettext_noop(
        "OSVI has the call, and the telephone may be ringing. The outcome appears here by itself."
    ),
    CallStatus.UNCONFIRMED: gettext_noop(
        "The request may have reached OSVI, but no clear answer came back, so the telephone may have rung. "
        "It is not sent again by itself. The console keeps asking OSVI; if you know what happened, say so."
    ),
    CallStatus.NO_OUTCOME: gettext_noop(
        "OSVI took the call but never said what came of it. If news still comes, it is recorded. "
        "You can ask OSVI now, or call again."
    ),
    CallStatus.REJECTED: gettext_noop(
        "Nobody was rung. Put right what OSVI complains about, then call again."
    ),
    CallStatus.NOT_PLACED: gettext_noop("Nobody was rung, as somebody confirmed. You can call again."),
    CallStatus.BLOCKED: gettext_noop("Nobody was rung. You can call again."),
    CallStatus.CANCELLED: gettext_noop("Nobody was rung."),
}
