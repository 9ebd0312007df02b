"""The people of a list: the table, one person's page, edit, take out, add."""

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.admin.list_states import STATES
from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList, Contact
from calls.services import list_figures
from tests.admin.lists import ListTestCase, address, said
from tests.browser.cast import call_contact, fill_list, make_contact


class TableTests(ListTestCase):
    def rows(self, page: Any) -> list[int]:
        return [row.contact.row for row in page.context["people"].rows]

    def test_it_says_verdict_state_calls_and_outcome_of_each(self) -> None:
        call_list = self.make_list(ListStatus.PAUSED)
        fill_list(call_list)

        page = self.get("people", call_list, self.watcher)

        assert self.rows(page) == [2, 3, 4, 5, 6, 7, 8]
        self.assertContains(page, "Number mended: country code +91 added.")
        self.assertContains(page, "Same number as row 2.")
        self.assertContains(page, "The number holds letters.")
        self.assertContains(page, "badge--success")
        self.assertContains(page, "Answered")
        self.assertContains(page, "Nobody answered")

    def test_numbers_are_masked_for_everybody(self) -> None:
        page = self.get("people", self.make_list(people=1), self.boss)

        self.assertContains(page, "+91 ••••• •002")
        self.assertNotContains(page, "9876500002")

    def test_outcomes_lead_to_calls_for_those_who_may_see_calls(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=1)
        call = call_contact(call_list.contacts.get(), CallStatus.ACCEPTED)
        link = reverse("admin:calls_calllog_change", args=[call.pk])

        self.assertContains(self.get("people", call_list), link)
        self.assertNotContains(self.get("people", call_list, self.watcher), link)

    def test_filters_in_the_address_narrow_it(self) -> None:
        call_list = self.make_list(ListStatus.PAUSED)
        fill_list(call_list)

        assert self.rows(self.get("people", call_list, verdict="do_not_call")) == [6]
        assert self.rows(self.get("people", call_list, state="reached")) == [2]
        assert self.rows(self.get("people", call_list, state="waiting", verdict="outside_hours")) == [4]
        assert self.rows(self.get("people", call_list, state="waiting", verdict="bad_number")) == []
        assert self.rows(self.get("people", call_list, verdict="nonsense", state="?")) == [
            2,
            3,
            4,
            5,
            6,
            7,
            8,
        ]

    def test_every_number_of_a_filter_is_that_of_its_people(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING)
        fill_list(call_list)
        statuses = [
            (CallStatus.UNCONFIRMED, ""),
            (CallStatus.NO_OUTCOME, ""),
            (CallStatus.REJECTED, ""),
            (CallStatus.FINISHED, "busy"),
            (CallStatus.FINISHED, ""),
            (CallStatus.NOT_PLACED, ""),
        ]
        for status, outcome in statuses:
            call_contact(make_contact(call_list), status, outcome=outcome)
        make_contact(call_list, status=ContactStatus.DONE)
        make_contact(call_list, status=ContactStatus.REMOVED)

        progress = list_figures.progress(call_list)

        for state in STATES:
            with self.subTest(state.key):
                assert len(self.rows(self.get("people", call_list, state=state.key))) == state.count(progress)
        assert sum(state.count(progress) for state in STATES) == call_list.contacts.count()
        page = self.get("people", call_list)
        shown = {str(choice.label): choice.count for choice in page.context["states"]}
        assert shown == {str(state.label): state.count(progress) for state in STATES}

    def test_who_was_taken_out_is_shown_only_when_asked_for(self) -> None:
        call_list = self.make_list(people=2)
        call_list.contacts.filter(row=3).update(status=ContactStatus.REMOVED)

        assert self.rows(self.get("people", call_list)) == [2]
        assert self.rows(self.get("people", call_list, state="removed")) == [3]

    def test_somebody_is_found_by_name_row_or_whole_number(self) -> None:
        call_list = self.make_list(people=5)
        make_contact(call_list, person_name="Ravi Iyer")

        assert self.rows(self.get("people", call_list, q="ravi")) == [7]
        assert self.rows(self.get("people", call_list, q="4")) == [4]
        assert self.rows(self.get("people", call_list, q="098765 00004")) == [4]
        self.assertContains(self.get("people", call_list, q="9876"), "Nobody matches")
        assert self.get("people", call_list, q="a\x00b").status_code == 200

    def test_pages_lead_on_and_back(self) -> None:
        call_list = self.make_list()
        Contact.objects.bulk_create(
            Contact(call_list=call_list, row=row, verdict=ContactVerdict.READY, status=ContactStatus.WAITING)
            for row in range(2, 122)
        )
        base = address("people", call_list)

        first = self.get("people", call_list, state="waiting")
        assert self.rows(first) == list(range(2, 52))
        assert not first.context["people"].previous
        second = self.client.get(base + first.context["people"].next)
        assert self.rows(second) == list(range(52, 102))
        assert "state=waiting" in second.context["people"].next
        last = self.client.get(base + second.context["people"].next)
        assert self.rows(last) == list(range(102, 122))
        assert not last.context["people"].next
        back = self.client.get(base + last.context["people"].previous)
        assert self.rows(back) == list(range(52, 102))
        begin = self.client.get(base + back.context["people"].previous)
        assert self.rows(begin) == list(range(2, 52))
        assert not begin.context["people"].previous

    def test_its_questions_do_not_grow_with_its_rows(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=3)
        call_contact(call_list.contacts.get(row=2), CallStatus.FINISHED, outcome="picked")
        self.get("people", call_list)
        with CaptureQueriesContext(connection) as few:
            self.get("people", call_list)
        for _number in range(10):
            call_contact(make_contact(call_list), CallStatus.FINISHED, outcome="picked")
        with CaptureQueriesContext(connection) as many:
            self.get("people", call_list)

        assert len(many) == len(few)


class PersonPageTests(ListTestCase):
    def test_it_shows_values_words_calls_and_history(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=1)
        contact = call_list.contacts.get()
        call = call_contact(contact, CallStatus.FINISHED, outcome="busy", duration_seconds=0)
        call_list.note("Calls are over.", contact=contact)

        page = self.get("person", contact)

        self.assertContains(page, "Person in row 2")
        self.assertContains(page, "Monday at ten")
        self.assertContains(page, "Hello <", html=False)
        self.assertContains(page, "Line busy")
        self.assertContains(page, reverse("admin:calls_calllog_change", args=[call.pk]))
        self.assertContains(page, "Calls are over.")
        self.assertNotContains(page, "9876500002")

    def test_what_can_be_done_depends_on_permission_and_state(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=2)
        waiting, called = call_list.contacts.order_by("row")
        call_contact(called, CallStatus.ACCEPTED)

        page = self.get("person", waiting)
        self.assertContains(page, address("edit_person", waiting))
        self.assertContains(page, address("remove_person", waiting))
        page = self.get("person", waiting, self.watcher)
        self.assertNotContains(page, address("edit_person", waiting))
        page = self.get("person", called)
        self.assertNotContains(page, address("edit_person", called))


class EditTests(ListTestCase):
    def typed(self, **data: Any) -> dict[str, Any]:
        usual = {
            "phone_number": "+91 ••••• •002",
            "country": "IN",
            "person_name": "Asha Rao",
            "time_zone": "",
            "value_appointment_date": "Friday at three",
            "value_tone": "",
        }
        return {**usual, **data}

    def test_what_is_typed_is_kept_and_checked_again(self) -> None:
        contact = self.make_list(people=1).contacts.get()

        page = self.post("edit_person", contact, self.keeper, **self.typed())

        contact.refresh_from_db()
        assert contact.person_name == "Asha Rao"
        assert contact.values["appointment_date"] == "Friday at three"
        assert contact.phone_number == "+919876500002"
        assert contact.verdict == ContactVerdict.READY
        assert "Saved." in said(page)
        assert contact.events.get().what == "The row was changed."

    def test_the_number_begins_masked_and_may_be_replaced(self) -> None:
        contact = self.make_list(people=1).contacts.get()
        page = self.get("edit_person", contact, self.boss)
        self.assertContains(page, 'value="+91 ••••• •002"')
        self.assertNotContains(page, "9876500002")

        self.post("edit_person", contact, self.keeper, **self.typed(phone_number="98111 22233"))

        contact.refresh_from_db()
        assert contact.phone_number == "+919811122233"

    def test_a_bad_row_is_made_good(self) -> None:
        contact = make_contact(self.make_list(), verdict=ContactVerdict.BAD_NUMBER, detail={"why": "letters"})

        self.post("edit_person", contact, self.keeper, **self.typed(phone_number="98111 22233"))

        contact.refresh_from_db()
        assert contact.status == ContactStatus.WAITING
        assert contact.verdict in {ContactVerdict.READY, ContactVerdict.FIXED}

    def test_what_cannot_be_is_refused_beside_its_field_and_stays_typed(self) -> None:
        contact = self.make_list(people=1).contacts.get()

        page = self.post("edit_person", contact, self.keeper, **self.typed(phone_number="12 34"))
        assert "phone_number" in page.context["form"].errors
        self.assertContains(page, 'value="12 34"')
        self.assertContains(page, 'value="Friday at three"')
        page = self.post("edit_person", contact, self.keeper, **self.typed(value_appointment_date=""))
        assert "value_appointment_date" in page.context["form"].errors
        page = self.post("edit_person", contact, self.keeper, **self.typed(time_zone="Mars/Base"))
        assert "time_zone" in page.context["form"].errors
        contact.refresh_from_db()
        assert contact.person_name == "Person in row 2"

    def test_a_number_that_stands_in_the_list_already_is_refused(self) -> None:
        call_list = self.make_list(people=2)

        page = self.post(
            "edit_person",
            call_list.contacts.get(row=2),
            self.keeper,
            **self.typed(phone_number="98765 00003"),
        )

        self.assertContains(page, "Same number as row 3.")

    def test_who_was_called_meanwhile_is_not_changed(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=1)
        contact = call_list.contacts.get()
        call_contact(contact, CallStatus.ACCEPTED)

        page = self.post("edit_person", contact, self.keeper, **self.typed())

        assert "called already" in said(page)
        contact.refresh_from_db()
        assert contact.person_name == "Person in row 2"


class TakeOutTests(ListTestCase):
    def test_it_asks_and_takes_out(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=2)
        contact = call_list.contacts.get(row=2)
        self.assertContains(self.get("remove_person", contact, self.keeper), "Take Person in row 2 out?")
        contact.refresh_from_db()
        assert contact.status == ContactStatus.WAITING

        page = self.post("remove_person", contact, self.keeper)

        contact.refresh_from_db()
        assert contact.status == ContactStatus.REMOVED
        assert "Person in row 2 is not called." in said(page)

    def test_who_is_being_called_is_not_taken_out(self) -> None:
        contact = self.make_list(ListStatus.RUNNING, people=1).contacts.get()
        call_contact(contact, CallStatus.ACCEPTED)

        self.post("remove_person", contact, self.keeper)

        contact.refresh_from_db()
        assert contact.status == ContactStatus.CALLING


class AddTests(ListTestCase):
    def add(self, call_list: CallList, **data: Any) -> Any:
        usual = {
            "phone_number": "98111 22233",
            "country": "IN",
            "person_name": "Asha Rao",
            "value_appointment_date": "Friday at three",
        }
        return self.post("add_person", call_list, self.keeper, **{**usual, **data})

    def test_somebody_joins_while_it_runs(self) -> None:
        call_list = self.make_list(ListStatus.RUNNING, people=2)

        page = self.add(call_list)

        contact = call_list.contacts.order_by("-row").first()
        assert contact is not None
        assert (contact.person_name, contact.phone_number) == ("Asha Rao", "+919811122233")
        assert contact.status == ContactStatus.WAITING
        self.assertRedirects(page, address("person", contact))
        assert "Added." in said(page)

    def test_what_is_missing_is_said_beside_its_field(self) -> None:
        call_list = self.make_list(people=2)

        page = self.add(call_list, value_appointment_date="", phone_number="")

        assert set(page.context["form"].errors) == {"phone_number", "value_appointment_date"}
        self.assertContains(page, 'value="Asha Rao"')
        assert call_list.contacts.count() == 2

    def test_somebody_who_is_in_it_already_is_refused(self) -> None:
        call_list = self.make_list(people=2)

        self.assertContains(self.add(call_list, phone_number="98765 00002"), "Same number as row 2.")

    def test_nobody_joins_a_list_that_is_over(self) -> None:
        call_list = self.make_list(ListStatus.FINISHED, people=1)

        assert "Nobody can be added to this list." in said(self.add(call_list))
        assert call_list.contacts.count() == 1
