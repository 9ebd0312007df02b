"""`place_call` and the guards: what is refused, and what waits."""

from typing import Any

import pytest
from django.utils import timezone

from calls.choices import CallStatus, SuppressionSource
from calls.models import Agent, CallLog, DayTally
from calls.services.do_not_call import suppress
from tests.commands.running import Ended, run
from tests.conftest import NUMBER
from tests.support import calling_hours

pytestmark = pytest.mark.django_db


def place(agent: Agent, *more: str) -> Ended:
    return run("place_call", "--agent", agent.agent_uuid, "--to", NUMBER, "--country", "IN", "--json", *more)


def test_a_number_on_the_do_not_call_list_is_refused(agent: Agent) -> None:
    suppress(NUMBER, reason="Asked us to", source=SuppressionSource.STAFF)

    ended = place(agent)

    assert ended.code == 2
    assert list(ended.json["errors"]) == ["to"]
    assert "Asked us to" in ended.json["errors"]["to"][0]
    assert not CallLog.objects.exists()


def test_a_full_day_is_told_by_its_setting(agent: Agent, settings: Any) -> None:
    settings.CALLS_A_DAY = 1
    DayTally.objects.create(day=timezone.localdate(), sent=1)

    ended = place(agent)

    assert ended.code == 2
    assert list(ended.json["errors"]) == ["CALLS_A_DAY"]
    assert "CALLS_A_DAY: The console sent 1 calls today" in ended.err


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--now",), 5)])
def test_outside_calling_hours_it_waits(
    agent: Agent, settings: Any, options: tuple[str, ...], code: int
) -> None:
    settings.CALLING_HOURS_APPLY = True
    calling_hours.only_for_every_purpose()
    opens_at = calling_hours.opens_in(30)

    ended = place(agent, *options)

    assert ended.code == code
    call = CallLog.objects.get()
    assert (call.status, call.scheduled_for) == (CallStatus.SCHEDULED, opens_at)
    assert "Outside calling hours: the call waits until" in ended.json["reason"]
    assert ("the call waits until" in ended.err) is bool(options)
