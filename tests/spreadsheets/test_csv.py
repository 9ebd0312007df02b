"""CSV files of every kind are read as the same list; where one cannot be, a sentence says so."""

import codecs
import csv
import io
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.spreadsheets.cells import clean
from calls.spreadsheets.formulas import natural
from calls.spreadsheets.limits import LONGEST_CELL, LONGEST_ROW
from tests.spreadsheets.files import HEADER, PEOPLE, opened, read, refusal

patient = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-16-le without a mark": b"",
    "utf-16-be without a mark": b"",
    "cp1252": b"",
}
HINDI = [["+919876500003", "आशा राव", "१ मार्च"], ["+919876500004", "क़ानून", "2 मार्च"]]


def as_csv(rows, delimiter: str = ",", line_end: str = "\r\n") -> str:
    lines = io.StringIO(newline="")
    csv.writer(lines, delimiter=delimiter, lineterminator=line_end).writerows(rows)
    return lines.getvalue()


def encoded(text: str, encoding: str) -> bytes:
    return ENCODINGS[encoding] + text.encode(encoding.partition(" ")[0])


@pytest.mark.parametrize("has_header", [True, False])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_and_delimiter_with_and_without_header(tmp_path, encoding, delimiter, has_header):
    rows = [HEADER, *PEOPLE] if has_header else PEOPLE

    sheet = opened(tmp_path, encoded(as_csv(rows, delimiter), encoding))

    assert sheet.kind == "csv"
    assert sheet.delimiter == delimiter
    assert sheet.guessed_header is has_header
    assert sheet.sample == rows
    assert sheet.width == 3
    assert sheet.notes == []
    assert sheet.row_count == len(rows)
    first = 2 if has_header else 1
    assert list(sheet.rows(skip_header=has_header)) == [(first, PEOPLE[0]), (first + 1, PEOPLE[1])]


@pytest.mark.parametrize("encoding", [name for name in ENCODINGS if name != "cp1252"])
def test_hindi_in_every_encoding_that_has_it(tmp_path, encoding):
    assert read(tmp_path, encoded(as_csv([HEADER, *HINDI]), encoding)) == [HEADER, *HINDI]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end(tmp_path, line_end):
    assert read(tmp_path, as_csv([HEADER, *PEOPLE], line_end=line_end).encode()) == [HEADER, *PEOPLE]


def test_the_marks_of_windows(tmp_path):
    assert read(tmp_path, b"Phone,Name\n9876500001,\x93Ren\xe9\x94 \x96 \x80 5\n")[1][1] == "“René” – € 5"


# --- Delimiter --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "delimiter", "width"),
    [
        ("Phone\n+919876500001\n", ",", 1),
        ("+919876500001\n+919876500002\n", ",", 1),
        ("Phone;Amount\n9876500001;1,50\n9876500002;2,75\n", ";", 2),
        ("9876500001;1,50\n9876500002;2,75\n", ";", 2),
        ("9876500001,a;b\n9876500002,c;d\n", ",", 2),
        ("Name\tPlace\tPhone\nAsha\tPune, MH\t9876500001\nRavi\tDelhi, DL\t9876500002\n", "\t", 3),
        ("Asha\tPune, MH\t9876500001\nRavi\tDelhi, DL\t9876500002\n", "\t", 3),
        ('Phone,Name\n9876500001,"a;b;c;d"\n9876500002,"e;f;g;h"\n', ",", 2),
        ('"Phone";"Name"\n"9876500001";"Rao, Asha"\n"9876500002";"Rao, Ravi"\n', ";", 2),
        ('Phone;Note\n9876500001;"one\ntwo, three\nfour, five"\n9876500002;x\n', ";", 2),
        ("Phone,Name,Note\n9876500001,Asha\n9876500002,Ravi,x\n9876500003,Om,y\n", ",", 3),
        ("Name,Phone\nAsha,9876500001", ",", 2),
        ("sep=;\nPhone,x;Name\n9876500001;Asha\n", ";", 2),
        ("SEP=,\r\nPhone,Name;x\r\n9876500001,Asha\r\n", ",", 2),
        ('"sep=\t"\nPhone\tName\n9876500001\tAsha\n', "\t", 2),
        ("sep=|\nPhone|Name\n9876500001|Asha\n", "|", 2),
    ],
)
def test_the_delimiter_is_told_from_several_lines(tmp_path, text, delimiter, width):
    sheet = opened(tmp_path, text.encode())

    assert (sheet.delimiter, sheet.width) == (delimiter, width)


def test_a_long_file_whose_sample_ends_within_a_quoted_cell(tmp_path):
    rows = [HEADER, *([f"98765{number:05}", "Rao; Asha", "a, b\nc; d" * 20] for number in range(3_000))]

    sheet = opened(tmp_path, as_csv(rows, ";").encode())

    assert (sheet.delimiter, sheet.width, sheet.row_count) == (";", 3, 3_001)


def test_the_line_that_names_the_delimiter_is_no_row(tmp_path):
    sheet = opened(tmp_path, b"sep=;\nPhone;Name\n9876500001;Asha\n")

    assert list(sheet.rows(skip_header=True)) == [(2, ["9876500001", "Asha"])]


# --- Rows and cells ---------------------------------------------------------------------------


def test_lines_are_counted_as_spreadsheet_programs_do(tmp_path):
    text = '\nPhone,Note\n\n9876500001,"two\nlines"\n , \n9876500002,x\n'

    rows = list(opened(tmp_path, text.encode()).rows(skip_header=True))

    assert rows == [(4, ["9876500001", "two\nlines"]), (6, ["9876500002", "x"])]


def test_rows_are_as_wide_as_the_widest_and_empty_columns_at_the_end_do_not_count(tmp_path):
    rows = read(tmp_path, b"Phone,Name,,\n9876500001,Asha,x,\n9876500002\n")

    assert rows == [["Phone", "Name", ""], ["9876500001", "Asha", "x"], ["9876500002", "", ""]]


def test_a_sheet_can_be_read_again_and_left_half_way(tmp_path):
    sheet = opened(tmp_path, as_csv([HEADER, *PEOPLE]).encode())

    next(sheet.rows(skip_header=True))

    assert list(sheet.rows(skip_header=True)) == list(sheet.rows(skip_header=True))


def test_what_nobody_sees_is_left_out(tmp_path):
    text = "Phone,Name\n\u202a+91\u00a098765\u00a000001\u202c,\u200bAsha\u00adRao\x0bX \n"

    assert read(tmp_path, text.encode())[1] == ["+91 98765 00001", "AshaRao\nX"]


def test_joiners_of_hindi_stay(tmp_path):
    name = "क्\u200dष श्\u200cर"

    assert read(tmp_path, f"Phone,Name\n9876500001,{name}\n".encode())[1][1] == name


def test_control_characters_are_left_out_and_that_is_said(tmp_path):
    rows = "".join(f"98765{number:05},Asha Rao\n" for number in range(50))

    sheet = opened(tmp_path, f"Phone,Name\n{rows}9876600001,As\x07ha\n\x1a".encode())

    assert sheet.notes == ["The file holds control characters, which nobody sees. They were left out."]
    assert list(sheet.rows(skip_header=True))[-1][1] == ["9876600001", "Asha"]


@pytest.mark.parametrize(
    "text", ["+919876500001", "-5", "@home", "- none", "'quoted'", "a=b", "it's -5", "'=1"]
)
def test_what_is_no_formula_is_text(tmp_path, text):
    assert read(tmp_path, as_csv([["Phone", "Name"], ["9876500001", text]]).encode())[1][1] == text


def test_a_quote_within_a_cell_is_a_letter(tmp_path):
    assert read(tmp_path, b'Phone,Name\n9876500001,Asha "Ash" Rao\n')[1][1] == 'Asha "Ash" Rao'


# --- Refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"\xff\xfe", "The file is empty."),
        (b"\n \n,,,\n", "The file is empty."),
        (b"sep=;\n", "The file is empty."),
        (b'Phone,Name\n9876500001,"Asha\n9876500002,Ravi\n', 'mark (") in row 2 is never closed'),
        (b'Phone,Name\n"9876500001",Asha\n9876500002,"', 'mark (") in row 3 is never closed'),
        (b'Phone,Name\n9876500001,"Asha\n9876500002,"Ravi"\n', "In row 2 there is text right after"),
        (b"Phone,Name\n9876500001,As\0ha\n", "characters that no list has (in line 2)"),
        (b"Phone,Name\n9876500001,\x81\x8d\n", "letters of the file are damaged"),
        ("Phone,Name\n9876500001,आशा राव\n".encode() + b"\xe0\xa4\n", "letters of the file are damaged"),
        (codecs.BOM_UTF16_LE + b"P\0h", "letters of the file are damaged"),
        (b"Phone,Name\n9876500001,=1+1\n", "Cell B2 holds a formula."),
        (b'Phone,Name\n\n"9876500001"," =HYPERLINK(1)"\n', "Cell B3 holds a formula."),
        ("Phone,Name\n9876500001,\u200b=1\n".encode(), "Cell B2 holds a formula."),
        (b'Phone,Name\n"=""0987""",x\n', "Cell A2 holds a formula."),
        (b"Phone,Name\n9876500001," + b"x" * (LONGEST_CELL + 1), "Cell B2 holds more than 10000 characters."),
        (b'Phone,Name\n9876500001,"' + b"xy\n" * 50_000, "Row 2 holds a cell of more than 10000"),
        (b"x" * (LONGEST_ROW + 5), "Row 1 holds more than 1000000 characters."),
        (b"x\n" + b'"a\nb",' * 200_000, "Row 2 holds more than 1000000 characters."),
        (b"Phone" + b"," * 100 + b"x\n9876500001\n", "Cell CW1 lies beyond column 100."),
        (b"\x00\x01\x02\x03" * 50, "characters that no list has"),
        (bytes(range(1, 32)) * 50, "characters that no list has"),
    ],
)
def test_it_is_refused_with_a_sentence(tmp_path, content, words):
    assert words in refusal(tmp_path, content)


def test_too_many_rows(tmp_path):
    rows = b"".join(b"98%08d\n" % number for number in range(60_000))

    assert refusal(tmp_path, rows) == "The list has more than 50000 rows. Divide it and upload it in parts."


@pytest.mark.parametrize(
    ("rows", "header", "fits"),
    [(50_000, True, True), (50_000, False, True), (50_001, True, False), (50_001, False, False)],
)
def test_the_row_of_headings_does_not_count(tmp_path, rows, header, fits):
    content = b"Phone\n" * header + b"".join(b"98%08d\n" % number for number in range(rows))

    if fits:
        assert opened(tmp_path, content).row_count == rows + header
    else:
        assert "more than 50000 rows" in refusal(tmp_path, content)


def test_too_many_bytes(tmp_path):
    assert "larger than 20 MB" in refusal(tmp_path, b"9876500001\n" * 2_000_001)


# --- Properties -------------------------------------------------------------------------------

letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
cells = st.text(letters, max_size=8) | st.sampled_from(
    ["a,b", "a;b", "a\tb", 'a"b', "a\nb", "\r\n", "+91 98765 00001", "आशा", "-5", "@x", "'+5", "x=y", ""]
)
tables = st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=6)


def expected(table: list[list[str]]) -> list[list[str]]:
    rows = [[natural(clean(cell)).strip() for cell in row] for row in table]
    rows = [row for row in rows if any(row)]
    width = max((column + 1 for row in rows for column, cell in enumerate(row) if cell), default=0)
    return [(row + [""] * width)[:width] for row in rows]


@patient
@given(tables, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8-sig", "utf-16"]))
def test_what_was_written_is_read(tmp_path, table, delimiter, encoding):
    wanted = expected(table)
    if not wanted or any(cell.startswith("=") for row in wanted for cell in row):
        return
    lines = io.StringIO(newline="")
    csv.writer(lines, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    controls = sum(letter < " " or letter == "\x7f" for row in table for cell in row for letter in cell)
    if controls * 100 > len(lines.getvalue()):
        return

    assert read(tmp_path, f"sep={delimiter}\n{lines.getvalue()}".encode(encoding)) == wanted


names = st.text(st.characters(categories=["Lu", "Ll"], codec="cp1252"), min_size=1, max_size=10)
people = st.lists(
    st.tuples(st.integers(6 * 10**9, 10**10 - 1).map(str), names, names), min_size=2, max_size=8
)


@patient
@given(people, st.sampled_from([",", ";", "\t"]), st.sampled_from(list(ENCODINGS)))
def test_the_delimiter_and_the_encoding_of_a_list_are_told(tmp_path, rows, delimiter, encoding):
    sheet = opened(tmp_path, encoded(as_csv(itertools.chain([HEADER], rows), delimiter), encoding))

    assert sheet.delimiter == delimiter
    assert [cells for _line, cells in sheet.rows(skip_header=True)] == [list(row) for row in rows]
