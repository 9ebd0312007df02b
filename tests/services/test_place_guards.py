"""Placing under guard: who is refused beside which field, who waits, who may override, and what is kept of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from calls.choices import CallStatus, EventSource, Purpose, SuppressionSource
from calls.models import Agent, CallingRule, CallList, CallLog, CallTemplate, Contact, DayTally
from calls.services import guards, preferences
from calls.services.again import order_from
from calls.services.do_not_call import propose, suppress
from calls.services.orders import CallOrder
from calls.services.place import place
from tests.conftest import NUMBER
from tests.support import calling_hours

pytestmark = pytest.mark.django_db
MakeCall = Callable[..., CallLog]


@pytest.fixture(autouse=True)
def _open(settings: Any, db: None) -> None:
    settings.CALLING_HOURS_APPLY = True
    calling_hours.only_for_every_purpose()
    calling_hours.open_always()


@pytest.fixture
def order(agent: Agent) -> CallOrder:
    return CallOrder(agent=agent, phone_number=NUMBER, country="IN", purpose=Purpose.SERVICE)


@pytest.fixture
def clerk(django_user_model: type[User]) -> User:
    return django_user_model.objects.create_user("clerk")


@pytest.fixture
def supervisor(django_user_model: type[User]) -> User:
    person = django_user_model.objects.create_user("supervisor")
    person.user_permissions.add(Permission.objects.get(codename="override_guards"))
    return django_user_model.objects.get(pk=person.pk)


def placed(order: CallOrder, by: User | None = None) -> CallLog:
    call, is_new = place(order, source=EventSource.PERSON, by=by, nudge_worker=False)
    assert is_new
    return call


def refused(order: CallOrder, by: User | None = None) -> tuple[str, str, guards.Refusal | None]:
    """Return field, sentence and refusal of an order that must be refused, with nothing written."""
    before = CallLog.objects.count()
    with pytest.raises(ValidationError) as caught:
        place(order, source=EventSource.PERSON, by=by, nudge_worker=False)
    assert CallLog.objects.count() == before
    [(field, [sentence])] = caught.value.message_dict.items()
    return field, sentence, guards.refusal_in(caught.value)


class TestHours:
    def test_within_them_it_goes_out_at_once(self, order: CallOrder) -> None:
        call = placed(order)

        assert (call.status, call.scheduled_for, call.status_reason) == (CallStatus.QUEUED, None, "")
        assert call.purpose == Purpose.SERVICE

    def test_outside_it_waits_until_they_open_and_says_so(self, order: CallOrder, settings: Any) -> None:
        opens_at = calling_hours.opens_in(3)

        call = placed(order)

        assert call.status == CallStatus.SCHEDULED
        assert call.scheduled_for == call.not_before == opens_at
        assert call.send_until == opens_at + timedelta(seconds=settings.CALL_QUEUE_DEADLINE)
        there = opens_at.astimezone(calling_hours.INDIA)
        assert call.status_reason == (
            f"Outside calling hours: the call waits until {there:%Y-%m-%d %H:%M} (Asia/Kolkata)."
        )
        event = call.events.get()
        assert (event.to_status, event.why) == (CallStatus.SCHEDULED, call.status_reason)

    def test_a_chosen_time_outside_them_is_refused(self, order: CallOrder) -> None:
        calling_hours.opens_in(3)

        field, words, refusal = refused(replace(order, scheduled_for=timezone.now() + timedelta(hours=10)))

        assert field == "scheduled_for"
        assert words.startswith("Closed until")
        assert refusal is not None
        assert refusal.kind == guards.HOURS

    def test_a_chosen_time_within_them_is_taken(self, order: CallOrder) -> None:
        opens_at = calling_hours.opens_in(3)

        call = placed(replace(order, scheduled_for=opens_at))

        assert (call.status, call.scheduled_for) == (CallStatus.SCHEDULED, opens_at)
        assert call.events.get().why == "Call scheduled."

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"phone_number": "+33 6 12 34 56 78"}, "Not known which hours apply in France"),
            ({}, "There is no time within the next two weeks"),
        ],
    )
    def test_what_is_not_known_or_never_open_is_refused(
        self, order: CallOrder, change: dict[str, Any], words: str
    ) -> None:
        if not change:
            calling_hours.rule()

        field, sentence, refusal = refused(replace(order, **change))

        assert field == "phone_number"
        assert words in sentence
        assert refusal is not None
        assert refusal.kind == (guards.UNKNOWN_HOURS if change else guards.HOURS)
        assert refusal.opens_at is None

    def test_a_zone_that_does_not_exist_is_refused(self, order: CallOrder) -> None:
        assert refused(replace(order, time_zone="Mars/Olympus"))[0] == "time_zone"

    def test_the_persons_own_zone_is_kept_and_decides(self, order: CallOrder) -> None:
        calling_hours.opens_in(0)

        call = placed(replace(order, time_zone="Pacific/Auckland"))

        assert (call.status, call.time_zone) == (CallStatus.SCHEDULED, "Pacific/Auckland")
        assert call.status_reason.endswith("(Pacific/Auckland).")

    def test_the_purpose_is_the_templates_and_without_one_all_have_to_allow(
        self, order: CallOrder, template: CallTemplate
    ) -> None:
        calling_hours.opens_in(3, purpose=Purpose.MARKETING)
        template.purpose = Purpose.MARKETING
        template.save()
        values = {"appointment_date": "Monday"}

        of_template = placed(replace(order, template=template, values=values, purpose=None))
        unknown = placed(replace(order, purpose=None, phone_number="+919876500001"))
        service = placed(replace(order, phone_number="+919876500002"))

        assert (of_template.purpose, of_template.status) == (Purpose.MARKETING, CallStatus.SCHEDULED)
        assert (unknown.purpose, unknown.status) == ("", CallStatus.SCHEDULED)
        assert service.status == CallStatus.QUEUED

    def test_where_they_do_not_apply_they_hold_nobody_up(self, order: CallOrder, settings: Any) -> None:
        settings.CALLING_HOURS_APPLY = False
        calling_hours.rule()

        assert placed(order).status == CallStatus.QUEUED

    def test_people_of_a_list_are_not_scheduled_one_by_one(
        self, order: CallOrder, template: CallTemplate
    ) -> None:
        opens_at = calling_hours.opens_in(3)
        contact = person_of_a_list(template)

        field, _words, refusal = refused(replace(order, contact=contact))

        assert field == "phone_number"
        assert refusal is not None
        assert (refusal.kind, refusal.opens_at) == (guards.HOURS, opens_at)

    def test_a_call_again_is_for_the_same_purpose_in_the_same_zone(self, order: CallOrder) -> None:
        earlier = placed(replace(order, time_zone="Asia/Dubai", purpose=Purpose.RESEARCH))

        again = order_from(earlier)

        assert (again.purpose, again.time_zone, again.override_reason) == (Purpose.RESEARCH, "Asia/Dubai", "")


def person_of_a_list(template: CallTemplate) -> Contact:
    call_list = CallList.objects.create(name="March", template=template, country="IN")
    return Contact.objects.create(call_list=call_list, row=2, phone_number=NUMBER, country="IN")


class TestDoNotCall:
    def test_it_is_refused_with_the_reason_beside_the_number(self, order: CallOrder) -> None:
        suppress(NUMBER, reason="Asked us 100% clearly", source=SuppressionSource.STAFF)

        field, words, refusal = refused(order)

        assert field == "phone_number"
        assert "On the do-not-call list since" in words
        assert "Asked us 100% clearly" in words
        assert refusal is not None
        assert refusal.kind == guards.SUPPRESSED

    def test_no_reason_and_no_test_gets_past_it(self, order: CallOrder, supervisor: User) -> None:
        suppress(NUMBER, reason="", source=SuppressionSource.STAFF)
        preferences.remember_test_number(supervisor, PhoneNumber.from_string(NUMBER))

        for change in ({"override_reason": "I want to."}, {"is_test": True}):
            assert refused(replace(order, **change), supervisor)[0] == "phone_number"

    def test_that_of_another_agent_holds_nobody_up(self, order: CallOrder) -> None:
        other = Agent.objects.create(agent_uuid="agent_other", name="Other")
        suppress(NUMBER, agent=other, reason="", source=SuppressionSource.STAFF)

        assert placed(order).status == CallStatus.QUEUED

    def test_while_it_is_undecided_only_lists_leave_the_person_alone(
        self, order: CallOrder, template: CallTemplate, make_call: MakeCall
    ) -> None:
        heard_in = make_call(CallStatus.FINISHED, sent_at=timezone.now() - timedelta(days=1))
        propose(heard_in, "Never call me again.", "In the summary.")

        field, _words, refusal = refused(replace(order, contact=person_of_a_list(template)))
        assert field == "phone_number"
        assert refusal is not None
        assert refusal.kind == guards.SUPPRESSED
        assert placed(order).status == CallStatus.QUEUED


class TestCaps:
    @pytest.fixture(autouse=True)
    def _cap(self, settings: Any, make_call: MakeCall) -> None:
        settings.CALLS_PER_NUMBER_A_DAY = 2
        for hours in (3, 5):
            make_call(CallStatus.FINISHED, sent_at=timezone.now() - timedelta(hours=hours))

    def test_who_was_called_often_enough_is_refused(self, order: CallOrder) -> None:
        field, words, refusal = refused(order)

        assert field == "phone_number"
        assert "2 times within 24 hours" in words
        assert refusal is not None
        assert refusal.kind == guards.CAP
        assert refusal.opens_at is not None
        assert timedelta(hours=18.9) < refusal.opens_at - timezone.now() < timedelta(hours=19)

    def test_it_counts_by_the_time_for_which_the_call_is_asked(self, order: CallOrder) -> None:
        at = timezone.now() + timedelta(hours=20)

        assert placed(replace(order, scheduled_for=at)).scheduled_for == at

    def test_a_test_on_ones_own_telephone_is_free(self, order: CallOrder, clerk: User) -> None:
        calling_hours.opens_in(3)
        preferences.remember_test_number(clerk, PhoneNumber.from_string(NUMBER))

        call = placed(replace(order, is_test=True, override_reason="Unasked."), clerk)

        assert (call.status, call.override_reason) == (CallStatus.QUEUED, "")
        assert call.events.get().evidence["guards"]["own_telephone"] is True

    def test_a_test_that_rings_somebody_else_is_not(self, order: CallOrder, clerk: User) -> None:
        for by in (clerk, None):
            assert refused(replace(order, is_test=True), by)[0] == "phone_number"


class TestTheConsolesDay:
    @pytest.fixture(autouse=True)
    def _full(self, settings: Any, db: None) -> None:
        settings.CALLS_A_DAY = 1
        DayTally.objects.create(day=timezone.localdate(), sent=1)

    def test_when_it_is_full_nobody_is_called_today(self, order: CallOrder, supervisor: User) -> None:
        for by, reason in ((None, ""), (supervisor, "Urgent.")):
            field, words, refusal = refused(replace(order, override_reason=reason), by)
            assert field == NON_FIELD_ERRORS
            assert "1 calls today" in words
            assert refusal is not None
            assert refusal.kind == guards.CONSOLE_CAP

    def test_a_call_for_another_day_is_taken(self, order: CallOrder) -> None:
        at = timezone.now() + timedelta(days=1)

        assert placed(replace(order, scheduled_for=at)).status == CallStatus.SCHEDULED


class TestOverride:
    def test_a_reason_of_a_person_who_may_gets_past_hours_and_caps(
        self, order: CallOrder, supervisor: User, settings: Any, make_call: MakeCall
    ) -> None:
        calling_hours.opens_in(3)
        settings.CALLS_PER_NUMBER_A_DAY = 1
        make_call(CallStatus.FINISHED, sent_at=timezone.now() - timedelta(hours=2))

        call = placed(replace(order, override_reason=" They asked for it. "), supervisor)

        assert (call.status, call.override_reason) == (CallStatus.QUEUED, "They asked for it.")
        first, second = call.events.all()
        kept = first.evidence["guards"]
        assert kept["override"] == "They asked for it."
        assert kept["hours"]["verdict"] == "closed"
        assert kept["calls_before"] == {"day": 1, "week": 1}
        assert (second.by, second.why) == (
            supervisor,
            "To be called whatever hours and caps say: They asked for it.",
        )

    def test_unknown_hours_can_be_overridden_too(self, order: CallOrder, supervisor: User) -> None:
        there = replace(order, phone_number="+33 6 12 34 56 78", override_reason="They asked for it.")

        assert placed(there, supervisor).status == CallStatus.QUEUED

    def test_without_the_permission_it_is_refused(self, order: CallOrder, clerk: User) -> None:
        for by in (clerk, None):
            field, words, refusal = refused(replace(order, override_reason="Please."), by)
            assert (field, refusal) == ("override_reason", None)
            assert words == "You may not call outside calling hours or over a cap."

    def test_a_blank_reason_is_none(self, order: CallOrder, clerk: User) -> None:
        assert placed(replace(order, override_reason="  "), clerk).override_reason == ""

    def test_a_reason_that_cannot_be_kept_is_refused(self, order: CallOrder, supervisor: User) -> None:
        assert refused(replace(order, override_reason="x" * 301), supervisor)[0] == "override_reason"


def test_the_evidence_tells_by_which_rule_and_on_what_consent(
    order: CallOrder, template: CallTemplate, settings: Any
) -> None:
    settings.CALLS_PER_NUMBER_A_DAY = 3
    template.consent_basis, template.discloses_ai = "Patients with an appointment", True
    template.save()

    call = placed(replace(order, template=template, values={"appointment_date": "Monday"}, purpose=None))

    kept = call.events.get().evidence["guards"]
    [clock] = kept["hours"]["zones"].values()
    assert kept["hours"]["rule"] == {
        "country": "IN",
        "purpose": "",
        "source": "Act of 2020",
        "reviewed_on": "2026-03-01",
    }
    assert clock.endswith("+05:30")
    assert kept["hours"]["verdict"] == "open"
    assert kept["do_not_call"] == "not listed"
    assert kept["calls_before"] == {"day": 0, "week": 0}
    assert kept["consent"] == {"basis": "Patients with an appointment", "discloses_ai": True}
    assert NUMBER not in str(kept)


def test_without_hours_and_caps_only_do_not_call_is_asked(
    order: CallOrder, settings: Any, django_assert_num_queries: Any
) -> None:
    from calls.services.orders import check
    from calls.services.place_guards import admit

    settings.CALLING_HOURS_APPLY = False
    checked = check(order)
    with django_assert_num_queries(1):
        admit(order, checked, by=None, now=timezone.now())


def test_nobody_is_called_in_a_country_whose_rule_was_deleted(order: CallOrder) -> None:
    CallingRule.objects.filter(country="IN").delete()

    assert "Not known which hours apply" in refused(order)[1]
