"""The page of one call, and its changing part, which the page fetches again while something may still happen."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from calls.admin import call_facts
from calls.admin.permissions import has_verb, require_verb
from calls.choices import CallStatus
from calls.models import CallEvent, CallLog, ConsoleState, Transcript, WebhookDelivery
from calls.services.again import MAY_STILL_RING
from calls.services.ask_now import may_ask
from calls.services.recording import has_recording

if TYPE_CHECKING:
    CallAdmin = ModelAdmin[CallLog]
else:
    CallAdmin = ModelAdmin

# htmx stops asking when it gets this status.
STOP_POLLING = 286
# Seconds between two looks: shortly after the latest step, and later.
LOOK_OFTEN, LOOK_SELDOM = 2, 10
_LIVELY = timedelta(minutes=1)
# A call has a handful of steps and messages; a page shows the latest ones of a runaway.
MOST_STEPS = 200


def find_call(pk: int) -> CallLog:
    """Return the call with all that its page shows of other rows. Raises Http404."""
    rows = CallLog.objects.select_related(
        "agent", "template", "template_version", "placed_by", "again_of", "transcript"
    )
    call = rows.filter(pk=pk).first()
    if call is None:
        raise Http404("There is no such call.")
    return call


def page(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show one call: 403 without the permission to see calls, 404 without the call. Only reads."""
    require_verb(request, "view_calllog")
    call = find_call(pk)
    context = {
        **model_admin.admin_site.each_context(request),
        **live_context(request, call),
        "opts": model_admin.opts,
        "title": str(call),
    }
    return TemplateResponse(request, "console/call.html", context)


def live(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the page's question "anything new?" with its changing part.

    Status 286 when nothing more will happen by itself; 401 with a reload for people who were logged out.
    """
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    require_verb(request, "view_calllog")
    call = find_call(pk)
    context = live_context(request, call)
    status = 200 if call.may_still_change else STOP_POLLING
    return TemplateResponse(request, "console/call_live.html", context, status=status)


def live_context(request: HttpRequest, call: CallLog) -> dict[str, Any]:
    """Everything that may change while the page is open."""
    transcript: Transcript | None = getattr(call, "transcript", None)
    events = list(CallEvent.objects.filter(call=call).select_related("by").order_by("-pk")[:MOST_STEPS])
    state = ConsoleState.objects.filter(pk=ConsoleState.KEY).first()
    lines = call_facts.lines(call, transcript)
    return {
        "call": call,
        "coming": call_facts.coming(call, has_transcript=bool(lines), state=state),
        "answers": call_facts.answers(call),
        "analysis": call_facts.pairs(call.analysis),
        "lines": lines,
        "attempts": call_facts.attempts_in_words(call),
        "settings_sent": call_facts.settings_in_words(call),
        "facts_sent": call_facts.pairs(call.request.get("additional_data") or {}),
        "steps": [
            (step, call_facts.event_source(step), call_facts.event_tone(step, call)) for step in events
        ],
        "deliveries": list(WebhookDelivery.objects.narrow().filter(call=call)[:MOST_STEPS]),
        "calls_again": list(CallLog.objects.narrow().filter(again_of=call)[:20]),
        "look_every": _look_every(call, events),
        **_permissions(request, call, transcript),
    }


def _look_every(call: CallLog, events: list[CallEvent]) -> int | None:
    """Seconds until the page should look again; None when nothing more will happen by itself."""
    if not call.may_still_change:
        return None
    latest = events[0].at if events else call.requested_at
    return LOOK_OFTEN if timezone.now() - latest < _LIVELY else LOOK_SELDOM


def _permissions(request: HttpRequest, call: CallLog, transcript: Transcript | None) -> dict[str, Any]:
    """What this person may do with this call now. Technical details are for those who replay deliveries."""
    technical = has_verb(request, "replay_delivery")
    return {
        "may_cancel": call.can_be_cancelled and has_verb(request, "cancel_call"),
        "may_resolve": call.status == CallStatus.UNCONFIRMED and has_verb(request, "resolve_call"),
        "may_ask": may_ask(call),
        "may_call_again": call.status not in MAY_STILL_RING and has_verb(request, "place_call"),
        "may_listen": has_recording(call),
        "may_see_deliveries": has_verb(request, "view_webhookdelivery"),
        "may_see_template": has_verb(request, "view_calltemplate"),
        "raw_transcript": transcript.raw if technical and transcript else [],
        "technical": technical,
    }
