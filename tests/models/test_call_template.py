"""Templates: what they refuse, and their versions."""

import pytest
from django.core.exceptions import ValidationError

from calls.models import Agent, CallTemplate
from calls.osvi import contract


def bounds(field: str) -> tuple[int, int]:
    limits = contract.limits(field)
    assert limits.minimum is not None
    assert limits.maximum is not None
    return limits.minimum, limits.maximum


GREETING_LIMIT = contract.limits("CallRequest.initial_greeting").max_length or 0
DURATION = bounds("CallConfigOverrides.max_call_duration_seconds")
ATTEMPTS = bounds("RetryConfig.max_attempts")
MINUTES = bounds("RetryConfig.interval_minutes")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("greeting", "Hello {{ person_name", "placeholder"),
        ("prompt", "{% if %}", "placeholder"),
        ("greeting", "x" * (GREETING_LIMIT + 1), "max_length"),
        ("country", "XX", "unknown_country"),
        ("additional_data", ["a list"], "not_an_object"),
        ("max_call_duration_seconds", DURATION[0] - 1, "out_of_range"),
        ("max_call_duration_seconds", DURATION[1] + 1, "out_of_range"),
        ("retry_max_attempts", ATTEMPTS[0] - 1, "out_of_range"),
        ("retry_max_attempts", ATTEMPTS[1] + 1, "out_of_range"),
        ("retry_interval_minutes", MINUTES[0] - 1, "out_of_range"),
        ("retry_interval_minutes", MINUTES[1] + 1, "out_of_range"),
    ],
)
def test_it_refuses(template: CallTemplate, field: str, value: object, code: str) -> None:
    setattr(template, field, value)

    with pytest.raises(ValidationError) as caught:
        template.full_clean()

    assert [error.code for error in caught.value.error_dict[field]] == [code]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("greeting", "x" * GREETING_LIMIT),
        ("country", "us"),
        ("max_call_duration_seconds", DURATION[0]),
        ("max_call_duration_seconds", DURATION[1]),
        ("retry_max_attempts", ATTEMPTS[1]),
        ("retry_interval_minutes", MINUTES[1]),
    ],
)
def test_it_takes_what_is_just_within_the_contract(template: CallTemplate, field: str, value: object) -> None:
    setattr(template, field, value)

    template.full_clean()


def test_retry_numbers_need_retries(template: CallTemplate) -> None:
    template.retry_enabled, template.retry_max_attempts = False, 2

    with pytest.raises(ValidationError) as caught:
        template.full_clean()

    assert list(caught.value.error_dict) == ["retry_enabled"]


class TestVersions:
    def test_a_change_makes_the_next_one_and_keeps_the_earlier(self, template: CallTemplate) -> None:
        first = template.versions.get()
        template.greeting = "Good day."
        template.save()

        second = template.record_version(None)

        assert (first.number, second.number) == (1, 2)
        assert template.versions.get(number=1).content["greeting"].startswith("Hello")
        assert second.content["greeting"] == "Good day."

    def test_saving_without_a_change_makes_none(self, template: CallTemplate) -> None:
        assert template.record_version(None) == template.versions.get()

    def test_data_points_are_part_of_it(self, template: CallTemplate) -> None:
        template.data_points.create(key="time", description="Which time suits?")

        assert [point["key"] for point in template.record_version(None).content["data_points"]] == [
            "confirmed",
            "time",
        ]

    def test_a_change_that_nobody_recorded_is_recorded_on_use(self, template: CallTemplate) -> None:
        CallTemplate.objects.update(greeting="Good day.")
        template.refresh_from_db()

        assert template.current_version().content["greeting"] == "Good day."
        assert template.versions.count() == 2

    def test_one_who_read_the_template_earlier_uses_the_earlier_version(self, template: CallTemplate) -> None:
        read_earlier = CallTemplate.objects.get()
        template.greeting = "Good day."
        template.save()
        template.record_version(None)

        assert read_earlier.current_version().number == 1
        assert template.versions.count() == 2


def test_an_inactive_agent_makes_its_templates_unusable(template: CallTemplate) -> None:
    assert template in CallTemplate.objects.usable()

    Agent.objects.update(is_active=False)

    assert not CallTemplate.objects.usable().exists()
