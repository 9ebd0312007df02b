"""Steps of a call are evidence: written once, never changed, never deleted."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import ProtectedError

from calls.choices import EventSource
from calls.models import CallEvent, CallLog
from calls.models.call_event import AppendOnly


@pytest.fixture
def event(call: CallLog) -> CallEvent:
    call.note("Something was learned.", source=EventSource.POLL)
    return CallEvent.objects.get()


def test_it_cannot_be_saved_again(event: CallEvent) -> None:
    event.why = "Something else."

    with pytest.raises(AppendOnly):
        event.save()

    assert CallEvent.objects.get().why == "Something was learned."


def test_it_cannot_be_deleted(event: CallEvent) -> None:
    with pytest.raises(AppendOnly):
        event.delete()
    with pytest.raises(AppendOnly):
        CallEvent.objects.all().delete()
    with pytest.raises(AppendOnly):
        event.call.events.all().delete()

    assert CallEvent.objects.count() == 1


def test_it_cannot_be_changed_in_bulk(event: CallEvent) -> None:
    with pytest.raises(AppendOnly):
        CallEvent.objects.update(why="Something else.")
    event.why = "Something else."
    with pytest.raises(AppendOnly), transaction.atomic():
        CallEvent.objects.bulk_update([event], ["why"])

    assert CallEvent.objects.get().why == "Something was learned."


def test_a_call_with_events_cannot_be_deleted(event: CallEvent) -> None:
    with pytest.raises(ProtectedError):
        event.call.delete()


def test_it_outlives_the_person_who_caused_it(call: CallLog) -> None:
    user = User.objects.create_user("operator")
    call.note("Something was done.", source=EventSource.PERSON, by=user)

    user.delete()

    assert CallEvent.objects.get().by is None
