"""The page of a list's results, and its people as a file."""

from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList, CallLog, Contact
from tests.admin.base import NUMBER, AdminTestCase, staff
from tests.support.spreadsheets import content_of, read_csv, read_xlsx

SHOWN = "98765"


class ListResultsPageTests(AdminTestCase):
    call_list: CallList
    reader: User
    reached: CallLog

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.reader = staff("reader", "view_calllist")
        cls.call_list = CallList.objects.create(
            name="Monday's reminders",
            template=cls.template,
            template_version=cls.template.current_version(),
            country="IN",
            status=ListStatus.FINISHED,
            launched_at=timezone.now(),
        )
        cls.reached = cls.called(2, "Asha Rao", "picked", extracted={"confirmed": "yes"}, summary="Comes.")
        cls.called(3, "=cmd|' /C calc'!A0", "not_picked")
        Contact.objects.create(
            call_list=cls.call_list, row=4, verdict=ContactVerdict.BAD_NUMBER, status=ContactStatus.SKIPPED
        )

    @classmethod
    def called(cls, row: int, name: str, outcome: str, **fields: Any) -> CallLog:
        contact = Contact.objects.create(
            call_list=cls.call_list,
            row=row,
            person_name=name,
            phone_number=NUMBER,
            country="IN",
            verdict=ContactVerdict.READY,
            status=ContactStatus.DONE,
            attempts=1,
            values={"appointment_date": f"Monday, or ring {NUMBER}"},
        )
        now = timezone.now()
        call = cls.make_call(
            contact=contact,
            status=CallStatus.FINISHED,
            outcome=outcome,
            sent_at=now,
            finished_at=now,
            **fields,
        )
        Contact.objects.filter(pk=contact.pk).update(last_call=call)
        return call

    def page(self, person: User) -> Any:
        self.client.force_login(person)
        return self.client.get(reverse("admin:calls_calllist_results", args=[self.call_list.pk]))

    def file(self, person: User, query: str = "") -> Any:
        self.client.force_login(person)
        return self.client.get(reverse("admin:calls_calllist_export", args=[self.call_list.pk]) + query)

    def test_the_page_counts_every_row_and_the_answers(self) -> None:
        answer = self.page(self.boss)

        assert answer.status_code == 200
        self.assertContains(answer, "Left out: Not a telephone number")
        self.assertContains(answer, "50 %")
        # The row that is left out is not among those to be reached.
        self.assertContains(answer, "of 2 people")
        self.assertContains(answer, "Answers collected")
        self.assertContains(answer, f"?list={self.call_list.pk}&amp;template=")
        assert answer.context["results"].rows.total == 3

    def test_answers_are_only_for_people_who_may_read_conversations(self) -> None:
        answer = self.page(self.reader)

        self.assertNotContains(answer, "Answers collected")
        self.assertContains(answer, "You may not read what was said")
        self.assertNotContains(answer, "Download CSV")

    def test_the_number_of_questions_does_not_grow_with_the_list(self) -> None:
        self.client.force_login(self.boss)
        address = reverse("admin:calls_calllist_results", args=[self.call_list.pk])
        with self.assertNumQueries(14):
            self.client.get(address)
        for row in range(10, 30):
            self.called(row, f"Person {row}", "picked", extracted={"confirmed": "no"})
        with self.assertNumQueries(14):
            self.client.get(address)

    def test_the_calls_of_the_list_are_found_from_there(self) -> None:
        self.make_call(person_name="Somebody else")
        self.client.force_login(self.boss)

        answer = self.client.get(reverse("admin:calls_calllog_changelist"), {"list": str(self.call_list.pk)})

        assert answer.context["cl"].result_count == 2
        self.assertNotContains(answer, "Somebody else")

    def test_the_file_masks_numbers_and_makes_formulas_text(self) -> None:
        rows = read_csv(content_of(self.file(self.boss)))

        assert [row["Row"] for row in rows] == ["2", "3", "4"]
        assert rows[0]["Outcome"] == "Answered"
        assert rows[0]["confirmed"] == "yes"
        assert rows[0]["Summary"] == "Comes."
        assert rows[1]["Person"].startswith("'=")
        assert SHOWN not in str(rows).replace(" ", "")

    def test_full_numbers_need_the_permission_and_leave_a_line(self) -> None:
        exporter = staff("exporter", "view_calllist", "export_calllist", "view_conversation")
        assert self.file(exporter, "?full_numbers=1").status_code == 403

        rows = read_csv(content_of(self.file(self.boss, "?full_numbers=1")))

        assert rows[0]["Number"] == "'+91 98765 43210"
        assert self.call_list.events.get().by == self.boss
        assert "full numbers" in self.call_list.events.get().what

    def test_without_conversations_there_are_no_answers(self) -> None:
        exporter = staff("exporter", "view_calllist", "export_calllist")

        rows = read_csv(content_of(self.file(exporter)))

        assert "confirmed" not in rows[0]
        assert "Summary" not in rows[0]

    def test_the_excel_file_holds_the_same(self) -> None:
        answer = self.file(self.boss, "?xlsx=")

        assert [row.get("Outcome") for row in read_xlsx(content_of(answer))][:2] == [
            "Answered",
            "Nobody answered",
        ]
        assert "no-store" in answer["Cache-Control"]

    def test_a_person_without_the_permission_gets_nothing(self) -> None:
        assert self.page(self.nobody).status_code == 403
        assert self.file(self.reader).status_code == 403
