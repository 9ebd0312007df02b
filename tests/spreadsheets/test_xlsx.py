"""Excel workbooks: cells come out as a person sees them, and what is no value is refused."""

# ruff: noqa: DTZ001 (spreadsheets know no zones)
import datetime
import io

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart
from openpyxl.worksheet.formula import ArrayFormula
from xlsxwriter import Workbook as XlsxWriterBook

from calls.spreadsheets.limits import LONGEST_CELL
from calls.spreadsheets.xlsx_numbers import shown
from tests.spreadsheets.files import (
    HEADER,
    PEOPLE,
    data,
    number_cell,
    opened,
    package,
    read,
    refusal,
    saved,
    text_cell,
    workbook,
)


def test_a_workbook_is_a_sheet(tmp_path):
    sheet = opened(tmp_path, workbook([HEADER, *PEOPLE]), "people.csv")

    assert (sheet.kind, sheet.encoding, sheet.delimiter) == ("xlsx", "", "")
    assert sheet.guessed_header
    assert sheet.sample == [HEADER, *PEOPLE]
    assert sheet.row_count == 3
    assert sheet.notes == []
    assert list(sheet.rows(skip_header=True)) == [(2, PEOPLE[0]), (3, PEOPLE[1])]
    assert next(sheet.rows(skip_header=False)) == (1, HEADER)


@pytest.mark.parametrize("constant_memory", [True, False])
def test_a_workbook_of_another_writer(tmp_path, constant_memory):
    file = io.BytesIO()
    book = XlsxWriterBook(file, {"constant_memory": constant_memory})
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_row(0, 0, HEADER)
    sheet.write_number(1, 0, 9876500001)
    sheet.write_string(1, 1, "आशा राव")
    sheet.write_datetime(1, 2, datetime.datetime(2026, 3, 1), day)
    book.close()

    assert read(tmp_path, file.getvalue()) == [HEADER, ["9876500001", "आशा राव", "2026-03-01"]]


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (9876543210, "General", "9876543210"),
        (9876543210.0, "General", "9876543210"),
        (9.87654321e9, "0.00E+00", "9876543210"),
        (919876543210, "0", "919876543210"),
        (123456789012345, "General", "123456789012345"),
        (0.1 + 0.2, "General", "0.3"),
        (12.5, "#,##0.00", "12.5"),
        (-4, "General", "-4"),
        (1e-7, "General", "0.0000001"),
        (612345678, "0000000000", "0612345678"),
        (2025550123, "(000) 000-0000", "2025550123"),
        (9876543210, '"+91 "00000 00000', "+919876543210"),
        (919876543210, r"\+0", "919876543210"),
        (400001, "000000", "400001"),
        (0.25, "0%", "25%"),
        (0.125, "0.00%", "12.5%"),
        (500, "[$₹-4009] #,##0", "500"),
        (500, '#,##0 "days"', "500"),
        (500, "[Red]0", "500"),
        (True, "General", "TRUE"),
        (False, "General", "FALSE"),
        (datetime.date(2026, 3, 1), "dd/mm/yyyy", "2026-03-01"),
        (datetime.date(2026, 3, 1), "[$-409]d-mmm-yy;@", "2026-03-01"),
        (datetime.datetime(2026, 3, 1, 9, 30), "d/m/yy h:mm", "2026-03-01 09:30"),
        (datetime.datetime(2026, 3, 1, 9, 30, 15), "d/m/yy h:mm:ss", "2026-03-01 09:30:15"),
        (datetime.time(17, 5), "h:mm AM/PM", "17:05"),
        (datetime.datetime(1900, 1, 1), "dd/mm/yyyy", "1900-01-01"),
        (datetime.datetime(1900, 3, 1), "dd/mm/yyyy", "1900-03-01"),
        (datetime.timedelta(hours=36, minutes=5), "[h]:mm", "36:05"),
        (9876543210, "dd/mm/yyyy", "#VALUE!"),
        ("'=1", "General", "'=1"),
        ("0987", "@", "0987"),
        (" Asha\u00a0Rao ", "General", "Asha Rao"),
    ],
)
def test_a_cell_is_the_text_a_person_sees(tmp_path, value, number_format, text):
    content = workbook([["Phone", "Value"], ["9876500001", value]], {"B2": number_format})

    assert read(tmp_path, content)[1][1] == text


def test_days_counted_from_1904(tmp_path):
    book = Workbook()
    book.epoch = datetime.datetime(1904, 1, 1)
    book.active.append(["Phone", "Day"])
    book.active.append([9876500001, datetime.date(2026, 3, 1)])

    assert read(tmp_path, saved(book))[1] == ["9876500001", "2026-03-01"]


@pytest.mark.parametrize(
    "raw", ["9876543210", "9876543210.0", "9.87654321E9", "9.87654321E+09", "98765432.1e2"]
)
def test_numbers_however_they_are_written(tmp_path, raw):
    assert read(tmp_path, package(data(text_cell("Phone"), number_cell(raw))))[1] == ["9876543210"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("General", "46082"),
        ('0" days"', "46082"),
        ('"Sunday" 0', "46082"),
        (r"0\d", "46082"),
        ("[Red][>5]0;d", "46082"),
        ("[DBNum1][$-804]General", "46082"),
        ("0000000", "0046082"),
        ('"ref "0000000', "46082"),
        ("+0000000", "+0046082"),
        ("0%", "4608200%"),
    ],
)
def test_what_a_number_format_shows(code, text):
    assert shown(46082, code) == text


@pytest.mark.parametrize(
    "code", ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "mmmm", "[$-4009]dd mmmm yyyy", "m/d/yyyy"]
)
def test_formats_of_days(tmp_path, code):
    content = workbook([["Phone", "Day"], ["9876500001", 46082]], {"B2": code})

    assert read(tmp_path, content)[1][1] == "2026-03-01"


def test_cells_without_names_and_with_gaps(tmp_path):
    sheet = (
        '<sheetData><row r="2"><c r="A2"><v>1</v></c><c r="C2"><v>3</v></c></row><row/>'
        '<row r="9"><c><v>4</v></c><c r="C9"/><c r="XFD9"/></row></sheetData>'
    )

    assert list(opened(tmp_path, package(sheet)).rows(skip_header=False)) == [
        (2, ["1", "", "3"]),
        (9, ["4", "", ""]),
    ]


@pytest.mark.parametrize("dimension", ["A1", "A1:B2", "A1:XFD1048576", "ZZZ9:A1", "D7:D7"])
def test_the_size_that_a_file_claims_does_not_matter(tmp_path, dimension):
    sheet = f'<dimension ref="{dimension}"/>' + data(
        text_cell("Phone"), number_cell(9876500001), text_cell("x")
    )

    assert read(tmp_path, package(sheet)) == [["Phone"], ["9876500001"], ["x"]]


def test_texts_in_several_fonts_escaped_letters_and_errors(tmp_path):
    book = Workbook()
    rich = CellRichText("Asha ", TextBlock(InlineFont(b=True), "Rao"))
    book.active.append(["Phone", "Name"])
    book.active.append(["9876500001", rich])
    assert read(tmp_path, saved(book))[1] == ["9876500001", "Asha Rao"]

    texts = (
        "<si><r><t>आ</t></r><r><t>शा</t></r><rPh sb='0' eb='1'><t>not read</t></rPh></si>"
        "<si><t>one_x000D_\ntwo_x0007__xD800_</t></si>"
    )
    cells = '<c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="e"><v>#N/A</v></c><c t="d"><v>2026-03-01T09:30</v></c>'
    assert read(tmp_path, package(data(cells), texts=texts)) == [
        ["आशा", "one\ntwo", "#N/A", "2026-03-01 09:30"]
    ]


def test_the_first_visible_sheet_is_read_and_that_is_said(tmp_path):
    book = Workbook()
    book.active.append(["secret"])
    book.active.sheet_state = "hidden"
    book.create_chartsheet().add_chart(BarChart())
    for name in ("People", "Other"):
        book.create_sheet(name).append(["Phone", name])

    sheet = opened(tmp_path, saved(book))

    assert sheet.sample == [["Phone", "People"]]
    assert sheet.notes == ["Only the first visible sheet of the Excel file is read. The others are not."]


def test_hidden_rows_are_read_and_that_is_said(tmp_path):
    book = Workbook()
    for row in (HEADER, *PEOPLE):
        book.active.append(row)
    book.active.row_dimensions[2].hidden = True

    sheet = opened(tmp_path, saved(book))

    assert sheet.row_count == 1 + len(PEOPLE)
    assert sheet.notes == [
        "Rows that are hidden in the Excel file, by a filter for example, are read like all others."
    ]


@pytest.mark.parametrize(
    "formula", ["=1+1", '=HYPERLINK("https://evil.example","x")', ArrayFormula("B7", "=A1:A2")]
)
def test_a_formula_is_refused_with_the_name_of_its_cell(tmp_path, formula):
    rows: list[list[object]] = [
        ["Phone", "Name"],
        *[[9876500000 + number, "Asha"] for number in range(5)],
        [9876500009, formula],
    ]

    sentence = refusal(tmp_path, workbook(rows))

    assert sentence.startswith("Cell B7 holds a formula.")
    assert "paste them as values" in sentence


@pytest.mark.parametrize(
    "cell", ['<c r="B1" t="str"><f>A1</f><v>x</v></c>', '<c><f t="shared" si="0"/></c>', text_cell("=1+1")]
)
def test_every_form_of_a_formula(tmp_path, cell):
    assert refusal(tmp_path, package(data(text_cell("x") + cell))).startswith("Cell B1 holds a formula.")


def test_formulas_outside_of_cells_are_none(tmp_path):
    more = "<conditionalFormatting><cfRule><formula>A1=1</formula></cfRule></conditionalFormatting><f>1</f>"

    assert read(tmp_path, package(data(number_cell(1)) + more)) == [["1"]]


def test_too_long_a_cell_too_many_columns_and_rows(tmp_path):
    assert refusal(tmp_path, package(data(text_cell("x") + text_cell("x" * (LONGEST_CELL + 1))))).startswith(
        "Cell B1 holds more than 10000 characters."
    )
    assert refusal(tmp_path, package(data('<c r="CW1"><v>1</v></c>'))).startswith(
        "Cell CW1 lies beyond column 100."
    )
    assert "more than 50000 rows" in refusal(tmp_path, package(data(*[number_cell(9876500001)] * 60_000)))


def test_rows_that_are_only_formatted_do_not_count(tmp_path):
    content = package(data(text_cell("Phone"), number_cell(9876500001), *['<c s="1"/><c/>'] * 100_000))

    assert opened(tmp_path, content).row_count == 2


def test_an_empty_workbook(tmp_path):
    assert "The file is empty." in refusal(tmp_path, workbook([]))
