"""What "Place a call" says while somebody types, and the second confirmation of a number rung just now."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import CallLog
from calls.osvi import contract
from calls.services import duplicates
from tests.admin.base import staff
from tests.admin.test_place import ADD, HOSTILE, PlaceTestCase

LIVE = reverse("admin:calls_calllog_place_live")
ASHA = "98765 43210"


class LiveTestCase(PlaceTestCase):
    def ask(self, **changes: Any) -> Any:
        return self.client.post(LIVE, self.typed(**changes))


class PermissionTests(LiveTestCase):
    def test_only_people_who_place_calls_are_answered(self) -> None:
        for person in (self.nobody, self.viewer, self.editor):
            self.client.force_login(person)
            assert self.ask().status_code == 403

        self.client.logout()
        response = self.ask()
        assert (response.status_code, response["HX-Refresh"]) == (401, "true")

    def test_a_number_is_taken_by_post_only(self) -> None:
        assert self.client.get(LIVE, {"phone_number": ASHA}).status_code == 405

    def test_it_wants_the_token_against_forgery(self) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(self.caller)

        assert client.post(LIVE, self.typed()).status_code == 403

    def test_earlier_calls_are_told_only_to_people_who_may_read_them(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="not_picked", sent_at=timezone.now())
        self.assertContains(self.ask(), "Nobody answered")
        self.client.force_login(staff("dialler", "place_call"))

        response = self.ask()

        self.assertNotContains(response, "Nobody answered")
        self.assertNotContains(response, "in the last 7 days")
        self.assertNotContains(response, "caller")
        self.assertContains(response, "Please confirm that it should be called again.")


class NumberTests(LiveTestCase):
    def test_it_says_country_number_and_time(self) -> None:
        response = self.ask(phone_number="098765-43210")

        self.assertContains(response, "India, <bdi>+91 98765 43210</bdi>")
        self.assertContains(response, "there now.")
        self.assertContains(response, "Call Asha Rao, +91 98765 43210")

    def test_a_number_in_the_making_is_told_in_words(self) -> None:
        response = self.ask(phone_number="98765")

        self.assertContains(response, "This is not a telephone number that can be called.")
        self.assertContains(response, "Place call")

    def test_no_number_no_verdict(self) -> None:
        response = self.ask(phone_number=" ")

        self.assertNotContains(response, "not a telephone number")
        self.assertContains(response, "Not known yet")

    def test_a_country_nobody_knows_is_told_in_words(self) -> None:
        self.assertContains(self.ask(country="ZZ"), "two-letter code of a country")


class WordsTests(LiveTestCase):
    def test_the_greeting_is_rendered_by_the_server_and_counted(self) -> None:
        response = self.ask(greeting="Hi {{ person_name }}, on {{ day }}.", prompt="Be {{ tone | calm }}.")

        self.assertContains(response, '<span class="piece piece--value">Asha Rao</span>', html=True)
        self.assertContains(response, '<span class="piece piece--missing">Day</span>', html=True)
        self.assertContains(response, '<span class="piece piece--fallback">calm</span>', html=True)
        self.assertContains(response, "The marked places still need a value.")
        assert response.context["greeting"].length == len("Hi Asha Rao, on .")

    def test_what_counts_is_the_rendered_text(self) -> None:
        limit = contract.limits("CallRequest.initial_greeting").max_length or 0
        fits = self.ask(greeting="{{ x }}", prompt="", value_x="a" * limit)
        self.assertContains(fits, f"{limit} / {limit}")
        self.assertNotContains(fits, "too long")

        self.assertContains(self.ask(greeting="{{ x }}", prompt="", value_x="a" * (limit + 1)), "too long")

    def test_what_cannot_be_read_is_said(self) -> None:
        self.assertContains(self.ask(greeting="Hello {{ person_name"), "is not closed")

    def test_a_new_placeholder_brings_its_field_and_old_fields_are_left_alone(self) -> None:
        response = self.ask(greeting="See you on {{ day }}.", value_tone="calm")

        self.assertContains(response, 'name="value_day"')
        self.assertContains(response, 'value="calm"')
        self.assertNotContains(response, "errorlist")
        self.assertNotContains(self.ask(), 'id="values-live"')

    def test_text_from_people_is_shown_as_text(self) -> None:
        self.make_call(person_name=HOSTILE)

        response = self.ask(greeting=f"{HOSTILE} {{{{ x }}}}", person_name=HOSTILE, value_x=HOSTILE)

        self.assertNotContains(response, HOSTILE)
        self.assertContains(response, "&lt;script&gt;")

    def test_nonsense_is_no_error(self) -> None:
        data = {"agent": "x", "version": "9" * 40, "retry_enabled": "?", "confirmed_duplicate": "x"}

        assert self.client.post(LIVE, data).status_code == 200
        assert self.client.post(LIVE).status_code == 200

    def test_it_writes_nothing(self) -> None:
        self.ask()

        assert not CallLog.objects.exists()


class ReviewTests(LiveTestCase):
    def test_it_says_what_is_about_to_happen(self) -> None:
        response = self.ask(retry_enabled="true", retry_max_attempts="2")

        self.assertContains(response, "Front desk")
        self.assertContains(response, "Appointment reminder v1")
        self.assertContains(response, "At most 3 calls")
        self.assertContains(response, "None in the last 7 days")

    def test_the_settings_in_words_follow_the_typing(self) -> None:
        words = {
            "Hang up after 2 min": {},
            "All as the agent is set up": {"max_call_duration_seconds": ""},
            "Hang up after 2 min · No callback": {"enable_callback": "false"},
            "Hang up after 2 min · Do not ring again": {"retry_enabled": "false"},
            "Hang up after 2 min · Ring again when nobody answers": {"retry_enabled": "true"},
            "Hang up after 2 min · Ring again up to 1 time: at most 2 calls": {"retry_max_attempts": "1"},
            "The person may ask for a callback · Ring again up to 2 times, 60 min apart: at most 3 calls": {
                "max_call_duration_seconds": "soon",
                "enable_callback": "true",
                "retry_enabled": "true",
                "retry_max_attempts": "2",
                "retry_interval_minutes": "60",
            },
        }
        for sentence, changes in words.items():
            assert self.ask(**changes).context["settings_words"] == sentence

    def test_ringing_again_in_words(self) -> None:
        self.assertContains(self.ask(), "One call, unless the agent is set to ring again.")
        self.assertContains(self.ask(retry_enabled="false"), "One call. It does not ring again.")
        self.assertContains(self.ask(retry_enabled="true"), "as often as the agent is set to")

    def test_it_tells_the_calls_of_a_week(self) -> None:
        old = timezone.now() - timedelta(days=8)
        self.make_call(status=CallStatus.FINISHED, outcome="busy", requested_at=old)
        self.make_call(status=CallStatus.FINISHED, outcome="not_picked")
        self.make_call(status=CallStatus.FINISHED, outcome="picked", phone_number="+919876500000")

        response = self.ask()

        self.assertContains(response, "1 in the last 7 days")
        self.assertContains(response, "Nobody answered")
        self.assertNotContains(response, "Line busy")

    def test_the_number_of_queries_does_not_grow(self) -> None:
        data = self.typed()
        self.make_call()
        self.client.post(LIVE, data)
        for _number in range(5):
            self.make_call()
        with self.assertNumQueries(9):
            # session, user, 2 × permissions, agent, version, do-not-call, calls of a week, calls in the way
            self.client.post(LIVE, data)


class DuplicateTests(PlaceTestCase):
    def test_a_number_rung_just_now_asks_for_a_second_confirmation(self) -> None:
        earlier = self.make_call(
            status=CallStatus.FINISHED, outcome="not_picked", sent_at=timezone.now() - timedelta(minutes=3)
        )
        data = self.typed()

        response = self.client.post(ADD, data)

        assert CallLog.objects.count() == 1
        self.assertContains(response, "The call was not placed yet")
        self.assertContains(response, "Placed by caller")
        self.assertContains(response, "Nobody answered")
        self.assertContains(response, 'href="#id_confirmed_duplicate"')
        self.assertContains(response, f'value="{earlier.reference}"')
        self.assertContains(response, "Call again all the same")

        self.client.post(ADD, data | {"confirmed_duplicate": str(earlier.reference)})

        assert CallLog.objects.count() == 2

    def test_the_tick_stays_while_something_else_is_mended(self) -> None:
        earlier = self.make_call()

        response = self.place(confirmed_duplicate=str(earlier.reference), value_appointment_date="")

        assert response.context["duplicate"]["is_confirmed"]
        self.assertContains(response, "checked")

    def test_a_call_that_came_meanwhile_is_shown_before_it_is_confirmed(self) -> None:
        seen = self.make_call()
        self.make_call()

        response = self.place(confirmed_duplicate=str(seen.reference))

        assert CallLog.objects.count() == 2
        assert not response.context["duplicate"]["is_confirmed"]
        assert duplicates.FIELD in response.context["form"].errors

    def test_nonsense_confirms_nothing(self) -> None:
        self.make_call()
        for tick in ("on", "True", "1", "' OR 1=1"):
            response = self.place(confirmed_duplicate=tick)

            assert CallLog.objects.count() == 1
            self.assertContains(response, "Call again all the same")

    def test_calling_again_asks_at_once(self) -> None:
        call = self.make_call(status=CallStatus.FINISHED, outcome="busy", finished_at=timezone.now())

        response = self.client.get(f"{ADD}?again={call.pk}")

        self.assertContains(response, "Call again all the same")
        self.assertNotContains(response, "checked")

    def test_the_page_names_person_and_number_without_scripts(self) -> None:
        response = self.place(value_appointment_date="")

        self.assertContains(response, "Call Asha Rao, +91 98765 43210")
