"""Rows of exports: what each column says, and what stays hidden."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from phonenumber_field.phonenumber import to_python

from calls.choices import CallStatus
from calls.models import AnswerCorrection, CallLog, CallTemplate
from calls.services import export_rows
from calls.services.export_rows import Content, Table, as_text, without_number

pytestmark = pytest.mark.django_db

INDIA = ZoneInfo("Asia/Kolkata")
MakeCall = Callable[..., CallLog]


def rows(*, full_numbers: bool = False, with_conversation: bool = False, template: Any = None) -> list[dict]:
    """Return what an export of all calls says, row by row."""
    table = Table(Content(full_numbers=full_numbers, with_conversation=with_conversation, template=template))
    chunks = table.chunks(CallLog.objects.all())
    return [dict(zip(table.headings, row, strict=True)) for rows in chunks for row in rows]


def test_a_row_says_who_whom_when_and_what_came_of_it(make_call: MakeCall, template: CallTemplate) -> None:
    asha = User.objects.create_user("asha", first_name="Asha", last_name="Rao")
    plain = User.objects.create_user("plain")
    at = datetime(2026, 11, 24, 9, 5, 7, 123, tzinfo=INDIA)
    call = make_call(
        CallStatus.FINISHED,
        template=template,
        template_version=template.current_version(),
        outcome="not_picked",
        status_reason="OSVI reported the outcome.",
        placed_by=asha,
        requested_at=at,
        duration_seconds=72,
        ended_by="customer",
        ended_reason="hangup",
        is_test=True,
        reviewed_at=at,
        reviewed_by=plain,
        follow_up_owner=plain,
        follow_up_on=date(2026, 12, 1),
        tag="later",
        sent_at=None,
    )

    assert rows() == [
        {
            "Reference": str(call.reference),
            "Person": "John Doe",
            "Number": "+91 ••••• •210",
            "Country": "IN",
            "Status": "Finished",
            "Outcome": "Nobody answered",
            "Why": "OSVI reported the outcome.",
            "Template": "Appointment",
            "Version": 1,
            "Agent": "Reminders",
            "Placed by": "Asha Rao",
            "Requested": datetime(2026, 11, 24, 9, 5, 7),  # noqa: DTZ001
            "Scheduled for": None,
            "Sent": None,
            "Answered": None,
            "Finished": None,
            "Length in seconds": 72,
            "Ended by": "customer",
            "Why it ended": "hangup",
            "Test call": "Yes",
            "Reviewed": datetime(2026, 11, 24, 9, 5, 7),  # noqa: DTZ001
            "Reviewed by": "plain",
            "Follow-up by": "plain",
            "Follow-up due": date(2026, 12, 1),
            "Tag": "later",
        }
    ]


def test_an_outcome_that_only_osvi_knows_stays_as_it_came(make_call: MakeCall) -> None:
    make_call(CallStatus.ACCEPTED, outcome="rescheduled")

    assert rows()[0]["Outcome"] == "rescheduled"


def test_a_full_number_is_there_only_when_asked_for(make_call: MakeCall) -> None:
    make_call()

    assert rows()[0]["Number"] == "+91 ••••• •210"
    assert rows(full_numbers=True)[0]["Number"] == "+91 98765 43210"


def test_a_number_that_was_said_is_masked_too(make_call: MakeCall) -> None:
    said = {
        "person_name": "Asha 098765-43210",
        "status_reason": "OSVI refused +919876543210.",
        "ended_reason": "9876543210 hung up",
        "tag": "(98765) 43210",
        "summary": "Call back on 98765 43210, order 9876543.",
        "extracted": {"phone": 9876543210, "spoken": "९८७६५४३२१०", "other": {"list": ["98765 43210"]}},
    }
    make_call(**said)

    hidden, shown = rows(with_conversation=True)[0], rows(with_conversation=True, full_numbers=True)[0]

    text = " ".join(str(cell) for cell in hidden.values())
    assert "43210" not in text
    assert "९८७६५" not in text
    assert "order 9876543." in text
    assert shown["Summary"] == said["summary"]
    assert "9876543210" in shown["Answers"]


def test_another_number_is_left_alone() -> None:
    number = to_python("+919876543210")

    assert without_number("Ring +91 91234 56789.", number) == "Ring +91 91234 56789."


def test_the_conversation_is_there_only_when_asked_for(make_call: MakeCall, template: CallTemplate) -> None:
    make_call(template=template, summary="A secret", extracted={"confirmed": "secret"})

    with CaptureQueriesContext(connection) as queries:
        assert "secret" not in str(rows(template=template))
    assert not [query for query in queries if "summary" in query["sql"] or "extracted" in query["sql"]]
    assert rows(with_conversation=True)[0]["Summary"] == "A secret"


def test_answers_are_columns_when_one_template_is_chosen(make_call: MakeCall, template: CallTemplate) -> None:
    template.data_points.create(key="reason", description="Why not.", position=1)
    make_call(template=template, extracted={"confirmed": True, "old": ["a", "b"], "reason": None})
    make_call(template=template)

    newest, oldest = rows(with_conversation=True, template=template)

    assert list(newest)[-4:] == ["Summary", "confirmed", "reason", "Other answers"]
    assert list(oldest.values())[-3:] == ["Yes", "", "old: (a, b)"]
    assert list(newest.values())[-3:] == ["", "", ""]


def test_answers_of_all_templates_are_one_text(make_call: MakeCall) -> None:
    make_call(extracted={"confirmed": "yes", "when": {"day": "Monday", "hour": 10}, "empty": ""})

    assert rows(with_conversation=True)[0]["Answers"] == "confirmed: yes; when: (day: Monday; hour: 10)"


def test_the_newest_correction_wins(make_call: MakeCall, template: CallTemplate) -> None:
    call = make_call(template=template, extracted={"confirmed": "no"})
    other = make_call(template=template, extracted={"confirmed": "no"})
    for corrected in ("maybe", "yes"):
        AnswerCorrection.objects.create(call=call, key="confirmed", original="no", corrected=corrected)
    AnswerCorrection.objects.create(call=other, key="reason", corrected="On holiday")

    found = rows(with_conversation=True, template=template)

    assert [row["confirmed"] for row in found] == ["no", "yes"]
    assert [row["Other answers"] for row in found] == ["reason: On holiday", ""]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "Yes"),
        (False, "No"),
        (0, "0"),
        ("  x ", "x"),
        ([], ""),
        (["a", None, ["b", "c"]], "a, (b, c)"),
        ({"a": 1, "b": None}, "a: 1"),
    ],
)
def test_an_answer_as_text(value: Any, text: str) -> None:
    assert as_text(value) == text


def test_rows_come_newest_first_in_chunks_by_key(make_call: MakeCall, monkeypatch) -> None:
    monkeypatch.setattr(export_rows, "CHUNK", 2)
    calls = [make_call(person_name=f"Person {number}") for number in range(5)]
    table = Table(Content(full_numbers=False, with_conversation=True))

    with CaptureQueriesContext(connection) as queries:
        chunks = table.chunks(CallLog.objects.all())
        first = next(chunks)
        # Neither a call placed meanwhile nor a call deleted meanwhile shifts the others.
        make_call(person_name="Late")
        calls[3].delete()
        rest = list(chunks)

    names = [row[1] for rows in [first, *rest] for row in rows]
    assert names == ["Person 4", "Person 3", "Person 2", "Person 1", "Person 0"]
    assert not [query for query in queries if "OFFSET" in query["sql"]]


def test_the_number_of_queries_does_not_grow_with_rows(make_call: MakeCall, template: CallTemplate) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            rows(with_conversation=True, template=template)
        return len(found)

    make_call(template=template)
    one = queries()
    for number in range(10):
        make_call(template=template, placed_by=User.objects.create_user(f"user{number}"))

    assert queries() == one


def test_words_are_in_the_language_of_the_table(make_call: MakeCall) -> None:
    make_call(is_test=True, extracted={"sure": True})
    with translation.override("hi"):
        table = Table(Content(full_numbers=False, with_conversation=True))
    with translation.override("en"):
        row = dict(zip(table.headings, next(table.chunks(CallLog.objects.all()))[0], strict=True))

    assert row["उत्तर"] == "sure: हाँ"
