"""Rows that could not be used: downloaded, corrected, uploaded again; and the numbers add up."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import translation

from calls.choices import ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList, CallTemplate
from calls.services import list_check, list_corrections, list_files
from calls.services.list_corrections import Corrected, bad_rows, correct
from calls.spreadsheets.limits import Unreadable
from tests.admin.base import staff
from tests.services.lists import DATE, HEADINGS, begun, checked, csv_of, person

pytestmark = pytest.mark.django_db

ASHA, RAVI, MEERA = "+919876543210", "+919876543211", "+919876543212"


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def boss() -> User:
    return staff("boss", "change_calllist")


@pytest.fixture
def call_list(template: CallTemplate) -> CallList:
    return checked(template, ["Asha", ASHA, DATE], ["Ravi", "12", DATE], ["Meera", MEERA, ""])


def downloaded(call_list: CallList) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(bad_rows(call_list)).decode("utf-8-sig"))))


def verdicts(call_list: CallList) -> list[str]:
    return list(call_list.contacts.order_by("row").values_list("verdict", flat=True))


def adds_up(call_list: CallList) -> bool:
    call_list.refresh_from_db()
    return call_list.total == call_list.done == sum(list_check.counts(call_list).values())


def test_the_download_has_the_columns_of_the_file_the_row_and_the_reason(call_list: CallList) -> None:
    assert downloaded(call_list) == [
        [*HEADINGS, "Row", "Reason"],
        ["Ravi", "12", DATE, "3", "The number has too few digits for India."],
        [
            "Meera",
            f"'{MEERA}",
            "",
            "4",
            "No value for “appointment_date”: the agent says it during the call.",
        ],
    ]


def test_a_row_that_went_bad_later_is_put_together_from_what_is_known(template: CallTemplate) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    template.greeting += " Bring {{ papers }}."
    template.save()
    list_check.recheck(call_list.pk)

    assert downloaded(call_list)[1][:4] == ["Asha", f"'{ASHA}", DATE, "2"]


def test_corrected_rows_replace_the_bad_ones(call_list: CallList, boss: User) -> None:
    rows = downloaded(call_list)
    rows[1][1], rows[2][2] = "98765 43211", DATE

    result = correct(call_list.pk, "corrected.csv", csv_of(*rows), by=boss)

    assert result == Corrected(replaced=2)
    assert verdicts(call_list) == [ContactVerdict.READY, ContactVerdict.FIXED, ContactVerdict.READY]
    ravi = person(call_list, 3)
    assert (ravi.phone_number, ravi.status, ravi.cells) == (RAVI, ContactStatus.WAITING, [])
    assert ravi.events.get().what == "The row was corrected."
    assert call_list.events.filter(what="Corrected rows were uploaded.", by=boss).count() == 1
    assert adds_up(call_list)


def test_a_row_that_is_still_wrong_can_be_corrected_again(call_list: CallList, boss: User) -> None:
    rows = downloaded(call_list)
    rows[1][1] = "987"

    assert correct(call_list.pk, "c.csv", csv_of(*rows), by=boss) == Corrected(replaced=2, still_bad=2)
    assert downloaded(call_list)[1][1] == "987"
    assert adds_up(call_list)


def test_other_rows_are_added(call_list: CallList, boss: User) -> None:
    rows = downloaded(call_list)
    rows[1][1] = RAVI
    split_in_two = [*rows[1]]
    split_in_two[1] = "98765 43213"
    new = ["Dev", "98765 43214", DATE, "", ""]
    unknown = ["Eva", "98765 43215", DATE, "999", ""]

    result = correct(call_list.pk, "c.csv", csv_of(rows[0], rows[1], split_in_two, new, unknown), by=boss)

    assert result == Corrected(replaced=1, added=3)
    assert list(call_list.contacts.order_by("row").values_list("row", "person_name")) == [
        (2, "Asha"),
        (3, "Ravi"),
        (4, "Meera"),
        (5, "Ravi"),
        (6, "Dev"),
        (7, "Eva"),
    ]
    assert adds_up(call_list)


def test_a_row_that_is_right_already_is_left_alone(call_list: CallList, boss: User) -> None:
    rows = downloaded(call_list)
    rows[1][1] = RAVI
    correct(call_list.pk, "c.csv", csv_of(*rows[:2]), by=boss)
    rows[1][0] = "Somebody else"

    assert correct(call_list.pk, "c.csv", csv_of(*rows[:2]), by=boss) == Corrected(unchanged=1)
    assert person(call_list, 3).person_name == "Ravi"


def test_whoever_was_taken_out_stays_so(call_list: CallList, boss: User) -> None:
    call_list.contacts.filter(row=3).update(status=ContactStatus.REMOVED)

    assert [row[3] for row in downloaded(call_list)[1:]] == ["4"]
    assert (
        correct(call_list.pk, "c.csv", csv_of([*HEADINGS, "Row"], ["R", RAVI, DATE, "3"]), by=boss).unchanged
        == 1
    )


def test_a_corrected_number_that_stands_in_the_list_already_is_a_duplicate(
    call_list: CallList, boss: User
) -> None:
    rows = downloaded(call_list)
    rows[1][1] = ASHA
    correct(call_list.pk, "c.csv", csv_of(*rows[:2]), by=boss)

    assert person(call_list, 3).verdict == ContactVerdict.DUPLICATE
    assert person(call_list, 3).detail["row"] == 2


def test_a_download_in_hindi_is_understood(call_list: CallList, boss: User) -> None:
    with translation.override("hi"):
        rows = downloaded(call_list)
    rows[1][1] = RAVI

    assert correct(call_list.pk, "c.csv", csv_of(*rows[:2]), by=boss).replaced == 1


def test_a_list_without_headings_is_corrected_too(template: CallTemplate, boss: User) -> None:
    call_list = list_files.begin(template, "p.csv", csv_of(["Asha", ASHA, DATE], ["Ravi", "12", DATE]), None)
    begun(call_list, mapping={0: "name", 1: "number", 2: "value:appointment_date"})
    list_check.check(call_list.pk)
    call_list.refresh_from_db()
    rows = downloaded(call_list)
    rows[1][1] = RAVI

    assert rows[0] == ["Column A", "Column B", "Column C", "Row", "Reason"]
    assert correct(call_list.pk, "c.csv", csv_of(*rows), by=boss) == Corrected(replaced=1)
    assert person(call_list, 2).phone_number == RAVI


@pytest.mark.parametrize(
    "headings", [["Name", "Phone", "Row"], ["Phone", "Name", "Appointment date", "Row"], ["a", "b", "c", "d"]]
)
def test_a_file_with_other_columns_is_refused(call_list: CallList, boss: User, headings: list[str]) -> None:
    with pytest.raises(ValidationError, match="These are not the columns of this list"):
        correct(call_list.pk, "c.csv", csv_of(headings, ["Ravi", RAVI, DATE, "3"][: len(headings)]), by=boss)

    assert person(call_list, 3).verdict == ContactVerdict.BAD_NUMBER


def test_what_is_no_list_is_refused_and_not_kept(call_list: CallList, boss: User) -> None:
    before = sorted(list_files.folder().iterdir())
    with pytest.raises(Unreadable):
        correct(call_list.pk, "c.csv", b"%PDF-1.7", by=boss)

    assert sorted(list_files.folder().iterdir()) == before


def test_too_many_rows_are_a_new_list(
    call_list: CallList, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_corrections, "MOST_ROWS", 1)

    with pytest.raises(ValidationError, match="At most 1 rows can be corrected like this"):
        correct(call_list.pk, "c.csv", csv_of(*downloaded(call_list)), by=boss)


def test_after_the_end_nothing_is_corrected(call_list: CallList, boss: User) -> None:
    CallList.objects.update(status=ListStatus.FINISHED)

    with pytest.raises(ValidationError, match="Rows of this list cannot be corrected any more"):
        correct(call_list.pk, "c.csv", csv_of(*downloaded(call_list)), by=boss)


def test_many_rows_are_corrected_in_portions(
    template: CallTemplate, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_corrections, "_AT_ONCE", 2)
    call_list = checked(template, *[[f"P {number}", "12", DATE] for number in range(5)])
    rows = downloaded(call_list)
    for number, row in enumerate(rows[1:]):
        row[1] = f"987654321{number}"
    rows += [["New", "9876543219", DATE, "", ""], ["New", "9876543220", DATE, "", ""]]

    assert correct(call_list.pk, "c.csv", csv_of(*rows), by=boss) == Corrected(replaced=5, added=2)
    assert verdicts(call_list) == [ContactVerdict.FIXED] * 7
    assert adds_up(call_list)


def test_a_column_of_the_list_that_is_called_row_is_not_taken_for_the_row(
    template: CallTemplate, boss: User
) -> None:
    headings = ["Row", *HEADINGS]
    call_list = checked(template, ["3", "Asha", ASHA, DATE], ["2", "Ravi", "12", DATE], headings=headings)
    rows = downloaded(call_list)
    assert rows[0] == [*headings, "Row", "Reason"]
    rows[1][2] = RAVI

    assert correct(call_list.pk, "c.csv", csv_of(*rows), by=boss) == Corrected(replaced=1)
    assert person(call_list, 3).phone_number == RAVI
