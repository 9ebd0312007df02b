"""What the columns of a list mean, guessed from their headings (English and Hindi) or from what they hold."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from django.utils.translation import gettext, gettext_noop

from calls.spreadsheets.cells import clean, looks_like_number, looks_mangled

VALUE_PREFIX = "value:"
# The placeholder that the person's name fills.
NAME_PLACEHOLDER = "person_name"
# The columns that a download of bad rows has in addition. They mean nothing when it is uploaded again.
ROW = gettext_noop("Row")
REASON = gettext_noop("Reason")


class Roles(StrEnum):
    """What a column is for. A column for a placeholder has `value_role(placeholder)`."""

    NUMBER = "number"
    COUNTRY = "country"
    NAME = "name"
    TIME_ZONE = "time_zone"


def value_role(placeholder: str) -> str:
    """Return "value:due_date" for "due_date"."""
    return f"{VALUE_PREFIX}{placeholder}"


def placeholder_of(role: str) -> str:
    """Return "due_date" for "value:due_date", and an empty text for the other roles."""
    return role.removeprefix(VALUE_PREFIX) if role.startswith(VALUE_PREFIX) else ""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Headings as `_key` writes them: small letters without accents, blanks, dots or underscores.
_HEADINGS = {
    Roles.NUMBER: _words(
        "phone phones phoneno phonenr phonenum phonenumber phone1 primaryphone mainphone homephone workphone "
        "mobile mobileno mobilenr mobilenum mobilenumber mobilephone mobilephoneno mobilephonenumber mobile1 "
        "cell cellno cellnumber cellphone cellphoneno cellphonenumber handphone msisdn "
        "tel telno telnumber telephone telephoneno telephonenumber contactno contactnum contactnumber contactphone "
        "contactmobile number numbers calleenumber e164 tonumber to whatsapp whatsappno whatsappnumber "
        "phonemobile phonenumberwithcountrycode "
        "मोबाइल मोबाईल मोबाइलनंबर मोबाइलनम्बर मोबाईलनंबर मोबाइलन मोबाइलसंख्या फोन फोननंबर फोननम्बर फोनन फोनसंख्या "
        "दूरभाष दूरभाषसंख्या दूरभाषनंबर टेलीफोन टेलीफोननंबर संपर्कनंबर सम्पर्कनंबर संपर्कसंख्या सम्पर्कसूत्र संपर्कसूत्र नंबर नम्बर व्हाट्सएप "
        "व्हाट्सएपनंबर"
    ),
    Roles.NAME: _words(
        "name names fullname personname yourname person customer customername client clientname contactname patient "
        "patientname membername studentname leadname guestname borrowername applicantname employeename candidatename "
        "ownername beneficiaryname subscribername participantname firstandlastname nameofcustomer nameofperson "
        "नाम पूरानाम ग्राहक ग्राहककानाम ग्राहकनाम व्यक्तिकानाम मरीज मरीजकानाम रोगीकानाम सदस्यकानाम छात्रकानाम आवेदककानाम"
    ),
    Roles.COUNTRY: _words(
        "country countryname countrycode countryiso isocountry iso iso2 nation देश देशकोड कंट्री राष्ट्र"
    ),
    Roles.TIME_ZONE: _words("timezone timezonename tz tzname zone zoneinfo समयक्षेत्र टाइमजोन टाइमजॉन"),
}
_FIRST_NAMES = _words("firstname fname givenname givennames forename पहलानाम प्रथमनाम")
_MIDDLE_NAMES = _words("middlename मध्यनाम")
_LAST_NAMES = _words("lastname lname surname familyname secondname उपनाम कुलनाम अंतिमनाम सरनेम")
_PARTS_OF_NAMES = (_FIRST_NAMES, _MIDDLE_NAMES, _LAST_NAMES)

# A longer heading means a number if it holds one of these words and none that says otherwise.
_NUMBER_WORDS = _words(
    "phone mobile cell cellphone tel telephone msisdn whatsapp मोबाइल मोबाईल फोन टेलीफोन दूरभाष"
)
_NOT_NUMBER_WORDS = _words(
    "type model brand company operator carrier network provider plan code extension ext emergency alternate "
    "alternative alt other secondary fax agent our office verified date time status bill amount balance consent ok "
    "country"
)
_NAME_WORDS = _words("name नाम")
_PERSON_WORDS = _words(
    "person customer client contact patient member student lead guest borrower applicant employee candidate buyer "
    "owner user subscriber participant beneficiary debtor tenant donor voter holder recipient callee "
    "ग्राहक व्यक्ति मरीज रोगी सदस्य छात्र आवेदक"
)
# They tell nothing about what a column of a placeholder holds.
_LITTLE_WORDS = _words("of the a an for in on no का की के")

_ACCENTS = re.compile("[\u0300-\u036f\u093c]")  # the dot below of Hindi letters too: फ़ोन is often written फोन
_NO_WORD = re.compile(r"[^\w\u0900-\u097f]|_|[\u0964\u0965\u0970]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_IN_BRACKETS = re.compile(r"\([^()]*\)")  # a unit or a form: “Due date (dd/mm)”
_MOST_LETTERS = 100  # of a heading that are looked at


def header_key(header: Sequence[str]) -> str:
    """Return what stays the same when somebody writes the same row of headings again in another way.

    A mapping of columns is remembered under it, for each template. What a download of bad rows adds is left out.
    """
    added = {"", *(_key(heading) for name in (ROW, REASON) for heading in (name, gettext(name)))}
    keys = [_key(heading) for heading in header]
    while keys and keys[-1] in added:
        keys.pop()
    return "|".join(keys)


def guess_has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row holds headings: it holds no telephone number, but a heading that is known, or a word
    above numbers.
    """
    if not rows:
        return False
    first, others = rows[0], rows[1:]
    if any(looks_like_number(cell) or looks_mangled(cell) for cell in first if cell):
        return False
    if any(_role_of_heading(heading) for heading in first):
        return True
    numbers = _number_column(others, frozenset())
    return numbers is not None and numbers < len(first) and bool(first[numbers].strip())


def guess(
    header: Sequence[str], rows: Sequence[Sequence[str]], placeholders: Sequence[str]
) -> dict[int, str]:
    """Return column → role, for the columns whose role can be guessed.

    `header` is empty if the file has none; `rows` is a sample without it. Only the name may have several columns
    (see `name_columns`). Nothing is guessed twice, and a column without a hint is left to the person.
    """
    roles: dict[int, str] = {}
    _guess_placeholders(header, placeholders, roles)
    _guess_by_headings(header, rows, roles)
    taken = frozenset(roles)
    if Roles.NUMBER not in roles.values():
        numbers = _number_column(rows, taken)
        if numbers is not None:
            roles[numbers] = Roles.NUMBER
    if not header and Roles.NUMBER in roles.values():
        names = _name_column(rows, frozenset(roles))
        if names is not None:
            roles[names] = Roles.NAME
    return dict(sorted(roles.items()))


def name_columns(header: Sequence[str], roles: dict[int, str]) -> list[int]:
    """Return the columns that make the person's name, in the order in which it is spoken: first name, then last."""

    def place(column: int) -> int:
        key = _key(header[column]) if column < len(header) else ""
        return next((place for place, part in enumerate(_PARTS_OF_NAMES) if key in part), 0)

    return sorted(
        (column for column, role in roles.items() if role == Roles.NAME), key=lambda c: (place(c), c)
    )


# --- Headings ---------------------------------------------------------------------------------


def _spaced(heading: str) -> str:
    """Return the words of a heading in small letters, without accents, dots and underscores."""
    text = _CAMEL.sub(" ", clean(heading)[:_MOST_LETTERS])
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return " ".join(_NO_WORD.sub(" ", text).split())


def _key(heading: str) -> str:
    return _spaced(heading).replace(" ", "")


def _role_of_heading(heading: str) -> str:
    """Return the role that a heading names, or an empty text."""
    key = _key(heading)
    for role, headings in _HEADINGS.items():
        if key in headings:
            return role
    if any(key in part for part in _PARTS_OF_NAMES):
        return Roles.NAME
    words = _words(_spaced(heading))
    if words & _NUMBER_WORDS and not words & _NOT_NUMBER_WORDS:
        return Roles.NUMBER
    if words & _NAME_WORDS and words & _PERSON_WORDS:
        return Roles.NAME
    return ""


def _guess_placeholders(header: Sequence[str], placeholders: Sequence[str], roles: dict[int, str]) -> None:
    """Give each placeholder the column that is headed by it: exactly, or by the same words in another order."""
    # Whom to ring is needed more than a placeholder that is called like it.
    wanted = [
        name for name in placeholders if name != NAME_PLACEHOLDER and _role_of_heading(name) != Roles.NUMBER
    ]
    for same in (_key, _telling_words):
        for name in wanted:
            if value_role(name) in roles.values() or not same(name):
                continue
            for column, heading in enumerate(header):
                if column not in roles and same(heading) == same(name):
                    roles[column] = value_role(name)
                    break
    _guess_shorter_headings(header, wanted, roles)


def _guess_shorter_headings(header: Sequence[str], wanted: list[str], roles: dict[int, str]) -> None:
    """Give “appointment_date” the column “Date”, if that can mean no other placeholder and no other column can it."""
    meant: dict[str, list[int]] = {}
    for column, heading in enumerate(header):
        words = _telling_words(heading)
        names = [name for name in wanted if words <= _telling_words(name)]
        if words and len(names) == 1 and not _role_of_heading(heading):
            meant.setdefault(value_role(names[0]), []).append(column)
    for role, columns in meant.items():
        if len(columns) == 1 and columns[0] not in roles and role not in roles.values():
            roles[columns[0]] = role


def _telling_words(heading: str) -> frozenset[str]:
    return _words(_spaced(_IN_BRACKETS.sub(" ", heading[:_MOST_LETTERS]))) - _LITTLE_WORDS


def _guess_by_headings(header: Sequence[str], rows: Sequence[Sequence[str]], roles: dict[int, str]) -> None:
    named: dict[str, list[int]] = {}
    for column, heading in enumerate(header):
        if column not in roles and (role := _role_of_heading(heading)):
            named.setdefault(role, []).append(column)
    for role, columns in named.items():
        if role == Roles.NAME:
            roles.update(dict.fromkeys(_columns_of_name(header, columns), role))
        elif role == Roles.NUMBER:
            roles[_best_number_column(header, rows, columns)] = role
        else:
            roles[columns[0]] = role


def _columns_of_name(header: Sequence[str], columns: list[int]) -> list[int]:
    """Return the one column of whole names, else those of its parts."""
    keys = {column: _key(header[column]) for column in columns}
    for whole in (
        lambda key: key in _HEADINGS[Roles.NAME],
        lambda key: not any(key in part for part in _PARTS_OF_NAMES),
    ):
        found = [column for column in columns if whole(keys[column])]
        if found:
            return found[:1]
    return [
        next(c for c in columns if keys[c] in part) for part in _PARTS_OF_NAMES if part & set(keys.values())
    ]


def _best_number_column(header: Sequence[str], rows: Sequence[Sequence[str]], columns: list[int]) -> int:
    """Return the column with most telephone numbers; of equals the one whose heading is well known, then the first."""
    return max(
        columns,
        key=lambda column: (_share(rows, column), _key(header[column]) in _HEADINGS[Roles.NUMBER], -column),
    )


# --- Contents ---------------------------------------------------------------------------------


def _cells(rows: Sequence[Sequence[str]], column: int) -> list[str]:
    return [row[column].strip() for row in rows if column < len(row) and row[column].strip()]


def _share(rows: Sequence[Sequence[str]], column: int) -> float:
    """Return how many of a column's cells may be telephone numbers, from 0 to 1."""
    cells = _cells(rows, column)
    return round(sum(map(looks_like_number, cells)) / len(cells), 1) if cells else 0


def _number_column(rows: Sequence[Sequence[str]], taken: frozenset[int]) -> int | None:
    """Return the column that holds telephone numbers, with “+” if there are several; None if there is none."""
    width = max(map(len, rows), default=0)
    found = [column for column in range(width) if column not in taken and _share(rows, column) > 0.5]
    plus = {column: sum(cell.startswith("+") for cell in _cells(rows, column)) for column in found}
    return max(found, key=lambda column: (plus[column], _share(rows, column), -column), default=None)


def _name_column(rows: Sequence[Sequence[str]], taken: frozenset[int]) -> int | None:
    """Return the first column of texts without digits that are hardly ever the same."""
    for column in range(max(map(len, rows), default=0)):
        cells = _cells(rows, column)
        words = [cell for cell in cells if not any(letter.isdigit() for letter in cell) and "@" not in cell]
        varied = len(set(cells)) * 2 > len(cells) and all(len(cell) > 2 for cell in cells)
        if column not in taken and cells and len(words) == len(cells) and varied:
            return column
    return None
