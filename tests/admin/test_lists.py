from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from calls.choices import ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList
from tests.admin.lists import ListTestCase, address
from tests.browser.cast import call_contact, fill_list, make_contact, make_lists

LISTS = reverse("admin:calls_calllist_changelist")


class ListOfListsTests(ListTestCase):
    def page(self, **query: str) -> Any:
        self.client.force_login(self.watcher)
        return self.client.get(LISTS, query)

    def test_without_a_list_it_says_how_to_begin(self) -> None:
        self.client.force_login(self.keeper)
        page = self.client.get(LISTS)

        self.assertContains(page, "There is no list yet")
        self.assertContains(page, "Make the first list")
        self.assertNotContains(self.page(), "Make the first list")

    def test_it_names_list_template_state_maker_and_progress(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=4)
        call_contact(call_list.contacts.get(row=2), "finished", outcome="picked")  # type: ignore[arg-type]

        page = self.page()

        self.assertContains(page, call_list.name)
        self.assertContains(page, "Appointment reminder")
        self.assertContains(page, 'badge--progress">Running')
        self.assertContains(page, "1 of 4 done")
        self.assertContains(page, "boss")

    def test_a_list_that_was_not_started_says_how_many_it_would_call(self) -> None:
        self.make_list(people=3)

        self.assertContains(self.page(), "3 people to call")

    def test_a_list_that_is_checked_says_how_far(self) -> None:
        self.make_list(ListStatus.CHECKING)
        CallList.objects.update(total=50_000, done=12_000)

        self.assertContains(self.page(), "12,000 of 50,000 rows checked")

    def test_tabs_sort_by_state_and_say_how_many(self) -> None:
        make_lists(self.boss, self.template)

        page = self.page(state="paused")

        assert [row.status for row in page.context["cl"].result_list] == [ListStatus.PAUSED]
        counts = {str(tab.label): tab.count for tab in page.context["cl"].tabs}
        assert counts == {"All": 9, "Not started": 3, "Under way": 2, "Paused": 1, "Ended": 3}
        self.assertContains(page, 'aria-current="page">Paused')

    def test_an_empty_tab_says_so(self) -> None:
        self.make_list(ListStatus.FINISHED)

        self.assertContains(self.page(state="paused"), "No list is paused")

    def test_it_is_searched_by_name(self) -> None:
        self.make_list(name="May reminders")
        self.make_list(name="June renewals")

        page = self.page(q="renew")

        self.assertContains(page, "June renewals")
        self.assertNotContains(page, "May reminders")

    def test_new_lists_are_offered_to_those_who_may_make_them(self) -> None:
        self.make_list()
        self.client.force_login(self.keeper)
        self.assertContains(self.client.get(LISTS), "New list")
        self.assertNotContains(self.page(), "New list")

    def test_its_questions_do_not_grow_with_its_rows(self) -> None:
        self.make_list(people=2)
        self.page()
        with CaptureQueriesContext(connection) as few:
            self.page()
        for _number in range(8):
            self.make_list(ListStatus.RUNNING, people=2)
        with CaptureQueriesContext(connection) as many:
            self.page()

        assert len(many) == len(few)


class CheckTests(ListTestCase):
    def test_it_says_who_will_be_called_and_who_not_and_why(self) -> None:
        call_list = self.make_list()
        fill_list(call_list)

        page = self.get("change", call_list)

        self.assertContains(page, "3 people will be called")
        self.assertContains(page, "of 7 rows")
        for words in ("Will be called: 3", "Left out: 2", "Rows to be corrected: 2"):
            self.assertContains(page, words)
        self.assertContains(page, f"{address('people', call_list)}?verdict=do_not_call")

    def test_its_numbers_add_up_to_the_rows(self) -> None:
        call_list = self.make_list()
        fill_list(call_list)
        call_list.contacts.filter(row=2).update(status=ContactStatus.REMOVED)

        context = self.get("change", call_list).context

        shown = sum(part.count for part in context["verdict_parts"]) + context["removed"]
        assert shown == context["rows"].total == 7
        assert sum(part.count for part, _words in context["to_call"]) == context["rows"].to_call == 2

    def test_a_list_in_which_nobody_can_be_called_leads_no_further(self) -> None:
        call_list = self.make_list()
        make_contact(call_list, verdict=ContactVerdict.BAD_NUMBER)

        page = self.get("change", call_list)

        self.assertContains(page, "Nobody will be called")
        self.assertNotContains(page, "Next: Preview")

    def test_its_steps_lead_on(self) -> None:
        call_list = self.make_list(people=2)

        page = self.get("change", call_list)

        self.assertContains(page, "Next: Preview")
        assert [step.name for step in page.context["steps"].steps] == [
            "change",
            "preview",
            "test",
            "dry_run",
            "launch",
        ]

    def test_a_step_that_somebody_may_not_take_is_not_shown(self) -> None:
        call_list = self.make_list(people=2)

        page = self.get("dry_run", call_list, self.watcher)

        assert [step.name for step in page.context["steps"].steps] == ["change", "preview", "dry_run"]
        self.assertContains(page, "Somebody who may run lists has to start it.")

    def test_a_step_is_ticked_once_somebody_looked_at_it(self) -> None:
        call_list = self.make_list(people=2)
        done = {step.name for step in self.get("change", call_list).context["steps"].steps if step.is_done}
        assert done == {"change"}

        self.get("preview", call_list)

        done = {step.name for step in self.get("change", call_list).context["steps"].steps if step.is_done}
        assert done == {"change", "preview"}

    def test_a_list_that_was_not_started_can_be_dropped(self) -> None:
        call_list = self.make_list(people=2)
        self.assertContains(self.get("change", call_list), "Drop this list")
        self.assertContains(self.get("cancel", call_list), "2 people will not be called.")

        page = self.post("cancel", call_list)

        self.assertContains(page, "The list is dropped. Nobody was called.")
        call_list.refresh_from_db()
        assert call_list.status == ListStatus.CANCELLED


class OtherStatesTests(ListTestCase):
    def test_a_list_that_is_checked_shows_how_far_and_looks_again(self) -> None:
        call_list = self.make_list(ListStatus.CHECKING)
        CallList.objects.update(total=1_000, done=250)

        page = self.get("change", call_list)

        self.assertContains(page, "250 of 1,000 rows checked")
        self.assertContains(page, f'hx-get="{address("live", call_list)}"')
        self.assertContains(self.get("live", call_list), "250 of 1,000 rows checked")

    def test_the_page_becomes_another_one_when_the_check_is_over(self) -> None:
        answer = self.get("live", self.make_list(ListStatus.CHECKED))

        assert answer.status_code == 286
        assert answer.headers["HX-Refresh"] == "true"

    def test_a_file_that_could_not_be_read_says_why(self) -> None:
        call_list = self.make_list(ListStatus.FAILED, status_reason="The file holds no table.")

        page = self.get("change", call_list)

        self.assertContains(page, "The file holds no table.")
        self.assertContains(page, "Upload another file")

    def test_steps_of_a_list_that_was_started_lead_to_its_page(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=1, launched_at=timezone.now())

        for name in ("preview", "test", "dry_run", "launch"):
            self.assertRedirects(self.get(name, call_list), address("change", call_list))
