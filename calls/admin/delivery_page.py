"""The page of one delivery: what arrived, what became of it, and for a stray one the calls it may belong to."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.admin import visibility
from calls.admin.call_facts import label
from calls.admin.call_search import search_for
from calls.admin.permissions import has_verb, require_verb
from calls.choices import REFUSED_VERDICTS, Verdict
from calls.models import CallLog, WebhookDelivery
from calls.services import deliveries
from osvi_console.redaction import redact

if TYPE_CHECKING:
    DeliveryAdmin = ModelAdmin[WebhookDelivery]
else:
    DeliveryAdmin = ModelAdmin

# A page shows so many characters of a body; the row keeps all of it.
MOST_SHOWN = 100_000
MOST_CANDIDATES = 10
# By what a delivery was matched to its call, in words.
MATCHED_BY = {
    "address": gettext_lazy("by the address it came to"),
    "reference": gettext_lazy("by our own reference in it"),
    "call_id": gettext_lazy("by OSVI's call id"),
    "call_log_id": gettext_lazy("by OSVI's call log id"),
    "number": gettext_lazy("by agent, number and time"),
    "person": gettext_lazy("by hand"),
}


def find_delivery(pk: int) -> WebhookDelivery:
    """Return the delivery with its call. Raises Http404."""
    delivery = WebhookDelivery.objects.select_related("call", "matched_by_person").filter(pk=pk).first()
    if delivery is None:
        raise Http404("There is no such delivery.")
    return delivery


def page(model_admin: DeliveryAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show one delivery: 403 without the permission to see deliveries, 404 without it. Only reads."""
    require_verb(request, "view_webhookdelivery")
    delivery = find_delivery(pk)
    may_match = may_be_matched(delivery) and has_verb(request, "match_delivery")
    may_match = may_match and has_verb(request, "view_calllog")
    query = request.GET.get("q", "").strip()
    technical = has_verb(request, "view_technical")
    if technical:
        _log_look(model_admin, request, delivery)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Delivery %(number)d") % {"number": delivery.pk},
        "delivery": delivery,
        "technical": technical,
        **(_stored(request, delivery) if technical else {}),
        "changed": [label(name) for name in delivery.changed],
        "matched_by": MATCHED_BY.get(delivery.matched_by, delivery.matched_by),
        "may_replay": may_be_replayed(delivery) and has_verb(request, "replay_delivery"),
        "may_match": may_match,
        "may_see_calls": has_verb(request, "view_calllog"),
        "query": query,
        "candidates": candidates(request, delivery, query) if may_match else [],
    }
    return TemplateResponse(request, "console/call_delivery.html", context)


def _stored(request: HttpRequest, delivery: WebhookDelivery) -> dict[str, Any]:
    """The message as it arrived; without numbers for people who may not reveal them."""
    shown = str if has_verb(request, "reveal_number") else redact
    headers = [(name, shown(value)) for name, value in sorted(delivery.headers.items())]
    return {"body": shown(body_as_text(delivery)), "headers": headers}


def _log_look(model_admin: DeliveryAdmin, request: HttpRequest, delivery: WebhookDelivery) -> None:
    """Log that the stored message is shown: at its call, or in the admin's own history while it has none."""
    if delivery.call is not None:
        visibility.note_technical(request, delivery.call)
    else:
        model_admin.log_change(request, delivery, _("The message was shown."))


def may_be_replayed(delivery: WebhookDelivery) -> bool:
    """Tell whether there is something to apply: not to a message that was refused at the door."""
    return delivery.verdict not in REFUSED_VERDICTS


def may_be_matched(delivery: WebhookDelivery) -> bool:
    """Tell whether a person may say to which call a delivery belongs."""
    return delivery.verdict == Verdict.UNMATCHED


def candidates(request: HttpRequest, delivery: WebhookDelivery, query: str) -> list[CallLog]:
    """Return calls that a stray delivery may belong to: those searched for, else those to its number."""
    wanted = query or deliveries.number_in(delivery)
    if not wanted:
        return []
    return list(
        search_for(request, CallLog.objects.narrow(), wanted).select_related("agent")[:MOST_CANDIDATES]
    )


def body_as_text(delivery: WebhookDelivery) -> str:
    """The raw body as text, indented where it is JSON, cut at MOST_SHOWN characters."""
    text = bytes(delivery.body).decode(errors="replace")
    # What is no JSON, or nested beyond reason, is shown as it came.
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    # JSON may name half characters, which no page can hold.
    text = text.encode("utf-8", "backslashreplace").decode()
    if len(text) <= MOST_SHOWN:
        return text
    return text[:MOST_SHOWN] + "\n" + _("… %(count)d more characters") % {"count": len(text) - MOST_SHOWN}
