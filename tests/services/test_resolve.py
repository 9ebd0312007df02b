"""Resolve: a person's word about an unconfirmed call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from calls.choices import CallStatus
from calls.services.resolve import NotUnconfirmed, it_did_not_ring, it_rang
from calls.services.sweep import sweep

MakeCall = Callable[..., Any]


def test_it_rang_and_osvi_is_asked_on(make_call: MakeCall) -> None:
    user = User.objects.create_user("operator")
    long_ago = timezone.now() - timedelta(days=1)

    call: Any = it_rang(make_call(CallStatus.UNCONFIRMED, outcome_due_at=long_ago).pk, by=user)

    sweep()
    call.refresh_from_db()
    assert call.status == CallStatus.ACCEPTED
    assert call.next_poll_at <= timezone.now()
    assert call.outcome_due_at > timezone.now()
    assert call.events.get().by == user


def test_it_did_not_ring_and_that_is_the_end(make_call: MakeCall) -> None:
    call = it_did_not_ring(make_call(CallStatus.UNCONFIRMED, next_poll_at=timezone.now()).pk, by=None)

    assert (call.status, call.next_poll_at) == (CallStatus.NOT_PLACED, None)


@pytest.mark.parametrize("resolve", [it_rang, it_did_not_ring])
@pytest.mark.parametrize("status", [status for status in CallStatus if status != CallStatus.UNCONFIRMED])
def test_nothing_else_can_be_resolved(make_call: MakeCall, resolve, status: CallStatus) -> None:
    call = make_call(status)

    with pytest.raises(NotUnconfirmed, match=str(call.get_status_display())):
        resolve(call.pk, by=None)

    call.refresh_from_db()
    assert call.status == status
    assert not call.events.exists()
