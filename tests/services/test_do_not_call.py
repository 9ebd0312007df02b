"""Do not call: whom an entry forbids to call, what it takes back, proposals, and races for one entry."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from calls.choices import (
    CANCELLABLE,
    CallStatus,
    ContactStatus,
    ContactVerdict,
    EventSource,
    ListStatus,
    SuppressionSource,
    SuppressionStatus,
)
from calls.models import Agent, CallList, CallLog, CallTemplate, Contact, DoNotCall
from calls.services import contact_words, do_not_call
from calls.services.cancel import cancel
from calls.services.dispatch import dispatch
from calls.services.do_not_call import CannotDecide
from tests.osvi.http_server import reply
from tests.services.together import together

MakeCall = Callable[..., CallLog]
NUMBER, OTHER = "+919876543210", "+919876543211"
HEARD = "Heard in the summary."

pytestmark = pytest.mark.django_db


@pytest.fixture
def meera() -> User:
    return User.objects.create_user("meera", is_staff=True)


@pytest.fixture
def other_agent(db: None) -> Agent:
    return Agent.objects.create(agent_uuid="agent_other", name="Surveys")


@pytest.fixture
def contact(template: CallTemplate) -> Contact:
    call_list = CallList.objects.create(
        name="May", template=template, country="IN", status=ListStatus.RUNNING
    )
    return Contact.objects.create(
        call_list=call_list,
        row=2,
        phone_number=NUMBER,
        verdict=ContactVerdict.READY,
        status=ContactStatus.WAITING,
    )


def suppress(number: str = NUMBER, **fields: Any) -> DoNotCall:
    given: dict[str, Any] = {"reason": "Asked for it", "source": SuppressionSource.STAFF}
    return do_not_call.suppress(number, **given | fields)


def in_force(agent: Agent | None = None, now: datetime | None = None) -> DoNotCall | None:
    found = do_not_call.entries([NUMBER, OTHER], agent.pk if agent else None, now or timezone.now())
    return found.get(NUMBER)


# --- Whom it holds for ----------------------------------------------------------------------------


def test_an_entry_for_all_agents_holds_for_each(agent: Agent, meera: User) -> None:
    entry = suppress(by=meera)

    assert in_force(agent) == in_force() == entry
    assert (entry.status, entry.added_by, entry.reason) == (SuppressionStatus.ACTIVE, meera, "Asked for it")


def test_an_entry_for_one_agent_holds_for_no_other(agent: Agent, other_agent: Agent) -> None:
    entry = suppress(agent=agent)

    assert in_force(agent) == entry
    assert in_force(other_agent) is None
    assert in_force() is None


def test_another_number_is_not_meant(agent: Agent) -> None:
    suppress(OTHER)

    assert in_force(agent) is None


def test_a_wider_entry_keeps_the_narrower(agent: Agent, meera: User) -> None:
    narrow = suppress(agent=agent)
    wide = suppress()

    assert in_force(agent) == wide

    do_not_call.lift(wide.pk, meera, "Rang by mistake")

    assert in_force(agent) == narrow


def test_its_time_ends(agent: Agent) -> None:
    now = timezone.now()
    suppress(expires_at=now + timedelta(days=1))

    assert in_force(agent, now + timedelta(hours=23)) is not None
    assert in_force(agent, now + timedelta(days=1)) is None


def test_entering_twice_is_one_entry(meera: User) -> None:
    assert suppress() == suppress(reason="Again", by=meera, source=SuppressionSource.IMPORT)
    assert DoNotCall.objects.get().reason == "Asked for it"


def test_of_two_entries_the_one_that_holds_longer_stands(agent: Agent) -> None:
    tomorrow = timezone.now() + timedelta(days=1)
    short = suppress(expires_at=tomorrow)

    assert suppress(expires_at=tomorrow - timedelta(hours=1)) == short

    for_good = suppress()

    assert for_good != short
    assert suppress(expires_at=tomorrow) == in_force(agent) == for_good
    short.refresh_from_db()
    assert (short.status, short.decision_reason) == (
        SuppressionStatus.LIFTED,
        "Another entry that holds longer took its place.",
    )


def test_a_number_can_be_entered_again_after_its_time(agent: Agent) -> None:
    first = suppress(expires_at=timezone.now() + timedelta(hours=1))
    DoNotCall.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    second = suppress(expires_at=timezone.now() + timedelta(hours=1))

    first.refresh_from_db()
    assert (first.status, first.decision_reason) == (SuppressionStatus.LIFTED, "Its time is over.")
    assert in_force(agent) == second


def test_the_sweep_closes_what_is_over(agent: Agent) -> None:
    entry = suppress(expires_at=timezone.now() - timedelta(seconds=1))
    suppress(OTHER)

    assert do_not_call.end_expired() == 1
    assert do_not_call.end_expired() == 0

    entry.refresh_from_db()
    assert entry.status == SuppressionStatus.LIFTED
    assert not entry.mirrors.filter(wanted=True).exists()


def test_lifting_leaves_its_history(agent: Agent, meera: User) -> None:
    entry = suppress()

    for reason in ("They rang us", "Twice"):
        lifted = do_not_call.lift(entry.pk, meera, reason)

    assert in_force(agent) is None
    assert (lifted.status, lifted.decided_by, lifted.decision_reason) == (
        SuppressionStatus.LIFTED,
        meera,
        "They rang us",
    )
    assert (lifted.reason, DoNotCall.objects.count()) == ("Asked for it", 1)
    assert suppress() != lifted


def test_the_sentence_names_no_number(agent: Agent) -> None:
    words = do_not_call.sentence(suppress(agent=agent, expires_at=timezone.now() + timedelta(days=30)))

    assert "Asked for it" in words
    assert "until" in words
    assert agent.name in words
    assert "543210" not in words


def test_questions_do_not_grow_with_the_numbers(agent: Agent, django_assert_num_queries: Any) -> None:
    suppress()
    numbers = [f"+9198765{number:05}" for number in range(5_000)]
    now = timezone.now()

    with django_assert_num_queries(2):
        assert list(do_not_call.entries(numbers, agent.pk, now)) == []
        assert do_not_call.undecided(numbers) == set()


# --- What waits is taken back ---------------------------------------------------------------------


@pytest.mark.parametrize("status", sorted(CANCELLABLE))
def test_calls_that_wait_are_blocked(make_call: MakeCall, meera: User, status: CallStatus) -> None:
    call, other = make_call(status), make_call(status, phone_number=OTHER)

    entry = suppress(by=meera)

    call.refresh_from_db()
    other.refresh_from_db()
    assert (call.status, other.status) == (CallStatus.BLOCKED, status)
    assert "must not be called" in call.status_reason
    event = call.events.get()
    assert (event.by, event.evidence) == (
        meera,
        {"guard": {"kind": "suppressed", "opens_at": None}, "entry": entry.pk},
    )


@pytest.mark.parametrize("status", sorted(set(CallStatus) - CANCELLABLE))
def test_calls_that_left_stay_as_they_are(make_call: MakeCall, status: CallStatus) -> None:
    call = make_call(status)

    suppress()

    call.refresh_from_db()
    assert call.status == status


def test_calls_of_another_agent_are_sent(make_call: MakeCall, other_agent: Agent) -> None:
    call = make_call()

    suppress(agent=other_agent)

    call.refresh_from_db()
    assert call.status == CallStatus.QUEUED


def test_people_of_lists_who_wait_are_left_out(contact: Contact) -> None:
    entry = suppress()

    contact.refresh_from_db()
    assert (contact.status, contact.verdict) == (ContactStatus.SKIPPED, ContactVerdict.DO_NOT_CALL)
    assert contact.detail["entry"] == entry.pk
    assert "Asked for it" in contact_words.words(contact)
    assert "must not be called" in contact.events.get().what


@pytest.mark.parametrize("status", sorted(set(ContactStatus) - {ContactStatus.WAITING}))
def test_people_of_lists_who_do_not_wait_stay_as_they_are(contact: Contact, status: ContactStatus) -> None:
    Contact.objects.update(status=status)

    suppress()

    contact.refresh_from_db()
    assert (contact.status, contact.verdict) == (status, ContactVerdict.READY)


def test_people_of_other_agents_lists_and_of_ended_lists_wait_on(
    contact: Contact, other_agent: Agent
) -> None:
    suppress(agent=other_agent)
    CallList.objects.update(status=ListStatus.CANCELLED)
    suppress()

    contact.refresh_from_db()
    assert contact.status == ContactStatus.WAITING


# --- Proposals ------------------------------------------------------------------------------------


def test_a_proposal_forbids_nothing_yet(make_call: MakeCall, agent: Agent) -> None:
    call, waiting = make_call(CallStatus.FINISHED), make_call()

    proposal = do_not_call.propose(call, "do not call me again", HEARD)

    assert proposal is not None
    assert in_force(agent) is None
    assert do_not_call.undecided([NUMBER, OTHER]) == {NUMBER}
    waiting.refresh_from_db()
    assert waiting.status == CallStatus.QUEUED
    assert "may have asked" in call.events.get().why


def test_a_call_is_proposed_once(make_call: MakeCall, meera: User) -> None:
    call = make_call(CallStatus.FINISHED)
    proposal = do_not_call.propose(call, "stop calling", HEARD)
    assert proposal is not None

    assert do_not_call.propose(call, "stop calling", HEARD) is None

    do_not_call.dismiss(proposal.pk, meera, "A joke")

    assert do_not_call.propose(call, "stop calling", HEARD) is None
    assert DoNotCall.objects.count() == 1


def test_a_number_that_nobody_calls_is_not_proposed(make_call: MakeCall, agent: Agent) -> None:
    call = make_call(CallStatus.FINISHED)
    suppress(agent=agent)
    assert do_not_call.propose(call, "stop calling", HEARD) is not None

    suppress()

    assert do_not_call.propose(make_call(CallStatus.FINISHED), "stop calling", HEARD) is None


def test_an_accepted_proposal_is_in_force(make_call: MakeCall, agent: Agent, meera: User) -> None:
    call, waiting = make_call(CallStatus.FINISHED), make_call()
    proposal = do_not_call.propose(call, "stop calling", HEARD)
    assert proposal is not None

    for _ in range(2):
        entry = do_not_call.accept(proposal.pk, meera)

    assert in_force(agent) == entry == proposal
    assert (entry.decided_by, entry.words, entry.source) == (meera, "stop calling", SuppressionSource.CALL)
    assert do_not_call.undecided([NUMBER]) == set()
    waiting.refresh_from_db()
    assert waiting.status == CallStatus.BLOCKED


def test_what_was_decided_stays_decided(make_call: MakeCall, meera: User) -> None:
    first, second = (
        do_not_call.propose(make_call(CallStatus.FINISHED), "stop calling", HEARD) for _ in range(2)
    )
    assert first is not None
    assert second is not None
    for _ in range(2):
        do_not_call.dismiss(first.pk, meera, "Meant somebody else")
    with pytest.raises(CannotDecide, match="Turned down"):
        do_not_call.accept(first.pk, meera)
    with pytest.raises(CannotDecide, match="not in force"):
        do_not_call.lift(second.pk, meera, "Why not")

    do_not_call.accept(second.pk, meera)

    with pytest.raises(CannotDecide, match="Not to be called"):
        do_not_call.dismiss(second.pk, meera, "Too late")


def test_entering_a_number_settles_its_proposals(make_call: MakeCall, agent: Agent, meera: User) -> None:
    heard = make_call(CallStatus.FINISHED)
    proposal = do_not_call.propose(heard, "stop calling", HEARD)
    other = do_not_call.propose(make_call(CallStatus.FINISHED), "remove my number", HEARD)
    assert proposal is not None
    assert other is not None

    entry = suppress(call=heard, by=meera, reason="Said so twice")

    assert entry == proposal
    assert (entry.words, entry.reason, entry.decided_by) == ("stop calling", "Said so twice", meera)
    other.refresh_from_db()
    assert other.status == SuppressionStatus.DISMISSED
    assert do_not_call.undecided([NUMBER]) == set()


def test_an_entry_for_one_agent_leaves_proposals_open(make_call: MakeCall, agent: Agent) -> None:
    do_not_call.propose(make_call(CallStatus.FINISHED), "stop calling", HEARD)

    suppress(agent=agent)

    assert do_not_call.undecided([NUMBER]) == {NUMBER}


def test_accepting_what_stands_already_settles_it(make_call: MakeCall, meera: User) -> None:
    proposal = do_not_call.propose(make_call(CallStatus.FINISHED), "stop calling", HEARD)
    assert proposal is not None
    standing = suppress(OTHER)
    DoNotCall.objects.filter(pk=standing.pk).update(phone_number=NUMBER)

    assert do_not_call.accept(proposal.pk, meera) == standing

    proposal.refresh_from_db()
    assert proposal.status == SuppressionStatus.DISMISSED


# --- Races ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_several_people_at_the_same_moment_one_enters_the_number(agent: Agent) -> None:
    results = together(*[partial(suppress, agent=scope) for scope in (None, agent)] * 4)

    entries = set(DoNotCall.objects.all())
    assert set(results) == entries
    assert len(entries) == 2


@pytest.mark.parametrize("is_heard", [False, True])
def test_a_number_that_an_import_enters_at_this_moment_is_one_entry(
    make_call: MakeCall, monkeypatch: pytest.MonkeyPatch, is_heard: bool
) -> None:
    call = make_call(CallStatus.FINISHED)
    if is_heard:
        do_not_call.propose(call, "stop calling", HEARD)
    imported = DoNotCall.objects.create(phone_number=NUMBER, source=SuppressionSource.IMPORT)
    standing = do_not_call._standing
    looks = iter([lambda entry: None, standing])
    monkeypatch.setattr(do_not_call, "_standing", lambda entry: next(looks)(entry))

    assert suppress(call=call) == imported

    assert do_not_call.undecided([NUMBER]) == set()
    assert DoNotCall.objects.filter(status=SuppressionStatus.ACTIVE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_several_news_of_a_call_one_proposes(make_call: MakeCall) -> None:
    call = make_call(CallStatus.FINISHED)

    results = together(*[partial(do_not_call.propose, call, "stop calling", HEARD)] * 4)

    assert [result for result in results if result] == [DoNotCall.objects.get()]
    assert results.count(None) == 3


@pytest.mark.django_db(transaction=True)
def test_a_proposal_is_accepted_or_turned_down(make_call: MakeCall, meera: User) -> None:
    for _ in range(5):
        DoNotCall.objects.all().delete()
        proposal = do_not_call.propose(make_call(CallStatus.FINISHED), "stop calling", HEARD)
        assert proposal is not None

        accepted, dismissed = together(
            partial(do_not_call.accept, proposal.pk, meera),
            partial(do_not_call.dismiss, proposal.pk, meera, "No"),
        )

        assert isinstance(accepted, CannotDecide) != isinstance(dismissed, CannotDecide)


@pytest.mark.django_db(transaction=True)
def test_whoever_is_suppressed_while_the_call_waits_is_not_rung_later(
    make_call: MakeCall, osvi, osvi_client, queue
) -> None:
    osvi.script(reply(400, {"error": "no"}))
    for _ in range(5):
        osvi.received.clear()
        DoNotCall.objects.all().delete()
        call = make_call()

        together(partial(dispatch, call.pk, client=osvi_client), suppress)

        call.refresh_from_db()
        assert (call.status, len(osvi.received)) in {(CallStatus.REJECTED, 1), (CallStatus.BLOCKED, 0)}


@pytest.mark.django_db(transaction=True)
def test_a_call_cancelled_meanwhile_stays_cancelled(make_call: MakeCall) -> None:
    call = make_call()

    together(partial(cancel, call.pk, source=EventSource.PERSON), suppress)

    call.refresh_from_db()
    assert call.status in {CallStatus.CANCELLED, CallStatus.BLOCKED}
    assert call.events.count() == 1
