"""Who was shown what: logged once an hour for each person, call and kind."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from calls.choices import Disclosed
from calls.models import CallLog, Disclosure
from calls.services import disclosure

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return User.objects.create_user("meera")


def test_a_look_is_logged_once_an_hour(call: CallLog, person: User) -> None:
    assert not disclosure.was_noted(call, person, Disclosed.NUMBER)

    assert disclosure.note(call, person, Disclosed.NUMBER)
    assert not disclosure.note(call, person, Disclosed.NUMBER)

    assert disclosure.was_noted(call, person, Disclosed.NUMBER)
    assert [(entry.by, entry.what) for entry in call.disclosures.all()] == [(person, Disclosed.NUMBER)]


def test_an_hour_later_it_is_logged_again(call: CallLog, person: User) -> None:
    disclosure.note(call, person, Disclosed.NUMBER)
    Disclosure.objects.update(at=timezone.now() - timedelta(minutes=61))

    assert disclosure.note(call, person, Disclosed.NUMBER)
    assert call.disclosures.count() == 2


def test_each_kind_and_each_person_is_logged_apart(call: CallLog, person: User) -> None:
    other = User.objects.create_user("ravi")

    assert disclosure.note(call, person, Disclosed.NUMBER)
    assert disclosure.note(call, person, Disclosed.CONVERSATION)
    assert disclosure.note(call, other, Disclosed.NUMBER)


def test_many_looks_are_logged_at_once_and_once_an_hour(
    call: CallLog, person: User, django_assert_num_queries: Any
) -> None:
    second, third = (
        CallLog.objects.create(agent=call.agent, phone_number=call.phone_number, country=call.country)
        for _number in range(2)
    )
    disclosure.note(second, person, Disclosed.CONVERSATION)

    with django_assert_num_queries(2):
        assert disclosure.note_all([call, second, third], person, Disclosed.CONVERSATION) == 2

    assert disclosure.note_all([call, second, third], person, Disclosed.CONVERSATION) == 0
    assert all(disclosure.was_noted(row, person, Disclosed.CONVERSATION) for row in (call, third))
