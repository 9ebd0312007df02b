"""What columns mean: from their headings in two languages, from what they hold, and what is left to the person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.spreadsheets import columns
from calls.spreadsheets.cells import cell_name, looks_like_number, looks_mangled
from calls.spreadsheets.columns import Roles, guess, guess_has_header, header_key, name_columns, value_role

ROW = ["+919876500001", "Asha Rao", "2026-03-01"]


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Phone",
            "PHONE NO.",
            "phone_number",
            "PhoneNumber",
            "Phone #",
            "Mobile",
            "Mobile No",
            "mobile-number",
            "Cell",
        ),
        *(
            "Tel",
            "Tel.",
            "Telephone",
            "Téléphone mobile",
            "Contact no.",
            "Contact Number",
            "WhatsApp No",
            "number",
            "MSISDN",
        ),
        *(
            "Customer Mobile",
            "Borrower's phone no",
            "Primary Phone",
            "\ufeffPhone",
            "  phone  ",
            "Phone\nnumber",
        ),
        *(
            "मोबाइल",
            "मोबाइल नंबर",
            "मोबाइल नम्बर",
            "फ़ोन",
            "फोन",
            "फ़ोन नंबर",
            "फ\u093cोन नंबर",
            "मोबाइल संख्या",
            "संपर्क नंबर",
            "दूरभाष",
        ),
        *("ग्राहक का मोबाइल", "नंबर"),
    ],
)
def test_headings_of_numbers(heading):
    assert guess(["x", heading], [["1", "9876500001"]], []) == {1: Roles.NUMBER}


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Name",
            "NAME",
            "Full Name",
            "full_name",
            "Customer Name",
            "Name of customer",
            "Person",
            "Patient's name",
        ),
        *("नाम", "पूरा नाम", "ग्राहक का नाम", "person_name", "ग्राहक नाम"),
    ],
)
def test_headings_of_names(heading):
    assert guess(["x", heading], [["1", "Asha"]], ["person_name"]) == {1: Roles.NAME}


@pytest.mark.parametrize("heading", ["Country", "Country Code", "ISO", "देश", "country_code"])
def test_headings_of_countries(heading):
    assert guess([heading], [["IN"]], []) == {0: Roles.COUNTRY}


@pytest.mark.parametrize("heading", ["Time zone", "timezone", "TZ", "time_zone", "समय क्षेत्र", "टाइमज़ोन"])
def test_headings_of_time_zones(heading):
    assert guess([heading], [["Asia/Kolkata"]], []) == {0: Roles.TIME_ZONE}


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "No",
            "S. No.",
            "Serial number",
            "Amount",
            "Phone type",
            "Mobile brand",
            "Alternate mobile",
            "Company name",
        ),
        *("Agent name", "File name", "Fax", "Phone verified", "Hotel", "Cellar", "Date", "", "आयु"),
    ],
)
def test_headings_that_mean_nothing_for_a_call(heading):
    assert guess([heading], [["1"]], []) == {}


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        (["First name", "Last name", "Phone"], {0: "name", 1: "name", 2: "number"}),
        (["Surname", "Given Names", "Phone"], {0: "name", 1: "name", 2: "number"}),
        (["First name", "Last name", "Full name"], {2: "name"}),
        (["Customer name", "Contact name"], {0: "name"}),
        (["Lead name", "First name", "Phone"], {0: "name", 2: "number"}),
        (["First name"], {0: "name"}),
        (["पहला नाम", "उपनाम"], {0: "name", 1: "name"}),
    ],
)
def test_names_in_one_or_several_columns(header, roles):
    assert guess(header, [], []) == roles


def test_a_name_is_put_together_as_it_is_spoken():
    header = ["Surname", "Phone", "First Name", "Middle name"]

    assert name_columns(header, guess(header, [], [])) == [2, 3, 0]
    assert name_columns([], {3: "name", 1: "name"}) == [1, 3]
    assert name_columns(header, {1: "number"}) == []


def test_of_several_columns_of_numbers_the_fullest_is_taken():
    header = ["Phone", "Mobile"]

    assert guess(header, [["", "9876500001"], ["12", "9876500002"]], []) == {1: Roles.NUMBER}
    assert guess(header, [["9876500001", "9876500002"]], []) == {0: Roles.NUMBER}
    assert guess(["Home mobile of customer", "Mobile"], [["9876500001", "9876500002"]], []) == {
        1: Roles.NUMBER
    }


@pytest.mark.parametrize(
    ("heading", "placeholder"),
    [
        ("due_date", "due_date"),
        ("Due Date", "due_date"),
        ("DUE-DATE", "due_date"),
        ("dueDate", "due_date"),
        ("Date due", "due_date"),
        ("Date of appointment", "appointment_date"),
        ("The amount", "amount"),
        ("Amount (₹)", "amount"),
        ("Due date (dd/mm/yyyy)", "due_date"),
        ("Date", "appointment_date"),
        ("Doctor", "name_of_doctor"),
        ("name", "name"),
    ],
)
def test_headings_of_placeholders(heading, placeholder):
    assert guess([heading], [["x"]], [placeholder])[0] == value_role(placeholder)


def test_whom_to_ring_is_needed_more_than_a_placeholder():
    assert guess(["phone"], [], ["phone"]) == {0: Roles.NUMBER}


def test_each_placeholder_has_one_column_and_the_same_words_win():
    header = ["Date due", "due date", "due date", "amount due", "Phone"]

    assert guess(header, [], ["due_date", "amount", "person_name"]) == {1: "value:due_date", 4: "number"}


@pytest.mark.parametrize(
    ("header", "placeholders"),
    [
        (["Date"], ["due_date", "appointment_date"]),
        (["Date", "Date"], ["due_date"]),
        (["Date of birth"], ["due_date"]),
        (["Name", "Country"], ["doctor_name", "country_of_birth"]),
        (["No."], ["order_no"]),
    ],
)
def test_a_shorter_heading_that_may_mean_something_else_is_left_to_the_person(header, placeholders):
    assert not any(role.startswith("value:") for role in guess(header, [], placeholders).values())


def test_a_shorter_heading_gives_way_to_the_whole_one():
    header = ["Date", "Due date"]

    assert guess(header, [], ["due_date"]) == {1: "value:due_date"}


def test_without_headings_the_contents_tell():
    rows = [
        ["7", "9876500001", "Asha Rao", "yes", "2026-03-01", "12500.00"],
        ["8", "9876500002", "Ravi", "no", "", "9"],
    ]

    assert guess([], rows, ["due_date"]) == {1: Roles.NUMBER, 2: Roles.NAME}
    assert guess([], [["12345678", "+919876500001"], ["12345679", "+919876500002"]], []) == {1: Roles.NUMBER}
    assert guess([], [["asha@home.example", "x"]], []) == {}
    assert guess([], [], ["due_date"]) == {}


def test_headings_of_another_language_and_contents_that_tell_the_number():
    assert guess(["எண்", "பெயர்"], [["9876500001", "Asha"]], []) == {0: Roles.NUMBER}


@pytest.mark.parametrize(
    ("rows", "has_header"),
    [
        ([], False),
        ([["Phone"]], True),
        ([["Phone", "Name"], ROW], True),
        ([["नंबर", "नाम"], ROW], True),
        ([["எண்", "பெயர்"], ROW, ROW], True),
        ([["x", "y", "z"], ROW], True),
        ([["#", "Name", "Phone"], ["1", "Asha", "9876500001"]], True),
        ([ROW], False),
        ([ROW, ROW], False),
        ([["9876500001"], ["9876500002"]], False),
        ([["9.87654E+09", "Name"], ROW], False),
        ([["Asha", "x"], ["Ravi", "y"]], False),
        ([["", "Asha"], ["9876500001", "Ravi"]], False),
        ([["Name", "9876500001"], ["Ravi", "9876500002"]], False),
    ],
)
def test_whether_the_first_row_holds_headings(rows, has_header):
    assert guess_has_header(rows) is has_header


def test_a_row_of_headings_is_known_again():
    key = header_key(["Phone No.", "Customer Name", "Due date", ""])

    assert key == "phoneno|customername|duedate"
    assert key == header_key(["phone_no", "CUSTOMER NAME", "due-date"])
    assert key == header_key(["Phone No.", "Customer Name", "Due date", "", "Row", "Reason"])
    assert key != header_key(["Customer Name", "Phone No.", "Due date"])
    assert key != header_key(["Phone No.", "Customer Name"])
    assert header_key(["मोबाइल", "फ़ोन"]) == header_key(["मोबाइल", "फोन"]) != header_key(["मोबाइल", "फीन"])
    assert header_key([]) == header_key([""]) == ""


def test_placeholders_of_roles():
    assert columns.placeholder_of(value_role("due_date")) == "due_date"
    assert columns.placeholder_of(Roles.NUMBER) == ""


@given(
    st.lists(st.text(max_size=30), max_size=5),
    st.lists(st.lists(st.text(max_size=20), max_size=6), max_size=5),
    st.lists(st.text(max_size=20), max_size=3),
)
def test_anything_can_be_guessed_at(header, rows, placeholders):
    roles = guess(header, rows, placeholders)

    assert set(roles) <= set(range(max(len(header), *map(len, rows), 0)))
    others = [role for role in roles.values() if role != Roles.NAME]
    assert len(others) == len(set(others))
    assert isinstance(header_key(header), str)
    guess_has_header(rows)


# --- Single cells -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        *(
            "9876543210",
            "+91 98765 43210",
            "(020) 7946-0958",
            "020 7946 0958",
            "tel:+442079460958",
            "1-800-555-0199",
        ),
        *("00919876543210", "+1.202.555.0123", "98765 43210 ext 12", "९८७६५४३२१०"),
    ],
)
def test_what_may_be_a_number(text):
    assert looks_like_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Asha",
        "2026-03-01",
        "01/03/2026",
        "01.03.2026 09:30",
        "12500.00",
        "1234567.5",
        "12345",
        "9.87E+09",
        "12-3-45678x",
        "1" * 50,
    ],
)
def test_what_is_no_number(text):
    assert not looks_like_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "9.87654E+09",
        "9,87654E+09",
        "9.87654321e9",
        "1E+10",
        "-1.5E-07",
        "#####",
        "#N/A",
        "#REF!",
        "#NAME?",
        "????",
        "? ??",
        "Ren\ufffd",
    ],
)
def test_what_a_spreadsheet_program_has_lost(text):
    assert looks_mangled(text)
    assert looks_mangled(f" {text} ")


@pytest.mark.parametrize(
    "text", ["", "9876543210", "+91 98765", "E10", "1E", "#1", "#", "Why?", "?", "2E4x", "Asha"]
)
def test_what_is_as_it_was(text):
    assert not looks_mangled(text)


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A7"), (25, "Z7"), (26, "AA7"), (99, "CV7"), (702, "AAA7"), (16_383, "XFD7")]
)
def test_names_of_cells(column, name):
    assert cell_name(7, column) == name
