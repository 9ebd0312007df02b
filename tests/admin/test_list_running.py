"""The page of a list from its start on, and what can be done there: pause, resume, cancel, clone."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ListStatus, RetryOwner
from calls.models import CallList, ConsoleState
from tests.admin.lists import ListTestCase, address, said
from tests.browser.cast import call_contact, fill_list


class ProgressTests(ListTestCase):
    def test_its_numbers_add_up_and_lead_to_their_people(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING)
        fill_list(call_list)

        page = self.get("change", call_list, self.watcher)

        parts = {part.key: part.count for part in page.context["parts"]}
        assert parts == {
            "reached": 1,
            "not_reached": 0,
            "unclear": 0,
            "calling": 1,
            "waiting": 1,
            "left_out": 4,
            "removed": 0,
        }
        assert sum(parts.values()) == page.context["progress"].total == 7
        self.assertContains(page, "33 % done")
        self.assertContains(page, f"{address('people', call_list)}?state=reached")

    def test_it_says_who_is_being_called(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=2)
        call = call_contact(call_list.contacts.get(row=2), CallStatus.ACCEPTED)

        page = self.get("change", call_list)

        self.assertContains(page, "Being called now")
        self.assertContains(page, "+91 ••••• •002")
        self.assertContains(page, reverse("admin:calls_calllog_change", args=[call.pk]))
        self.assertNotContains(self.get("change", call_list, self.watcher), "Watch the call")

    def test_it_keeps_itself_fresh_as_long_as_something_may_happen(self) -> None:
        running = self.make_list(ListStatus.RUNNING, people=1)
        self.assertContains(self.get("change", running), f'hx-get="{address("live", running)}"')
        assert self.get("live", running).status_code == 200
        finished = self.make_list(ListStatus.FINISHED, people=1)
        self.assertNotContains(self.get("change", finished), "hx-get")
        assert self.get("live", finished).status_code == 286

    def test_the_changing_part_reloads_for_people_who_were_logged_out(self) -> None:
        answer = self.client.get(address("live", self.make_list(ListStatus.RUNNING)))

        assert answer.status_code == 401
        assert answer.headers["HX-Refresh"] == "true"

    def test_it_says_what_comes_next(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=2)
        self.assertContains(self.get("change", call_list), "2 people can be called now.")

        CallList.objects.update(next_slot_at=timezone.now() + timedelta(seconds=6))
        self.assertContains(self.get("change", call_list), "Next call in")

        call_list.contacts.update(next_attempt_at=timezone.now() + timedelta(hours=30))
        self.assertContains(self.get("change", call_list), "Everybody who is left waits for their time.")

        call_list.contacts.update(status=ContactStatus.CALLING)
        self.assertContains(self.get("change", call_list), "The last calls are under way.")

    def test_it_says_when_a_list_starts(self) -> None:
        call_list = self.make_list(
            ListStatus.SCHEDULED, people=2, start_at=timezone.now() + timedelta(days=1)
        )

        self.assertContains(self.get("change", call_list), "Starts at")

    def test_it_says_who_rings_again(self) -> None:
        call_list = self.make_list(
            ListStatus.RUNNING,
            people=1,
            retry_owner=RetryOwner.CONSOLE,
            retry_rules={"busy": {"times": 2, "minutes": 15}},
        )
        self.assertContains(self.get("change", call_list), "This console: Line busy: 2 times, after 15 min")
        CallList.objects.update(retry_owner=RetryOwner.OSVI, retry_max_attempts=3, retry_interval_minutes=20)
        self.assertContains(self.get("change", call_list), "OSVI, up to 3 times, 20 min apart")

    def test_a_list_that_paused_itself_says_why_and_what_to_do(self) -> None:
        call_list = self.make_list(ListStatus.PAUSED, people=1, status_reason="OSVI cannot be reached.")

        self.assertContains(self.get("change", call_list), "OSVI cannot be reached.")
        self.assertContains(self.get("change", call_list), "Once it is put right, press “Resume”")
        self.assertContains(
            self.get("change", call_list, self.watcher), "until a person who may run lists resumes it"
        )

    def test_a_silent_worker_is_said(self) -> None:
        ConsoleState.objects.update(worker_seen_at=timezone.now() - timedelta(hours=1))

        page = self.get("change", self.make_list(ListStatus.RUNNING, people=1))

        self.assertContains(page, "gives no sign of life, so nobody is called")

    def test_its_history_is_shown(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=1)
        call_list.note("Started.", by=self.runner)

        page = self.get("change", call_list)

        self.assertContains(page, "Started.")
        self.assertContains(page, "runner")


class DeedTests(ListTestCase):
    def status(self, call_list: CallList) -> str:
        call_list.refresh_from_db()
        return call_list.status

    def test_pause_works_at_once_and_says_what_was_on_its_way(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=4)
        for row, status in ((2, CallStatus.ACCEPTED), (3, CallStatus.QUEUED), (4, CallStatus.QUEUED)):
            call_contact(call_list.contacts.get(row=row), status)

        page = self.post("pause", call_list)

        assert self.status(call_list) == ListStatus.PAUSED
        assert said(page) == "Paused. 1 call was already on its way. 2 were taken back."
        self.assertContains(page, "Resume")

    def test_looking_at_the_address_of_pause_pauses_nothing(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=1)

        self.assertRedirects(self.get("pause", call_list), address("change", call_list))
        assert self.status(call_list) == ListStatus.RUNNING

    def test_resume_asks_first(self) -> None:
        call_list = self.make_list(ListStatus.PAUSED, people=2)
        page = self.get("resume", call_list)
        self.assertContains(page, "2 people are still to be called, at 10 calls a minute.")
        assert self.status(call_list) == ListStatus.PAUSED

        page = self.post("resume", call_list)

        assert self.status(call_list) == ListStatus.RUNNING
        assert said(page) == "The list goes on."

    def test_resume_says_why_it_cannot(self) -> None:
        ConsoleState.objects.update(
            sending_paused_at=timezone.now(), sending_paused_reason="Nothing is sent."
        )
        call_list = self.make_list(ListStatus.PAUSED, people=2)

        page = self.post("resume", call_list)

        assert self.status(call_list) == ListStatus.PAUSED
        assert "Sending is paused for the whole console." in said(page)

    def test_cancel_says_whom_it_leaves_out_and_asks(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=3)
        call_contact(call_list.contacts.get(row=2), CallStatus.ACCEPTED)
        page = self.get("cancel", call_list)
        self.assertContains(page, "2 people will not be called.")
        self.assertContains(page, "1 call may be on its way already and cannot be taken back.")
        assert self.status(call_list) == ListStatus.RUNNING

        page = self.post("cancel", call_list)

        assert self.status(call_list) == ListStatus.CANCELLED
        assert said(page) == "The list is cancelled. 1 call was already on its way."
        self.assertContains(page, "New list of those not reached")

    def test_what_makes_no_sense_any_more_says_so(self) -> None:
        call_list = self.make_list(ListStatus.FINISHED, people=1)

        for name in ("pause", "resume", "cancel"):
            assert "This list is “Finished” by now, so nothing was changed." in said(
                self.post(name, call_list)
            )
        assert self.status(call_list) == ListStatus.FINISHED

    def test_a_new_list_is_made_of_those_not_reached(self) -> None:
        call_list = self.make_list(ListStatus.FINISHED, people=3)
        call_contact(call_list.contacts.get(row=2), CallStatus.FINISHED, outcome="picked")
        call_contact(call_list.contacts.get(row=3), CallStatus.FINISHED, outcome="busy")
        self.assertContains(self.get("clone", call_list), "Nobody is called yet")

        page = self.post("clone", call_list)

        made = CallList.objects.get(cloned_from=call_list)
        self.assertRedirects(page, address("change", made))
        names = set(made.contacts.values_list("person_name", flat=True))
        assert names == {"Person in row 3", "Person in row 4"}
        self.assertContains(page, "Nobody is called until you start it.")

    def test_nobody_does_anything_without_the_permission(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=1)
        for name in ("pause", "resume", "cancel"):
            assert self.get(name, call_list, self.keeper).status_code == 403
            assert self.post(name, call_list, self.keeper).status_code == 403
        assert self.post("clone", call_list, self.watcher).status_code == 403
        assert self.status(call_list) == ListStatus.RUNNING
        page = self.get("change", call_list, self.keeper)
        self.assertNotContains(page, "pause-button")
        self.assertNotContains(page, "cancel-button")
