""" "Test on my phone": the same call to one's own telephone, marked as a test, and the way back."""

import uuid
from datetime import timedelta
from typing import Any

from django.urls import reverse

from calls.choices import CallStatus
from calls.models import CallLog, StaffPreference
from calls.services import preferences
from tests.admin.base import staff
from tests.admin.test_place import ADD, PlaceTestCase
from tests.admin.test_place_later import clock

OWN = "+919811122233"
OWN_MASKED = "+91 ••••• •233"


class OwnPhoneTestCase(PlaceTestCase):
    def remember(self) -> None:
        StaffPreference.objects.create(user=self.caller, test_number=OWN)

    def press(self, **changes: Any) -> Any:
        return self.client.post(ADD, self.typed(**{"_own_phone": "1", **changes}))


class PermissionTests(OwnPhoneTestCase):
    def test_it_wants_the_permission_to_place_calls(self) -> None:
        for person in (self.nobody, self.viewer, self.editor):
            self.client.force_login(person)
            for press in ("_own_phone", "_forget_test_number", "_use_contact", "_show_number"):
                response = self.client.post(ADD, self.typed(**{press: "1", "test_number": OWN}))
                assert response.status_code == 403
        assert not CallLog.objects.exists()
        assert not StaffPreference.objects.exists()

    def test_who_may_not_see_calls_comes_straight_back_to_the_form(self) -> None:
        self.client.force_login(staff("blind", "place_call"))

        response = self.client.post(ADD, self.typed(_own_phone="1", test_number=OWN), follow=True)

        self.assertRedirects(response, f"{ADD}?kept=1")
        self.assertContains(response, "rings soon.")
        assert response.context["form"]["person_name"].value() == "Asha Rao"


class RingTests(OwnPhoneTestCase):
    def test_the_first_time_the_number_is_asked_for_beside_its_field(self) -> None:
        self.assertContains(self.client.get(ADD), "Test on my phone")

        response = self.press()

        assert not CallLog.objects.exists()
        sentence = "Please enter your own number once. Test calls ring it from then on."
        assert response.context["form"].errors["test_number"] == [sentence]
        self.assertContains(response, 'href="#id_test_number"')
        assert response.context["own_phone"]["is_open"]

    def test_a_number_nobody_has_is_refused_and_not_remembered(self) -> None:
        response = self.press(test_number="12 34")

        assert "not a telephone number" in response.context["form"].errors["test_number"][0]
        self.assertContains(response, 'value="12 34"')
        assert preferences.test_number(self.caller) is None
        assert not CallLog.objects.exists()

    def test_it_rings_my_phone_with_the_words_of_the_page(self) -> None:
        response = self.press(test_number="098111-22233")

        call = CallLog.objects.get()
        self.assertRedirects(
            response, reverse("admin:calls_calllog_change", args=[call.pk]), fetch_redirect_response=False
        )
        assert call.phone_number.as_e164 == OWN
        assert call.is_test
        assert call.person_name == "Asha Rao"
        assert call.request["initial_greeting"] == "Hello Asha Rao, this is City Dental about Monday at 10."
        assert call.placed_by == self.caller
        remembered = preferences.test_number(self.caller)
        assert remembered is not None
        assert remembered.as_e164 == OWN

    def test_from_then_on_the_page_names_it_masked(self) -> None:
        self.remember()

        response = self.client.get(ADD)

        self.assertContains(response, f"Test on my phone, <bdi>{OWN_MASKED}</bdi>")
        self.assertNotContains(response, "98111")
        self.press()
        assert CallLog.objects.get().phone_number.as_e164 == OWN

    def test_another_number_replaces_the_remembered_one(self) -> None:
        self.remember()

        self.press(test_number="98123 45678")

        assert CallLog.objects.get().phone_number.as_e164 == "+919812345678"
        remembered = preferences.test_number(self.caller)
        assert remembered is not None
        assert remembered.as_e164 == "+919812345678"

    def test_what_is_said_about_the_persons_own_call_does_not_matter(self) -> None:
        self.remember()
        earlier = self.make_call(status=CallStatus.FINISHED, outcome="busy")

        self.press(
            phone_number="",
            country="ZZ",
            again=earlier.pk,
            scheduled_for=clock(-timedelta(hours=1)),
            scheduled_zone="person",
            confirmed_duplicate="x",
        )

        call = CallLog.objects.latest("pk")
        assert call.phone_number.as_e164 == OWN
        assert call.status == CallStatus.QUEUED
        assert call.again_of is None

    def test_what_is_missing_is_asked_for_all_the_same(self) -> None:
        response = self.press(test_number=OWN, value_appointment_date="")

        assert not CallLog.objects.exists()
        assert list(response.context["form"].errors) == ["value_appointment_date"]
        # The number is known by now and need not be typed again.
        self.assertContains(response, OWN_MASKED)
        self.assertNotContains(response, OWN)


class BackTests(OwnPhoneTestCase):
    def test_the_message_leads_back_to_the_form_as_it_was_filled_in(self) -> None:
        self.remember()
        typed = self.typed(_own_phone="1", greeting="Mine, {{ x }}", value_x="you", retry_enabled="false")

        response = self.client.post(ADD, typed)

        words = self.words(response)[0]
        assert f"Your telephone, {OWN_MASKED}, rings soon." in words
        assert f'href="{ADD}?kept=1"' in words
        form = self.client.get(f"{ADD}?kept=1").context["form"]
        assert form["phone_number"].value() == "98765 43210"
        assert form["greeting"].value() == "Mine, {{ x }}"
        assert form["value_x"].value() == "you"
        assert form["retry_enabled"].value() is False
        assert form["template"].value() == str(self.template.pk)
        assert form["data_points"].value()[0]["key"] == "confirmed"
        assert form["form_token"].value() != typed["form_token"]

    def test_a_test_and_the_call_of_one_page_are_two_calls_each_placed_once(self) -> None:
        self.remember()
        typed = self.typed()

        for _press in range(2):
            last = self.client.post(ADD, typed | {"_own_phone": "1"})
        assert "This test was placed already" in self.words(last)[-1]
        for _press in range(2):
            self.client.post(ADD, typed)

        calls = CallLog.objects.order_by("pk").values_list("is_test", flat=True)
        assert list(calls) == [True, False]

    def test_a_page_without_token_asks_for_a_second_press(self) -> None:
        self.remember()

        self.assertContains(self.press(form_token="nonsense"), "This page was out of date.")
        assert not CallLog.objects.exists()


class GuardTests(OwnPhoneTestCase):
    def test_ringing_my_phone_twice_has_to_be_confirmed(self) -> None:
        self.remember()
        self.press()
        first = CallLog.objects.get()
        typed = self.typed(_own_phone="1")

        response = self.client.post(ADD, typed)

        assert CallLog.objects.count() == 1
        self.assertContains(response, "Ring my telephone again all the same")
        self.assertContains(response, 'href="#id_confirmed_test"')
        self.client.post(ADD, typed | {"confirmed_test": str(uuid.uuid4())})
        assert CallLog.objects.count() == 1

        self.client.post(ADD, typed | {"confirmed_test": str(first.reference)})
        assert CallLog.objects.count() == 2

    def test_a_tick_for_the_person_does_not_count_for_my_phone(self) -> None:
        self.remember()
        self.press()

        self.press(confirmed_duplicate=str(CallLog.objects.get().reference))

        assert CallLog.objects.count() == 1


class EnterTests(OwnPhoneTestCase):
    def test_enter_beside_my_own_number_never_rings_anybody_else(self) -> None:
        self.client.post(ADD, self.typed(_enter="1", test_number=OWN))

        call = CallLog.objects.get()
        assert (call.phone_number.as_e164, call.is_test) == (OWN, True)

    def test_enter_anywhere_else_places_the_call(self) -> None:
        self.remember()

        self.client.post(ADD, self.typed(_enter="1", test_number=""))

        assert not CallLog.objects.get().is_test


class ForgetTests(OwnPhoneTestCase):
    def test_it_is_forgotten_and_what_was_typed_stays(self) -> None:
        self.remember()
        self.assertContains(self.client.get(ADD), "Forget my number")

        response = self.client.post(ADD, self.typed(_forget_test_number="1"), follow=True)

        self.assertContains(response, "Your number is no longer remembered.")
        self.assertContains(response, "98765 43210")
        self.assertNotContains(response, "Forget my number")
        assert preferences.test_number(self.caller) is None
        assert not CallLog.objects.exists()
