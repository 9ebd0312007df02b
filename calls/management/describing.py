"""A call in words and as JSON, the same for every command that shows one."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from calls.choices import CallStatus
from calls.management.output import ExitCode, table
from calls.models import CallEvent, CallLog, Transcript

_CODES = {
    CallStatus.ACCEPTED: ExitCode.DONE,
    CallStatus.FINISHED: ExitCode.DONE,
    CallStatus.NO_OUTCOME: ExitCode.DONE,
    CallStatus.REJECTED: ExitCode.REFUSED,
    # Whoever holds the call at "sending" may have sent it already.
    CallStatus.SENDING: ExitCode.UNKNOWN,
    CallStatus.UNCONFIRMED: ExitCode.UNKNOWN,
    CallStatus.SCHEDULED: ExitCode.WAITING,
    CallStatus.QUEUED: ExitCode.WAITING,
    CallStatus.BLOCKED: ExitCode.NOT_SENT,
    CallStatus.CANCELLED: ExitCode.NOT_SENT,
    CallStatus.NOT_PLACED: ExitCode.NOT_SENT,
}


def exit_code(call: CallLog) -> ExitCode:
    """Return how a command ends that was to send this call."""
    return _CODES[CallStatus(call.status)]


def as_json(call: CallLog) -> dict[str, Any]:
    """Return where a call stands; numbers as E.164, times as ISO 8601."""
    return {
        "reference": str(call.reference),
        "status": call.status,
        "outcome": call.outcome,
        "reason": call.status_reason,
        "call_id": call.call_id,
        "call_log_id": call.call_log_id,
        "agent": call.agent.agent_uuid,
        "template": call.template.name if call.template else None,
        "phone_number": call.phone_number.as_e164,
        "country": call.country,
        "person_name": call.person_name,
        "requested_at": _iso(call.requested_at),
        "scheduled_for": _iso(call.scheduled_for),
        "sent_at": _iso(call.sent_at),
        "finished_at": _iso(call.finished_at),
        "duration_seconds": call.duration_seconds,
        "summary": call.summary,
        "answers": call.extracted,
    }


def as_lines(call: CallLog) -> list[str]:
    """Return the same for a person."""
    answers = {f"answer: {name}": _words(value) for name, value in call.extracted.items()}
    return table(
        {
            "reference": call.reference,
            "status": f"{call.status} ({call.get_status_display()})",
            "why": call.status_reason,
            "outcome": f"{call.outcome} ({call.outcome_label})" if call.outcome else "",
            "OSVI call id": call.call_id,
            "OSVI log id": call.call_log_id if call.call_log_id != call.call_id else "",
            "agent": f"{call.agent.name} ({call.agent.agent_uuid})",
            "template": call.template,
            "number": call.phone_number.as_e164,
            "name": call.person_name,
            "requested": _clock(call.requested_at),
            "scheduled for": _clock(call.scheduled_for),
            "sent": _clock(call.sent_at),
            "finished": _clock(call.finished_at),
            "length": f"{call.duration_seconds} s" if call.duration_seconds is not None else "",
            "summary": call.summary,
            **answers,
        }
    )


def history_as_json(call: CallLog) -> dict[str, Any]:
    """Return the steps of a call, oldest first, and what was said."""
    transcript = Transcript.objects.filter(call=call).first()
    return {
        "timeline": [
            {
                "at": _iso(event.at),
                "source": event.source,
                "by": event.by.get_username() if event.by else None,
                "from": event.from_status,
                "to": event.to_status,
                "what_happened": event.why,
            }
            for event in _events(call)
        ],
        "transcript": transcript.turns if transcript else [],
    }


def history_as_lines(call: CallLog) -> list[str]:
    """Return the steps of a call for a person, oldest first."""
    return [
        f"  {_clock(event.at)}  {event.by or event.get_source_display()}: {event.why}"
        for event in _events(call)
    ]


def _events(call: CallLog) -> list[CallEvent]:
    return list(call.events.select_related("by"))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _clock(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %z}" if moment else ""


def _words(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "—" if value in ("", None) else value
