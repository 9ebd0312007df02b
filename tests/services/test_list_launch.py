"""Starting a list: what is asked before, what is fixed, and what a dry run says would happen."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from calls.choices import ContactStatus, ContactVerdict, ListStatus, Purpose, RetryOwner
from calls.models import CallingRule, CallList, CallLog, CallTemplate
from calls.services.list_advance import advance
from calls.services.list_dry_run import ASSUMED_SECONDS, dry_run
from calls.services.list_launch import LaunchSettings, launch, longest_run, warnings
from tests.services.running import make_list, night_in_india, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def call_list(template: CallTemplate) -> CallList:
    """A list that was checked: two of its five rows are left out."""
    call_list = make_list(
        template, people=5, status=ListStatus.CHECKED, template_version=None, launched_at=None
    )
    call_list.contacts.filter(row=4).update(status=ContactStatus.SKIPPED, verdict=ContactVerdict.DO_NOT_CALL)
    call_list.contacts.filter(row=5).update(status=ContactStatus.SKIPPED, verdict=ContactVerdict.BAD_NUMBER)
    return call_list


@pytest.fixture
def meera(django_user_model):
    return django_user_model.objects.create_user("meera", is_staff=True)


def how(**fields: Any) -> LaunchSettings:
    return LaunchSettings(**{"pace_per_minute": 30, "at_once": 4} | fields)


def test_a_started_list_runs_with_what_was_chosen(call_list: CallList, meera):
    rules = {"busy": {"times": 2, "minutes": 10}, "failed": {"times": 0, "minutes": 10}}
    launch(call_list.pk, how(retry_owner=RetryOwner.CONSOLE, retry_rules=rules), by=meera)
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.RUNNING
    assert (call_list.pace_per_minute, call_list.at_once) == (30, 4)
    assert call_list.retry_rules == {"busy": {"times": 2, "minutes": 10}}
    assert call_list.template_version == call_list.template.current_version()
    assert call_list.launched_by == meera
    assert call_list.launched_at is not None
    assert call_list.next_tick_at is not None
    assert advance(call_list.pk) == 1


def test_starting_twice_starts_once(call_list: CallList, meera):
    launch(call_list.pk, how(), by=meera)
    launch(call_list.pk, how(pace_per_minute=1), by=meera)
    call_list.refresh_from_db()
    assert call_list.pace_per_minute == 30
    assert call_list.events.filter(what="Started.").count() == 1


def test_later(call_list: CallList, meera):
    start_at = timezone.now() + timedelta(hours=3)
    launch(call_list.pk, how(start_at=start_at), by=meera)
    call_list.refresh_from_db()
    assert (call_list.status, call_list.launched_at) == (ListStatus.SCHEDULED, None)
    assert call_list.next_tick_at == call_list.start_at == start_at


def test_words_changed_after_the_start_do_not_count(call_list: CallList, meera):
    launch(call_list.pk, how(), by=meera)
    call_list.template.greeting = "Something else"
    call_list.template.save()
    call_list.template.record_version(None)
    advance(call_list.pk)
    assert CallLog.objects.get().request["initial_greeting"].startswith("Hello Person 1")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"pace_per_minute": 0}, "pace_per_minute"),
        ({"pace_per_minute": 100_000}, "pace_per_minute"),
        ({"at_once": 0}, "at_once"),
        ({"start_at": timezone.now() - timedelta(minutes=1)}, "start_at"),
        ({"retry_owner": "somebody"}, "retry_owner"),
        ({"retry_owner": RetryOwner.CONSOLE}, "retry_rules"),
        (
            {"retry_owner": RetryOwner.CONSOLE, "retry_rules": {"picked": {"times": 1, "minutes": 1}}},
            "retry_rules",
        ),
        (
            {"retry_owner": RetryOwner.CONSOLE, "retry_rules": {"busy": {"times": 99, "minutes": 1}}},
            "retry_rules",
        ),
        ({"retry_owner": RetryOwner.OSVI, "retry_max_attempts": 3}, "retry_interval_minutes"),
        (
            {"retry_owner": RetryOwner.OSVI, "retry_max_attempts": 99, "retry_interval_minutes": 5},
            "retry_max_attempts",
        ),
    ],
)
def test_wrong_settings_are_refused_by_field(call_list: CallList, meera, wrong: dict[str, Any], field: str):
    with pytest.raises(ValidationError) as caught:
        launch(call_list.pk, how(**wrong), by=meera)
    assert list(caught.value.message_dict) == [field]
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.CHECKED


def test_nothing_is_kept_of_the_side_that_does_not_ring_again(call_list: CallList, meera):
    rules = {"busy": {"times": 2, "minutes": 10}}
    settings = how(
        retry_owner=RetryOwner.OSVI, retry_rules=rules, retry_max_attempts=2, retry_interval_minutes=5
    )
    launch(call_list.pk, settings, by=meera)
    call_list.refresh_from_db()
    assert call_list.retry_rules == {}
    assert (call_list.retry_max_attempts, call_list.retry_interval_minutes) == (2, 5)


def test_a_list_in_which_nobody_may_be_called_does_not_start(call_list: CallList, meera):
    call_list.contacts.update(status=ContactStatus.SKIPPED)
    with pytest.raises(ValidationError, match="Nobody"):
        launch(call_list.pk, how(), by=meera)


def test_a_list_whose_agent_is_gone_does_not_start(call_list: CallList, meera, agent):
    agent.is_active = False
    agent.save()
    with pytest.raises(ValidationError, match="agent"):
        launch(call_list.pk, how(), by=meera)


# --- What has to be confirmed -----------------------------------------------------------------


def codes(call_list: CallList) -> list[str]:
    return [warning.code for warning in warnings(call_list)]


def test_an_ordinary_list_needs_no_confirmation(call_list: CallList):
    CallingRule.objects.update(disclosure_required=False)
    assert codes(call_list) == []


def test_a_big_list_has_to_be_confirmed(call_list: CallList, meera, settings):
    settings.LIST_EXPECTED_ROWS = 2
    CallingRule.objects.update(disclosure_required=False)
    assert codes(call_list) == ["size"]
    with pytest.raises(ValidationError) as caught:
        launch(call_list.pk, how(), by=meera)
    assert list(caught.value.message_dict) == ["confirmed"]
    launch(call_list.pk, how(), by=meera, confirmed=["size"])
    call_list.refresh_from_db()
    assert (call_list.status, call_list.confirmed) == (ListStatus.RUNNING, ["size"])


def test_numbers_in_a_row_have_to_be_confirmed(template: CallTemplate):
    CallingRule.objects.update(disclosure_required=False)
    assert codes(make_list(template, people=249, status=ListStatus.CHECKED)) == []
    assert codes(make_list(template, people=250, status=ListStatus.CHECKED)) == ["sequential"]


def test_the_longest_run_of_numbers():
    assert longest_run(["+4", "+1", "+2", "+9", "+3", "+3"]) == 4
    assert longest_run([]) == 0


def test_mostly_bad_rows_have_to_be_confirmed(call_list: CallList):
    CallingRule.objects.update(disclosure_required=False)
    call_list.contacts.filter(row__gt=2).update(
        status=ContactStatus.SKIPPED, verdict=ContactVerdict.BAD_NUMBER
    )
    assert codes(call_list) == ["bad_rows"]


def test_an_agent_that_does_not_say_what_it_is(call_list: CallList):
    rule = CallingRule.objects.filter(country="IN").first() or CallingRule(
        country="IN", reviewed_on=timezone.localdate()
    )
    rule.purpose, rule.disclosure_required = Purpose.SERVICE, True
    rule.save()
    assert codes(call_list) == ["disclosure"]
    call_list.template.discloses_ai = True
    assert codes(call_list) == []


def test_marketing_without_consent(call_list: CallList):
    CallingRule.objects.update(disclosure_required=False)
    call_list.template.purpose = Purpose.MARKETING
    assert codes(call_list) == ["consent"]
    call_list.template.consent_basis = "Agreed on the registration form."
    assert codes(call_list) == []


# --- Dry run ----------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_happen_and_does_nothing(call_list: CallList):
    now = timezone.localtime().replace(minute=0, second=0, microsecond=0)
    dry = dry_run(call_list, how(pace_per_minute=2, at_once=20), now)
    assert dry.people == 3
    assert (dry.begins, dry.ends) == (now, now + timedelta(minutes=1))
    assert dry.per_hour == [(now, 3)]
    assert dry.left_out == {ContactVerdict.DO_NOT_CALL: 1, ContactVerdict.BAD_NUMBER: 1}
    assert (dry.seconds, dry.seconds_known, dry.paced_by) == (ASSUMED_SECONDS, False, "pace")
    assert not CallLog.objects.exists()
    assert person(call_list).status == ContactStatus.WAITING


def test_few_lines_bound_it_too(call_list: CallList):
    dry = dry_run(call_list, how(pace_per_minute=30, at_once=1))
    assert (dry.per_minute, dry.paced_by) == (60 / ASSUMED_SECONDS, "lines")


def test_people_outside_their_hours_wait(call_list: CallList, settings):
    settings.CALLING_HOURS_APPLY = True
    night = night_in_india()
    dry = dry_run(call_list, how(pace_per_minute=2), night)
    ((opens_at, waiting),) = dry.wait
    assert waiting == 3
    assert dry.begins is not None
    assert dry.begins >= opens_at > night
