"""Deliveries: what becomes of messages that OSVI sent to a webhook address, once they are stored.

Storing happened in a transaction of its own (calls.webhooks); a failure here leaves the raw row as it is.
"""

import json
import logging
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from calls.choices import REFUSED_VERDICTS, EventSource, Verdict
from calls.models import CallLog, WebhookDelivery
from calls.osvi.cleaning import clean_text
from calls.osvi.outcomes import CallOutcome, from_delivery
from calls.services import sending
from calls.services.record_outcome import record_outcome
from osvi_console.redaction import redact

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

# Without any id, a message is matched to a call by agent and number only within this time of the call.
MATCH_WITHIN = timedelta(hours=24)


class CannotReplay(Exception):
    """This delivery was refused at the door and is not applied. `str(error)` is a sentence for staff."""


def apply(delivery_pk: int) -> Verdict:
    """Apply one stored delivery to its call and return the verdict, which is stored too.

    A delivery that has its verdict already is left alone. Never raises because of what the message says:
    an error is kept on the row and logged. When the database itself fails, that is raised and the delivery
    stays as it is; the regular sweep comes back to it.
    """
    if not WebhookDelivery.objects.waiting().filter(pk=delivery_pk).exists():
        return Verdict(WebhookDelivery.objects.values_list("verdict", flat=True).get(pk=delivery_pk))
    verdict = _apply(delivery_pk)
    sending.note_osvi_answered()
    return verdict


def replay(delivery_pk: int, *, by: "User | None", source: EventSource = EventSource.PERSON) -> Verdict:
    """Apply a stored delivery once more. What was applied before changes nothing; the replay is logged.

    Raises CannotReplay for a delivery that was refused at the door.
    """
    with transaction.atomic():
        delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery_pk)
        if delivery.verdict in REFUSED_VERDICTS:
            raise CannotReplay(
                _("This message was refused (%(verdict)s), so there is nothing to apply.")
                % {"verdict": delivery.get_verdict_display()}
            )
        delivery.replay_count += 1
        delivery.save(update_fields=["replay_count"])
    verdict = _apply(delivery_pk)
    delivery.refresh_from_db()
    if delivery.call is not None:
        with override(settings.LANGUAGE_CODE):
            why = gettext_noop("A message from OSVI was replayed: %(verdict)s.") % {"verdict": verdict.label}
        delivery.call.note(why, source=source, by=by, evidence={"delivery": delivery.pk})
    return verdict


def match(delivery_pk: int, call: CallLog, *, by: "User | None") -> Verdict:
    """Apply an unmatched delivery to the call that a person chose.

    Raises CannotReplay if it was refused, or belongs to a call already; nothing is changed then.
    """
    matched = WebhookDelivery.objects.filter(pk=delivery_pk, verdict=Verdict.UNMATCHED, call=None).update(
        call=call, matched_by="person", matched_by_person=by
    )
    if not matched:
        raise CannotReplay(_("This message is not waiting for a call any more, so nothing was changed."))
    return replay(delivery_pk, by=by)


def _apply(delivery_pk: int) -> Verdict:
    try:
        with transaction.atomic():
            return _apply_once(delivery_pk)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Whatever a stranger's message broke: the raw row and the reason must survive for a person to see.
        logger.exception("Delivery %s could not be applied", delivery_pk)
        WebhookDelivery.objects.filter(pk=delivery_pk).update(
            verdict=Verdict.FAILED, error=redact(clean_text(f"{type(error).__name__}: {error}"))
        )
        return Verdict.FAILED


def _apply_once(delivery_pk: int) -> Verdict:
    delivery = WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery_pk)
    news = from_delivery(json.loads(bytes(delivery.body)))
    if delivery.call is None:
        delivery.call, delivery.matched_by = find_call(news, delivery)
    if delivery.call is None:
        return _conclude(delivery, Verdict.UNMATCHED)
    # One at a time per call, so that of twenty identical messages one is applied and nineteen see it.
    call = CallLog.objects.select_for_update().get(pk=delivery.call.pk)
    twins = WebhookDelivery.objects.filter(
        call=call, body_digest=delivery.body_digest, verdict=Verdict.APPLIED
    ).exclude(pk=delivery.pk)
    if twins.exists():
        return _conclude(delivery, Verdict.DUPLICATE)
    recorded = record_outcome(call.pk, news, source=EventSource.DELIVERY, evidence={"delivery": delivery.pk})
    if not recorded:
        already = delivery.verdict == Verdict.APPLIED
        return _conclude(delivery, Verdict.APPLIED if already else Verdict.NO_CHANGE)
    delivery.changed = sorted({*delivery.changed, *recorded.changed})
    return _conclude(delivery, Verdict.APPLIED)


def _conclude(delivery: WebhookDelivery, verdict: Verdict) -> Verdict:
    delivery.verdict = verdict
    delivery.error = ""
    delivery.applied_at = timezone.now()
    delivery.save(update_fields=["verdict", "error", "applied_at", "changed", "call", "matched_by"])
    return verdict


def find_call(news: CallOutcome, delivery: WebhookDelivery) -> tuple[CallLog | None, str]:
    """Return the call that a message without a token is about, and by what it was found; (None, "") if unsure.

    Order: our reference; either of OSVI's ids; agent, number and time if exactly one open call fits.
    """
    by_reference = _by_reference(news.reference)
    if by_reference is not None:
        return by_reference, "reference"
    ids = [known_id for known_id in (news.call_id, news.call_log_id) if known_id]
    for column in ("call_id", "call_log_id"):
        found = list(CallLog.objects.with_osvi_id(column, ids)[:2]) if ids else []
        if len(found) == 1:
            return found[0], column
    return _by_number(news, delivery)


def number_in(delivery: WebhookDelivery) -> str:
    """Return the number that a stored message names, as it stands there; empty if none can be read."""
    try:
        return from_delivery(json.loads(bytes(delivery.body))).phone_number
    except (ValueError, RecursionError):
        return ""


def _by_reference(reference: str) -> CallLog | None:
    try:
        return CallLog.objects.filter(reference=uuid.UUID(reference)).first()
    except ValueError:
        return None


def _by_number(news: CallOutcome, delivery: WebhookDelivery) -> tuple[CallLog | None, str]:
    if not news.phone_number.startswith("+") or not news.agent:
        return None, ""
    field = "agent__agent_uuid" if news.agent.startswith("agent_") else "agent__name"
    found = list(
        CallLog.objects.open_at_osvi().filter(
            phone_number=news.phone_number,
            sent_at__gte=delivery.received_at - MATCH_WITHIN,
            sent_at__lte=delivery.received_at,
            **{field: news.agent},
        )[:2]
    )
    return (found[0], "number") if len(found) == 1 else (None, "")
