"""The screens of the do-not-call list: the list, one entry, entering, deciding, lifting, files, and a call's page."""

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, MirrorStatus, SuppressionSource, SuppressionStatus
from calls.models import Agent, Disclosure, DoNotCall
from calls.services import do_not_call
from tests.admin.base import NUMBER, AdminTestCase, staff
from tests.support.spreadsheets import content_of, read_csv

OTHER = "+919812345678"
VERBS = ("view_donotcall", "add_donotcall", "lift_donotcall", "import_donotcall", "export_donotcall")
LIST = "/admin/calls/donotcall/"


def suppress(number: str = NUMBER, **fields: Any) -> DoNotCall:
    given: dict[str, Any] = {"reason": "Wrote a letter", "source": SuppressionSource.STAFF}
    return do_not_call.suppress(number, **given | fields)


class DoNotCallTestCase(AdminTestCase):
    """`keeper` does everything with the list but see numbers; `reader` sees it and no more."""

    keeper: User
    reader: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.keeper = staff("keeper", *VERBS, "view_calllog", "view_conversation")
        cls.reader = staff("reader", "view_donotcall")

    def setUp(self) -> None:
        self.client.force_login(self.keeper)

    def propose(self, **fields: Any) -> DoNotCall:
        call = self.make_call(status=CallStatus.FINISHED, **fields)
        proposal = do_not_call.propose(call, "Please stop calling me.", "Said in the conversation.")
        assert proposal is not None
        return proposal

    def post(self, name: str, *args: Any, data: dict[str, Any] | None = None, **more: Any) -> Any:
        return self.client.post(reverse(f"admin:calls_{name}", args=args), data or {}, **more)


class ListTest(DoNotCallTestCase):
    def test_it_shows_what_is_in_force_with_masked_numbers(self) -> None:
        suppress(agent=self.agent)
        do_not_call.lift(suppress(OTHER, reason="A mistake").pk, None, "Was a mistake")

        page = self.client.get(LIST)

        self.assertContains(page, "Wrote a letter")
        self.assertContains(page, "+91 ••••• •210")
        self.assertContains(page, "Front desk")
        self.assertNotContains(page, "A mistake")
        assert "98765" not in page.content.decode()

    def test_each_group_has_its_tab(self) -> None:
        proposal = self.propose(person_name="Ravi Iyer", phone_number=OTHER)
        suppress()
        suppress("+919812345670", expires_at=timezone.now() - timedelta(seconds=1), reason="For a while")

        self.assertContains(self.client.get(LIST), '<span class="count">1</span>')
        undecided = self.client.get(f"{LIST}?tab=undecided")
        ended = self.client.get(f"{LIST}?tab=ended")

        self.assertContains(undecided, "Please stop calling me.")
        self.assertContains(undecided, reverse("admin:calls_calllog_change", args=[proposal.call_id]))
        self.assertNotContains(undecided, "Wrote a letter")
        self.assertContains(ended, "For a while")
        self.assertNotContains(ended, "Wrote a letter")
        # A word that no tab has is no error.
        self.assertContains(self.client.get(f"{LIST}?tab=nonsense"), "Wrote a letter")

    def test_words_are_shown_to_people_who_may_read_conversations_and_that_is_logged(self) -> None:
        proposal = self.propose()
        self.client.get(f"{LIST}?tab=undecided")
        assert Disclosure.objects.filter(call=proposal.call, by=self.keeper).exists()

        self.client.force_login(self.reader)
        page = self.client.get(f"{LIST}?tab=undecided")

        self.assertNotContains(page, "stop calling")
        self.assertContains(page, "What was said is hidden")
        self.assertNotContains(page, "Not meant so")

    def test_only_a_whole_number_is_found(self) -> None:
        suppress()
        for term, found in (
            ("98765 43210", True),
            ("+919876543210", True),
            ("98765", False),
            ("letter", True),
        ):
            page = self.client.get(LIST, {"q": term})
            assert ("Wrote a letter" in page.content.decode()) == found, term

        self.client.force_login(staff("revealer", "view_donotcall", "reveal_number"))
        self.assertContains(self.client.get(LIST, {"q": "98765"}), "Wrote a letter")

    def test_the_number_of_questions_does_not_grow(self) -> None:
        for entries in (2, 12):
            for number in range(entries):
                suppress(f"+9198123456{number:02}", agent=self.agent)
            with self.assertNumQueries(9):
                self.client.get(LIST)

    def test_an_empty_list_says_what_it_is_for(self) -> None:
        self.assertContains(self.client.get(LIST), "Every number may be called")
        self.assertContains(self.client.get(f"{LIST}?tab=undecided"), "Nothing is to be decided")

    def test_trouble_with_osvis_lists_is_told(self) -> None:
        Agent.objects.filter(pk=self.agent.pk).update(
            do_not_call_problem="OSVI could not be reached. Nothing was sent."
        )
        self.assertContains(self.client.get(LIST), "OSVI could not be reached.")

        page = self.post("donotcall_read_back", follow=True)

        self.assertContains(page, "list of 1 agent is read")
        self.agent.refresh_from_db()
        assert self.agent.do_not_call_next_read_at is None


class EntryTest(DoNotCallTestCase):
    def test_it_tells_why_who_and_when(self) -> None:
        call = self.make_call(status=CallStatus.FINISHED)
        entry = suppress(by=self.boss, call=call)

        page = self.client.get(reverse("admin:calls_donotcall_change", args=[entry.pk]))

        for words in ("Wrote a letter", "boss", "All agents", "Asha Rao", "Not yet on OSVI", "Front desk"):
            self.assertContains(page, words)
        assert "98765" not in page.content.decode()

    def test_what_osvi_did_not_take_is_told_and_tried_again(self) -> None:
        entry = suppress()
        entry.mirrors.update(
            status=MirrorStatus.FAILED, tries=3, error="OSVI could not be reached. Nothing was sent."
        )
        address = reverse("admin:calls_donotcall_change", args=[entry.pk])
        self.assertContains(self.client.get(address), "OSVI could not be reached.")

        self.assertContains(
            self.post("donotcall_try_again", entry.pk, follow=True), "told again, for 1 agent"
        )
        assert entry.mirrors.get().status == MirrorStatus.WAITING

    def test_the_number_is_shown_on_demand_and_that_is_logged(self) -> None:
        entry = suppress()
        assert self.post("donotcall_reveal_number", entry.pk).status_code == 403

        self.client.force_login(self.boss)
        self.assertContains(self.post("donotcall_reveal_number", entry.pk), "98765 43210")
        assert LogEntry.objects.get().object_id == str(entry.pk)
        self.assertNotContains(
            self.client.get(reverse("admin:calls_donotcall_change", args=[entry.pk])), "98765 43210"
        )

    def test_lifting_takes_a_reason(self) -> None:
        entry = suppress()
        self.assertContains(self.post("donotcall_lift", entry.pk), "Please say why.")

        page = self.post("donotcall_lift", entry.pk, data={"reason": "Rang us"}, follow=True)

        self.assertContains(page, "Lifted")
        self.assertContains(page, "Rang us")
        entry.refresh_from_db()
        assert (entry.status, entry.decided_by) == (SuppressionStatus.LIFTED, self.keeper)

    def test_a_proposal_is_accepted_or_turned_down_with_one_click(self) -> None:
        first, second = self.propose(), self.propose(phone_number=OTHER)

        page = self.post("donotcall_accept", first.pk, data={"to_list": ""}, follow=True)
        self.assertContains(page, "not called any more")
        assert page.redirect_chain[-1][0] == f"{LIST}?tab=undecided"
        self.assertContains(self.post("donotcall_turn_down", second.pk, follow=True), "may be called")

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, second.status) == (SuppressionStatus.ACTIVE, SuppressionStatus.DISMISSED)
        self.assertContains(
            self.post("donotcall_turn_down", first.pk, follow=True), "Somebody has decided about this already"
        )

    def test_a_look_decides_nothing(self) -> None:
        proposal = self.propose()
        for name in ("accept", "turn_down", "lift", "try_again"):
            self.client.get(reverse(f"admin:calls_donotcall_{name}", args=[proposal.pk]))
        proposal.refresh_from_db()
        assert proposal.status == SuppressionStatus.PROPOSED


class EnterTest(DoNotCallTestCase):
    DATA = {"phone_number": "98765 43210", "country": "IN", "reason": "Wrote a letter"}

    def test_a_number_is_entered(self) -> None:
        waiting = self.make_call(status=CallStatus.QUEUED)
        until = timezone.localdate() + timedelta(days=3)

        data = {**self.DATA, "agent": self.agent.pk, "until": until.isoformat()}
        page = self.post("donotcall_add", data=data, follow=True)

        self.assertContains(page, "What waited for it was taken back")
        entry = DoNotCall.objects.get()
        assert (entry.agent, entry.added_by) == (self.agent, self.keeper)
        assert entry.expires_at == do_not_call.end_of(until)
        waiting.refresh_from_db()
        assert waiting.status == CallStatus.BLOCKED

    def test_entering_again_changes_nothing(self) -> None:
        for _ in range(2):
            page = self.post("donotcall_add", data=self.DATA, follow=True)
        self.assertContains(page, "stands on the list already")
        assert DoNotCall.objects.count() == 1

    def test_what_is_wrong_is_said_at_its_field(self) -> None:
        yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
        for field, value, words in (
            ("phone_number", "12", "not a telephone number"),
            ("phone_number", "", "Please enter a telephone number."),
            ("reason", "", "Please say why."),
            ("until", yesterday, "This day has passed."),
            ("until", "soon", "such as 2030-05-20"),
        ):
            page = self.post("donotcall_add", data={**self.DATA, field: value})
            self.assertContains(page, words)
        assert not DoNotCall.objects.exists()


class CallPageTest(DoNotCallTestCase):
    def page(self, call: Any) -> Any:
        return self.client.get(reverse("admin:calls_calllog_change", args=[call.pk]))

    def test_its_number_is_entered_from_there(self) -> None:
        call = self.make_call(status=CallStatus.FINISHED)
        address = reverse("admin:calls_calllog_do_not_call", args=[call.pk])
        self.assertContains(self.page(call), address)
        self.assertContains(self.client.get(address), "Asked not to be called again.")

        page = self.client.post(address, {"reason": "Was angry", "agent": self.agent.pk}, follow=True)

        self.assertContains(page, "This number must not be called")
        self.assertContains(page, "Was angry")
        self.assertNotContains(page, address)
        entry = DoNotCall.objects.get()
        assert (entry.call, entry.agent, entry.source) == (call, self.agent, SuppressionSource.CALL)

    def test_another_agent_than_the_calls_cannot_be_chosen(self) -> None:
        call = self.make_call()
        data = {"reason": "x", "agent": self.idle_agent.pk}
        assert self.post("calllog_do_not_call", call.pk, data=data).status_code == 200
        assert not DoNotCall.objects.exists()

    def test_a_suppressed_number_is_not_offered_to_be_called_again(self) -> None:
        self.client.force_login(self.boss)
        call = self.make_call(status=CallStatus.FINISHED)
        self.assertContains(self.page(call), "?again=")
        suppress()
        self.assertNotContains(self.page(call), "?again=")

    def test_a_proposal_is_shown_and_decided_there(self) -> None:
        proposal = self.propose()
        assert proposal.call is not None
        self.assertContains(self.page(proposal.call), "may have asked not to be called again")
        self.assertContains(self.page(proposal.call), "Please stop calling me.")

        page = self.post("donotcall_turn_down", proposal.pk, data={"to_call": ""}, follow=True)

        self.assertContains(page, "Turned down")
        self.assertNotContains(page, "may have asked not to be called again</p>")

    def test_people_without_the_permission_see_that_it_is_suppressed_and_no_more(self) -> None:
        proposal = self.propose()
        assert proposal.call is not None
        self.client.force_login(self.onlooker)
        self.assertNotContains(self.page(proposal.call), "may have asked not to be called again</p>")
        self.assertNotContains(self.page(proposal.call), "do-not-call/")

        entry = do_not_call.accept(proposal.pk, None)

        page = self.page(proposal.call)
        self.assertContains(page, "This number must not be called")
        self.assertNotContains(page, reverse("admin:calls_donotcall_change", args=[entry.pk]))


class HomeTest(DoNotCallTestCase):
    def test_it_says_that_something_is_to_be_decided(self) -> None:
        self.assertNotContains(self.client.get("/admin/"), "may have asked")
        self.propose()
        self.propose(phone_number=OTHER)

        page = self.client.get("/admin/")

        self.assertContains(page, "2 people may have asked not to be called.")
        self.assertContains(page, f"{LIST}?tab=undecided")
        self.client.force_login(self.onlooker)
        self.assertNotContains(self.client.get("/admin/"), "may have asked")


class FilesTest(DoNotCallTestCase):
    def upload(self, content: bytes, **fields: Any) -> Any:
        file = SimpleUploadedFile("numbers.csv", content)
        return self.post("donotcall_import", data={"file": file, "country": "IN", **fields})

    def test_a_file_is_imported_and_bad_rows_are_named(self) -> None:
        page = self.upload(b"number,reason\n9876543210,Moved\n12,\n9812345678,\n", reason="Old system")

        self.assertContains(page, "2 numbers were entered.")
        self.assertContains(page, "1 row was left out.")
        self.assertContains(page, '<td class="numeric">3</td>')
        reasons = dict(DoNotCall.objects.values_list("phone_number", "reason"))
        assert {str(reason) for reason in reasons.values()} == {"Moved", "Old system"}
        assert DoNotCall.objects.filter(added_by=self.keeper).count() == 2
        self.assertContains(self.upload(b"number\n9876543210\n"), "1 number stood on the list already.")

    def test_a_file_that_cannot_be_read_is_refused_in_words(self) -> None:
        self.assertContains(self.upload(b"\x00\x01\x02"), "errorlist")
        self.assertContains(self.upload(b"name\nAsha\n"), "No column with telephone numbers")
        self.assertContains(self.upload(b""), "The file is empty.")
        assert not DoNotCall.objects.exists()

    def test_the_list_is_exported_masked_or_in_full(self) -> None:
        suppress(reason="=1+1")
        (masked,) = read_csv(content_of(self.post("donotcall_export")))
        assert (masked["number"], masked["reason"]) == ("'+91 ••••• •210", "'=1+1")
        assert not LogEntry.objects.exists()

        self.client.force_login(self.boss)
        answer = self.post("donotcall_export")
        (full,) = read_csv(content_of(answer))

        assert full["number"] == "'" + NUMBER
        assert "no-store" in answer["Cache-Control"]
        assert LogEntry.objects.get().user == self.boss
        self.assertRedirects(self.client.get(reverse("admin:calls_donotcall_export")), LIST)
