"""Copies of templates, versions that are used again, and how calls with a template went."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import CallLog, CallTemplate
from calls.services import templates

pytestmark = pytest.mark.django_db
MakeCall = Callable[..., CallLog]


@pytest.fixture
def meera() -> User:
    return User.objects.create_user("meera", is_staff=True)


def test_a_copy_says_the_same_under_a_name_of_its_own(template: CallTemplate, meera: User) -> None:
    templates.set_archived(template, True)

    copies = [templates.duplicate(template, by=meera) for _again in range(2)]

    assert [copy.name for copy in copies] == ["Copy of Appointment", "Copy 2 of Appointment"]
    for copy in copies:
        assert copy.content() == template.content()
        assert not copy.is_archived
        assert [version.saved_by for version in copy.versions.all()] == [meera]
    assert template.data_points.count() == 1


def test_the_name_of_a_copy_is_cut_to_what_fits(template: CallTemplate, meera: User) -> None:
    template.name = "x" * 120
    template.save()

    assert len(templates.duplicate(template, by=meera).name) == 120
    assert len(templates.duplicate(template, by=meera).name) == 120


def test_a_template_is_archived_once_and_brought_back(template: CallTemplate) -> None:
    assert templates.set_archived(template, True)
    assert not templates.set_archived(template, True)
    assert not CallTemplate.objects.usable().exists()
    assert templates.set_archived(template, False)
    assert CallTemplate.objects.usable().exists()


def test_a_version_is_used_again_in_full(template: CallTemplate, meera: User) -> None:
    before = template.content()
    template.greeting, template.prompt = "Something else.", ""
    template.max_call_duration_seconds, template.additional_data = None, {}
    template.save()
    template.data_points.all().delete()
    template.record_version(meera)

    made = templates.use_again(template.versions.get(number=1), by=meera)

    template = CallTemplate.objects.get(pk=template.pk)
    assert template.content() == made.content == before
    assert (made.number, made.saved_by) == (3, meera)


def test_a_version_whose_agent_is_gone_is_not_used_again(template: CallTemplate, meera: User) -> None:
    version = template.versions.get()
    template.agent.is_active = False
    template.agent.save()

    with pytest.raises(templates.CannotUseVersion, match="no longer active"):
        templates.use_again(version, by=meera)

    assert template.versions.count() == 1


def test_the_figures_are_of_the_last_30_days(template: CallTemplate, make_call: MakeCall) -> None:
    def call(**fields: Any) -> None:
        make_call(fields.pop("status", CallStatus.FINISHED), template=template, **fields)

    call(outcome="picked", duration_seconds=60)
    call(outcome="picked", duration_seconds=30)
    call(outcome="busy")
    call(outcome="failed")
    call(status=CallStatus.REJECTED)
    call(outcome="picked", requested_at=timezone.now() - timedelta(days=31))
    make_call(CallStatus.FINISHED, outcome="picked")

    found = templates.figures(template)

    assert (found.placed, found.rang, found.answered) == (5, 3, 2)
    assert (found.answer_rate, found.average_seconds) == (67, 45)


def test_the_figures_read_no_row_of_a_call(template: CallTemplate) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the plan of SQLite, which has no statistics to choose by")
    with CaptureQueriesContext(connection) as queries:
        templates.figures(template)

    [query] = queries.captured_queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
        assert "COVERING INDEX call_overview" in str(cursor.fetchall())


def test_answers_are_counted_over_answered_calls_and_corrections_count(
    template: CallTemplate, make_call: MakeCall, meera: User
) -> None:
    template.data_points.create(position=2, key="reason", description="If not, ask why.")
    asking = {"data_extraction": [{"key": "confirmed", "description": "Ask."}]}
    calls = [
        make_call(
            CallStatus.FINISHED, template=template, outcome="picked", extracted=extracted, request=asking
        )
        for extracted in ({"confirmed": "yes"}, {"confirmed": False}, {"confirmed": ""}, {})
    ]
    # Placed before the answer was asked for.
    make_call(CallStatus.FINISHED, template=template, outcome="picked", request={})
    make_call(CallStatus.FINISHED, template=template, outcome="busy", extracted={"confirmed": "yes"})
    for corrected in ("yes", "no"):
        calls[3].corrections.create(key="confirmed", corrected=corrected, by=meera)

    shares = {
        share.key: (share.given, share.asked, share.percent) for share in templates.answers_given(template)
    }

    assert shares == {"confirmed": (3, 4, 75), "reason": (0, 0, 0)}
