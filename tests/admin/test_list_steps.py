"""The steps before a list starts: preview, test call, dry run, start."""

import uuid
from datetime import timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone

from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus, RetryOwner
from calls.models import CallList, CallLog, StaffPreference
from calls.services import preferences
from tests.admin.lists import ListTestCase, address, said
from tests.browser.cast import make_contact

OWN = "+919811122233"
OWN_MASKED = "+91 ••••• •233"


class PreviewTests(ListTestCase):
    def names(self, page: Any) -> list[str]:
        return [person.contact.person_name for person in page.context["heard"]]

    def test_it_shows_three_peoples_words_with_their_values(self) -> None:
        call_list = self.make_list(people=4)

        page = self.get("preview", call_list, self.watcher)

        assert self.names(page) == ["Person in row 2", "Person in row 3", "Person in row 4"]
        self.assertContains(page, "What 4 people will hear")
        self.assertContains(page, '<span class="piece piece--value">Person in row 2</span>')
        self.assertContains(page, '<span class="piece piece--fallback">friendly</span>')

    def test_next_and_previous_lead_through_everybody_who_will_be_called(self) -> None:
        call_list = self.make_list(people=4)
        make_contact(call_list, verdict=ContactVerdict.DO_NOT_CALL)
        make_contact(call_list)

        second = self.client.get(self.get("preview", call_list).request["PATH_INFO"], {"after": "4"})
        assert self.names(second) == ["Person in row 5", "Person in row 7"]
        assert not second.context["following"]

        first = self.client.get(second.request["PATH_INFO"] + second.context["previous"])
        assert self.names(first) == ["Person in row 2", "Person in row 3", "Person in row 4"]
        assert not first.context["previous"]

    def test_somebody_is_found_by_name_row_or_whole_number(self) -> None:
        call_list = self.make_list(people=5)

        for words in ("in row 5", "5", "98765 00005", "+919876500005"):
            assert self.names(self.get("preview", call_list, q=words)) == ["Person in row 5"], words
        assert self.names(self.get("preview", call_list, q="98765")) == []
        self.assertContains(self.get("preview", call_list, q="98765"), "Nobody who will be called matches")

    def test_numbers_are_masked(self) -> None:
        page = self.get("preview", self.make_list(people=1), self.boss)

        self.assertContains(page, "+91 ••••• •002")
        self.assertNotContains(page, "9876500002")


class TestCallTests(ListTestCase):
    def press(self, call_list: CallList, **data: Any) -> Any:
        first = call_list.contacts.order_by("row").first()
        return self.post(
            "test",
            call_list,
            **{"form_token": str(uuid.uuid4()), "contact": first.pk if first else "", **data},
        )

    def remember(self) -> None:
        StaffPreference.objects.create(user=self.runner, test_number=OWN)

    def test_it_rings_my_telephone_with_the_persons_words(self) -> None:
        call_list = self.make_list(people=2)

        page = self.press(call_list, test_number="098111-22233")

        call = CallLog.objects.get()
        assert call.phone_number.as_e164 == OWN
        assert call.is_test
        assert call.contact is None
        assert call.placed_by == self.runner
        assert "Person in row 2" in call.request["initial_greeting"]
        assert call.request["call_config_overrides"]["retry_config"] == {"enabled": False}
        assert f"Your telephone, {OWN_MASKED}, rings soon." in said(page)
        self.assertContains(page, "Watch the call")
        self.assertContains(page, OWN_MASKED)
        remembered = preferences.test_number(self.runner)
        assert remembered is not None
        assert remembered.as_e164 == OWN

    def test_it_leaves_the_person_to_be_called(self) -> None:
        call_list = self.make_list(people=1)
        self.press(call_list, test_number=OWN)

        contact = call_list.contacts.get()
        assert (contact.status, contact.attempts, contact.last_call) == (ContactStatus.WAITING, 0, None)
        assert contact.events.get().what == "A test call was made with this person's data."

    def test_the_remembered_number_is_rung_and_shown_masked(self) -> None:
        self.remember()
        call_list = self.make_list(people=1)

        self.assertContains(self.get("test", call_list), f"Ring my phone, <bdi>{OWN_MASKED}</bdi>")
        self.press(call_list)

        assert CallLog.objects.get().phone_number.as_e164 == OWN

    def test_the_first_time_the_number_is_asked_for_beside_its_field(self) -> None:
        page = self.press(self.make_list(people=1))

        assert not CallLog.objects.exists()
        self.assertContains(page, "Please enter your own number once.")

    def test_what_was_typed_and_refused_stays(self) -> None:
        call_list = self.make_list(people=2)
        second = call_list.contacts.get(row=3)

        page = self.press(call_list, test_number="12 34", contact=second.pk)

        self.assertContains(page, 'value="12 34"')
        assert page.context["person"].contact == second
        assert not CallLog.objects.exists()

    def test_pressing_twice_rings_once(self) -> None:
        self.remember()
        call_list = self.make_list(people=1)
        token = str(uuid.uuid4())

        self.press(call_list, form_token=token)
        page = self.press(call_list, form_token=token)

        assert CallLog.objects.count() == 1
        assert "not placed twice" in said(page)

    def test_a_second_test_soon_after_has_to_be_confirmed(self) -> None:
        self.remember()
        call_list = self.make_list(people=1)
        self.press(call_list)
        CallLog.objects.update(status=CallStatus.ACCEPTED)

        page = self.press(call_list)
        self.assertContains(page, "Ring my telephone again all the same")
        assert CallLog.objects.count() == 1

        self.press(call_list, confirmed=str(CallLog.objects.get().reference))
        assert CallLog.objects.count() == 2

    def test_the_changing_part_stops_when_nothing_is_under_way(self) -> None:
        self.remember()
        call_list = self.make_list(people=1)
        self.press(call_list)
        assert self.get("test_live", call_list).status_code == 200

        CallLog.objects.update(status=CallStatus.FINISHED, outcome="picked")

        live = self.get("test_live", call_list)
        assert live.status_code == 286
        self.assertContains(live, "Answered", status_code=286)

    def test_it_takes_the_permission_to_place_calls(self) -> None:
        call_list = self.make_list(people=1)

        assert self.get("test", call_list, self.keeper).status_code == 403
        assert self.post("test", call_list, self.keeper).status_code == 403
        assert not CallLog.objects.exists()


class DryRunTests(ListTestCase):
    def test_it_says_how_many_when_and_what_it_assumes(self) -> None:
        call_list = self.make_list(people=4)
        make_contact(call_list, verdict=ContactVerdict.DO_NOT_CALL)

        page = self.get("dry_run", call_list, self.watcher)

        self.assertContains(page, "What would happen to 4 people")
        assert sum(hour.calls for hour in page.context["hours"]) == 4
        self.assertContains(page, "On do-not-call: 1")
        self.assertContains(page, "This assumes")

    def test_another_pace_is_tried_and_carried_to_the_start(self) -> None:
        call_list = self.make_list(people=4)

        page = self.get("dry_run", call_list, pace_per_minute="30", at_once="20", when="now")

        assert page.context["dry"].per_minute <= 30
        self.assertContains(page, 'name="pace_per_minute" value="30"')
        self.assertContains(
            page, f"{address('launch', call_list)}?pace_per_minute=30&amp;at_once=20&amp;when=now"
        )
        start = self.client.get(address("launch", call_list), {"pace_per_minute": "30", "at_once": "20"})
        self.assertContains(start, 'name="pace_per_minute" value="30"')
        call_list.refresh_from_db()
        assert call_list.pace_per_minute == 10

    def test_a_pace_that_cannot_be_is_refused_beside_its_field(self) -> None:
        call_list = self.make_list(people=4)

        with override_settings(LIST_CALLS_PER_MINUTE=60):
            page = self.get("dry_run", call_list, pace_per_minute="61", at_once="2", when="now")

        assert page.context["form"].errors == {"pace_per_minute": ["Please enter 60 or less."]}
        assert page.context["dry"] is None
        self.assertContains(page, 'value="61"')

    def test_its_short_form_goes_with_the_start(self) -> None:
        call_list = self.make_list(people=4)

        live = self.get("dry_run_live", call_list, pace_per_minute="2", at_once="2", when="now")
        self.assertContains(live, "Last call begins about")
        broken = self.get("dry_run_live", call_list, pace_per_minute="", at_once="2", when="now")
        self.assertContains(broken, "as soon as pace and time can be understood")


class StartTests(ListTestCase):
    def press(self, call_list: CallList, **data: Any) -> Any:
        typed = {
            "people": call_list.contacts.to_call().count(),
            "pace_per_minute": "12",
            "at_once": "4",
            "when": "now",
            "retry_owner": RetryOwner.NOBODY.value,
        }
        page = self.post("launch", call_list, **{**typed, **data})
        call_list.refresh_from_db()
        return page

    def test_the_button_names_the_number_of_people(self) -> None:
        page = self.get("launch", self.make_list(people=3))

        self.assertContains(page, "<span>Call 3 people</span>", html=True)

    def test_it_starts_the_list_as_chosen(self) -> None:
        call_list = self.make_list(people=3)

        page = self.press(call_list)

        self.assertRedirects(page, address("change", call_list))
        assert call_list.status == ListStatus.RUNNING
        assert (call_list.pace_per_minute, call_list.at_once) == (12, 4)
        assert call_list.retry_owner == RetryOwner.NOBODY
        assert call_list.launched_by == self.runner
        assert "The list has started." in said(page)

    def test_it_starts_later(self) -> None:
        call_list = self.make_list(people=3)
        at = timezone.localtime() + timedelta(days=2)

        page = self.press(call_list, when="later", start_at=f"{at:%Y-%m-%dT%H:%M}")

        assert call_list.status == ListStatus.SCHEDULED
        assert call_list.start_at == at.replace(second=0, microsecond=0)
        self.assertContains(page, "Starts at")

    def test_later_without_a_time_or_in_the_past_is_refused_beside_the_field(self) -> None:
        call_list = self.make_list(people=3)
        past = timezone.localtime() - timedelta(days=2)

        page = self.press(call_list, when="later", at_once="3")
        assert page.context["form"].errors["start_at"] == [
            "Please say at which date and time the list starts."
        ]
        self.assertContains(page, 'name="at_once" value="3"')
        page = self.press(call_list, when="later", start_at=f"{past:%Y-%m-%dT%H:%M}")
        assert page.context["form"].errors["start_at"] == [
            "This time has passed. Choose a later one, or start now."
        ]
        assert call_list.status == ListStatus.CHECKED

    def test_this_console_rings_again_by_the_rules_given(self) -> None:
        call_list = self.make_list(people=3)
        rules = {
            "times_not_picked": "2",
            "minutes_not_picked": "90",
            "times_busy": "1",
            "minutes_busy": "10",
            "times_voicemail": "0",
            "minutes_voicemail": "60",
            "times_failed": "0",
            "minutes_failed": "60",
        }

        self.press(call_list, retry_owner="console", **rules)

        assert call_list.retry_owner == RetryOwner.CONSOLE
        assert call_list.retry_rules == {
            "not_picked": {"times": 2, "minutes": 90},
            "busy": {"times": 1, "minutes": 10},
        }

    def test_a_rule_that_cannot_be_is_refused_and_kept(self) -> None:
        call_list = self.make_list(people=3)

        page = self.press(call_list, retry_owner="console", times_not_picked="2", minutes_not_picked="soon")

        assert "minutes_not_picked" in page.context["form"].errors
        self.assertContains(page, 'value="soon"')
        self.assertContains(page, 'href="#id_minutes_not_picked"')
        assert call_list.status == ListStatus.CHECKED

    def test_osvi_rings_again_by_its_numbers(self) -> None:
        call_list = self.make_list(people=3)

        page = self.press(call_list, retry_owner="osvi", retry_max_attempts="99", retry_interval_minutes="30")
        assert "retry_max_attempts" in page.context["form"].errors
        self.press(call_list, retry_owner="osvi", retry_max_attempts="2", retry_interval_minutes="30")

        assert call_list.retry_owner == RetryOwner.OSVI
        assert (call_list.retry_max_attempts, call_list.retry_interval_minutes) == (2, 30)
        assert call_list.retry_rules == {}

    def test_fields_of_a_side_that_does_not_ring_again_do_not_count(self) -> None:
        call_list = self.make_list(people=3)

        self.press(call_list, times_busy="many", retry_max_attempts="99", start_at="soon")

        assert call_list.status == ListStatus.RUNNING

    def test_it_begins_with_the_rules_that_the_list_has(self) -> None:
        rules = {"busy": {"times": 3, "minutes": 5}}
        call_list = self.make_list(people=1, retry_owner=RetryOwner.CONSOLE, retry_rules=rules)

        page = self.get("launch", call_list)

        form = page.context["form"]
        assert (form["times_busy"].value(), form["minutes_busy"].value()) == (3, 5)
        assert form["times_not_picked"].value() == 0
        assert form["retry_owner"].value() == RetryOwner.CONSOLE

    @override_settings(LIST_EXPECTED_ROWS=2)
    def test_a_warning_has_to_be_ticked(self) -> None:
        call_list = self.make_list(people=3)
        self.assertContains(self.get("launch", call_list), "Is this meant so?")

        page = self.press(call_list, pace_per_minute="7")
        assert call_list.status == ListStatus.CHECKED
        self.assertContains(page, "Please read this and tick it, if it is meant so.")
        self.assertContains(page, 'name="pace_per_minute" value="7"')

        self.press(call_list, confirm_size="on")
        assert call_list.status == ListStatus.RUNNING
        assert call_list.confirmed == ["size"]

    def test_a_list_that_changed_since_the_button_was_shown_is_not_started(self) -> None:
        call_list = self.make_list(people=3)

        page = self.press(call_list, people="2")

        assert call_list.status == ListStatus.CHECKED
        self.assertContains(page, "The list changed meanwhile: 3 people would be called now.")
        self.assertContains(page, 'name="people" value="3"')

    def test_pressing_twice_starts_once(self) -> None:
        call_list = self.make_list(people=3)
        self.press(call_list)
        started = call_list.launched_at

        page = self.press(call_list)

        assert call_list.launched_at == started
        assert "nothing was done" in said(page)

    def test_it_takes_the_permission_to_run_lists(self) -> None:
        call_list = self.make_list(people=3)

        assert self.get("launch", call_list, self.keeper).status_code == 403
        assert self.post("launch", call_list, self.keeper).status_code == 403
        call_list.refresh_from_db()
        assert call_list.status == ListStatus.CHECKED
