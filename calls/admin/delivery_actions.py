"""What people do with deliveries: replay one or many, and match a stray one to its call. POST only."""

from collections import Counter

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin import consequences
from calls.admin.consequences import Consequence, Plan
from calls.admin.delivery_page import DeliveryAdmin, find_delivery, may_be_matched, may_be_replayed
from calls.admin.permissions import person_of, require_verb
from calls.choices import Verdict
from calls.models import CallLog, WebhookDelivery
from calls.services import deliveries
from calls.templatetags.call_display import exact

# Verdicts after which a person has something left to do.
_UNHAPPY = frozenset({Verdict.FAILED, Verdict.UNMATCHED})


def _back_to(delivery_pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:calls_webhookdelivery_change", args=[delivery_pk]))


def _tell(request: HttpRequest, verdict: Verdict) -> None:
    level = messages.WARNING if verdict in _UNHAPPY else messages.SUCCESS
    messages.add_message(request, level, _("Replayed: %(verdict)s.") % {"verdict": verdict.label})


def replay_one(model_admin: DeliveryAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Apply one delivery once more and say what became of it."""
    require_verb(request, "replay_delivery")
    find_delivery(pk)
    if request.method == "POST":
        try:
            _tell(request, deliveries.replay(pk, by=person_of(request)))
        except deliveries.CannotReplay as error:
            messages.warning(request, str(error))
    return _back_to(pk)


def match_one(model_admin: DeliveryAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Apply a stray delivery to the call that a person chose. 404 for a call that does not exist."""
    require_verb(request, "match_delivery")
    require_verb(request, "view_calllog")
    delivery = find_delivery(pk)
    if request.method != "POST":
        return _back_to(pk)
    if not may_be_matched(delivery):
        messages.warning(request, _("This delivery belongs to a call already, or cannot be applied."))
        return _back_to(pk)
    chosen = request.POST.get("call", "")
    call = CallLog.objects.filter(pk=chosen).first() if chosen.isascii() and chosen.isdecimal() else None
    if call is None:
        raise Http404("There is no such call.")
    _tell(request, deliveries.match(pk, call, by=person_of(request)))
    if request.POST.get("back") == "call":
        return HttpResponseRedirect(reverse("admin:calls_calllog_change", args=[call.pk]))
    return _back_to(pk)


def ask_replay(
    model_admin: DeliveryAdmin, request: HttpRequest, queryset: QuerySet[WebhookDelivery]
) -> HttpResponse | None:
    """Show which deliveries would be applied once more, and for which there is nothing to apply."""
    if consequences.too_many(request, queryset):
        return None
    refused = _("It was refused at the door, so there is nothing to apply.")
    rows = [
        Consequence(
            pk=delivery.pk,
            name=str(delivery.call or _("No call")),
            detail=f"{delivery.get_verdict_display()} · {exact(delivery.received_at)}",
            why_not="" if may_be_replayed(delivery) else refused,
        )
        for delivery in queryset
    ]
    count = sum(not row.why_not for row in rows)
    plan = Plan(
        title=_("Replay deliveries"),
        heading=ngettext(
            "%(count)d delivery will be applied once more; what was applied before changes nothing",
            "%(count)d deliveries will be applied once more; what was applied before changes nothing",
            count,
        )
        % {"count": count},
        none=_("Nothing can be replayed"),
        button=ngettext("Replay %(count)d delivery", "Replay %(count)d deliveries", count) % {"count": count},
        action_url=reverse("admin:calls_webhookdelivery_replay_many"),
        consequences=rows,
    )
    return consequences.show(model_admin, request, plan)


def replay_many(model_admin: DeliveryAdmin, request: HttpRequest) -> HttpResponse:
    """Apply the deliveries of a page of consequences, oldest first, and say what became of how many."""
    require_verb(request, "view_webhookdelivery")
    require_verb(request, "replay_delivery")
    if request.method == "POST":
        verdicts: Counter[str] = Counter()
        reasons = []
        chosen = WebhookDelivery.objects.filter(pk__in=consequences.chosen(request))
        for pk in chosen.order_by("pk").values_list("pk", flat=True):
            try:
                verdicts[str(deliveries.replay(pk, by=person_of(request)).label)] += 1
            except deliveries.CannotReplay as error:
                reasons.append(str(error))
        count = verdicts.total()
        sentence = ngettext("%(count)d delivery was replayed", "%(count)d deliveries were replayed", count)
        parts = ", ".join(f"{label}: {number}" for label, number in verdicts.items())
        messages.success(request, sentence % {"count": count} + (f" ({parts})." if parts else "."))
        consequences.tell_reasons(request, reasons)
    return HttpResponseRedirect(reverse("admin:calls_webhookdelivery_changelist"))
