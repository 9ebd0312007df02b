"""The figures of a list add up to its rows, whatever became of its people."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.choices import ContactStatus
from calls.models import CallLog, CallTemplate
from calls.services.list_advance import advance
from calls.services.list_figures import being_called, progress
from tests.services.running import end, make_list, person, send

pytestmark = pytest.mark.django_db


def test_every_row_is_counted_once(template: CallTemplate):
    call_list = make_list(template, people=7, at_once=10)
    now = timezone.now()
    for row, outcome in enumerate(["picked", "not_picked", ""], start=1):
        advance(call_list.pk, now + timedelta(seconds=row))
        call = CallLog.objects.latest("pk")
        if outcome:
            end(call, outcome)
        else:
            send(call)
    call_list.contacts.filter(row=5).update(status=ContactStatus.SKIPPED)
    call_list.contacts.filter(row=6).update(status=ContactStatus.REMOVED)
    advance(call_list.pk, now + timedelta(seconds=3))
    counted = progress(call_list)
    assert (counted.reached, counted.not_reached, counted.unclear) == (1, 1, 0)
    assert (counted.left_out, counted.removed) == (1, 1)
    assert counted.calling + counted.waiting == 3
    assert counted.total == 7
    assert counted.percent == 40


def test_who_is_being_called(template: CallTemplate):
    call_list = make_list(template, people=3)
    advance(call_list.pk)
    assert being_called(call_list) == [person(call_list)]
