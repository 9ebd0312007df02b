from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.choices import CallStatus, Verdict
from calls.models import Agent, CallLog, CallTemplate, ConsoleState, WebhookDelivery
from calls.osvi.status_words import FINAL_STRENGTH
from calls.services import overview, sending
from calls.services.overview import Capped, Figures

MakeCall = Callable[..., CallLog]
FINISHED = CallStatus.FINISHED


def test_attention_is_counted_by_what_stands_now(make_call: MakeCall) -> None:
    for status in CallStatus:
        make_call(status)
    make_call(CallStatus.REJECTED, requested_at=timezone.now() - timedelta(days=400))

    found = overview.calls_needing_attention(100)

    assert found == {
        CallStatus.UNCONFIRMED: Capped(1),
        CallStatus.NO_OUTCOME: Capped(1),
        CallStatus.REJECTED: Capped(2),
    }


def test_counting_stops_at_the_cap(make_call: MakeCall) -> None:
    for _number in range(4):
        make_call(CallStatus.REJECTED)

    with CaptureQueriesContext(connection) as queries:
        found = overview.calls_needing_attention(3)[CallStatus.REJECTED]

    assert found == Capped(3, more=True)
    assert str(found) == "3+"
    assert all("LIMIT 4" in query["sql"] for query in queries)


@pytest.mark.django_db
def test_deliveries_that_a_person_should_look_at() -> None:
    for verdict in Verdict:
        WebhookDelivery.objects.create(route="call", verdict=verdict)

    assert overview.deliveries_needing_attention(100) == {
        Verdict.FAILED: Capped(1),
        Verdict.UNMATCHED: Capped(1),
    }


@pytest.mark.django_db
def test_signs_of_life_write_nothing() -> None:
    assert overview.signs_of_life() == overview.Signs()
    assert not ConsoleState.objects.exists()


@pytest.mark.django_db
def test_signs_of_life() -> None:
    now = timezone.now()
    state = ConsoleState.objects.create(pk=ConsoleState.KEY, worker_seen_at=now, osvi_answered_at=now)
    assert overview.signs_of_life() == overview.Signs(now, worker_silent=False, osvi_answered_at=now)

    silent_since = now - sending.WORKER_SILENT_AFTER - timedelta(seconds=1)
    ConsoleState.objects.update(worker_seen_at=silent_since)
    sending.pause("Somebody should look.")
    signs = overview.signs_of_life()
    assert signs.worker_silent
    assert signs.paused == state
    assert signs.paused.sending_paused_reason == "Somebody should look."


def test_only_calls_that_rang_count_for_the_answer_rate(make_call: MakeCall) -> None:
    make_call(FINISHED, outcome="picked", duration_seconds=60)
    make_call(FINISHED, outcome="picked", duration_seconds=31)
    make_call(FINISHED, outcome="picked")
    for outcome in ("not_picked", "busy", "voicemail"):
        # A voicemail has a length too; it is not a conversation.
        make_call(FINISHED, outcome=outcome, duration_seconds=9)
    make_call(FINISHED, outcome="failed")
    make_call(FINISHED, outcome="rescheduled")
    make_call(CallStatus.ACCEPTED, outcome="not_picked")
    make_call(CallStatus.QUEUED)
    make_call(CallStatus.REJECTED)

    figures = overview.today()

    assert figures == Figures(placed=11, rang=6, answered=3, seconds=91, timed=2)
    assert figures.answer_rate == 50
    assert figures.average_seconds == 46
    assert overview.last_month().total == figures


@pytest.mark.django_db
def test_without_calls_there_is_no_rate_and_no_average() -> None:
    figures = overview.today()

    assert figures == Figures()
    assert figures.answer_rate is None
    assert figures.average_seconds is None
    assert [day.placed for day in overview.last_month().days] == [0] * overview.DAYS


def test_every_final_word_has_a_kind_of_its_own() -> None:
    assert set(overview.KINDS) == {*FINAL_STRENGTH, overview.OTHER}


def test_days_begin_at_midnight_in_the_consoles_zone(make_call: MakeCall) -> None:
    with timezone.override("Asia/Kolkata"):
        today = timezone.localdate()
        midnight = overview.midnight(today)
        make_call(FINISHED, outcome="picked", requested_at=midnight)
        make_call(FINISHED, outcome="busy", requested_at=midnight - timedelta(microseconds=1))
        make_call(CallStatus.CANCELLED, requested_at=overview.midnight(today - timedelta(days=29)))
        make_call(requested_at=overview.midnight(today - timedelta(days=29)) - timedelta(microseconds=1))

        month = overview.last_month()
        placed_today = overview.today().placed

    assert placed_today == 1
    assert month.total.placed == 3
    counts = {day.day: dict(day.counts) for day in month.days if day.placed}
    assert counts == {
        today: {"picked": 1},
        today - timedelta(days=1): {"busy": 1},
        today - timedelta(days=29): {overview.OTHER: 1},
    }
    assert [day.day for day in month.days] == [today - timedelta(days=ago) for ago in range(29, -1, -1)]


def test_a_day_of_23_hours_is_one_day() -> None:
    with timezone.override("Europe/Berlin"):
        begins = overview.midnight(datetime(2026, 3, 29, tzinfo=UTC).date())
        ends = overview.midnight(datetime(2026, 3, 30, tzinfo=UTC).date())

    assert ends.astimezone(UTC) - begins.astimezone(UTC) == timedelta(hours=23)


def test_shares_by_agent_and_template(make_call: MakeCall, agent: Agent, template: CallTemplate) -> None:
    other = Agent.objects.create(agent_uuid="agent_other", name="Other")
    make_call(FINISHED, outcome="picked", template=template, duration_seconds=10)
    make_call(FINISHED, outcome="busy", template=template)
    make_call(CallStatus.REJECTED, agent=other)

    month = overview.last_month()

    assert [(share.name, share.figures.placed) for share in month.agents] == [("Reminders", 2), ("Other", 1)]
    assert month.agents[0].figures.answer_rate == 50
    assert [(share.pk, share.figures.placed) for share in month.templates] == [(template.pk, 2), (None, 1)]


def test_further_shares_are_added_up(make_call: MakeCall) -> None:
    for number in range(overview.MOST_SHARES + 2):
        other = Agent.objects.create(agent_uuid=f"agent_{number}", name=f"Agent {number}")
        for _call in range(10 - number):
            make_call(agent=other)

    shares = overview.last_month().agents

    assert len(shares) == overview.MOST_SHARES + 1
    assert shares[0].name == "Agent 0"
    rest = shares[-1]
    assert rest.is_rest
    assert rest.figures.placed == (10 - overview.MOST_SHARES) + (9 - overview.MOST_SHARES)
    assert sum(share.figures.placed for share in shares) == CallLog.objects.count()
