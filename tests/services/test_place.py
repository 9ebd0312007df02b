"""Place: what is refused and in which words, and what is written when nothing is."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.models import Agent, CallEvent, CallLog, CallTemplate
from calls.osvi import contract
from calls.services.orders import CallOrder
from calls.services.place import place
from tests.services.together import together

GREETING_LIMIT = contract.limits("CallRequest.initial_greeting").max_length or 0
DURATION: Any = contract.limits("CallConfigOverrides.max_call_duration_seconds")


def order_for(agent: Agent, **fields: Any) -> CallOrder:
    given: dict[str, Any] = {"agent": agent, "phone_number": "98765 43210", "country": "IN"}
    return CallOrder(**given | fields)


@pytest.fixture
def order(agent: Agent) -> CallOrder:
    return order_for(agent)


def problems(order: CallOrder) -> dict[str, list[str]]:
    """Return field → sentences, having made sure that nothing was written."""
    with pytest.raises(ValidationError) as caught:
        place(order, source=EventSource.PERSON)
    assert not CallLog.objects.exists()
    assert not CallEvent.objects.exists()
    found = caught.value.message_dict
    assert all(
        sentence.rstrip().endswith((".", "…")) for sentences in found.values() for sentence in sentences
    )
    return found


@pytest.mark.parametrize(
    ("fields", "place_of_error", "words"),
    [
        ({"phone_number": ""}, "phone_number", "not a telephone number"),
        ({"phone_number": "12345"}, "phone_number", "not a telephone number"),
        ({"phone_number": "98765432101234567"}, "phone_number", "not a telephone number"),
        ({"phone_number": "+800 1234 5678"}, "phone_number", "belongs to no country"),
        ({"country": "XX"}, "country", "two-letter code"),
        ({"country": ""}, "country", "two-letter code"),
        ({"country": "in"}, "country", "two-letter code"),
        ({"person_name": "x" * 201}, "person_name", "at most 200"),
        ({"person_name": "John\x00"}, "person_name", "cannot be stored"),
        ({"greeting": "half \ud83d"}, "greeting", "cannot be stored"),
        ({"additional_data": {"note": "a\x00b"}}, "additional_data", "cannot be stored"),
        ({"additional_data": {"note": float("nan")}}, "additional_data", "cannot be stored"),
        ({"greeting": "Hello {{ person_name"}, "greeting", "Line 1"),
        ({"prompt": "Hello }}"}, "prompt", "Line 1"),
        ({"greeting": "Hello {{ person_name }}"}, "person_name", "fill this in"),
        ({"greeting": "On {{ day }}"}, "values.day", "fill this in"),
        ({"prompt": "On {{ day }}", "values": {"day": "  "}}, "values.day", "fill this in"),
        ({"greeting": "x" * (GREETING_LIMIT + 1)}, "greeting", "Please shorten it"),
        (
            {"overrides": {"max_call_duration_seconds": DURATION.maximum + 1}},
            "max_call_duration_seconds",
            "or less",
        ),
        (
            {"overrides": {"max_call_duration_seconds": DURATION.minimum - 1}},
            "max_call_duration_seconds",
            "or more",
        ),
        ({"overrides": {"retry_enabled": True, "retry_max_attempts": 0}}, "retry_max_attempts", "or more"),
        (
            {"overrides": {"retry_enabled": True, "retry_interval_minutes": 0}},
            "retry_interval_minutes",
            "or more",
        ),
        ({"data_points": [{"key": "a", "description": " "}]}, "data_points", "must not be empty"),
        ({"webhook_url": "ftp://example.org/"}, "webhook_url", "with a host"),
        ({"webhook_url": "https://"}, "webhook_url", "with a host"),
    ],
)
def test_it_refuses(agent: Agent, fields: dict[str, Any], place_of_error: str, words: str) -> None:
    found = problems(order_for(agent, **fields))

    assert list(found) == [place_of_error]
    assert words in found[place_of_error][0]


def test_it_refuses_an_inactive_agent(order: CallOrder) -> None:
    order.agent.is_active = False

    assert "no longer lists this agent" in problems(order)["agent"][0]


def test_it_refuses_a_time_that_has_passed(order: CallOrder) -> None:
    late = replace(order, scheduled_for=timezone.now() - timedelta(seconds=1))

    assert "has passed" in problems(late)["scheduled_for"][0]


def test_it_names_all_problems_at_once(agent: Agent) -> None:
    found = problems(order_for(agent, greeting="Hello {{ person_name }} on {{ day }}", prompt="}}"))

    assert set(found) == {"person_name", "values.day", "prompt"}


def test_it_writes_the_call_and_one_event(agent: Agent, template: CallTemplate) -> None:
    user = User.objects.create_user("operator")
    order = order_for(
        agent,
        template=template,
        person_name=" John Doe ",
        values={"appointment_date": "Monday"},
        is_test=True,
    )

    call: Any
    call, new = place(order, source=EventSource.PERSON, by=user)

    call.refresh_from_db()
    assert new
    assert call.status == CallStatus.QUEUED
    assert (call.person_name, call.phone_number.as_e164, call.country) == ("John Doe", "+919876543210", "IN")
    assert (call.placed_by, call.is_test, call.template_version.number) == (user, True, 1)
    assert call.send_until > timezone.now()
    assert call.request == {
        "agent_uuid": agent.agent_uuid,
        "phone_number": "9876543210",
        "country_code": "IN",
        "person_name": "John Doe",
        "initial_greeting": "Hello John Doe, your appointment is on Monday.",
        "system_prompt": "Confirm the appointment on Monday.",
        "additional_data": {
            "clinic": "City Dental",
            "appointment_date": "Monday",
            "osvi_console_reference": str(call.reference),
        },
        "call_config_overrides": {"max_call_duration_seconds": 300},
        "data_extraction": [{"key": "confirmed", "description": "Ask whether they come.", "required": True}],
    }
    event = CallEvent.objects.get()
    assert (event.to_status, event.source, event.by) == (CallStatus.QUEUED, EventSource.PERSON, user)


def test_a_number_of_another_country_is_sent_under_that_country(agent: Agent) -> None:
    call, _ = place(order_for(agent, phone_number="+44 20 7946 0958"), source=EventSource.PERSON)

    assert (call.country, call.request["country_code"], call.request["phone_number"]) == (
        "GB",
        "GB",
        "2079460958",
    )


def test_a_fallback_stands_in_for_a_missing_value(template: CallTemplate) -> None:
    order = order_for(template.agent, template=template, values={"appointment_date": "Monday"})

    call, _ = place(order, source=EventSource.PERSON)

    assert call.request["initial_greeting"] == "Hello there, your appointment is on Monday."


def test_the_rendered_greeting_is_what_must_fit(agent: Agent) -> None:
    greeting = "{{ words }}"
    fits = order_for(agent, greeting=greeting, values={"words": "x" * GREETING_LIMIT})
    too_long = order_for(agent, greeting=greeting, values={"words": "x" * (GREETING_LIMIT + 1)})

    assert str(GREETING_LIMIT + 1) in problems(too_long)["greeting"][0]
    call, _ = place(fits, source=EventSource.PERSON)
    assert len(call.request["initial_greeting"]) == GREETING_LIMIT


def test_later_edits_of_the_template_do_not_change_history(template: CallTemplate) -> None:
    order = order_for(template.agent, template=template, values={"appointment_date": "Monday"})
    call, _ = place(order, source=EventSource.PERSON)
    before = call.request

    template.greeting = "Good day."
    template.save()
    template.data_points.all().delete()
    template.record_version(None)

    call.refresh_from_db()
    assert call.template_version is not None
    assert call.request == before
    assert call.template_version.content["greeting"].startswith("Hello")
    once_more = replace(order, template_version=call.template_version, confirmed_duplicate=True)
    again, _ = place(once_more, source=EventSource.PERSON)
    assert again.request["initial_greeting"] == before["initial_greeting"]


def test_what_the_order_says_wins_over_the_template(template: CallTemplate) -> None:
    order = order_for(
        template.agent,
        template=template,
        greeting="",
        prompt="Be brief.",
        overrides={},
        data_points=[],
        additional_data={"clinic": "Other"},
    )

    call, _ = place(order, source=EventSource.PERSON)

    assert set(call.request) == {
        "agent_uuid",
        "phone_number",
        "country_code",
        "system_prompt",
        "additional_data",
    }
    assert call.request["additional_data"]["clinic"] == "Other"


def test_nobody_can_claim_the_reference_of_another_call(agent: Agent) -> None:
    call, _ = place(
        order_for(agent, additional_data={"osvi_console_reference": "forged"}), source=EventSource.PERSON
    )

    assert call.request["additional_data"]["osvi_console_reference"] == str(call.reference)


def test_a_scheduled_call_waits(order: CallOrder) -> None:
    at = timezone.now() + timedelta(hours=2)

    call, _ = place(replace(order, scheduled_for=at), source=EventSource.PERSON)

    assert (call.status, call.not_before) == (CallStatus.SCHEDULED, at)
    assert call.send_until is not None
    assert call.send_until > at


def test_it_nudges_the_worker_after_commit(
    order: CallOrder, queue, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        call, _ = place(order, source=EventSource.PERSON)
    assert queue.pending_count() == 0

    for callback in callbacks:
        callback()

    assert [task.args for task in queue.pending()] == [(call.pk,)]


def test_it_leaves_the_sending_to_the_caller(
    order: CallOrder, queue, django_capture_on_commit_callbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        place(order, source=EventSource.COMMAND, nudge_worker=False)

    assert queue.pending_count() == 0


def test_a_queue_that_is_down_loses_no_call(
    order: CallOrder, monkeypatch, caplog, django_capture_on_commit_callbacks
) -> None:
    from calls import tasks

    def refuse(*_args: object) -> None:
        raise ConnectionError("The queue is gone.")

    monkeypatch.setattr(tasks, "dispatch_call", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        _call, new = place(order, source=EventSource.PERSON)

    assert new
    assert CallLog.objects.get().status == CallStatus.QUEUED
    assert "did not take a nudge" in caplog.text


class TestFormToken:
    def test_the_second_submission_is_the_first_call(self, order: CallOrder) -> None:
        once = replace(order, form_token=uuid.uuid4())
        first, new = place(once, source=EventSource.PERSON)

        second, new_again = place(replace(once, phone_number="nonsense"), source=EventSource.PERSON)

        assert (new, new_again) == (True, False)
        assert first == second
        assert CallEvent.objects.count() == 1

    def test_another_form_is_another_call(self, order: CallOrder) -> None:
        for _ in range(2):
            place(
                replace(order, form_token=uuid.uuid4(), confirmed_duplicate=True), source=EventSource.PERSON
            )

        assert CallLog.objects.count() == 2

    @pytest.mark.django_db(transaction=True)
    def test_at_the_same_moment(self, order: CallOrder, queue) -> None:
        once = replace(order, form_token=uuid.uuid4())

        results = together(*[lambda: place(once, source=EventSource.PERSON)] * 4)

        assert sorted(new for _, new in results) == [False, False, False, True]
        assert len({call.pk for call, _ in results}) == 1
        assert CallLog.objects.count() == CallEvent.objects.count() == queue.pending_count() == 1
