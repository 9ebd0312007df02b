"""The check of a list: a verdict for each row, in the order of the questions; and a worker that dies in the middle."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from calls.choices import (
    CallStatus,
    ContactStatus,
    ContactVerdict,
    ListStatus,
    Purpose,
    SuppressionSource,
)
from calls.models import CallingRule, CallList, CallLog, CallTemplate, Contact, ListEvent
from calls.osvi import contract
from calls.services import do_not_call, list_check, list_checking, list_files
from calls.services.list_verdicts import Checker
from calls.services.sweep import sweep
from tests.admin.base import staff
from tests.services.lists import DATE, HEADINGS, begun, checked, person, uploaded
from tests.test_tasks import run_all

pytestmark = pytest.mark.django_db(transaction=True)

CHANGED = "The template or the file has changed. Choose the columns again."
ASHA, RAVI, MEERA = "+919876543210", "+919876543211", "+919876543212"
# A Friday, 12:00 in India; a Sunday at 03:00 there.
FRIDAY_NOON = datetime(2026, 5, 8, 6, 30, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 5, 9, 21, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def boss() -> User:
    return staff("boss", "change_calllist")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the clock by which verdicts are given."""

    def set_clock(moment: datetime) -> None:
        init = Checker.__init__
        monkeypatch.setattr(Checker, "__init__", lambda self, call_list, now: init(self, call_list, moment))

    return set_clock


def verdicts(call_list: CallList) -> list[str]:
    return list(call_list.contacts.order_by("row").values_list("verdict", flat=True))


# --- Verdicts ---------------------------------------------------------------------------------


def test_a_row_that_is_right_is_ready(template: CallTemplate) -> None:
    call_list = checked(template, ["Asha Rao", ASHA, DATE])

    asha = person(call_list)
    assert (asha.verdict, asha.status) == (ContactVerdict.READY, ContactStatus.WAITING)
    assert (asha.person_name, asha.phone_number, asha.country) == ("Asha Rao", ASHA, "IN")
    assert asha.values == {"appointment_date": DATE}
    assert asha.cells == []
    assert (call_list.status, call_list.total, call_list.done) == (ListStatus.CHECKED, 1, 1)


def test_a_number_that_was_mended_says_how(template: CallTemplate) -> None:
    asha = person(checked(template, ["Asha", "098765 43210", DATE]))

    assert (asha.verdict, asha.phone_number) == (ContactVerdict.FIXED, ASHA)
    assert asha.detail == {"how": ["punctuation", "leading_zero", "country_code"], "code": "+91"}


def test_a_bad_number_keeps_its_cells(template: CallTemplate) -> None:
    asha = person(checked(template, ["Asha", "12 34", DATE]))

    assert (asha.verdict, asha.status) == (ContactVerdict.BAD_NUMBER, ContactStatus.SKIPPED)
    assert asha.phone_number == ""
    assert asha.detail == {"why": "too_short", "country": "IN"}
    assert asha.cells == ["Asha", "12 34", DATE]


def test_a_missing_value_is_named(template: CallTemplate) -> None:
    asha = person(checked(template, ["Asha", ASHA, ""]))

    assert (asha.verdict, asha.detail) == (ContactVerdict.MISSING_VALUE, {"names": ["appointment_date"]})
    assert asha.cells == ["Asha", ASHA, ""]


def test_a_placeholder_with_words_to_use_instead_may_be_empty(template: CallTemplate) -> None:
    assert verdicts(checked(template, ["", ASHA, DATE])) == [ContactVerdict.READY]


def test_a_missing_name_is_named_if_the_template_needs_it(template: CallTemplate) -> None:
    template.greeting = "Hello {{ person_name }}, it is {{ appointment_date }}."
    template.save()

    assert person(checked(template, ["", ASHA, DATE])).detail == {"names": ["person_name"]}


def test_a_name_in_two_columns_is_one(template: CallTemplate) -> None:
    headings = ["Last name", "First name", "Phone", "Appointment date"]
    call_list = checked(template, ["Rao", "Asha", ASHA, DATE], headings=headings)

    assert person(call_list).person_name == "Asha Rao"


def test_the_country_of_a_row_goes_before_that_of_the_list(template: CallTemplate) -> None:
    headings = [*HEADINGS, "Country"]
    call_list = checked(
        template,
        ["Anna", "030 901820", DATE, "Germany"],
        ["Bob", "(201) 555-0123", DATE, "us"],
        ["Cleo", "98765 43210", DATE, "Atlantis"],
        ["Dev", RAVI, DATE, "Atlantis"],
        headings=headings,
    )

    assert list(call_list.contacts.values_list("phone_number", "country")) == [
        ("+4930901820", "DE"),
        ("+12015550123", "US"),
        ("", ""),
        (RAVI, "IN"),
    ]
    assert person(call_list, 4).detail == {"field": "country", "value": "Atlantis"}


def test_a_time_zone_is_read_with_any_capitals_and_refused_if_there_is_none(template: CallTemplate) -> None:
    call_list = checked(
        template,
        ["Asha", ASHA, DATE, "asia/kolkata"],
        ["Ravi", RAVI, DATE, "Moon/Crater"],
        headings=[*HEADINGS, "Time zone"],
    )

    assert person(call_list, 2).time_zone == "Asia/Kolkata"
    assert person(call_list, 3).verdict == ContactVerdict.BAD_VALUE
    assert person(call_list, 3).detail == {"field": "time_zone", "value": "Moon/Crater"}


def test_a_name_that_is_too_long_is_refused(template: CallTemplate) -> None:
    asha = person(checked(template, ["A" * 201, ASHA, DATE]))

    assert asha.detail == {"field": "person_name", "length": 201, "maximum": 200}


def test_a_greeting_that_gets_too_long_with_the_values_is_refused(template: CallTemplate) -> None:
    maximum = contract.limits("CallRequest.initial_greeting").max_length or 0
    fixed = len("Hello , your appointment is on .")
    fits = "d" * (maximum - fixed - len("Asha"))
    call_list = checked(template, ["Asha", ASHA, fits], ["Ravi", RAVI, fits + "d"])

    assert verdicts(call_list) == [ContactVerdict.READY, ContactVerdict.BAD_VALUE]
    assert person(call_list, 3).detail == {"field": "greeting", "length": maximum + 1, "maximum": maximum}


def test_the_first_of_two_rows_with_one_number_is_called(template: CallTemplate) -> None:
    call_list = checked(
        template, ["Asha", ASHA, DATE], ["Ravi", RAVI, DATE], ["Asha again", "98765 43210", DATE]
    )

    again = person(call_list, 4)
    assert (again.verdict, again.status) == (ContactVerdict.DUPLICATE, ContactStatus.SKIPPED)
    assert again.detail["row"] == 2


def test_a_row_that_cannot_be_called_does_not_take_the_number_away(template: CallTemplate) -> None:
    call_list = checked(template, ["Asha", ASHA, ""], ["Asha", ASHA, DATE])

    assert verdicts(call_list) == [ContactVerdict.MISSING_VALUE, ContactVerdict.READY]


def test_duplicates_are_found_across_portions(
    template: CallTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_checking, "ROWS", 2)
    rows = [[f"Person {number}", f"98765{number:05}", DATE] for number in range(5)]
    call_list = checked(template, *rows, ["Again", "9876500000", DATE])

    assert verdicts(call_list) == [ContactVerdict.FIXED] * 5 + [ContactVerdict.DUPLICATE]
    assert person(call_list, 7).detail["row"] == 2


def test_a_number_on_do_not_call_is_left_out(template: CallTemplate) -> None:
    do_not_call.suppress(ASHA, reason="Asked by letter.", source=SuppressionSource.STAFF)
    do_not_call.suppress(RAVI, reason="Other agent.", source=SuppressionSource.STAFF, agent=template.agent)
    call_list = checked(template, ["Asha", ASHA, DATE], ["Ravi", RAVI, DATE], ["Meera", MEERA, DATE])

    assert verdicts(call_list) == [
        ContactVerdict.DO_NOT_CALL,
        ContactVerdict.DO_NOT_CALL,
        ContactVerdict.READY,
    ]
    assert person(call_list).detail["reason"] == "Asked by letter."
    assert person(call_list, 3).detail["agent"] == template.agent.name


def test_a_number_that_waits_for_a_decision_is_left_out(
    template: CallTemplate, make_call: Callable[..., CallLog]
) -> None:
    earlier = make_call(
        CallStatus.FINISHED, phone_number=ASHA, finished_at=timezone.now() - timedelta(days=9)
    )
    CallLog.objects.update(sent_at=timezone.now() - timedelta(days=9))
    do_not_call.propose(earlier, "Do not call me.", "summary")

    asha = person(checked(template, ["Asha", ASHA, DATE]))

    assert (asha.verdict, asha.detail) == (ContactVerdict.DO_NOT_CALL, {"undecided": True})


def test_a_number_that_was_called_often_enough_is_left_out(
    template: CallTemplate, make_call: Callable[..., CallLog], settings: Any
) -> None:
    settings.CALLS_PER_NUMBER_A_DAY = 2
    for _call in range(2):
        make_call(CallStatus.FINISHED, phone_number=ASHA, finished_at=timezone.now())
    CallLog.objects.update(sent_at=timezone.now() - timedelta(hours=5), finished_at=F("sent_at"))

    asha = person(checked(template, ["Asha", ASHA, DATE]))

    assert (asha.verdict, asha.detail) == (ContactVerdict.OVER_CAP, {"cap": "day", "calls": 2})


def test_a_number_that_was_called_a_short_while_ago_is_left_out(
    template: CallTemplate, make_call: Callable[..., CallLog]
) -> None:
    call = make_call(CallStatus.ACCEPTED, phone_number=ASHA)

    asha = person(checked(template, ["Asha", ASHA, DATE]))

    assert (asha.verdict, asha.detail["call"]) == (ContactVerdict.RECENT, call.pk)
    assert datetime.fromisoformat(asha.detail["at"]) == call.requested_at


def test_outside_hours_it_says_when_they_open(
    template: CallTemplate, settings: Any, at: Callable[[datetime], None]
) -> None:
    settings.CALLING_HOURS_APPLY = True
    at(SUNDAY_NIGHT)

    asha = person(checked(template, ["Asha", ASHA, DATE]))

    assert (asha.verdict, asha.status) == (ContactVerdict.OUTSIDE_HOURS, ContactStatus.WAITING)
    assert asha.next_attempt_at == datetime.fromisoformat(asha.detail["opens_at"]) > SUNDAY_NIGHT
    assert asha.detail["zone"] == "Asia/Calcutta"


def test_within_hours_they_are_ready(
    template: CallTemplate, settings: Any, at: Callable[[datetime], None]
) -> None:
    settings.CALLING_HOURS_APPLY = True
    at(FRIDAY_NOON)

    assert verdicts(checked(template, ["Asha", ASHA, DATE])) == [ContactVerdict.READY]


def test_a_country_without_hours_is_a_row_to_be_mended(
    template: CallTemplate, settings: Any, at: Callable[[datetime], None]
) -> None:
    settings.CALLING_HOURS_APPLY = True
    at(FRIDAY_NOON)
    call_list = checked(template, ["Anna", "+4930901820", DATE])

    anna = person(call_list)
    assert (anna.verdict, anna.status) == (ContactVerdict.NO_HOURS, ContactStatus.SKIPPED)
    assert anna.detail == {"why": "no_rule", "country": "DE"}
    assert anna.cells == ["Anna", "+4930901820", DATE]


def test_a_number_with_several_zones_is_called_only_when_all_allow(
    template: CallTemplate, settings: Any, at: Callable[[datetime], None]
) -> None:
    settings.CALLING_HOURS_APPLY = True
    # 09:00 in New York, 06:00 in Los Angeles; a toll-free number may be anywhere.
    at(datetime(2026, 5, 8, 13, 0, tzinfo=UTC))
    call_list = checked(
        template,
        ["New York", "+12125550123", DATE, ""],
        ["Anywhere", "+18005550123", DATE, ""],
        ["Known", "+18005550124", DATE, "America/New_York"],
        headings=[*HEADINGS, "Time zone"],
    )

    assert verdicts(call_list) == [
        ContactVerdict.READY,
        ContactVerdict.OUTSIDE_HOURS,
        ContactVerdict.READY,
    ]
    assert person(call_list, 3).detail["zone"] == ""


def test_the_order_of_verdicts_is_that_of_the_questions(
    template: CallTemplate,
    make_call: Callable[..., CallLog],
    settings: Any,
    at: Callable[[datetime], None],
) -> None:
    settings.CALLING_HOURS_APPLY, settings.CALLS_PER_NUMBER_A_DAY = True, 1
    at(SUNDAY_NIGHT)
    everything_against = make_call(CallStatus.ACCEPTED, phone_number=ASHA)
    CallLog.objects.update(sent_at=SUNDAY_NIGHT - timedelta(hours=1))
    found = []
    entry = do_not_call.suppress(ASHA, reason="x", source=SuppressionSource.STAFF)
    found.append(person(checked(template, ["Asha", ASHA, DATE])).verdict)
    do_not_call.lift(entry.pk, staff("lifter"), "mistake")
    found.append(person(checked(template, ["Asha", ASHA, DATE])).verdict)
    settings.CALLS_PER_NUMBER_A_DAY = 0
    found.append(person(checked(template, ["Asha", ASHA, DATE])).verdict)
    everything_against.delete()
    found.append(person(checked(template, ["Asha", ASHA, DATE])).verdict)

    assert found == [
        ContactVerdict.DO_NOT_CALL,
        ContactVerdict.OVER_CAP,
        ContactVerdict.RECENT,
        ContactVerdict.OUTSIDE_HOURS,
    ]


def test_the_purpose_of_the_template_decides_the_hours(
    template: CallTemplate, settings: Any, at: Callable[[datetime], None]
) -> None:
    settings.CALLING_HOURS_APPLY = True
    CallingRule.objects.filter(country="IN").delete()
    CallingRule.objects.create(country="IN", purpose=Purpose.RESEARCH, reviewed_on=FRIDAY_NOON.date())
    at(FRIDAY_NOON)

    assert person(checked(template, ["Asha", ASHA, DATE])).verdict == ContactVerdict.NO_HOURS


def test_numbers_add_up(template: CallTemplate) -> None:
    rows = [["Asha", ASHA, DATE], ["Asha", ASHA, DATE], ["Ravi", "98765 43211", DATE], ["Meera", "1", DATE]]
    call_list = checked(template, *rows)

    counts = list_check.counts(call_list)
    assert counts == {
        ContactVerdict.READY: 1,
        ContactVerdict.DUPLICATE: 1,
        ContactVerdict.FIXED: 1,
        ContactVerdict.BAD_NUMBER: 1,
    }
    assert sum(counts.values()) == call_list.total == len(rows)


# --- Questions are asked in bulk --------------------------------------------------------------


def test_the_number_of_queries_does_not_grow_with_the_rows(
    template: CallTemplate, settings: Any, django_assert_max_num_queries: Any
) -> None:
    settings.CALLS_PER_NUMBER_A_DAY = 3
    settings.CALLING_HOURS_APPLY = True
    call_list = begun(
        uploaded(template, *[[f"Person {number}", f"98765{number:05}", DATE] for number in range(450)])
    )

    # Do-not-call twice, caps, latest calls, rows in a few statements, progress; and the list and its rules once.
    with django_assert_max_num_queries(50):
        list_check.check(call_list.pk)


# --- The worker -------------------------------------------------------------------------------


def test_a_nudge_brings_the_worker(template: CallTemplate, queue: Any) -> None:
    call_list = begun(uploaded(template, ["Asha", ASHA, DATE]))

    assert "check_list" in run_all(queue)
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.CHECKED


def test_progress_stands_on_the_row_while_it_is_checked(
    template: CallTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_checking, "ROWS", 2)
    seen = []
    store = list_checking._store

    def storing(call_list: CallList, contacts: list[Contact]) -> None:
        store(call_list, contacts)
        seen.append(CallList.objects.values_list("status", "done", "total").get(pk=call_list.pk))

    monkeypatch.setattr(list_checking, "_store", storing)
    checked(template, *[[f"Person {number}", f"98765{number:05}", DATE] for number in range(5)])

    assert seen == [("checking", 2, 5), ("checking", 4, 5), ("checking", 5, 5)]


def dying_after(portions: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the worker die, as by kill -9, before it stores another portion."""
    store = list_checking._store
    stored: list[list[Contact]] = []

    def storing(call_list: CallList, contacts: list[Contact]) -> None:
        if len(stored) == portions:
            raise KeyboardInterrupt
        stored.append(contacts)
        store(call_list, contacts)

    monkeypatch.setattr(list_checking, "_store", storing)


def test_another_worker_goes_on_where_one_died(
    template: CallTemplate, queue: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_checking, "ROWS", 2)
    rows = [[f"Person {number}", f"98765{number:05}", DATE] for number in range(5)]
    call_list = begun(uploaded(template, *rows, ["Again", "9876500000", DATE]))
    with monkeypatch.context() as patch:
        dying_after(2, patch)
        with pytest.raises(KeyboardInterrupt):
            list_check.check(call_list.pk)
    queue.flush()

    list_check.check(call_list.pk)
    call_list.refresh_from_db()
    assert (call_list.status, call_list.done) == (ListStatus.CHECKING, 4), "the first may be alive still"

    CallList.objects.update(checked_at=timezone.now() - list_checking.SILENT_AFTER - timedelta(seconds=1))
    assert sweep()["checks"] == 1
    run_all(queue)

    call_list.refresh_from_db()
    assert (call_list.status, call_list.done, call_list.total) == (ListStatus.CHECKED, 6, 6)
    assert list(call_list.contacts.values_list("row", flat=True)) == [2, 3, 4, 5, 6, 7]
    assert person(call_list, 7).verdict == ContactVerdict.DUPLICATE
    assert ListEvent.objects.filter(what=list_checking._TAKEN_UP).count() == 1


def test_a_worker_that_was_thought_dead_stores_nothing_more(
    template: CallTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_checking, "ROWS", 1)
    call_list = begun(uploaded(template, ["Asha", ASHA, DATE], ["Ravi", RAVI, DATE], ["Meera", MEERA, DATE]))
    store = list_checking._store
    overtaken: list[bool] = []

    def storing(slow: CallList, contacts: list[Contact]) -> None:
        if contacts[0].row == 3 and not overtaken:
            overtaken.append(True)
            CallList.objects.update(
                checked_at=timezone.now() - list_checking.SILENT_AFTER - timedelta(seconds=1)
            )
            list_check.check(call_list.pk)
        store(slow, contacts)

    monkeypatch.setattr(list_checking, "_store", storing)
    list_check.check(call_list.pk)

    call_list.refresh_from_db()
    assert (call_list.status, call_list.done) == (ListStatus.CHECKED, 3)
    assert list(call_list.contacts.values_list("row", flat=True)) == [2, 3, 4]


def test_a_list_that_kills_workers_is_given_up(
    template: CallTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_list = begun(uploaded(template, ["Asha", ASHA, DATE]))
    dying_after(0, monkeypatch)
    for _try in range(list_checking.MOST_TRIES + 1):
        with pytest.raises(KeyboardInterrupt):
            list_check.check(call_list.pk)
        CallList.objects.update(checked_at=timezone.now() - list_checking.SILENT_AFTER - timedelta(seconds=1))

    list_check.check(call_list.pk)

    call_list.refresh_from_db()
    assert (call_list.status, call_list.status_reason) == (ListStatus.FAILED, list_checking._DEADLY)


def test_people_of_another_list_are_checked_although_there_is_no_file(
    template: CallTemplate, queue: Any
) -> None:
    old = checked(template, ["Asha", ASHA, DATE], ["Ravi", RAVI, DATE])
    new = CallList.objects.create(
        name="Again",
        template=template,
        country="IN",
        status=ListStatus.CHECKING,
        cloned_from=old,
        total=1,
        done=1,
        checked_at=timezone.now() - list_checking.SILENT_AFTER - timedelta(seconds=1),
    )
    new.contacts.create(row=2, person_name="Asha", phone_number=ASHA, country="IN", values=person(old).values)

    sweep()
    run_all(queue)

    new.refresh_from_db()
    assert (new.status, new.done, new.total) == (ListStatus.CHECKED, 1, 1)
    assert person(new).verdict == ContactVerdict.READY


def test_a_file_that_is_gone_is_said(template: CallTemplate) -> None:
    call_list = begun(uploaded(template, ["Asha", ASHA, DATE]))
    list_files.delete(call_list.stored_name)
    list_check.check(call_list.pk)

    call_list.refresh_from_db()
    assert call_list.status == ListStatus.FAILED
    assert call_list.status_reason == "The file of this list is not kept any more. Upload it again."


def test_what_goes_wrong_is_said_and_can_be_tried_again(
    template: CallTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_list = begun(uploaded(template, ["Asha", ASHA, DATE]))
    with monkeypatch.context() as patch:
        patch.setattr(list_checking, "_store", lambda *_any: 1 / 0)
        list_check.check(call_list.pk)
    call_list.refresh_from_db()
    assert (call_list.status, call_list.status_reason) == (ListStatus.FAILED, list_checking._FAILED)

    begun(call_list)
    list_check.check(call_list.pk)

    call_list.refresh_from_db()
    assert (call_list.status, call_list.status_reason) == (ListStatus.CHECKED, "")


def test_a_list_that_is_cancelled_meanwhile_is_left_alone(
    template: CallTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_list = begun(uploaded(template, ["Asha", ASHA, DATE]))
    finish = list_checking._finish

    def cancelling(mine: CallList) -> None:
        CallList.objects.update(status=ListStatus.CANCELLED)
        finish(mine)

    monkeypatch.setattr(list_checking, "_finish", cancelling)
    list_check.check(call_list.pk)

    call_list.refresh_from_db()
    assert call_list.status == ListStatus.CANCELLED


# --- Beginning --------------------------------------------------------------------------------


def test_choosing_other_columns_begins_anew(template: CallTemplate) -> None:
    headings = ["Name", "Phone", "Other phone", "Appointment date"]
    call_list = checked(template, ["Asha", ASHA, RAVI, DATE], headings=headings)

    begun(call_list, mapping={0: "name", 2: "number", 3: "value:appointment_date"})
    list_check.check(call_list.pk)

    assert list(call_list.contacts.values_list("phone_number", flat=True)) == [RAVI]


def test_the_first_row_may_be_a_person_after_all(template: CallTemplate) -> None:
    call_list = uploaded(template, ["Ravi", RAVI, DATE], headings=["Asha", ASHA, DATE])
    mapping = {0: "name", 1: "number", 2: "value:appointment_date"}
    assert not call_list.has_header

    begun(call_list, mapping=mapping)
    list_check.check(call_list.pk)
    call_list.refresh_from_db()
    assert (list(call_list.contacts.values_list("row", flat=True)), call_list.total) == ([1, 2], 2)

    begun(call_list, mapping=mapping, has_header=True)
    list_check.check(call_list.pk)
    call_list.refresh_from_db()
    assert (list(call_list.contacts.values_list("row", flat=True)), call_list.total) == ([2], 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mapping": {0: "name"}}, "Say which column holds the telephone numbers."),
        (
            {"mapping": {0: "number", 1: "number"}},
            "Two columns are chosen for “Telephone number”. Choose one of them.",
        ),
        ({"mapping": {9: "number"}}, "The template or the file has changed. Choose the columns again."),
        (
            {"mapping": {1: "number", 2: "value:gone"}},
            "The template or the file has changed. Choose the columns again.",
        ),
        ({"country": "XX"}, "Please enter the two-letter code of a country, such as IN."),
    ],
)
def test_it_does_not_begin_with_what_cannot_be_used(
    template: CallTemplate, changes: dict[str, Any], words: str
) -> None:
    call_list = uploaded(template, ["Asha", ASHA, DATE])

    with pytest.raises(ValidationError) as error:
        begun(call_list, **changes)

    assert error.value.messages == [words]
    call_list.refresh_from_db()
    assert call_list.status == ListStatus.MAPPING


@pytest.mark.parametrize("status", [ListStatus.CHECKING, ListStatus.RUNNING, ListStatus.FINISHED])
def test_it_does_not_begin_anew_once_it_is_too_late(template: CallTemplate, status: ListStatus) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    CallList.objects.update(status=status)

    with pytest.raises(ValidationError, match="is being checked, or was started already"):
        begun(call_list)


def test_it_does_not_begin_anew_once_somebody_was_called(
    template: CallTemplate, make_call: Callable[..., CallLog]
) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    make_call(CallStatus.FINISHED, contact=person(call_list))

    with pytest.raises(ValidationError, match="Calls were placed for people of this list already"):
        begun(call_list)


# --- Again ------------------------------------------------------------------------------------


def test_checking_again_finds_what_has_changed(template: CallTemplate) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE], ["Ravi", "98765 43211", DATE], ["Meera", "1", DATE])
    do_not_call.suppress(MEERA, reason="x", source=SuppressionSource.STAFF)
    entry = do_not_call.suppress(ASHA, reason="x", source=SuppressionSource.STAFF)
    do_not_call.lift(entry.pk, staff("lifter"), "mistake")
    assert verdicts(call_list) == [
        ContactVerdict.DO_NOT_CALL,
        ContactVerdict.FIXED,
        ContactVerdict.BAD_NUMBER,
    ]

    assert list_check.recheck(call_list.pk) == 1

    assert verdicts(call_list) == [ContactVerdict.READY, ContactVerdict.FIXED, ContactVerdict.BAD_NUMBER]
    assert person(call_list).status == ContactStatus.WAITING
    assert list_check.recheck(call_list.pk) == 0


def test_checking_again_minds_a_changed_template(template: CallTemplate) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    template.greeting += " Bring {{ papers }}."
    template.save()

    list_check.recheck(call_list.pk)

    asha = person(call_list)
    assert (asha.verdict, asha.status) == (ContactVerdict.MISSING_VALUE, ContactStatus.SKIPPED)
    assert asha.detail == {"names": ["papers"]}


def test_checking_again_leaves_alone_who_was_called_or_taken_out(
    template: CallTemplate, make_call: Callable[..., CallLog]
) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE], ["Ravi", RAVI, DATE], ["Meera", MEERA, DATE])
    call_list.contacts.filter(row=2).update(status=ContactStatus.DONE, attempts=1)
    call_list.contacts.filter(row=3).update(status=ContactStatus.REMOVED)
    for number in (ASHA, RAVI, MEERA):
        do_not_call.suppress(number, reason="x", source=SuppressionSource.STAFF)
    Contact.objects.update(verdict=ContactVerdict.READY)

    list_check.recheck(call_list.pk)

    assert verdicts(call_list) == [
        ContactVerdict.READY,
        ContactVerdict.READY,
        ContactVerdict.DO_NOT_CALL,
    ]


def test_whoever_was_called_keeps_the_number(template: CallTemplate) -> None:
    call_list = checked(template, ["Asha", ASHA, ""], ["Asha", ASHA, DATE])
    call_list.contacts.filter(row=3).update(status=ContactStatus.DONE, attempts=1)
    call_list.contacts.filter(row=2).update(values={"appointment_date": DATE})

    list_check.recheck(call_list.pk)

    assert person(call_list).verdict == ContactVerdict.DUPLICATE


# --- One person -------------------------------------------------------------------------------


def test_an_edited_person_is_checked_by_the_same_rules(template: CallTemplate) -> None:
    call_list = checked(template, ["Asha", "98765 43210", DATE], ["Ravi", RAVI, DATE])
    asha = person(call_list)

    asha.person_name = " Asha Rao "
    list_check.check_one(asha)
    assert (asha.verdict, asha.person_name, asha.phone_number) == (ContactVerdict.FIXED, "Asha Rao", ASHA)

    asha.phone_number = "98765 43211"
    list_check.check_one(asha)
    assert (asha.verdict, asha.detail["row"]) == (ContactVerdict.DUPLICATE, 3)
    assert asha.status == ContactStatus.SKIPPED

    asha.phone_number, asha.values = "98765 43212", {}
    list_check.check_one(asha)
    assert asha.verdict == ContactVerdict.MISSING_VALUE

    assert person(call_list).phone_number == ASHA, "nothing is saved"


def test_a_person_is_added_behind_the_last_row(template: CallTemplate, boss: User) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    CallList.objects.update(status=ListStatus.RUNNING)

    ravi = list_check.add_person(
        call_list, by=boss, phone_number="98765 43211", person_name="Ravi", values={"appointment_date": DATE}
    )

    call_list.refresh_from_db()
    assert (ravi.row, ravi.verdict, ravi.status) == (3, ContactVerdict.FIXED, ContactStatus.WAITING)
    assert call_list.total == call_list.done == sum(list_check.counts(call_list).values()) == 2
    assert call_list.events.filter(contact=ravi, by=boss).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"phone_number": "12"}, "phone_number"),
        ({"phone_number": ASHA}, "phone_number"),
        ({"country": "Atlantis"}, "country"),
        ({"time_zone": "Moon"}, "time_zone"),
        ({"person_name": "A" * 201}, "person_name"),
        ({"values": {}}, "values.appointment_date"),
    ],
)
def test_nobody_is_added_with_something_wrong(
    template: CallTemplate, boss: User, changes: dict[str, Any], field: str
) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    values = {"phone_number": "98765 43211", "values": {"appointment_date": DATE}, **changes}

    with pytest.raises(ValidationError) as error:
        list_check.add_person(call_list, by=boss, **values)

    assert list(error.value.message_dict) == [field]
    assert call_list.contacts.count() == 1


def test_whoever_must_not_be_called_is_added_but_left_out(template: CallTemplate, boss: User) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    do_not_call.suppress(RAVI, reason="x", source=SuppressionSource.STAFF)

    ravi = list_check.add_person(call_list, by=boss, phone_number=RAVI, values={"appointment_date": DATE})

    assert (ravi.verdict, ravi.status) == (ContactVerdict.DO_NOT_CALL, ContactStatus.SKIPPED)


def test_nobody_is_added_to_a_list_that_has_ended(template: CallTemplate, boss: User) -> None:
    call_list = checked(template, ["Asha", ASHA, DATE])
    CallList.objects.update(status=ListStatus.FINISHED)

    with pytest.raises(ValidationError, match="Nobody can be added to this list"):
        list_check.add_person(call_list, by=boss, phone_number=RAVI, values={"appointment_date": DATE})
