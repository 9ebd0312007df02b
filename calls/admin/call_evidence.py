"""The evidence of one call as one file: what was asked, sent, received and decided, by whom and when."""

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from calls.admin import call_answers, call_facts, place_settings, visibility
from calls.admin.call_ended import ended_in_words
from calls.admin.call_page import CallAdmin, find_call
from calls.admin.delivery_page import body_as_text
from calls.admin.permissions import person_of, require_verb
from calls.admin.visibility import Visible
from calls.models import CallEvent, CallLog, WebhookDelivery
from calls.services.again import overrides_of
from calls.templatetags.call_display import as_json


def download(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with one page to be kept, complete in itself: 403 without the permissions to see all that is in it.

    Numbers and secrets in it are masked for people who may not reveal numbers. That it was taken is logged.
    """
    for verb in ("view_calllog", "view_conversation", "view_technical"):
        require_verb(request, verb)
    call = find_call(pk)
    visible = visibility.of(request, call)
    visibility.note_technical(request, call)
    visibility.note_conversation(request, call, visible, is_there=True)
    page = render_to_string("console/call_evidence.html", _context(call, visible, person_of(request)))
    answer = HttpResponse(page)
    answer["Content-Disposition"] = f'attachment; filename="call-{str(call.reference)[:8]}.html"'
    return answer


def _context(call: CallLog, visible: Visible, person: User) -> dict[str, Any]:
    events = CallEvent.objects.filter(call=call).select_related("by").order_by("pk")
    deliveries = WebhookDelivery.objects.filter(call=call).select_related("matched_by_person").order_by("pk")
    return {
        "call": call,
        "number": call.phone_number if visible.number or visible.may_reveal else None,
        "ended": ended_in_words(call),
        "answers": call_answers.answers(call),
        "analysis": call_facts.pairs(call.analysis),
        "lines": call_facts.lines(call, getattr(call, "transcript", None)),
        "facts": call_facts.pairs(call.request.get("additional_data") or {}),
        "settings": place_settings.in_words(overrides_of(call)),
        "notes": call.notes.select_related("by"),
        "corrections": call.corrections.select_related("by"),
        "steps": [
            (
                event,
                call_facts.event_source(event),
                visible.raw(as_json(event.evidence)) if event.evidence else "",
            )
            for event in events
        ],
        "deliveries": [
            (delivery, visible.raw(as_json(delivery.headers)), visible.raw(body_as_text(delivery)))
            for delivery in deliveries
        ],
        "sent": visible.raw(as_json(call.request)),
        "looks": call.disclosures.select_related("by").order_by("pk"),
        "taken_at": timezone.now(),
        "taken_by": person,
    }
