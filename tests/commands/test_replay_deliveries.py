import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.choices import CallStatus, EventSource, Verdict, WebhookRoute
from calls.models import Agent, CallEvent, CallLog, WebhookDelivery
from tests.commands.running import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(agent: Agent) -> CallLog:
    return CallLog.objects.create(
        agent=agent,
        phone_number="+919876543210",
        country="IN",
        status=CallStatus.ACCEPTED,
        sent_at=timezone.now(),
    )


@pytest.fixture
def deliver(call: CallLog) -> Any:
    def make(verdict: Verdict = Verdict.RECEIVED, body: Any = None, **fields: Any) -> WebhookDelivery:
        raw = json.dumps(body or {"status": "not_picked"}).encode()
        return WebhookDelivery.objects.create(
            **{
                "route": WebhookRoute.CALL,
                "verdict": verdict,
                "call": call,
                "body": raw,
                "body_digest": WebhookDelivery.digest(raw),
                "body_size": len(raw),
            }
            | fields
        )

    return make


def test_without_a_filter_it_refuses(deliver: Any) -> None:
    delivery = deliver()

    ended = run("replay_deliveries", "--json")

    delivery.refresh_from_db()
    assert ended.code == 2
    assert "--all" in ended.err
    assert delivery.replay_count == 0


def test_one_is_applied_and_logged(deliver: Any, call: CallLog) -> None:
    delivery, other = deliver(Verdict.UNMATCHED), deliver(Verdict.UNMATCHED)

    ended = run("replay_deliveries", "--id", str(delivery.pk), "--json")

    call.refresh_from_db()
    other.refresh_from_db()
    assert ended.code == 0
    assert ended.json == {"dry_run": False, "replayed": 1, "verdicts": {"applied": 1}, "skipped": {}}
    assert (call.status, call.outcome) == ("finished", "not_picked")
    assert CallEvent.objects.filter(source=EventSource.COMMAND, evidence={"delivery": delivery.pk}).exists()
    assert other.replay_count == 0


def test_what_was_applied_changes_nothing(deliver: Any, call: CallLog) -> None:
    delivery = deliver()
    run("replay_deliveries", "--all")
    before = CallLog.objects.values().get(pk=call.pk)

    ended = run("replay_deliveries", "--id", str(delivery.pk), "--json")

    assert ended.json["verdicts"] == {"applied": 1}
    assert CallLog.objects.values().get(pk=call.pk) == before


def test_all_takes_every_one_and_skips_what_was_refused(deliver: Any) -> None:
    first, _twin, refused = deliver(), deliver(), deliver(Verdict.NOT_JSON)

    ended = run("replay_deliveries", "--all", "--json")

    refused.refresh_from_db()
    assert ended.json == {
        "dry_run": False,
        "replayed": 2,
        "verdicts": {"applied": 1, "duplicate": 1},
        "skipped": {"not_json": 1},
    }
    assert refused.replay_count == 0
    assert WebhookDelivery.objects.get(verdict=Verdict.APPLIED) == first


def test_a_verdict_and_ids_narrow_one_another(deliver: Any) -> None:
    wanted = deliver(Verdict.FAILED)
    other, unnamed = deliver(Verdict.UNMATCHED), deliver(Verdict.FAILED)

    ended = run(
        "replay_deliveries", "--verdict", "failed", "--id", str(wanted.pk), "--id", str(other.pk), "--json"
    )

    assert ended.json["replayed"] == 1
    counts = {row.pk: row.replay_count for row in WebhookDelivery.objects.all()}
    assert counts == {wanted.pk: 1, other.pk: 0, unnamed.pk: 0}


def test_a_time_range_includes_its_start_and_not_its_end(deliver: Any) -> None:
    noon = datetime(2026, 5, 3, 12, tzinfo=UTC)
    for minutes in (-1, 0, 59, 60):
        deliver(body={"status": "busy", "n": minutes}, received_at=noon + timedelta(minutes=minutes))

    ended = run(
        "replay_deliveries", "--since", "2026-05-03T12:00Z", "--until", "2026-05-03T18:30:00+05:30", "--json"
    )

    replayed = WebhookDelivery.objects.filter(replay_count=1).order_by("pk")
    assert ended.json["replayed"] == 2
    assert [json.loads(bytes(row.body))["n"] for row in replayed] == [0, 59]


def test_a_dry_run_counts_and_applies_nothing(deliver: Any, call: CallLog) -> None:
    deliver(Verdict.UNMATCHED)
    deliver(Verdict.WRONG_TYPE)

    ended = run("replay_deliveries", "--all", "--dry-run", "--json")

    call.refresh_from_db()
    assert ended.json == {
        "dry_run": True,
        "replayed": 0,
        "verdicts": {"unmatched": 1},
        "skipped": {"wrong_type": 1},
    }
    assert call.status == "accepted"
    assert not WebhookDelivery.objects.filter(replay_count__gt=0).exists()


def test_one_that_cannot_be_applied_is_told(deliver: Any) -> None:
    delivery = deliver()
    WebhookDelivery.objects.update(body=b"[]", body_digest=WebhookDelivery.digest(b"[]"))

    ended = run("replay_deliveries", "--id", str(delivery.pk), "--json")

    assert ended.code == 1
    assert ended.json["verdicts"] == {"failed": 1}
    assert "1 could not be applied" in ended.err


def test_it_tells_the_counts_to_a_person(deliver: Any) -> None:
    assert "No delivery fits." in run("replay_deliveries", "--verdict", "failed").out
    deliver()
    assert "would be replayed, now received  1" in run("replay_deliveries", "--all", "--dry-run").out
    assert "replayed, now applied  1" in run("replay_deliveries", "--all").out


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("id", ["--id", "first"]),
        ("id", ["--id", "424242"]),
        ("id", ["--id", "9" * 40]),
        ("verdict", ["--verdict", "great"]),
        ("since", ["--since", "yesterday"]),
        ("until", ["--until", "2026-02-30"]),
        ("until", ["--since", "2026-05-04", "--until", "2026-05-03"]),
        ("all", ["--all", "--verdict", "failed"]),
    ],
)
def test_it_names_the_option_that_cannot_be_used(field: str, arguments: list[str], deliver: Any) -> None:
    delivery = deliver()

    ended = run("replay_deliveries", *arguments, "--json")

    delivery.refresh_from_db()
    assert ended.code == 2
    assert list(ended.json["errors"]) == [field]
    assert delivery.replay_count == 0
