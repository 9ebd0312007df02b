from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.choices import CallStatus, Disclosed
from calls.models import AnswerCorrection, CallLog, DataPoint, Disclosure
from tests.admin.base import AdminTestCase, staff

LIST = reverse("admin:calls_calllog_changelist")


class AnswerColumnTests(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def answered(self, **extracted: Any) -> CallLog:
        return self.make_call(status=CallStatus.FINISHED, outcome="picked", extracted=extracted)

    def page(self, **query: str) -> Any:
        return self.client.get(LIST, {"template": str(self.template.pk), **query})

    def headings(self, page: Any) -> list[str]:
        columns = page.context["cl"].list_display
        return [column.short_description for column in columns if not isinstance(column, str)]

    def cells(self, page: Any) -> list[str]:
        return [
            piece.split("</span> ")[1].split("</span>")[0]
            for piece in page.content.decode().split('class="answer"')[1:]
        ]

    def test_each_data_point_of_the_chosen_template_is_a_column(self) -> None:
        DataPoint.objects.create(
            template=self.template, position=2, key="preferred_time", description="When?"
        )
        self.answered(confirmed=True, preferred_time=["Monday", "Tuesday"])

        page = self.page()

        assert self.headings(page) == ["Confirmed", "Preferred time"]
        assert self.cells(page) == ["Yes", "Monday, Tuesday"]
        self.assertNotContains(page, "column-template_name")

    def test_what_the_newest_version_asked_comes_after_what_is_asked_now(self) -> None:
        DataPoint.objects.filter(template=self.template).delete()
        DataPoint.objects.create(template=self.template, position=1, key="new", description="New?")

        assert self.headings(self.page()) == ["New", "Confirmed"]

    def test_more_than_six_are_left_out(self) -> None:
        for number in range(9):
            DataPoint.objects.create(
                template=self.template, position=number + 2, key=f"k{number}", description="?"
            )

        assert len(self.headings(self.page())) == 6

    def test_the_newest_correction_wins(self) -> None:
        call = self.answered(confirmed="no")
        for text in ("maybe", "yes, after all"):
            AnswerCorrection.objects.create(call=call, key="confirmed", original="no", corrected=text)

        assert self.cells(self.page()) == ["yes, after all"]

    def test_long_answers_are_cut_and_whole_in_the_title(self) -> None:
        long_answer = "word " * 40
        self.answered(confirmed=long_answer)

        page = self.page()

        (cell,) = self.cells(page)
        assert cell.endswith("…")
        self.assertContains(page, f'title="{long_answer.strip()}"')

    def test_it_is_logged_whose_answers_were_shown(self) -> None:
        call, silent = self.answered(confirmed="no"), self.make_call()

        self.client.get(LIST)
        assert not Disclosure.objects.exists()
        self.page()
        self.page()

        shown = [(entry.call, entry.by, entry.what) for entry in Disclosure.objects.all()]
        assert shown == [(call, self.viewer, Disclosed.CONVERSATION)]
        CallLog.objects.filter(pk=silent.pk).update(extracted={"confirmed": "yes"})
        live = {"template": str(self.template.pk), "shown": str(silent.pk)}
        self.client.get(reverse("admin:calls_calllog_list_live"), live)
        assert Disclosure.objects.filter(call=silent).count() == 1

    def test_without_the_permission_there_are_no_answers(self) -> None:
        self.answered(confirmed="certainly")
        self.client.force_login(self.onlooker)

        page = self.page()

        assert self.headings(page) == []
        assert not Disclosure.objects.exists()
        self.assertNotContains(page, "certainly")
        self.client.force_login(staff("reader", "view_calllog", "view_conversation"))
        self.assertContains(self.page(), "certainly")

    def test_without_one_template_there_are_no_answers(self) -> None:
        self.answered(confirmed="certainly")

        for query in ({}, {"template": "nonsense"}, {"template": "9" * 30}, {"template": "999999"}):
            page = self.client.get(LIST, query)
            assert page.status_code == 200
            assert self.headings(page) == []
            self.assertNotContains(page, "certainly")

    def test_answers_are_text(self) -> None:
        call = self.answered(confirmed='"><script>alert(1)</script>')
        AnswerCorrection.objects.create(call=call, key="other", corrected="<script>alert(2)</script>")

        self.assertNotContains(self.page(), "<script>alert")

    def test_queries_do_not_grow_with_rows(self) -> None:
        def count() -> int:
            with CaptureQueriesContext(connection) as queries:
                self.page()
            return len(queries)

        self.answered(confirmed="yes")
        count()
        before = count()
        for _number in range(10):
            call = self.answered(confirmed="no")
            AnswerCorrection.objects.create(call=call, key="confirmed", corrected="yes")
        count()  # The first look at answers is written down.

        assert count() == before
