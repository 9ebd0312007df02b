"""Every number of the simulator's table, end to end: real HTTP, a real worker, real webhooks."""

from collections.abc import Callable
from functools import partial

import pytest

from calls.choices import CallStatus
from calls.models import CallLog, Transcript
from osvi_simulator.scenarios import SCENARIOS
from osvi_simulator.server import SimulatorServer
from tests.faults.conftest import let_time_pass
from tests.support.processes import Worker, wait_until

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

FINISHED, REJECTED = CallStatus.FINISHED, CallStatus.REJECTED
ACCEPTED, UNCONFIRMED = CallStatus.ACCEPTED, CallStatus.UNCONFIRMED

# Last digits → where the call stands in the end, OSVI's word, how often the person was rung.
EXPECTED = {
    "00": (FINISHED, "picked", 1),
    "01": (FINISHED, "not_picked", 1),
    "02": (FINISHED, "busy", 1),
    "03": (FINISHED, "failed", 1),
    "04": (FINISHED, "voicemail", 1),
    "05": (FINISHED, "picked", 1),
    "11": (FINISHED, "picked", 1),
    "12": (FINISHED, "picked", 1),
    "13": (FINISHED, "picked", 1),
    "14": (FINISHED, "picked", 1),
    "15": (FINISHED, "picked", 1),
    "16": (FINISHED, "picked", 1),
    "17": (ACCEPTED, "rescheduled", 1),
    "21": (FINISHED, "picked", 1),
    "22": (UNCONFIRMED, "", 0),
    "23": (FINISHED, "picked", 1),
    "24": (FINISHED, "picked", 1),
    "25": (UNCONFIRMED, "", 0),
    "26": (FINISHED, "picked", 1),
    "27": (REJECTED, "", 0),
    "28": (FINISHED, "picked", 1),
    "29": (FINISHED, "picked", 1),
    "31": (REJECTED, "", 0),
    "32": (REJECTED, "", 0),
    "33": (REJECTED, "", 0),
    "34": (REJECTED, "", 0),
    "35": (REJECTED, "", 0),
    "41": (FINISHED, "picked", 1),
    "42": (FINISHED, "picked", 1),
    "43": (FINISHED, "picked", 1),
    "44": (FINISHED, "picked", 1),
    "45": (FINISHED, "picked", 1),
    "46": (FINISHED, "picked", 1),
    "47": (FINISHED, "picked", 1),
    "48": (FINISHED, "picked", 1),
    "49": (ACCEPTED, "in_progress", 1),
}


def test_the_table_is_complete():
    assert set(EXPECTED) == {row.digits for row in SCENARIOS} | {"00"}


def stands(call: CallLog) -> tuple[str, str]:
    return CallLog.objects.values_list("status", "outcome").get(pk=call.pk)


def has_ended(call: CallLog, end: tuple[str, str]) -> bool:
    return stands(call) == end


def test_each_number_ends_where_the_design_says(
    simulator: SimulatorServer,
    ask_for_call: Callable[..., CallLog],
    start_worker: Callable[..., Worker],
    web: str,
    capsys,
):
    retries = {"retry_enabled": True, "retry_max_attempts": 1, "retry_interval_minutes": 1}
    point = {"key": "confirmed", "description": "Ask whether they come.", "output_format": "yes or no"}
    calls = {
        digits: ask_for_call(
            f"200{digits}",
            greeting="Hello {{ person_name | there }}.",
            data_points=[point],
            overrides=retries if digits == "05" else {},
        )
        # A refused token pauses the whole console, so its number comes alone below.
        for digits in EXPECTED
        if digits != "32"
    }
    # Without nudges the worker's first sweep has to find them all.
    CallLog.objects.update(requested_at="2026-01-01T00:00:00Z")
    start_worker(WORKER_THREADS="8")
    for digits, call in calls.items():
        status, outcome, _rings = EXPECTED[digits]
        wait_until(
            partial(has_ended, call, (status, outcome)),
            seconds=40,
            what=f"number {digits} to be {status} {outcome}, it is {stands(call)}",
        )
    calls["32"] = ask_for_call("20032")
    CallLog.objects.filter(pk=calls["32"].pk).update(requested_at="2026-01-01T00:00:00Z")
    start_worker()
    wait_until(lambda: stands(calls["32"])[0] == REJECTED, seconds=20, what="the refused token")

    rows = {
        digits: (*stands(call), simulator.rings(call.phone_number.as_e164))
        for digits, call in sorted(calls.items())
    }
    with capsys.disabled():
        print("\n| number | status | outcome | rings |\n| --- | --- | --- | --- |")  # noqa: T201
        for digits, row in rows.items():
            print(f"| …{digits} | {row[0]} | {row[1] or '—'} | {row[2]} |")  # noqa: T201
    assert rows == EXPECTED


@pytest.mark.parametrize("digits", ["00", "11", "15", "16", "21", "43", "45"])
def test_an_answered_call_has_all_its_details(
    digits: str,
    simulator: SimulatorServer,
    ask_for_call: Callable[..., CallLog],
    start_worker: Callable[..., Worker],
    web: str,
):
    """Whatever the webhook carries, or if none comes: summary, answers, length and conversation are there."""
    call = ask_for_call(
        f"201{digits}",
        data_points=[{"key": "confirmed", "description": "Ask.", "output_format": "yes or no"}],
    )
    let_time_pass(30)
    start_worker()

    def is_complete() -> bool:
        call.refresh_from_db()
        has_words = Transcript.objects.filter(call=call).exclude(text="").exists()
        return bool(call.summary and call.extracted and call.duration_seconds is not None and has_words)

    wait_until(is_complete, seconds=20, what="all details")
    assert call.extracted == {"confirmed": "yes"}
    assert call.status == FINISHED


def test_two_calls_with_one_id_do_not_mix(
    simulator: SimulatorServer,
    ask_for_call: Callable[..., CallLog],
    start_worker: Callable[..., Worker],
    web: str,
):
    first, second = ask_for_call("20247"), ask_for_call("20347")
    let_time_pass(30)
    start_worker()
    wait_until(
        lambda: all(stands(call) == (FINISHED, "picked") for call in (first, second)),
        seconds=20,
        what=f"both to finish by their own webhooks, they are {stands(first)} and {stands(second)}",
    )
    with_id = [call for call in CallLog.objects.filter(pk__in=[first.pk, second.pk]) if call.call_id]
    assert len(with_id) == 1
    anomalies = second.events.filter(why__contains="another call has already") | first.events.filter(
        why__contains="another call has already"
    )
    assert anomalies.exists()
    assert simulator.rings(first.phone_number.as_e164) == 1
    assert simulator.rings(second.phone_number.as_e164) == 1
