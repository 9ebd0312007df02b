"""`manage.py load_demo`, against a running simulator."""

import io
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from calls import rendering
from calls.choices import CallStatus
from calls.management.demo_set import HISTORY, TEMPLATES
from calls.models import Agent, CallEvent, CallLog, CallTemplate, Transcript
from calls.osvi import contract
from osvi_simulator.server import SimulatorServer


@pytest.fixture
def world(simulator: SimulatorServer, settings: Any) -> None:
    """A console that says it uses the simulator, and does."""
    settings.CONSOLE_ENVIRONMENT = "simulator"


def load_demo(*arguments: str) -> str:
    out = io.StringIO()
    call_command("load_demo", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_it_fills_an_empty_console() -> None:
    assert load_demo("--password", "demo") == "Demo set: 3 agents, 3 templates, 12 past calls added.\n"

    assert authenticate(username="demo", password="demo") == User.objects.get(
        is_superuser=True, is_staff=True
    )
    assert {template.agent.name for template in CallTemplate.objects.all()} == {
        template.agent for template in TEMPLATES
    }
    assert all(template.data_points.exists() for template in CallTemplate.objects.all())
    assert all(template.versions.count() == 1 for template in CallTemplate.objects.all())
    assert {call.status for call in CallLog.objects.all()} == {CallStatus.FINISHED}
    assert len({call.outcome for call in CallLog.objects.all()}) == 5


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_a_past_call_looks_like_one_that_was_placed() -> None:
    load_demo()

    for call in CallLog.objects.select_related("template_version", "agent"):
        assert contract.CallRequest.model_validate(call.request).agent_uuid == call.agent.agent_uuid
        assert "{{" not in call.request["initial_greeting"]
        assert call.template_version is not None
        assert [event.to_status for event in call.events.all()] == [
            "queued",
            "sending",
            "accepted",
            "finished",
        ]
        assert [event.at for event in call.events.all()] == sorted(event.at for event in call.events.all())
        assert Transcript.objects.filter(call=call).exists() == (call.outcome == "picked")


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_a_second_run_changes_nothing() -> None:
    load_demo("--password", "demo")
    template = CallTemplate.objects.first()
    assert template is not None
    template.greeting = "Changed by somebody."
    template.save()
    counted = [model.objects.count() for model in (Agent, CallTemplate, CallLog, CallEvent, User)]

    assert load_demo("--password", "demo") == "Demo set: 3 agents, 3 templates, 0 past calls added.\n"

    assert [model.objects.count() for model in (Agent, CallTemplate, CallLog, CallEvent, User)] == counted
    template.refresh_from_db()
    assert template.greeting == "Changed by somebody."


@pytest.mark.django_db
@pytest.mark.usefixtures("world")
def test_without_a_password_one_is_made_and_printed_once() -> None:
    first, second = load_demo(), load_demo()

    password = first.split("demo / ")[1].splitlines()[0]
    assert authenticate(username="demo", password=password) is not None
    assert "Login" not in second


@pytest.mark.django_db
@pytest.mark.parametrize("world", ["production", "test"])
def test_it_refuses_where_calls_may_be_real(settings: Any, world: str) -> None:
    settings.CONSOLE_ENVIRONMENT = world

    with pytest.raises(CommandError, match="CONSOLE_ENVIRONMENT=simulator"):
        load_demo("--password", "demo")

    assert not User.objects.exists()


def test_every_history_gives_the_values_its_template_asks_for() -> None:
    texts = {template.name: f"{template.greeting}\n{template.prompt}" for template in TEMPLATES}

    for past in HISTORY:
        rendering.render(texts[past.template], {**past.values, "person_name": past.person_name})
