"""What is downloaded can be uploaded again, and no spreadsheet program makes a formula of it."""

import csv
import io
import itertools

import phonenumbers
import pytest
from django.conf import settings as django_settings
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.osvi import contract
from calls.spreadsheets.cells import clean
from calls.spreadsheets.columns import Roles, guess, header_key
from calls.spreadsheets.formulas import natural, neutral
from calls.spreadsheets.writing import example_number, rows_with_reasons, sample_file
from tests.services.test_export_files import HOSTILE
from tests.spreadsheets.files import opened, read

patient = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
LANGUAGES = [code for code, _name in django_settings.LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sample_is_understood_when_it_is_uploaded(tmp_path, language):
    placeholders = ["person_name", "due_date", "amount"]
    with translation.override(language):
        sheet = opened(tmp_path, sample_file(placeholders, "IN"), "sample.csv")

    assert (sheet.encoding, sheet.delimiter, sheet.guessed_header, sheet.row_count) == (
        "utf-8-sig",
        ",",
        True,
        2,
    )
    assert guess(sheet.sample[0], sheet.sample[1:], placeholders) == {
        0: Roles.NUMBER,
        1: Roles.NAME,
        2: "value:due_date",
        3: "value:amount",
    }


def test_the_sample_says_what_belongs_where(tmp_path):
    assert read(tmp_path, sample_file(["due_date"], "IN")) == [
        ["Number", "Name", "due_date"],
        ["+91 00000 00000", "Example Person", "<due date>"],
    ]


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_number_of_the_sample_reaches_nobody(country):
    number = phonenumbers.parse(example_number(country), country)

    assert contract.is_country(country)
    assert not phonenumbers.is_valid_number(number)
    assert not phonenumbers.is_valid_short_number(number)


def written(header, rows) -> bytes:
    return b"".join(rows_with_reasons(header, rows))


def test_bad_rows_come_with_line_and_reason(tmp_path):
    header = ["Phone", "Name"]

    content = written(
        header, [(3, ["12", "Asha"], "This is no number."), (9, ["+919876500001", "Ravi"], "Twice.")]
    )

    sheet = opened(tmp_path, content)
    assert list(sheet.rows(skip_header=False)) == [
        (1, ["Phone", "Name", "Row", "Reason"]),
        (2, ["12", "Asha", "3", "This is no number."]),
        (3, ["+919876500001", "Ravi", "9", "Twice."]),
    ]
    assert header_key(sheet.sample[0]) == header_key(header)
    assert guess(sheet.sample[0], sheet.sample[1:], []) == {0: Roles.NUMBER, 1: Roles.NAME}


def test_columns_without_headings_are_called_by_their_letters(tmp_path):
    people = [["12", "Asha"], ["9876500001", "Ravi"], ["9876500003", "Om"]]
    content = written([], [(line, cells, "No.") for line, cells in enumerate(people)])

    sheet = opened(tmp_path, content)
    assert sheet.sample[0] == ["Column A", "Column B", "Row", "Reason"]
    assert sheet.guessed_header


def test_no_bad_rows_and_headings_shorter_than_rows(tmp_path):
    assert read(tmp_path, written(["Phone", "Name"], [])) == [["Phone", "Name", "Row", "Reason"]]
    assert read(tmp_path, written(["Phone"], [(2, ["1", "x"], "No.")]))[0] == ["Phone", "", "Row", "Reason"]


def test_many_rows_come_in_pieces():
    pieces = list(rows_with_reasons(["Phone"], ((line, ["1"], "No.") for line in range(5_000))))

    assert len(pieces) > 5
    assert b"".join(pieces).count(b"\r\n") == 5_001


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_harmless(text):
    lines = io.StringIO(written([text], [(2, [text], text)]).decode("utf-8-sig"), newline="")

    for cell in itertools.chain.from_iterable(csv.reader(lines)):
        for piece in cell.replace(";", "\n").replace("\t", "\n").splitlines():
            assert not piece.strip("\u200b\ufeff \u00a0\u3000").startswith(tuple("=+-@＝＋－＠﹦﹢﹣﹫")), (
                piece
            )
        assert not cell.startswith(("\t", "\r", "\n"))


@given(st.text() | st.text("'=+-@ ;\n\tx"))
def test_what_was_made_harmless_can_be_undone(text):
    # What has such an apostrophe already is what people wrote to the same end.
    if natural(text) == text and not text.startswith(("\t", "\r", "\n")):
        assert natural(neutral(text)) == text


cells = (
    st.text(max_size=6)
    | st.text("'=+-@ ;,\"\nx", max_size=6)
    | st.sampled_from(["+919876500001", "-", "@x", "x;-y"])
)


@patient
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_bad_rows_are_the_same_when_they_are_uploaded_again(tmp_path, rows):
    def as_read(cell: str) -> str:
        return natural(clean(cell)).strip()

    uploaded = [[as_read(cell) for cell in row] for row in rows]
    if any(cell.startswith("=") or natural(cell) != cell for row in uploaded for cell in row):
        return

    again = read(tmp_path, written(["Phone", "Name"], [(2, cells, "No.") for cells in uploaded]))

    assert [row[:2] for row in again[1:]] == uploaded
