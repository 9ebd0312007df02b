import tempfile
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from huey.contrib.djhuey import HUEY

from calls.choices import CallStatus, ExportFormat, ExportStatus
from calls.models import AnswerCorrection, CallExport, CallLog
from calls.services import export_writing, exports
from calls.services.export_store import KEPT_FOR, file_of
from tests.admin.base import NUMBER, AdminTestCase, staff
from tests.support.spreadsheets import content_of, read_csv, read_xlsx

LIST = reverse("admin:calls_calllog_changelist")
ASK = reverse("admin:calls_calllog_export")
PLAIN = "+91 98765 43210"


class ExportTestCase(AdminTestCase):
    """`exporter` exports masked numbers and outcomes; `reader` numbers and conversations too."""

    exporter: User
    reader: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.exporter = staff("exporter", "view_calllog", "export_calls")
        cls.reader = staff("reader", "view_calllog", "export_calls", "reveal_number", "view_conversation")

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="osvi-console-exports-")
        self.addCleanup(folder.cleanup)
        changed = override_settings(DATA_DIR=folder.name)
        changed.enable()
        self.addCleanup(changed.disable)
        self.addCleanup(HUEY.flush)

    def export(self, query: str = "", *, by: User | None = None, **choices: str) -> Any:
        """Return the answer to the form of an export."""
        self.client.force_login(by or self.reader)
        return self.client.post(f"{ASK}?{query}", {"format": "csv", **choices})

    def rows(self, query: str = "", *, by: User | None = None, **choices: str) -> list[dict[str, str]]:
        """Return the rows of a small export."""
        answer = self.export(query, by=by, **choices)
        assert answer.status_code == 200, answer
        return read_csv(content_of(answer))

    def make_export(self, by: User, **fields: Any) -> CallExport:
        """Return an export that a worker has written."""
        export = CallExport.objects.create(**{"by": by, "format": ExportFormat.CSV, **fields})
        export_writing.write(export.pk)
        return CallExport.objects.get(pk=export.pk)


def address(name: str, export: CallExport) -> str:
    return reverse(f"admin:calls_calllog_export_{name}", args=[export.reference])


class WhoMayTests(ExportTestCase):
    def test_the_button_is_shown_to_those_who_may_export(self) -> None:
        self.client.force_login(self.viewer)
        self.assertNotContains(self.client.get(LIST), ASK)
        self.client.force_login(self.exporter)
        self.assertContains(self.client.get(LIST, {"status": "finished", "p": "1"}), f"{ASK}?status=finished")

    def test_nobody_exports_without_both_permissions(self) -> None:
        self.make_call()
        for person in (self.nobody, self.viewer, staff("blind", "export_calls")):
            self.client.force_login(person)
            assert self.client.get(ASK).status_code == 403
            assert self.client.post(ASK, {"format": "csv"}).status_code == 403
        assert not CallExport.objects.exists()

    def test_the_address_is_no_way_around_the_login(self) -> None:
        self.assertRedirects(self.client.get(ASK), f"{reverse('admin:login')}?next={ASK}")

    def test_the_choices_are_offered_to_those_who_may_see_what_they_add(self) -> None:
        self.make_call()
        self.client.force_login(self.exporter)
        page = self.client.get(ASK)
        self.assertNotContains(page, 'name="full_numbers"')
        self.assertNotContains(page, 'name="with_conversation"')
        self.assertContains(page, "Telephone numbers are masked.")
        self.client.force_login(self.reader)
        page = self.client.get(ASK)
        self.assertContains(page, 'name="full_numbers"')
        self.assertContains(page, 'name="with_conversation"')

    def test_a_choice_that_was_not_offered_is_refused(self) -> None:
        self.make_call()
        for choice in ("full_numbers", "with_conversation"):
            assert self.export(by=self.exporter, **{choice: "on"}).status_code == 403
        assert not CallExport.objects.exists()

    def test_pages_files_and_tries_need_the_permission_too(self) -> None:
        self.make_call()
        export = self.make_export(self.exporter)
        self.exporter.user_permissions.remove(self.exporter.user_permissions.get(codename="export_calls"))
        self.client.force_login(self.exporter)
        for name in ("page", "file", "live", "again"):
            assert self.client.get(address(name, export)).status_code == 403, name
            assert self.client.post(address(name, export)).status_code == 403, name

    def test_a_file_needs_what_is_in_it_also_when_it_is_fetched(self) -> None:
        self.make_call()
        for choice, verb in (("full_numbers", "reveal_number"), ("with_conversation", "view_conversation")):
            person = staff(f"person-{verb}", "view_calllog", "export_calls", verb)
            export = self.make_export(person, **{choice: True})
            self.client.force_login(person)
            answer = self.client.get(address("file", export))
            assert read_csv(content_of(answer))
            person.user_permissions.remove(person.user_permissions.get(codename=verb))
            assert self.client.get(address("file", export)).status_code == 403
            page = self.client.get(address("page", export))
            self.assertContains(page, "no longer have the permissions")
            self.assertNotContains(page, address("file", export))

    def test_other_peoples_exports_are_not_there(self) -> None:
        self.make_call()
        export = self.make_export(self.exporter)
        for person in (self.reader, self.boss):
            self.client.force_login(person)
            for name in ("page", "file", "live", "again"):
                assert self.client.get(address(name, export)).status_code == 404, name
                assert self.client.post(address(name, export)).status_code == 404, name
            self.assertNotContains(self.client.get(ASK), str(export.reference))

    def test_the_changing_part_reloads_for_people_who_were_logged_out(self) -> None:
        answer = self.client.get(address("live", CallExport.objects.create(format=ExportFormat.CSV)))

        assert answer.status_code == 401
        assert answer.headers["HX-Refresh"] == "true"


class SmallExportTests(ExportTestCase):
    def test_it_holds_the_rows_of_the_list(self) -> None:
        other = self.make_template("Other", agent=self.idle_agent)
        self.make_call(person_name="Asha Rao", status=CallStatus.FINISHED, outcome="picked")
        self.make_call(person_name="Ravi Iyer", phone_number="+919123456789", placed_by=self.boss)
        self.make_call(
            person_name="Old Asha", template=other, requested_at=timezone.now() - timedelta(days=20)
        )
        queries = [
            {},
            {"status": "attention"},
            {"status": "under_way"},
            {"status": "nonsense"},
            {"outcome": "picked"},
            {"template": str(other.pk)},
            {"agent": str(self.agent.pk)},
            {"placed_by": str(self.boss.pk)},
            {"when": "7"},
            {"q": "asha"},
            {"q": "91234 56789"},
            {"q": "asha", "when": "30", "o": "-1", "p": "1", "e": "1"},
            {"outcome__exact": "picked"},
        ]
        for query in queries:
            with self.subTest(query):
                rows = self.rows(urlencode(query)) if self.shown(query) else []
                assert [row["Person"] for row in rows] == self.shown(query)

    def shown(self, query: dict[str, str]) -> list[str]:
        """Return the names that the list shows."""
        self.client.force_login(self.reader)
        response = self.client.get(LIST, {name: value for name, value in query.items() if name != "e"})
        return [call.person_name for call in response.context["cl"].result_list]

    def test_it_holds_all_pages(self) -> None:
        for number in range(55):
            self.make_call(person_name=f"Person {number}")

        assert len(self.rows("p=2")) == 55

    def test_numbers_are_masked_unless_asked_for(self) -> None:
        self.make_call(status_reason=f"OSVI refused {NUMBER}.", summary="secret", extracted={"a": "secret"})

        for by in (self.exporter, self.reader):
            cells = str(self.rows(by=by))
            assert "+91 ••••• •210" in cells
            assert "43210" not in cells
            assert "secret" not in cells
        assert self.rows(full_numbers="on")[0]["Number"] == f"'{PLAIN}"

    def test_summaries_and_answers_come_when_asked_for(self) -> None:
        call = self.make_call(summary="She comes.", extracted={"confirmed": "no", "else": "x"})
        AnswerCorrection.objects.create(call=call, key="confirmed", original="no", corrected="yes")

        row = self.rows(with_conversation="on")[0]
        assert row["Summary"] == "She comes."
        assert row["Answers"] == "confirmed: yes; else: x"
        row = self.rows(f"template={self.template.pk}", with_conversation="on")[0]
        assert row["confirmed"] == "yes"
        assert row["Other answers"] == "else: x"

    def test_the_file_is_named_plainly_and_not_kept_by_browsers(self) -> None:
        self.make_call()
        for kind, type_ in (("csv", "text/csv"), ("xlsx", "application/vnd.openxml")):
            answer = self.export(format=kind)
            name = f"calls-{timezone.localdate():%Y-%m-%d}.{kind}"
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
            assert answer.headers["Content-Type"].startswith(type_)
            assert "no-store" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            content = content_of(answer)
            assert len(read_csv(content) if kind == "csv" else read_xlsx(content)) == 1

    def test_what_strangers_said_is_harmless(self) -> None:
        evil = '=HYPERLINK("https://evil.example/","x")'
        self.agent.name = self.template.name = evil
        self.agent.save()
        self.template.save()
        self.template.data_points.create(key="-evil", description="x", position=2)
        User.objects.filter(pk=self.caller.pk).update(first_name=evil)
        self.make_call(
            person_name=evil, summary=evil, tag=evil, outcome=evil, ended_by=evil, ended_reason=evil,
            status_reason=evil, extracted={"confirmed": evil, evil: [evil]},
        )  # fmt: skip
        query = f"template={self.template.pk}"

        row = self.rows(query, with_conversation="on", full_numbers="on")[0]
        assert [cell for cell in [*row, *row.values()] if cell[:1] in set("=+-@\t\r")] == []
        assert len([cell for cell in row.values() if cell == f"'{evil}"]) == 11
        answer = self.export(query, format="xlsx", with_conversation="on", full_numbers="on")
        row_of_texts = read_xlsx(content_of(answer))[0]
        assert row_of_texts["Person"] == row_of_texts["confirmed"] == evil
        assert "-evil" in self.template.data_points.values_list("key", flat=True)

    def test_it_is_on_record(self) -> None:
        self.make_call()
        self.rows("q=Asha&p=1", full_numbers="on")

        record = CallExport.objects.get()
        assert (record.by, record.query, record.full_numbers, record.total) == (
            self.reader,
            "q=Asha",
            True,
            1,
        )
        page = self.client.get(address("page", record))
        self.assertContains(page, "straight to your browser")
        self.assertContains(page, "in full")
        self.assertNotContains(self.client.get(LIST), "Your export is ready")

    def test_a_get_exports_nothing(self) -> None:
        self.make_call()
        self.client.force_login(self.reader)

        self.client.get(ASK, {"format": "csv"})

        assert not CallExport.objects.exists()

    def test_nothing_to_export_offers_no_button(self) -> None:
        self.client.force_login(self.reader)
        page = self.client.get(ASK)
        self.assertContains(page, "No call to export")
        self.assertNotContains(page, 'type="radio"')

        assert self.client.post(ASK, {"format": "csv"}).status_code == 200
        assert not CallExport.objects.exists()

    def test_a_kind_of_file_that_does_not_exist_is_said(self) -> None:
        self.make_call()

        self.assertContains(self.export(format="exe"), "Select a valid choice")
        assert not CallExport.objects.exists()


class WordsTests(ExportTestCase):
    def test_the_page_says_what_will_be_exported(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="picked")
        self.client.force_login(self.reader)

        page = self.client.get(ASK, {"outcome": "picked", "template": str(self.template.pk), "q": "asha"})
        for words in ("1 call", "Answered", "Appointment reminder", "asha", "Asia/Kolkata"):
            self.assertContains(page, words)
        self.assertContains(self.client.get(ASK), "None: the whole history")

    def test_a_number_that_was_searched_for_is_masked(self) -> None:
        self.make_call()
        self.client.force_login(self.reader)

        for term in ("98765 43210", NUMBER):
            words = dict(self.client.get(ASK, {"q": term}).context["words"])
            assert words["Search"].endswith("210")
            assert sum(letter.isdigit() for letter in words["Search"]) == 3

    def test_filters_that_cannot_be_read_lead_back_to_the_list(self) -> None:
        self.make_call()
        self.client.force_login(self.reader)
        for query in (
            {"nonsense": "1"},
            {"agent__calls__person_name": "x"},
            {"q": "a\x00b"},
            {"is_test": "x"},
        ):
            for ask in (self.client.get, self.client.post):
                answer = ask(f"{ASK}?{urlencode(query)}", follow=True)
                self.assertRedirects(answer, LIST)
                self.assertContains(answer, "These filters cannot be read.")

    def test_filters_that_are_too_long_are_said(self) -> None:
        self.make_call()

        answer = self.export(urlencode({"q": "Asha " * 700}))

        self.assertContains(answer, "too long to be exported")
        assert not CallExport.objects.exists()

    def test_the_number_of_queries_does_not_grow_with_rows(self) -> None:
        self.make_call()
        self.client.force_login(self.reader)
        self.client.get(ASK)
        with CaptureQueriesContext(connection) as one:
            self.client.get(ASK)
        for _number in range(5):
            self.make_call()
            self.make_export(self.reader, seen_at=timezone.now())
        with CaptureQueriesContext(connection) as many:
            self.client.get(ASK)

        assert len(many) == len(one)


class LargeExportTests(ExportTestCase):
    def setUp(self) -> None:
        super().setUp()
        few = patch.object(exports, "DIRECT_ROWS", 2)
        few.start()
        self.addCleanup(few.stop)
        for number in range(3):
            self.make_call(person_name=f"Person {number}")

    def test_it_is_left_to_a_worker_and_told_on_every_page(self) -> None:
        self.client.force_login(self.reader)
        self.assertContains(self.client.get(ASK), "More than 2 calls")

        with self.captureOnCommitCallbacks(execute=True):
            answer = self.export(full_numbers="on")
        export = CallExport.objects.get()
        self.assertRedirects(answer, address("page", export))
        page = self.client.get(address("page", export))
        self.assertContains(page, "about to begin")
        self.assertContains(page, "<progress")
        task = HUEY.dequeue()
        assert task is not None
        # As the worker does, within the transaction of this test.
        export_writing.write(*task.args)

        for elsewhere in (LIST, reverse("admin:index"), ASK):
            self.assertContains(self.client.get(elsewhere), "Your export is ready.")
        self.client.force_login(self.boss)
        self.assertNotContains(self.client.get(LIST), "Your export is ready.")
        self.client.force_login(self.reader)
        page = self.client.get(address("page", export))
        self.assertContains(page, "The export is ready")
        self.assertNotContains(page, "Your export is ready.")
        self.assertNotContains(self.client.get(LIST), "Your export is ready.")
        answer = self.client.get(address("file", export))
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="calls-')
        assert [row["Number"] for row in read_csv(content_of(answer))] == [f"'{PLAIN}"] * 3

    def test_a_second_one_waits_for_the_first(self) -> None:
        self.export()
        answer = self.client.post(ASK, {"format": "csv"}, follow=True)

        self.assertContains(answer, "Another export of yours is still being written.")
        assert CallExport.objects.count() == 1

    def test_the_changing_part_tells_how_far_it_is_and_stops_in_the_end(self) -> None:
        export = CallExport.objects.create(
            by=self.reader, format=ExportFormat.CSV, status=ExportStatus.RUNNING, total=120_000, done=30_000
        )
        self.client.force_login(self.reader)

        answer = self.client.get(address("live", export))
        assert answer.status_code == 200
        self.assertContains(answer, "30,000 of 1,20,000 calls written")
        self.assertContains(answer, 'max="120000"')
        self.assertContains(answer, 'value="30000"')
        self.assertContains(answer, "hx-get")

        CallExport.objects.update(status=ExportStatus.READY)
        answer = self.client.get(address("live", export))
        assert answer.status_code == 286
        assert b"hx-get" not in answer.content
        assert CallExport.objects.get().seen_at is not None

    def test_a_worker_that_does_not_run_is_said(self) -> None:
        export = CallExport.objects.create(by=self.reader, format=ExportFormat.CSV)
        self.client.force_login(self.reader)
        self.assertNotContains(self.client.get(address("page", export)), "not running")

        with patch("calls.services.sending.WORKER_SILENT_AFTER", timedelta(0)):
            self.assertContains(self.client.get(address("page", export)), "worker is not running")

    def test_a_failed_one_says_why_and_is_tried_again_by_post_only(self) -> None:
        export = CallExport.objects.create(
            by=self.reader, format=ExportFormat.CSV, status=ExportStatus.FAILED, error="The disk is full."
        )
        self.client.force_login(self.reader)
        self.assertContains(self.client.get(LIST), "Your export could not be written.")
        page = self.client.get(address("page", export))
        self.assertContains(page, "The disk is full.")
        self.assertContains(page, "Try again")
        self.assertNotContains(self.client.get(LIST), "Your export could not be written.")

        self.client.get(address("again", export))
        assert CallExport.objects.get().status == ExportStatus.FAILED
        answer = self.client.post(address("again", export), follow=True)
        self.assertContains(answer, "The export is written again.")
        assert CallExport.objects.get().status == ExportStatus.WAITING
        answer = self.client.post(address("again", export), follow=True)
        self.assertContains(answer, "has not failed")

    def test_a_file_that_was_deleted_is_said(self) -> None:
        export = self.make_export(self.reader)
        path = file_of(export)
        assert path is not None
        path.unlink()
        CallExport.objects.update(file_name="", finished_at=timezone.now() - KEPT_FOR)
        self.client.force_login(self.reader)

        self.assertContains(self.client.get(address("page", export)), "deleted after 7 days")
        answer = self.client.get(address("file", export), follow=True)
        self.assertContains(answer, "There is no file of this export")

    def test_pages_say_no_full_number(self) -> None:
        export = self.make_export(self.reader, full_numbers=True, query=urlencode({"q": PLAIN}))
        self.client.force_login(self.reader)

        page = self.client.get(address("page", export)).content.decode()

        shown = page.replace(urlencode({"q": PLAIN}), "")
        assert "43210" not in shown

    def test_names_are_shown_as_text(self) -> None:
        self.template.name = "<script>alert(1)</script>"
        self.template.save()
        self.client.force_login(self.reader)

        page = self.client.get(ASK, {"template": str(self.template.pk), "q": "<img src=x onerror=alert(2)>"})
        assert b"<script>alert" not in page.content
        assert b"<img src=x" not in page.content


class SameRowsTests(ExportTestCase):
    def test_a_worker_reads_filters_as_their_owner_does(self) -> None:
        """ "Placed by me" and every other filter mean the same in the page and in the worker."""
        self.make_call(person_name="mine", placed_by=self.reader)
        self.make_call(person_name="other")
        query = f"placed_by={self.reader.pk}"

        export = self.make_export(self.reader, query=query)

        path = file_of(export)
        assert path is not None
        assert [row["Person"] for row in read_csv(path.read_bytes())] == ["mine"]
        assert CallLog.objects.count() == 2
