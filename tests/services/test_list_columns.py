"""What columns mean: guessed, and remembered for each template."""

from pathlib import Path
from typing import Any

import pytest

from calls.models import CallTemplate
from calls.services import list_columns
from tests.services.lists import DATE, checked, uploaded

pytestmark = pytest.mark.django_db

HEADINGS = ["Client", "Phone", "Second phone", "When"]
ROW = ["Asha Rao", "+919876543210", "+919876543211", DATE]
CHOSEN = {0: "name", 2: "number", 3: "value:appointment_date"}


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def other_template(template: CallTemplate) -> CallTemplate:
    return CallTemplate.objects.create(name="Other", agent=template.agent, greeting=template.greeting)


def choose(template: CallTemplate) -> None:
    call_list = uploaded(template, ROW, headings=HEADINGS)
    type(call_list).objects.filter(pk=call_list.pk).update(
        mapping=list_columns.stored(CHOSEN), status="checked"
    )


def mapping(template: CallTemplate, headings: list[str]) -> dict[int, str]:
    return list_columns.mapping_of(uploaded(template, ROW, headings=headings))


def test_what_was_chosen_is_remembered_for_the_same_headings(template: CallTemplate) -> None:
    choose(template)

    assert mapping(template, HEADINGS) == CHOSEN
    assert mapping(template, ["client ", "PHONE", "second_phone", "when"]) == CHOSEN


def test_the_newest_choice_counts(template: CallTemplate) -> None:
    choose(template)
    checked(template, [*ROW, ""], headings=[*HEADINGS[:3], "Appointment date"])
    choose(template)

    assert mapping(template, HEADINGS) == CHOSEN


def test_other_headings_and_other_templates_are_guessed(
    template: CallTemplate, other_template: CallTemplate
) -> None:
    choose(template)

    assert mapping(template, [*HEADINGS[:3], "Appointment date"])[1] == "number"
    assert mapping(other_template, HEADINGS)[1] == "number"


def test_a_list_of_which_the_columns_were_never_chosen_teaches_nothing(template: CallTemplate) -> None:
    call_list = uploaded(template, ROW, headings=HEADINGS)
    type(call_list).objects.update(mapping=list_columns.stored(CHOSEN))

    assert mapping(template, HEADINGS)[1] == "number"


def test_a_changed_template_is_minded(template: CallTemplate) -> None:
    headings = [*HEADINGS[:3], "Papers"]
    choose(template)
    type(template).objects.update(greeting="Bring {{ papers }}.", prompt="")
    template.refresh_from_db()
    list_columns.CallList.objects.update(header=headings)

    assert mapping(template, headings) == {0: "name", 2: "number", 3: "value:papers"}


def test_placeholders_without_a_column_are_named(template: CallTemplate) -> None:
    template.greeting = "Hello {{ person_name }}, {{ appointment_date }}, {{ place | at ours }}."

    assert list_columns.unmapped(template, {0: "number"}) == ["person_name", "appointment_date"]
    assert list_columns.unmapped(template, CHOSEN) == []


def test_the_parts_of_a_name_are_put_in_their_order() -> None:
    layout = list_columns.layout(["Surname", "First name", "Phone"], {0: "name", 1: "name", 2: "number"})

    assert layout.fields(["Rao", "Asha", "1"]).name == "Asha Rao"
    assert layout.fields(["", "Asha", "1"]).name == "Asha"
