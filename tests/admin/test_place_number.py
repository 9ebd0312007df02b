"""Numbers of earlier calls on "Place a call": masked until they are revealed, called all the same."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, Disclosed
from calls.models import CallLog, Disclosure
from calls.services import disclosure
from tests.admin.base import NUMBER, staff
from tests.admin.test_place import ADD, PlaceTestCase
from tests.admin.test_place_live import LIVE

MASKED = "+91 ••••• •210"
FULL = "+91 98765 43210"
# Any part of the number that the masked form does not show.
SECRET = "98765"
OTHER = "+919812345678"


class NumberTestCase(PlaceTestCase):
    def setUp(self) -> None:
        super().setUp()
        long_ago = timezone.now() - timedelta(days=2)
        self.earlier = self.make_call(
            status=CallStatus.FINISHED,
            outcome="not_picked",
            requested_at=long_ago,
            sent_at=long_ago,
            finished_at=long_ago,
        )

    def log_in_dialler(self) -> None:
        """Become somebody who sees and places calls, but whom no number is revealed to."""
        self.client.force_login(staff("dialler", "view_calllog", "place_call"))

    def begin(self) -> Any:
        return self.client.get(f"{ADD}?again={self.earlier.pk}")

    def again(self, **changes: Any) -> dict[str, Any]:
        """Return what a page that began with the earlier call sends."""
        call = self.earlier.pk
        return self.typed(**{"again": call, "number_of": call, "phone_number": MASKED, **changes})


class CallAgainTests(NumberTestCase):
    def test_the_number_is_masked_on_the_whole_page(self) -> None:
        self.log_in_dialler()

        response = self.begin()

        self.assertContains(response, f'value="{MASKED}"')
        self.assertContains(response, f"Call Asha Rao, {MASKED}")
        self.assertContains(response, "The number of an earlier call, shown in part.")
        self.assertNotContains(response, SECRET)
        self.assertNotContains(response, "_show_number")

    def test_what_is_said_while_typing_is_masked(self) -> None:
        response = self.client.post(LIVE, self.again(person_name="Asha"))

        self.assertContains(response, f"India, <bdi>{MASKED}</bdi>")
        self.assertContains(response, f"Call Asha, {MASKED}")
        self.assertContains(response, "1 in the last 7 days")
        self.assertContains(response, "there now.")
        self.assertNotContains(response, SECRET)

    def test_the_masked_number_is_called_as_it_is(self) -> None:
        self.log_in_dialler()

        response = self.client.post(ADD, self.again(), follow=True)

        call = CallLog.objects.latest("pk")
        assert call.phone_number.as_e164 == NUMBER
        assert call.request["phone_number"] == "9876543210"
        assert call.again_of == self.earlier
        assert not [words for words in self.words(response) if SECRET in words]

    def test_another_number_replaces_it(self) -> None:
        self.client.post(ADD, self.again(phone_number="98123 45678"))

        assert CallLog.objects.latest("pk").phone_number.as_e164 == OTHER

    def test_half_a_masked_number_is_none(self) -> None:
        for typed in ("+91 ••••• •211", "+91 ••••• •2101", "•"):
            response = self.client.post(ADD, self.again(phone_number=typed))

            self.assertContains(response, "This is not a telephone number that can be called.")
        assert CallLog.objects.count() == 1

    def test_what_is_wrong_is_said_without_the_number(self) -> None:
        response = self.client.post(ADD, self.again(value_appointment_date=""))

        self.assertContains(response, "The call was not placed yet")
        self.assertContains(response, f'value="{MASKED}"')
        self.assertNotContains(response, SECRET)

    def test_the_guard_against_ringing_twice_knows_the_masked_number(self) -> None:
        CallLog.objects.update(finished_at=timezone.now())

        response = self.client.post(ADD, self.again())

        self.assertContains(response, "Call again all the same")
        self.assertNotContains(response, SECRET)
        assert CallLog.objects.count() == 1

    def test_the_persons_clock_is_known_behind_the_mask(self) -> None:
        self.earlier.phone_number = "+442079460958"
        self.earlier.save()
        later = f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"

        self.client.post(
            ADD, self.again(phone_number="+44 ••••• •958", scheduled_for=later, scheduled_zone="person")
        )

        assert CallLog.objects.latest("pk").status == CallStatus.SCHEDULED

    def test_a_mask_is_worth_nothing_without_the_permission_to_see_calls(self) -> None:
        self.client.force_login(staff("blind", "place_call"))

        response = self.client.post(ADD, self.again(again=""))

        self.assertContains(response, "The number of the earlier call cannot be read. Please type it.")
        assert CallLog.objects.count() == 1
        self.assertNotContains(self.client.post(LIVE, self.again()), "India")

    def test_a_call_that_is_not_there_is_no_number(self) -> None:
        for key in ("999", "9" * 40, "x"):
            assert self.client.post(ADD, self.again(number_of=key)).status_code == 200
            assert self.client.post(LIVE, self.again(number_of=key)).status_code == 200
        assert CallLog.objects.count() == 1

    def test_taking_a_template_keeps_the_masked_number(self) -> None:
        response = self.client.post(ADD, self.again(_use_template="1"), follow=True)

        self.assertContains(response, f"Call Asha Rao, {MASKED}")
        self.assertNotContains(response, SECRET)


class ShowNumberTests(NumberTestCase):
    def show(self, **changes: Any) -> Any:
        return self.client.post(ADD, self.again(_show_number="1", **changes), follow=True)

    def test_it_wants_the_permission(self) -> None:
        self.assertContains(self.begin(), "_show_number")
        self.log_in_dialler()

        assert self.show().status_code == 403
        assert not Disclosure.objects.exists()

    def test_it_is_logged_and_keeps_what_was_typed(self) -> None:
        response = self.show(
            value_appointment_date="Friday", greeting="{{ appointment_date }}", retry_enabled="false"
        )

        form = response.context["form"]
        assert form["phone_number"].value() == FULL
        assert form["value_appointment_date"].value() == "Friday"
        assert form["greeting"].value() == "{{ appointment_date }}"
        assert form["retry_enabled"].value() is False
        assert form["again"].value() == str(self.earlier.pk)
        self.assertContains(response, f"Call Asha Rao, {FULL}")
        self.assertNotContains(response, "_show_number")
        logged = Disclosure.objects.get()
        assert (logged.call, logged.by, logged.what) == (self.earlier, self.caller, Disclosed.NUMBER)
        assert SECRET not in response.request["PATH_INFO"] + response.request["QUERY_STRING"]

    def test_it_is_no_news_within_the_hour_and_hidden_after_it(self) -> None:
        disclosure.note(self.earlier, self.caller, Disclosed.NUMBER)
        self.assertContains(self.begin(), f'value="{FULL}"')

        Disclosure.objects.update(at=timezone.now() - timedelta(hours=2))
        self.assertContains(self.begin(), f'value="{MASKED}"')

    def test_what_others_were_shown_stays_hidden_from_me(self) -> None:
        disclosure.note(self.earlier, self.viewer, Disclosed.NUMBER)

        self.assertNotContains(self.begin(), SECRET)

    def test_a_grant_that_was_taken_back_hides_it_again(self) -> None:
        dialler = staff("dialler", "view_calllog", "place_call")
        self.client.force_login(dialler)
        disclosure.note(self.earlier, dialler, Disclosed.NUMBER)

        self.assertNotContains(self.begin(), SECRET)


class ContactTests(NumberTestCase):
    def test_people_called_lately_are_offered_once_each_with_masked_numbers(self) -> None:
        self.make_call(person_name="Asha Rao-Menon")
        self.make_call(person_name="Somebody else's", phone_number=OTHER, placed_by=self.viewer)
        self.make_call(person_name="My own telephone", phone_number=OTHER, is_test=True)
        for number in range(7):
            self.make_call(person_name=f"Person {number}.", phone_number=f"+9198123456{number:02}")

        response = self.client.get(ADD)

        names = [contact.name for contact in response.context["contacts"]]
        assert names == [f"Person {number}." for number in (6, 5, 4, 3)]
        self.assertNotContains(response, "98123")

        CallLog.objects.filter(phone_number__startswith="+9198123").update(placed_by=self.viewer)
        assert [contact.name for contact in self.client.get(ADD).context["contacts"]] == ["Asha Rao-Menon"]

    def test_they_are_told_only_to_people_who_may_see_calls(self) -> None:
        dialler = staff("blind", "place_call")
        self.make_call(placed_by=dialler)
        self.client.force_login(dialler)

        self.assertNotContains(self.client.get(ADD), "Called lately")
        response = self.client.post(ADD, self.typed(_use_contact=self.earlier.pk))
        assert response.status_code == 404

    def test_choosing_one_fills_name_and_number_and_keeps_the_rest(self) -> None:
        typed = self.typed(
            phone_number="1", person_name="?", greeting="Mine", country="AE", _use_contact=self.earlier.pk
        )

        response = self.client.post(ADD, typed, follow=True)

        self.assertRedirects(response, f"{ADD}?kept=1")
        form = response.context["form"]
        assert form["phone_number"].value() == MASKED
        assert form["person_name"].value() == "Asha Rao"
        assert form["country"].value() == "IN"
        assert form["greeting"].value() == "Mine"
        assert form["template"].value() == str(self.template.pk)
        assert form["form_token"].value() == typed["form_token"]
        self.assertNotContains(response, SECRET)

        self.client.post(ADD, self.typed(number_of=form["number_of"].value(), phone_number=MASKED))
        call = CallLog.objects.latest("pk")
        assert (call.phone_number.as_e164, call.again_of) == (NUMBER, None)

    def test_a_call_that_is_not_there_is_not_found(self) -> None:
        for key in ("999", "9" * 40, "x", ""):
            assert self.client.post(ADD, self.typed(_use_contact=key)).status_code == 404, key

    def test_hostile_names_are_text(self) -> None:
        self.make_call(person_name='"><script>alert(1)</script>', phone_number=OTHER)

        self.assertNotContains(self.client.get(ADD), "<script>alert")


class ListTests(NumberTestCase):
    def test_home_and_its_live_part_mask_numbers(self) -> None:
        self.make_call()
        for name in ("index", "home_live"):
            response = self.client.get(reverse(f"admin:{name}"))
            self.assertContains(response, MASKED)
            self.assertNotContains(response, SECRET)
