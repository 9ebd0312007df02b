"""Files that are not lists, or want to do harm: a sentence each, in little time and memory, never a traceback."""

import io
import random
import struct
import subprocess
import sys
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook

from calls.spreadsheets import limits
from calls.spreadsheets.reading import Unreadable
from tests.spreadsheets.files import HEADER, PEOPLE, data, opened, package, read, refusal, text_cell, workbook

patient = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)

BOMB = "The Excel file unpacks to far more than a list can be."
DAMAGED = "The Excel file is damaged or incomplete."
PARTS = ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
WORKBOOK = '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'
LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "lollollollol">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def packed(**parts: bytes | str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


# --- Other kinds of file ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (OLE + "Workbook".encode("utf-16-le"), "old Excel (.xls)"),
        (OLE + "Book".encode("utf-16-le"), "old Excel (.xls)"),
        (b"\x09\x08\x10\0\0\6\5\0", "old Excel (.xls)"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (OLE + "WordDocument".encode("utf-16-le"), "a document, not a list"),
        (b"%PDF-1.7\n", "a document, not a list"),
        (b"{\\rtf1 x}", "a document, not a list"),
        (b"\x89PNG\r\n\x1a\n", "not a list"),
        (b"\xff\xd8\xff\xe0", "not a list"),
        (b"\x1f\x8b\x08", "a packed folder"),
        (b"\n <HTML><table><tr><td>Phone", "a web page"),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "a web page"),
        (b'<?xml version="1.0"?><html>', "a web page"),
        (b'<?xml version="1.0"?><people/>', "not a list"),
        (packed(mimetype="application/vnd.oasis.opendocument.spreadsheet"), "OpenDocument file (.ods)"),
        (packed(**{"xl__workbook.bin": b""}), "binary Excel file (.xlsb)"),
        (packed(**{"Index__Document.iwa": b""}), "Apple Numbers"),
        (packed(**{"[Content_Types].xml": b"", "word__document.xml": b""}), "a document, not a list"),
        (packed(**{"people.csv": b"Phone\n"}), "a packed folder"),
        (b"PK\5\6" + b"\0" * 18, "a packed folder"),
        (packed(**{"[Content_Types].xml": b""}), DAMAGED),
    ],
)
@pytest.mark.parametrize("name", ["people.csv", "people.xlsx"])
def test_another_kind_of_file_is_told_by_its_content(tmp_path, content, words, name):
    assert words in refusal(tmp_path, content, name)


def test_a_text_that_begins_like_a_packed_file_is_a_text(tmp_path):
    assert read(tmp_path, b"PK,Phone\n1,9876500001\n") == [["PK", "Phone"], ["1", "9876500001"]]


# --- Bombs ------------------------------------------------------------------------------------


def test_a_bomb_by_ratio(tmp_path):
    content = package(data(text_cell("x")), more={"xl/media/image1.png": b"\0" * (40 * 1024 * 1024)})

    assert BOMB in refusal(tmp_path, content)


def test_a_bomb_by_size(tmp_path):
    part = (b"0123456789abcdef" + b" " * 500) * 40_000

    content = package(data(text_cell("x")), more={f"xl/media/{number}.png": part for number in range(11)})

    assert len(content) < limits.MOST_BYTES
    assert BOMB in refusal(tmp_path, content)


def test_a_bomb_of_many_parts(tmp_path):
    content = package(data(text_cell("x")), more={f"xl/media/{number}.png": b"" for number in range(6_000)})

    assert "a packed folder" in refusal(tmp_path, content)


def test_a_part_that_lies_about_its_size_gives_no_more_than_it_says(tmp_path):
    content = bytearray(package(data(*[text_cell("x" * 50)] * 20_000)))
    name = b"xl/worksheets/sheet1.xml"
    entry = content.rindex(name) - 46
    real = struct.unpack_from("<I", content, entry + 24)[0]
    struct.pack_into("<I", content, entry + 24, 1000)

    assert real > 1_000_000
    assert DAMAGED in refusal(tmp_path, bytes(content))


def test_packings_that_unpack_without_a_limit(tmp_path):
    assert DAMAGED in refusal(tmp_path, package(data(text_cell("x")), compression=zipfile.ZIP_BZIP2))


@pytest.mark.parametrize(
    "part",
    ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "_rels/.rels", "xl/styles.xml"],
)
def test_a_billion_laughs_are_not_laughed(tmp_path, part):
    content = package(data(text_cell("x")))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        text = book.read(part).decode()

    sentence = refusal(
        tmp_path, package(data(text_cell("x")), more={part: LAUGHS + text.replace(">", ">&i;", 1)})
    )

    assert "declares texts of its own" in sentence


def test_a_text_without_an_end(tmp_path):
    cell = text_cell("".join(f"{number:08}" for number in range(1_000_000)))

    assert BOMB in refusal(tmp_path, package(data(cell)))


def test_one_long_text_in_every_cell(tmp_path):
    rows = data(*['<c t="s"><v>0</v></c>'] * (limits.MOST_UNPACKED // limits.LONGEST_CELL + 1))

    assert BOMB in refusal(tmp_path, package(rows, texts=f"<si><t>{'x' * limits.LONGEST_CELL}</t></si>"))


def test_a_row_far_below_costs_nothing(tmp_path):
    assert read(tmp_path, package('<sheetData><row r="1048576"><c><v>7</v></c></row></sheetData>')) == [["7"]]
    for line in (1_048_577, 10**18):
        assert "more than 1048576 rows" in refusal(
            tmp_path, package(f'<sheetData><row r="{line}"><c><v>7</v></c></row></sheetData>')
        )


def test_rows_of_blank_cells_as_wide_as_can_be(tmp_path):
    assert BOMB in refusal(tmp_path, package(data(*['<c r="ZZZ1"/>'] * 100_000)))


def test_one_sheet_named_many_times(tmp_path, monkeypatch):
    monkeypatch.setattr("calls.spreadsheets.xlsx_files._MOST_SECONDS", 0.5)
    sheets = "".join(f'<sheet name="s{number}" sheetId="1" r:id="r0"/>' for number in range(10_000))
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    book = WORKBOOK.replace("/>", f' xmlns:r="{relations}"><sheets>{sheets}</sheets></workbook>')

    content = package(data(*[text_cell("x")] * 10_000), more={"xl/workbook.xml": book})

    assert BOMB in refusal(tmp_path, content)


@pytest.mark.parametrize("area", ["'" * 100_000, "," * 100_000, "'" * 100_000 + "<b/>"])
def test_a_print_area_that_takes_long_to_understand(tmp_path, area):
    name = f'<definedName name="_xlnm.Print_Area" localSheetId="0">{area}</definedName>'
    book = WORKBOOK.replace("/>", f"><definedNames>{name}</definedNames></workbook>")

    assert BOMB in refusal(tmp_path, package(data(text_cell("x")), more={"xl/workbook.xml": book}))


def test_a_number_format_that_takes_long_to_understand(tmp_path):
    styles = f'<numFmts><numFmt numFmtId="164" formatCode="{"[" * 100_000}"/></numFmts>'

    assert BOMB in refusal(tmp_path, package(data(text_cell("x")), styles=styles))


def test_formulas_that_take_long_to_work_out(tmp_path):
    first = f'<c r="A1"><f t="shared" si="0">A1{"+A1" * 100_000}</f></c>'

    content = package(data(first + '<c r="B1"><f t="shared" si="0"/></c>' * 10_000))

    assert BOMB in refusal(tmp_path, content)


def test_the_strict_form_of_a_workbook_has_a_sentence_of_its_own(tmp_path):
    book = '<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'

    assert "Strict Open XML" in refusal(tmp_path, package("", more={"xl/workbook.xml": book}))


# --- Damaged ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sheet",
    [
        "<sheetData><row><c>",
        '<sheetData><row r="x"/></sheetData>',
        data('<c r="7"><v>1</v></c>'),
        data('<c r="AAAAAAAA7"><v>1</v></c>'),
        data('<c t="s"><v>0</v></c>'),
        data('<c t="s"><v>x</v></c>'),
        data('<c t="s"><v>' + "9" * 5_000 + "</v></c>"),
        data("<c><v>&unknown;</v></c>"),
    ],
)
def test_a_sheet_that_makes_no_sense(tmp_path, sheet):
    assert DAMAGED in refusal(tmp_path, package(sheet))


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"]
)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\1\2",
        b'<?xml version="1.0" encoding="cp037"?><x/>',
        b'<?xml version="1.0" encoding="big5"?><x/>',
    ],
)
def test_a_part_that_is_no_xml(tmp_path, part, content):
    assert DAMAGED in refusal(tmp_path, package(data(text_cell("x")), more={part: content}))


def test_a_workbook_without_sheets(tmp_path):
    assert "no visible sheet" in refusal(tmp_path, package("", more={"xl/workbook.xml": WORKBOOK}))


def test_a_part_that_is_encrypted(tmp_path):
    content = bytearray(package(data(text_cell("x"))))
    content[content.rindex(b"xl/worksheets/sheet1.xml") - 46 + 8] |= 1

    assert "protected by a password" in refusal(tmp_path, bytes(content))


def test_a_file_cut_anywhere(tmp_path):
    content = workbook([HEADER, *PEOPLE])

    for end in range(4, len(content), 97):
        assert refusal(tmp_path, content[:end])


def test_a_letter_changed_in_the_sheet_is_noticed(tmp_path):
    content = package(data(text_cell("9876500001")), compression=zipfile.ZIP_STORED)

    assert DAMAGED in refusal(tmp_path, content.replace(b"9876500001", b"9876500002"))


def test_a_file_that_changed_since_it_was_opened(tmp_path):
    sheet = opened(tmp_path, workbook([HEADER, *PEOPLE]))
    (tmp_path / "upload").write_bytes(b"Phone\n")

    with pytest.raises(Unreadable):
        list(sheet.rows(skip_header=True))


# --- Any bytes --------------------------------------------------------------------------------


MARKS = [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"sep=;\n", b"PK\3\4", OLE, b'"', b"P\0h\0o\0"]


def is_read_or_refused(folder, content: bytes) -> None:
    try:
        sheet = opened(folder, content)
    except Unreadable as error:
        sentence = str(error)
        is_filled = len(sentence) > 20 and "%(" not in sentence
        assert is_filled, sentence
        return
    rows = list(sheet.rows(skip_header=False))
    assert len(rows) == sheet.row_count
    assert {len(cells) for _line, cells in rows} == {sheet.width}


@patient
@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(tmp_path, content):
    is_read_or_refused(tmp_path, content)


@patient
@given(
    st.binary(max_size=300),
    st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"sep=;\n", b"PK\3\4", OLE, b'"']),
)
def test_any_bytes_after_a_mark_are_read_or_refused(tmp_path, content, mark):
    is_read_or_refused(tmp_path, mark + content)


@patient
@given(st.data())
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(tmp_path, data):
    content = bytearray(CONTENT)
    for _change in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    is_read_or_refused(tmp_path, bytes(content))


CONTENT = package(
    data(text_cell("Phone") + text_cell("Name"), '<c t="s"><v>0</v></c><c s="1"><v>46082</v></c>'),
    texts="<si><t>9876500001</t></si>",
    styles='<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>',
)
NAMES = ["sheetData", "row", "c", "v", "t", "is", "f", "si", "rPh", "xf", "cellXfs", "sheet", "x:c"]
attributes = st.dictionaries(
    st.sampled_from(["r", "t", "s", "numFmtId", "formatCode", "hidden"]),
    st.sampled_from(
        ["A1", "B2", "XFD3", "1", "2", "-1", "s", "n", "b", "d", "inlineStr", "", "0", "yyyy", "x"]
    ),
    max_size=3,
)
elements = st.recursive(
    st.sampled_from(["", "1", "46082", "-1", "1e9", "x", "=1", "_xD800_", "TRUE", " "]),
    lambda inner: st.builds(
        lambda name, given, parts: "<{0}{1}>{2}</{0}>".format(
            name, "".join(f' {key}="{value}"' for key, value in given.items()), "".join(parts)
        ),
        st.sampled_from(NAMES),
        attributes,
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)


@patient
@given(elements, elements, elements)
def test_any_xml_is_read_or_refused(tmp_path, sheet, texts, styles):
    is_read_or_refused(tmp_path, package(f"<sheetData>{sheet}</sheetData>", texts=texts, styles=styles))


# --- Time and memory --------------------------------------------------------------------------

# Prints the seconds of the processor, and the megabytes beyond interpreter and code, that reading takes.
MEASURE = """
import re, sys, time
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from calls.spreadsheets.reading import Unreadable, open_sheet
def most():  # getrusage would count what the test that starts this takes
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = most()
start = time.process_time()
try:
    sheet = open_sheet(Path(sys.argv[1]), "people")
    rows = sum(1 for _row in sheet.rows(skip_header=True))
except Unreadable:
    rows = -1
seconds = time.process_time() - start
print(rows, seconds, (most() - before) / 1024)
"""


def measured(tmp_path, content: bytes) -> tuple[int, float, float]:
    """Return rows (-1 if refused), seconds and megabytes of reading a file twice, as an upload and its check do."""
    path = tmp_path / "upload"
    path.write_bytes(content)
    done = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, text=True, check=True)
    rows, seconds, megabytes = done.stdout.split()
    return int(rows), float(seconds), float(megabytes)


def large_rows() -> list[list[object]]:
    return [
        [
            9876500000 + number,
            f"Person {number} Rao",
            "Pune",
            "2026-03-01",
            number / 8,
            f"note {number}, long enough",
        ]
        for number in range(limits.MOST_ROWS)
    ]


def test_a_large_csv_file_takes_little_time_and_memory(tmp_path):
    lines = (",".join(f'"{cell}"' for cell in row) for row in [["Phone", *"abcde"], *large_rows()])

    rows, seconds, megabytes = measured(tmp_path, "\n".join(lines).encode())

    assert rows == limits.MOST_ROWS
    assert seconds < 10  # 0.5 s on an idle machine
    assert megabytes < 60


def test_a_large_workbook_takes_little_time_and_memory(tmp_path):
    file = io.BytesIO()
    book = Workbook(file)
    sheet = book.add_worksheet()
    for line, row in enumerate([["Phone", *"abcde"], *large_rows()]):
        sheet.write_row(line, 0, row)
    book.close()

    rows, seconds, megabytes = measured(tmp_path, file.getvalue())

    assert rows == limits.MOST_ROWS
    assert seconds < 60  # 8 s on an idle machine
    assert megabytes < 60


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"," * limits.MOST_BYTES, id="a row of empty cells"),
        pytest.param(b"x" * limits.MOST_BYTES, id="a cell"),
        pytest.param(b"\n" * limits.MOST_BYTES, id="blank rows"),
        pytest.param(b'"\n' * (limits.MOST_BYTES // 2), id="quotes"),
        pytest.param("आ".encode() * (limits.MOST_BYTES // 3), id="a cell of wide letters"),
        pytest.param(b'"a\nb",' * (limits.MOST_BYTES // 6), id="a row of cells of two lines"),
    ],
)
def test_the_largest_bad_csv_files_take_little_memory(tmp_path, content):
    rows, _seconds, megabytes = measured(tmp_path, content)

    assert rows == -1
    assert megabytes < 200


@pytest.mark.campaign  # half a minute of the processor
def test_a_workbook_of_all_that_is_just_allowed_takes_bounded_memory(tmp_path):
    styles = "<fonts>" + "<font/>" * 490_000 + "</fonts>"

    rows, _seconds, megabytes = measured(tmp_path, package(data(text_cell("x")), styles=styles))

    assert rows == 0  # below the headings
    assert megabytes < 350


@pytest.mark.parametrize(
    ("sheet", "texts"),
    [
        pytest.param("<row/>", "", id="empty rows"),
        pytest.param("<c/>", "", id="empty cells"),
        pytest.param('<c r="A1"/>', "", id="one cell again and again"),
        pytest.param("<c><v>1</v></c>", "", id="cells"),
        pytest.param("<a>", "", id="elements within elements"),
        pytest.param("", "<si/>", id="empty texts"),
        pytest.param("", "<si><t>{:07}</t></si>", id="texts"),
        pytest.param("", "<si><t>x</t>", id="a text in pieces"),
        pytest.param("</row><row s='1'>", "", id="empty rows with an attribute"),
        pytest.param("<c{0} a{0}='1'/></row><row>", "", id="names"),
    ],
)
def test_the_largest_bad_workbooks_take_little_memory(tmp_path, sheet, texts):
    """Megabytes of one thing, packed so that the ratio is just allowed."""
    size = 30_000_000
    content = package(f"<sheetData><row>{filled(sheet, size)}</row></sheetData>", texts=filled(texts, size))

    rows, _seconds, megabytes = measured(tmp_path, content)

    assert rows == -1
    assert megabytes < 150


def filled(pattern: str, size: int) -> str:
    """Return `pattern` again and again, with noise in between that keeps the ratio down."""
    if not pattern:
        return ""
    noise = random.Random(1)
    pieces: list[str] = []
    length = number = 0
    while length < size:
        piece = (
            "".join(pattern.format(number + place) for place in range(2_000))
            if "{" in pattern
            else pattern * 2_000
        )
        piece += f"<!--{noise.randbytes(len(piece) // 300).hex()}-->"
        pieces.append(piece)
        length += len(piece)
        number += 2_000
    return "".join(pieces)
