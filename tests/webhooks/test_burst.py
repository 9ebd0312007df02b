"""Many identical deliveries at once, over real HTTP: one change, and a success for every sender."""

from collections import Counter
from collections.abc import Callable

import pytest
import requests
from django.db import connection
from django.urls import reverse

from calls.choices import CallStatus, Verdict
from calls.models import CallLog, WebhookDelivery
from calls.services.deliveries import apply
from tests.services.together import together

pytestmark = pytest.mark.django_db(transaction=True)

COPIES = 20
BODY = {"call_status": "picked", "call_summary": "Fine.", "data_capture": {"confirmed": True}}


def test_twenty_at_once(live_server, make_call: Callable[..., CallLog], queue) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("20 deliveries at once are tested on PostgreSQL; SQLite writes one at a time anyway")
    call = make_call(CallStatus.ACCEPTED)
    address = live_server.url + reverse("webhooks:call", args=[call.webhook_token])

    answers = together(*[lambda: requests.post(address, json=BODY, timeout=30).status_code] * COPIES)
    nudged = [task.args[0] for task in queue.pending()]
    verdicts = together(*[lambda pk=pk: apply(pk) for pk in nudged])

    assert answers == [200] * COPIES
    assert len(nudged) == COPIES
    assert Counter(verdicts) == {Verdict.APPLIED: 1, Verdict.DUPLICATE: COPIES - 1}
    assert Counter(WebhookDelivery.objects.values_list("verdict", flat=True)) == Counter(verdicts)
    call.refresh_from_db()
    assert (call.status, call.summary) == (CallStatus.FINISHED, "Fine.")
    assert call.events.count() == 1


def test_the_same_few_at_once_on_any_engine(live_server, make_call: Callable[..., CallLog], queue) -> None:
    call = make_call(CallStatus.ACCEPTED)
    address = live_server.url + reverse("webhooks:call", args=[call.webhook_token])

    answers = together(*[lambda: requests.post(address, json=BODY, timeout=30).status_code] * 4)
    verdicts = together(*[lambda pk=task.args[0]: apply(pk) for task in queue.pending()])

    assert answers == [200] * 4
    assert Counter(verdicts) == {Verdict.APPLIED: 1, Verdict.DUPLICATE: 3}
    assert call.events.count() == 1
