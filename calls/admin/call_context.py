"""What the changing part of a call's page shows to this person."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from calls.admin import (
    call_answers,
    call_facts,
    call_match,
    call_review_forms,
    do_not_call_state,
    place_settings,
    visibility,
)
from calls.admin.call_ended import ended_in_words
from calls.admin.permissions import has_verb
from calls.admin.visibility import Visible
from calls.choices import CallStatus
from calls.models import CallEvent, CallLog, ConsoleState, Transcript, WebhookDelivery
from calls.services.again import MAY_STILL_RING, overrides_of
from calls.services.ask_now import may_ask
from calls.services.recording import has_recording

# Seconds between two looks: shortly after the latest step, and later.
LOOK_OFTEN, LOOK_SELDOM = 2, 10
_LIVELY = timedelta(minutes=1)
# A call has a handful of steps and messages; a page shows the latest ones of a runaway.
MOST_STEPS = 200


def live_context(request: HttpRequest, call: CallLog, forms: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return everything that may change while the page is open. `forms` are those that were sent and refused.

    That somebody is shown a conversation is logged here.
    """
    visible = visibility.of(request, call)
    events = list(CallEvent.objects.filter(call=call).select_related("by").order_by("-pk")[:MOST_STEPS])
    return {
        "call": call,
        "visible": visible,
        "ended": ended_in_words(call),
        "attempts": call_facts.attempts_in_words(call),
        "steps": [
            (step, call_facts.event_source(step), call_facts.event_tone(step, call)) for step in events
        ],
        "deliveries": list(WebhookDelivery.objects.narrow().filter(call=call)[:MOST_STEPS]),
        "calls_again": list(CallLog.objects.narrow().filter(again_of=call)[:20]),
        "strays": call_match.strays(request, call),
        "look_every": _look_every(call, events),
        **_conversation(request, call, visible),
        **_permissions(request, call),
        **do_not_call_state.of_call(request, call),
        **call_review_forms.context(request, call, forms or {}),
    }


def _conversation(request: HttpRequest, call: CallLog, visible: Visible) -> dict[str, Any]:
    """What was said and what was sent, for those who may read it; for others only that it is there."""
    transcript: Transcript | None = getattr(call, "transcript", None)
    state = ConsoleState.objects.filter(pk=ConsoleState.KEY).first()
    has_transcript = bool(transcript and transcript.turns)
    coming = call_facts.coming(call, has_transcript=has_transcript, state=state)
    if not visible.conversation:
        return {"coming": coming}
    answers = call_answers.answers(call)
    visibility.note_conversation(
        request, call, visible, is_there=has_transcript or bool(call.summary or call.extracted)
    )
    return {
        "coming": coming,
        "answers": answers,
        "analysis": call_facts.pairs(call.analysis),
        "lines": call_facts.lines(call, transcript),
        "settings_sent": place_settings.in_words(overrides_of(call)),
        "facts_sent": call_facts.pairs(call.request.get("additional_data") or {}),
        "notes": list(call.notes.select_related("by").order_by("-pk")),
    }


def _look_every(call: CallLog, events: list[CallEvent]) -> int | None:
    """Seconds until the page should look again; None when nothing more will happen by itself."""
    if not call.may_still_change:
        return None
    latest = events[0].at if events else call.requested_at
    return LOOK_OFTEN if timezone.now() - latest < _LIVELY else LOOK_SELDOM


def _permissions(request: HttpRequest, call: CallLog) -> dict[str, Any]:
    """What this person may do with this call now."""
    may_play = has_verb(request, "play_recording")
    return {
        "may_cancel": call.can_be_cancelled and has_verb(request, "cancel_call"),
        "may_resolve": call.status == CallStatus.UNCONFIRMED and has_verb(request, "resolve_call"),
        "may_ask": may_ask(call),
        "may_call_again": call.status not in MAY_STILL_RING and has_verb(request, "place_call"),
        "may_play": may_play,
        "may_listen": may_play and has_recording(call),
        "may_see_deliveries": has_verb(request, "view_webhookdelivery"),
        "may_see_template": has_verb(request, "view_calltemplate"),
        "may_see_list": has_verb(request, "view_calllist"),
        "may_review": has_verb(request, "review_call"),
    }
