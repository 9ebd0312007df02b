"""What an export says of each call: the columns, and the cells of one call after another."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from phonenumber_field.phonenumber import PhoneNumber, to_python

from calls.choices import OUTCOME_LABELS, CallStatus
from calls.models import AnswerCorrection, CallLog, CallTemplate
from calls.services import numbers

Cell = str | int | date | None
Row = list[Cell]
Record = dict[str, Any]

# Calls that are read, written and forgotten together.
CHUNK = 500

# Seven digits and more, as people and programs write numbers.
_LIKE_A_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")
_STATUS_LABELS = {str(status): status.label for status in CallStatus}
_PERSON_FIELDS = ("first_name", "last_name", "username")
_FIELDS = (
    *("pk", "reference", "person_name", "phone_number", "country", "status", "status_reason", "outcome"),
    *("template__name", "template_version__number", "agent__name"),
    *("requested_at", "scheduled_for", "sent_at", "picked_at", "finished_at", "duration_seconds"),
    *("ended_by", "ended_reason", "is_test", "reviewed_at", "follow_up_on", "tag"),
    *(
        f"{person}__{field}"
        for person in ("placed_by", "reviewed_by", "follow_up_owner")
        for field in _PERSON_FIELDS
    ),
)
_CONVERSATION_FIELDS = ("summary", "extracted")
_FREE_TEXTS = ("person_name", "status_reason", "ended_reason", "tag", "summary")


@dataclass(frozen=True, kw_only=True)
class Content:
    """How much an export says. `template` is the one to which the list is narrowed, None for all."""

    full_numbers: bool
    with_conversation: bool
    template: CallTemplate | None = None


@dataclass(frozen=True)
class Column:
    """One column: its heading, and its cell in a call's row."""

    heading: str | Promise
    cell: Callable[[Record], Cell]


class Table:
    """The columns of an export, in the language that is active when it is made, and rows for them."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self._language = translation.get_language() or ""
        points = content.template.data_points.values_list("key", flat=True) if content.template else []
        self._columns = [
            *_COLUMNS,
            *(_conversation_columns(list(points)) if content.with_conversation else []),
        ]
        self.headings: list[str] = [str(column.heading) for column in self._columns]

    def chunks(self, calls: QuerySet[CallLog]) -> Iterator[list[Row]]:
        """Yield the rows of these calls, newest first, CHUNK at a time.

        Each chunk is a query of its own that begins below the last primary key: no cursor stays open while
        the reader takes its time, no row comes twice, and calls placed meanwhile are not among them.
        """
        fields = _FIELDS + (_CONVERSATION_FIELDS if self.content.with_conversation else ())
        ordered = calls.order_by("-pk").values(*fields)
        records = list(ordered[:CHUNK])
        while records:
            yield self._rows(records)
            records = list(ordered.filter(pk__lt=records[-1]["pk"])[:CHUNK])

    def _rows(self, records: list[Record]) -> list[Row]:
        # Between two chunks a streamed answer may share its thread with whoever comes next.
        with translation.override(self._language):
            self._prepare(records)
            return [[column.cell(record) for column in self._columns] for record in records]

    def _prepare(self, records: list[Record]) -> None:
        """Put the number and the answers into the records as this export shows them."""
        corrected = self._corrections(records) if self.content.with_conversation else {}
        for record in records:
            number = to_python(record["phone_number"])
            record["number"] = _number(number, self.content)
            record["answers"] = {**(record.get("extracted") or {}), **corrected.get(record["pk"], {})}
            record["hide"] = _hiding(number, self.content)
            for field in _FREE_TEXTS:
                if text := record.get(field):
                    record[field] = record["hide"](text)

    @staticmethod
    def _corrections(records: list[Record]) -> dict[int, dict[str, str]]:
        """Return the newest correction of each answer, by call."""
        corrected: dict[int, dict[str, str]] = {}
        rows = AnswerCorrection.objects.filter(call__in=[record["pk"] for record in records]).order_by("pk")
        for call_pk, key, text in rows.values_list("call_id", "key", "corrected"):
            corrected.setdefault(call_pk, {})[key] = text
        return corrected


def _number(number: PhoneNumber | None, content: Content) -> str:
    if not number:
        return ""
    return number.as_international if content.full_numbers else numbers.masked(number)


def _hiding(number: PhoneNumber | None, content: Content) -> Callable[[str], str]:
    """Return what is done to texts in which people, or a sentence about the call, may name the number."""
    return partial(without_number, number=number) if number and not content.full_numbers else str


def without_number(text: str, number: PhoneNumber) -> str:
    """Return `text` with `number` masked, however it is written there."""
    digits = str(number.national_number)

    def hide(found: re.Match[str]) -> str:
        # As digits of any script, since \d finds them all.
        plain = "".join(str(int(letter)) for letter in found[0] if letter.isdecimal())
        return numbers.masked(number) if digits in plain else found[0]

    return _LIKE_A_NUMBER.sub(hide, text)


def as_text(value: Any) -> str:
    """Return a collected answer on one line: yes and no, lists by commas, names and values by semicolons.

    Names come in alphabetical order: PostgreSQL does not keep the order in which they were sent.
    """
    match value:
        case None:
            return ""
        case bool():
            return _("Yes") if value else _("No")
        case dict():
            named = ((name, _within(item)) for name, item in sorted(value.items()))
            return "; ".join(f"{name}: {text}" for name, text in named if text)
        case list():
            return ", ".join(filter(None, (_within(item) for item in value)))
    return str(value).strip()


def _within(item: Any) -> str:
    """What is nested, set apart where it has separators of its own."""
    text = as_text(item)
    return f"({text})" if isinstance(item, dict | list) and text else text


# --- The columns ------------------------------------------------------------------------------


def _field(name: str) -> Callable[[Record], Cell]:
    return lambda record: record[name]


def _moment(name: str) -> Callable[[Record], Cell]:
    """A time in the console's zone, without naming the zone: spreadsheets know none."""

    def cell(record: Record) -> datetime | None:
        at = record[name]
        return at and timezone.make_naive(at, timezone.get_default_timezone()).replace(microsecond=0)

    return cell


def _staff(name: str) -> Callable[[Record], Cell]:
    def cell(record: Record) -> str:
        first, last, username = (record[f"{name}__{field}"] or "" for field in _PERSON_FIELDS)
        return f"{first} {last}".strip() or username

    return cell


_COLUMNS = (
    Column(_lazy("Reference"), lambda record: str(record["reference"])),
    Column(_lazy("Person"), _field("person_name")),
    Column(_lazy("Number"), _field("number")),
    Column(_lazy("Country"), _field("country")),
    Column(_lazy("Status"), lambda record: str(_STATUS_LABELS.get(record["status"], record["status"]))),
    Column(_lazy("Outcome"), lambda record: str(OUTCOME_LABELS.get(record["outcome"], record["outcome"]))),
    Column(_lazy("Why"), _field("status_reason")),
    Column(_lazy("Template"), _field("template__name")),
    Column(_lazy("Version"), _field("template_version__number")),
    Column(_lazy("Agent"), _field("agent__name")),
    Column(_lazy("Placed by"), _staff("placed_by")),
    Column(_lazy("Requested"), _moment("requested_at")),
    Column(_lazy("Scheduled for"), _moment("scheduled_for")),
    Column(_lazy("Sent"), _moment("sent_at")),
    Column(_lazy("Answered"), _moment("picked_at")),
    Column(_lazy("Finished"), _moment("finished_at")),
    Column(_lazy("Length in seconds"), _field("duration_seconds")),
    Column(_lazy("Ended by"), _field("ended_by")),
    Column(_lazy("Why it ended"), _field("ended_reason")),
    Column(_lazy("Test call"), lambda record: as_text(record["is_test"])),
    Column(_lazy("Reviewed"), _moment("reviewed_at")),
    Column(_lazy("Reviewed by"), _staff("reviewed_by")),
    Column(_lazy("Follow-up by"), _staff("follow_up_owner")),
    Column(_lazy("Follow-up due"), _field("follow_up_on")),
    Column(_lazy("Tag"), _field("tag")),
)


def _conversation_columns(points: list[str]) -> list[Column]:
    """Summary, a column for each data point of the template, and what else was answered."""
    rest = _lazy("Other answers") if points else _lazy("Answers")
    return [
        Column(_lazy("Summary"), _field("summary")),
        *(Column(point, _answer(point)) for point in points),
        Column(rest, _other_answers(frozenset(points))),
    ]


def _answer(point: str) -> Callable[[Record], Cell]:
    return lambda record: record["hide"](as_text(record["answers"].get(point)))


def _other_answers(points: Collection[str]) -> Callable[[Record], Cell]:
    def cell(record: Record) -> str:
        others = {key: value for key, value in record["answers"].items() if key not in points}
        return record["hide"](as_text(others))

    return cell
