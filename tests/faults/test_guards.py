"""Guards right before dialling, with a simulator over HTTP whose journal says whose telephone rang."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import CallStatus, EventSource, ListStatus, Purpose, SuppressionSource
from calls.models import CallEvent, CallList, CallLog, CallTemplate, Contact, DayTally
from calls.services import caps, do_not_call_waiting, guards, preferences
from calls.services.dispatch import dispatch
from calls.services.do_not_call import lift, propose, suppress
from calls.services.sweep import sweep
from osvi_simulator.server import SimulatorServer
from tests.faults.conftest import let_time_pass
from tests.services.together import together
from tests.support import calling_hours

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., CallLog]
ANSWERED = "50000"
NUMBER = "+919876550000"


@pytest.fixture(autouse=True)
def _open(settings: Any, transactional_db: None) -> None:
    settings.CALLING_HOURS_APPLY = True
    calling_hours.only_for_every_purpose()
    calling_hours.open_always()


def rings(simulator: SimulatorServer) -> int:
    """How many telephones rang, however often each."""
    return sum(simulator.api.journal.rings.values())


def sent(call: CallLog) -> CallLog:
    dispatch(call.pk)
    call.refresh_from_db()
    return call


def last(call: CallLog) -> CallEvent:
    event = call.events.filter(source=EventSource.WORKER).last()
    assert event is not None
    return event


class TestHours:
    def test_within_them_it_rings_and_the_evidence_is_kept(self, ask_for_call: Ask, simulator) -> None:
        call = sent(ask_for_call(ANSWERED))

        assert (call.status, rings(simulator)) == (CallStatus.ACCEPTED, 1)
        left = call.events.get(to_status=CallStatus.SENDING)
        assert left.evidence["hours"]["verdict"] == "open"
        assert left.evidence["hours"]["rule"]["country"] == "IN"

    def test_when_they_ended_meanwhile_the_call_waits_until_they_open(
        self, ask_for_call: Ask, simulator, settings: Any
    ) -> None:
        call = ask_for_call(ANSWERED)
        opens_at = calling_hours.opens_in(5)

        sent(call)

        assert (call.status, rings(simulator)) == (CallStatus.SCHEDULED, 0)
        assert call.scheduled_for == call.not_before == opens_at
        assert call.send_until == opens_at + timedelta(seconds=settings.CALL_QUEUE_DEADLINE)
        assert call.status_reason.startswith("Outside calling hours: the call waits until")
        assert last(call).evidence["hours"]["verdict"] == "closed"
        refusal = guards.refusal_of(call)
        assert refusal is not None
        assert (refusal.kind, refusal.opens_at, refusal.why) == (guards.HOURS, opens_at, call.status_reason)

    def test_it_rings_once_when_its_time_has_come(self, ask_for_call: Ask, simulator) -> None:
        calling_hours.opens_in(5)
        call = ask_for_call(ANSWERED)
        assert sent(call).status == CallStatus.SCHEDULED
        calling_hours.open_always()
        past = timezone.now() - timedelta(seconds=1)
        CallLog.objects.update(scheduled_for=past, not_before=past)

        sweep()
        sent(call)
        sent(call)

        assert (call.status, rings(simulator)) == (CallStatus.ACCEPTED, 1)

    def test_a_rule_that_was_deleted_blocks(self, ask_for_call: Ask, simulator) -> None:
        call = ask_for_call(ANSWERED)
        calling_hours.rule().delete()

        sent(call)

        assert (call.status, rings(simulator)) == (CallStatus.BLOCKED, 0)
        assert "It is not known at which hours" in call.status_reason
        refusal = guards.refusal_of(call)
        assert refusal is not None
        assert (refusal.kind, refusal.opens_at) == (guards.UNKNOWN_HOURS, None)

    def test_a_rule_that_is_never_open_blocks(self, ask_for_call: Ask, simulator) -> None:
        call = ask_for_call(ANSWERED)
        calling_hours.rule()

        assert (sent(call).status, rings(simulator)) == (CallStatus.BLOCKED, 0)

    def test_of_a_list_it_is_left_to_the_list(self, ask_for_call: Ask, simulator, agent) -> None:
        call = ask_for_call(ANSWERED, contact=person_of_a_list(agent))
        opens_at = calling_hours.opens_in(5)

        sent(call)

        assert (call.status, rings(simulator)) == (CallStatus.BLOCKED, 0)
        assert last(call).evidence["guard"] == {"kind": "hours", "opens_at": opens_at.isoformat()}
        refusal = guards.refusal_of(call)
        assert refusal is not None
        assert (refusal.kind, refusal.opens_at) == (guards.HOURS, opens_at)

    def test_a_reason_and_ones_own_telephone_get_past_them(
        self, ask_for_call: Ask, simulator, django_user_model: type[User]
    ) -> None:
        person = django_user_model.objects.create_user("supervisor")
        preferences.remember_test_number(person, PhoneNumber.from_string(NUMBER))
        free = ask_for_call(ANSWERED), ask_for_call("50001"), ask_for_call("50002")
        # The first is a test on the own telephone, the other one rings somebody.
        CallLog.objects.filter(pk__in=[free[0].pk, free[1].pk]).update(is_test=True, placed_by=person)
        CallLog.objects.filter(pk=free[2].pk).update(override_reason="They asked for it.")
        calling_hours.opens_in(5)

        assert [sent(call).status for call in free] == [
            CallStatus.ACCEPTED,
            CallStatus.SCHEDULED,
            CallStatus.ACCEPTED,
        ]
        assert rings(simulator) == 2
        assert free[2].events.get(to_status=CallStatus.SENDING).evidence["override"] == "They asked for it."


def person_of_a_list(agent: Any) -> Contact:
    template = CallTemplate.objects.create(name="Reminder", agent=agent, country="IN")
    call_list = CallList.objects.create(
        name="March", template=template, country="IN", status=ListStatus.RUNNING
    )
    return Contact.objects.create(call_list=call_list, row=2, phone_number=NUMBER, country="IN")


class TestDoNotCall:
    @pytest.fixture
    def unnoticed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Entries take back what waits for their number; here that was missed, and the guards have to see."""
        monkeypatch.setattr(do_not_call_waiting, "take_back", lambda *_args, **_more: None)

    def test_a_number_added_while_its_call_was_queued_does_not_ring(
        self, ask_for_call: Ask, simulator
    ) -> None:
        call = ask_for_call(ANSWERED)
        suppress(NUMBER, reason="Asked us to.", source=SuppressionSource.STAFF)

        assert (sent(call).status, rings(simulator)) == (CallStatus.BLOCKED, 0)

    def test_the_guards_see_it_too(self, ask_for_call: Ask, simulator, unnoticed: None) -> None:
        call = ask_for_call(ANSWERED)
        entry = suppress(NUMBER, reason="Asked us to.", source=SuppressionSource.STAFF)

        sent(call)

        assert (call.status, rings(simulator)) == (CallStatus.BLOCKED, 0)
        assert "do-not-call list" in call.status_reason
        assert last(call).evidence["entry"] == entry.pk
        refusal = guards.refusal_of(call)
        assert refusal is not None
        assert (refusal.kind, refusal.opens_at) == (guards.SUPPRESSED, None)

    def test_outside_hours_it_is_the_reason_that_counts(
        self, ask_for_call: Ask, simulator, unnoticed: None
    ) -> None:
        call = ask_for_call(ANSWERED)
        suppress(NUMBER, reason="", source=SuppressionSource.STAFF)
        calling_hours.opens_in(5)

        assert (sent(call).status, rings(simulator)) == (CallStatus.BLOCKED, 0)

    def test_no_reason_and_no_test_gets_past_it(
        self, ask_for_call: Ask, simulator, unnoticed: None, django_user_model: type[User]
    ) -> None:
        person = django_user_model.objects.create_user("supervisor")
        preferences.remember_test_number(person, PhoneNumber.from_string(NUMBER))
        test = ask_for_call(ANSWERED, is_test=True)
        CallLog.objects.update(placed_by=person)
        override = ask_for_call(ANSWERED, confirmed_duplicate=True)
        CallLog.objects.filter(pk=override.pk).update(override_reason="They asked for it.")
        suppress(NUMBER, reason="", source=SuppressionSource.STAFF)

        assert [sent(call).status for call in (test, override)] == [CallStatus.BLOCKED] * 2
        assert rings(simulator) == 0

    def test_an_entry_that_slips_in_before_the_claim_is_seen(
        self, ask_for_call: Ask, simulator, unnoticed: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = ask_for_call(ANSWERED)
        look = guards.before_claim

        def look_then_suppress(*args: Any) -> guards.Look:
            seen = look(*args)
            suppress(NUMBER, reason="", source=SuppressionSource.STAFF)
            return seen

        monkeypatch.setattr(guards, "before_claim", look_then_suppress)

        assert (sent(call).status, rings(simulator)) == (CallStatus.BLOCKED, 0)

    def test_whoever_is_faster_the_story_is_told(self, ask_for_call: Ask, simulator) -> None:
        """Entry and worker at the same moment: it rang and left before the entry, or it did not ring at all."""
        for number in range(6):
            call = ask_for_call(f"501{number:02}")
            entered = partial(suppress, f"+9198765501{number:02}", reason="", source=SuppressionSource.STAFF)
            before = rings(simulator)

            entry, _sent = together(entered, partial(dispatch, call.pk))

            call.refresh_from_db()
            rang = rings(simulator) - before
            assert (call.status, rang) in {(CallStatus.BLOCKED, 0), (CallStatus.ACCEPTED, 1)}
            assert not isinstance(entry, Exception)

    def test_a_lifted_entry_holds_nobody_up(self, ask_for_call: Ask, simulator) -> None:
        entry = suppress(NUMBER, reason="", source=SuppressionSource.STAFF)
        lift(entry.pk, None, "A mistake.")

        assert sent(ask_for_call(ANSWERED)).status == CallStatus.ACCEPTED

    def test_lists_leave_alone_whoever_may_have_asked_for_it(
        self, ask_for_call: Ask, simulator, agent
    ) -> None:
        call = ask_for_call(ANSWERED, contact=person_of_a_list(agent))
        propose(call, "Never again.", "In the summary.")

        sent(call)

        assert (call.status, rings(simulator)) == (CallStatus.BLOCKED, 0)
        assert "Until somebody decides" in call.status_reason


class TestCaps:
    def test_of_many_calls_to_one_number_as_many_ring_as_may(
        self, ask_for_call: Ask, simulator, settings: Any
    ) -> None:
        settings.CALLS_PER_NUMBER_A_DAY = 2
        calls = [ask_for_call(ANSWERED, confirmed_duplicate=True) for _call in range(6)]

        together(*[partial(dispatch, call.pk) for call in calls])

        assert rings(simulator) == 2
        assert CallLog.objects.filter(status=CallStatus.ACCEPTED).count() == 2
        blocked = CallLog.objects.filter(status=CallStatus.BLOCKED)
        assert {call.status_reason for call in blocked} == {
            "This number was called 2 times within 24 hours, as often as it may be. Nobody was rung."
        }
        refusal = guards.refusal_of(blocked[0])
        assert refusal is not None
        assert refusal.kind == guards.CAP
        assert refusal.opens_at == caps.free_again_at(NUMBER, timezone.now())

    def test_the_day_of_the_console_ends_at_the_number(
        self, ask_for_call: Ask, simulator, settings: Any
    ) -> None:
        settings.CALLS_A_DAY = 3
        calls = [ask_for_call(f"501{number:02}") for number in range(8)]
        CallLog.objects.update(override_reason="Nobody gets past this.")

        together(*[partial(dispatch, call.pk) for call in calls])

        assert rings(simulator) == 3
        assert DayTally.objects.get().sent == 3
        blocked = CallLog.objects.filter(status=CallStatus.BLOCKED)
        assert blocked.count() == 5
        assert {call.status_reason for call in blocked} == {
            "The console sent 3 calls today, which is all it may send on one day. Nobody was rung."
        }
        refusal = guards.refusal_of(blocked[0])
        assert refusal is not None
        assert (refusal.kind, refusal.opens_at) == (guards.CONSOLE_CAP, caps.next_day(timezone.now()))

    def test_what_certainly_did_not_leave_is_given_back(
        self, ask_for_call: Ask, simulator, settings: Any
    ) -> None:
        """OSVI says "try later" to this number once; then it rings."""
        settings.CALLS_A_DAY = 1
        settings.CALLS_PER_NUMBER_A_DAY = 1
        call = ask_for_call("50026")

        tries = 0
        while sent(call).status == CallStatus.QUEUED and tries < 5:
            tries += 1
            assert DayTally.objects.get().sent == 0
            let_time_pass()

        assert tries > 0
        assert call.status == CallStatus.ACCEPTED
        assert DayTally.objects.get().sent == 1

    def test_a_claim_that_another_worker_won_takes_nothing(
        self, ask_for_call: Ask, simulator, settings: Any
    ) -> None:
        settings.CALLS_A_DAY = 10
        call = ask_for_call(ANSWERED)

        together(*[partial(dispatch, call.pk)] * 6)

        assert (rings(simulator), DayTally.objects.get().sent) == (1, 1)


def test_before_dialling_asks_everything_and_changes_nothing(
    ask_for_call: Ask, simulator, settings: Any, django_user_model: type[User]
) -> None:
    settings.CALLS_A_DAY = settings.CALLS_PER_NUMBER_A_DAY = 1
    call, now = ask_for_call(ANSWERED), timezone.now()

    def kind() -> str | None:
        refusal = guards.before_dialling(call, now)
        return refusal.kind if refusal else None

    assert kind() is None
    DayTally.objects.create(day=timezone.localdate(now), sent=1)
    assert kind() == guards.CONSOLE_CAP
    earlier = ask_for_call("50009", confirmed_duplicate=True, scheduled_for=now + timedelta(days=2))
    CallLog.objects.filter(pk=earlier.pk).update(
        phone_number=NUMBER, status=CallStatus.FINISHED, sent_at=now - timedelta(hours=1)
    )
    assert kind() == guards.CAP
    calling_hours.opens_in(3)
    assert kind() == guards.HOURS
    calling_hours.rule(purpose=Purpose.SERVICE).delete()
    calling_hours.rule().delete()
    assert kind() == guards.UNKNOWN_HOURS
    suppress("+919876550000", reason="", source=SuppressionSource.STAFF)
    assert kind() == guards.SUPPRESSED
    assert DayTally.objects.get().sent == 1
