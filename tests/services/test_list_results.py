"""What came of a list: every row counted once, how calls went, over time, answers, the list before."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus
from calls.models import AnswerCorrection, CallList, CallLog, Contact
from calls.services import list_results
from tests.admin.base import NUMBER, AdminTestCase

NINE = datetime(2026, 5, 4, 9, 10, tzinfo=timezone.get_default_timezone())


class ListResultsTests(AdminTestCase):
    call_list: CallList

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.call_list = cls.make_list("Monday", launched_at=NINE)

    @classmethod
    def make_list(cls, name: str, **fields: Any) -> CallList:
        return CallList.objects.create(
            name=name,
            template=cls.template,
            template_version=cls.template.current_version(),
            country="IN",
            status=ListStatus.RUNNING,
            **fields,
        )

    def add(
        self, status: ContactStatus, verdict: ContactVerdict = ContactVerdict.READY, **fields: Any
    ) -> Contact:
        row = Contact.objects.filter(call_list=self.call_list).count() + 2
        values = {"call_list": self.call_list, "row": row, "phone_number": NUMBER, "country": "IN"}
        return Contact.objects.create(status=status, verdict=verdict, **{**values, **fields})

    def called(self, outcome: str, at: datetime = NINE, **fields: Any) -> CallLog:
        contact = self.add(
            ContactStatus.DONE, **({"call_list": fields.pop("call_list")} if "call_list" in fields else {})
        )
        values = {"status": CallStatus.FINISHED, "sent_at": at, "finished_at": at}
        call = self.make_call(contact=contact, outcome=outcome, **{**values, **fields})
        Contact.objects.filter(pk=contact.pk).update(last_call=call, attempts=1)
        return call

    def test_every_row_is_counted_once(self) -> None:
        self.called("picked")
        self.called("not_picked")
        self.called("", status=CallStatus.UNCONFIRMED)
        self.add(ContactStatus.WAITING)
        self.add(ContactStatus.CALLING)
        self.add(ContactStatus.REMOVED)
        self.add(ContactStatus.SKIPPED, ContactVerdict.BAD_NUMBER)
        self.add(ContactStatus.SKIPPED, ContactVerdict.DO_NOT_CALL)
        self.add(ContactStatus.SKIPPED, ContactVerdict.DO_NOT_CALL)

        rows = list_results.rows(self.call_list)

        assert (rows.reached, rows.not_reached, rows.waiting, rows.calling, rows.removed) == (1, 2, 1, 1, 1)
        assert rows.to_call == 5
        assert rows.left_out == {"do_not_call": 2, "bad_number": 1}
        parts = rows.reached + rows.not_reached + rows.waiting + rows.calling + rows.removed + rows.skipped
        assert parts == rows.total == Contact.objects.filter(call_list=self.call_list).count()

    def test_the_answer_rate_is_over_calls_that_rang(self) -> None:
        self.called("picked", duration_seconds=60)
        self.called("picked", duration_seconds=30)
        self.called("not_picked")
        self.called("failed")
        self.called("", status=CallStatus.REJECTED)
        self.called("", status=CallStatus.CANCELLED, sent_at=None)

        figures = list_results.figures(self.call_list)

        assert (figures.placed, figures.rang, figures.answered) == (5, 3, 2)
        assert figures.answer_rate == 67
        assert figures.average_seconds == 45

    def test_each_try_is_counted_as_a_call_and_the_person_once(self) -> None:
        call = self.called("picked")
        self.make_call(contact=call.contact, status=CallStatus.FINISHED, outcome="busy", sent_at=NINE)

        assert list_results.figures(self.call_list).placed == 2
        assert list_results.rows(self.call_list).total == 1

    def test_a_list_of_one_day_is_shown_by_the_hour(self) -> None:
        self.called("picked")
        self.called("not_picked", NINE + timedelta(minutes=20))
        self.called("strange", NINE + timedelta(hours=2))

        found = list_results.results(self.call_list)

        assert found.by_the_hour
        assert [(s.begins.hour, dict(s.counts)) for s in found.stretches] == [
            (9, {"picked": 1, "not_picked": 1}),
            (11, {"other": 1}),
        ]

    def test_a_longer_list_is_shown_by_the_day_of_the_console(self) -> None:
        late = NINE.replace(hour=23, minute=50)
        self.called("picked", late)
        self.called("busy", late + timedelta(days=3))

        found = list_results.results(self.call_list)

        assert not found.by_the_hour
        assert [timezone.localtime(s.begins).day for s in found.stretches] == [4, 7]

    def test_answers_are_counted_and_corrections_win(self) -> None:
        self.called("picked", extracted={"confirmed": "yes"})
        self.called("picked", extracted={"confirmed": "yes"})
        wrong = self.called("picked", extracted={"confirmed": "yes"})
        AnswerCorrection.objects.create(call=wrong, key="confirmed", original="yes", corrected="no")
        self.called("picked", extracted={})
        self.called("not_picked", extracted={"confirmed": "maybe"})

        [question] = list_results.questions(self.call_list)

        assert question.key == "confirmed"
        assert question.answers == [("yes", 2), ("no", 1)]
        assert (question.others, question.without) == (0, 1)

    def test_rare_answers_are_added_up(self) -> None:
        for number in range(list_results.MOST_ANSWERS + 3):
            self.called("picked", extracted={"confirmed": f"answer {number}"})

        [question] = list_results.questions(self.call_list)

        assert len(question.answers) == list_results.MOST_ANSWERS
        assert question.others == 3

    def test_the_list_before_is_the_last_one_of_the_same_template(self) -> None:
        other = self.make_template("Another")
        older = self.make_list("Older", launched_at=NINE - timedelta(days=9))
        before = self.make_list("Before", launched_at=NINE - timedelta(days=2))
        self.make_list("Later", launched_at=NINE + timedelta(days=1))
        self.make_list("Never started")
        CallList.objects.create(name="x", template=other, country="IN", launched_at=NINE - timedelta(days=1))

        assert list_results.previous(self.call_list) == before
        assert list_results.previous(before) == older
        assert list_results.previous(older) is None

    def test_open_work_is_counted(self) -> None:
        self.called("picked", follow_up_on=timezone.localdate() + timedelta(days=3))
        self.called("", status=CallStatus.UNCONFIRMED)

        found = list_results.results(self.call_list)

        assert (found.follow_ups, found.to_look_at) == (1, 1)
