"""The guards on the page "Place a call": what is said while typing, asked about the zone, and overridden."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, Purpose, SuppressionSource
from calls.models import CallLog, DayTally
from calls.services import preferences
from calls.services.do_not_call import suppress
from tests.admin.base import NUMBER, staff
from tests.admin.test_place import ADD, PlaceTestCase
from tests.support import calling_hours

LIVE = reverse("admin:calls_calllog_place_live")
# A mobile number of Australia may be anywhere there.
SYDNEY = "+61 412 345 678"


@override_settings(CALLING_HOURS_APPLY=True)
class GuardTestCase(PlaceTestCase):
    supervisor: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.supervisor = staff("supervisor", "view_calllog", "place_call", "override_guards")
        calling_hours.only_for_every_purpose()
        calling_hours.open_always()

    def ask(self, **changes: Any) -> Any:
        return self.client.post(LIVE, self.typed(**changes))

    def suppress(self) -> None:
        suppress(NUMBER, reason="Asked us on the phone", source=SuppressionSource.STAFF)


class VerdictTests(GuardTestCase):
    def test_open(self) -> None:
        self.assertContains(self.ask(), "May be called now")

    def test_closed_says_until_when_and_that_the_call_waits(self) -> None:
        opens_at = calling_hours.opens_in(30)

        response = self.ask()

        there = opens_at.astimezone(calling_hours.INDIA)
        self.assertContains(response, f"Closed until {there:%A %H:%M} there")
        self.assertContains(response, "The call will wait until then.")
        self.assertContains(response, "Schedule the call to Asha Rao")

    def test_unknown_is_said_and_nothing_promised(self) -> None:
        calling_hours.rule().delete()

        response = self.ask()

        self.assertContains(response, "Not known which hours apply in India")
        self.assertNotContains(response, "will wait")
        self.assertNotContains(response, "Schedule the call")

    def test_do_not_call_goes_before_everything(self) -> None:
        calling_hours.opens_in(30)
        self.suppress()

        response = self.ask()

        self.assertContains(response, "On the do-not-call list since")
        self.assertContains(response, "Asked us on the phone")
        self.assertNotContains(response, "Closed until")

    def test_that_of_another_agent_only_if_it_is_chosen(self) -> None:
        suppress(NUMBER, agent=self.agent, reason="", source=SuppressionSource.STAFF)

        self.assertContains(self.ask(), "On the do-not-call list")
        self.assertNotContains(self.ask(agent=""), "On the do-not-call list")

    def test_the_purpose_of_the_template_decides(self) -> None:
        calling_hours.opens_in(30, purpose=Purpose.MARKETING)
        self.assertContains(self.ask(), "May be called now")

        self.template.purpose = Purpose.MARKETING
        self.template.save()

        self.assertContains(self.ask(), "Closed until")
        self.assertContains(self.ask(version=""), "Closed until")
        # Without a template nobody knows the purpose.
        self.assertContains(self.ask(template="", version=""), "Closed until")

    @override_settings(CALLS_PER_NUMBER_A_DAY=1, CALLS_A_DAY=1)
    def test_caps(self) -> None:
        self.make_call(status=CallStatus.FINISHED, sent_at=timezone.now() - timedelta(hours=2))
        DayTally.objects.create(day=timezone.localdate(), sent=1)

        response = self.ask()

        self.assertContains(response, "This number was called 1 times within 24 hours")
        self.assertContains(response, "The console sent 1 calls today")

    def test_a_chosen_time(self) -> None:
        opens_at = calling_hours.opens_in(30).astimezone(calling_hours.INDIA)

        within = self.ask(scheduled_for=f"{opens_at:%Y-%m-%dT%H:%M}")
        outside = self.ask(scheduled_for=f"{opens_at + timedelta(hours=5):%Y-%m-%dT%H:%M}")

        self.assertContains(within, "lies within calling hours there")
        self.assertContains(outside, "lies outside calling hours there")

    @override_settings(CALLING_HOURS_APPLY=False)
    def test_where_hours_do_not_apply_nothing_is_said(self) -> None:
        response = self.ask()

        assert not response.context["number"]["guards"]


class ZoneTests(GuardTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        calling_hours.only_for_every_purpose("AU")
        calling_hours.opens_in(0, "AU", zone=ZoneInfo("Australia/Sydney"))

    def test_it_is_asked_for_only_where_there_are_several(self) -> None:
        self.assertNotContains(self.ask(), "Time zone of the person")
        self.assertContains(self.ask(phone_number=SYDNEY), "Time zone of the person")
        self.assertNotContains(self.client.get(ADD), "Time zone of the person")

    def test_unless_it_is_chosen_all_of_them_have_to_allow(self) -> None:
        zone = "Australia/Sydney"

        self.assertContains(self.ask(phone_number=SYDNEY), "There is no time within the next two weeks")
        response = self.ask(phone_number=SYDNEY, time_zone=zone)
        self.assertContains(response, "May be called now")
        self.assertContains(response, f'<option value="{zone}" selected>')

    def test_a_zone_of_another_number_is_forgotten(self) -> None:
        response = self.ask(time_zone="Australia/Sydney")

        self.assertContains(response, "May be called now")
        self.place(time_zone="Australia/Sydney")
        assert CallLog.objects.get().time_zone == ""

    def test_it_is_kept_on_the_call_and_taken_over_by_the_next(self) -> None:
        self.place(phone_number=SYDNEY, time_zone="Australia/Sydney")
        call = CallLog.objects.get()
        assert (call.time_zone, call.status) == ("Australia/Sydney", CallStatus.QUEUED)

        self.assertContains(
            self.client.get(f"{ADD}?again={call.pk}"), '<option value="Australia/Sydney" selected>'
        )


class PlacingTests(GuardTestCase):
    def test_outside_hours_it_waits_and_the_page_says_so(self) -> None:
        opens_at = calling_hours.opens_in(30)

        response = self.place()

        call = CallLog.objects.get()
        assert (call.status, call.scheduled_for) == (CallStatus.SCHEDULED, opens_at)
        [words] = self.words(response)
        assert words.startswith("Outside calling hours there, so the call waits until")
        self.assertContains(self.client.get(response.url), "Outside calling hours: the call waits until")

    def test_do_not_call_is_refused_beside_the_number(self) -> None:
        self.suppress()

        response = self.place()

        assert not CallLog.objects.exists()
        [sentence] = response.context["form"].errors["phone_number"]
        assert "Asked us on the phone" in sentence
        self.assertContains(response, "The call was not placed yet")

    def test_a_full_day_is_said_on_top(self) -> None:
        DayTally.objects.create(day=timezone.localdate(), sent=1)

        with override_settings(CALLS_A_DAY=1):
            response = self.place()

        assert not CallLog.objects.exists()
        [sentence] = response.context["form"].non_field_errors()
        assert "which is all it may send on one day" in sentence

    def test_ones_own_telephone_rings_at_any_hour(self) -> None:
        calling_hours.rule()
        preferences.remember_test_number(self.caller, NUMBER)

        self.place(_own_phone="1", override_reason="Unasked.")

        call = CallLog.objects.get()
        assert (call.status, call.is_test, call.override_reason) == (CallStatus.QUEUED, True, "")


class OverrideTests(GuardTestCase):
    REASON = "They asked to be called tonight"

    def test_it_is_offered_only_to_people_with_the_permission(self) -> None:
        self.assertNotContains(self.client.get(ADD), "Call all the same")
        self.client.force_login(self.supervisor)
        self.assertContains(self.client.get(ADD), "Call all the same")

    def test_it_calls_now_and_keeps_the_reason(self) -> None:
        calling_hours.opens_in(30)
        self.client.force_login(self.supervisor)
        self.assertContains(self.ask(override_reason=self.REASON), "Called all the same")

        self.place(override_reason=self.REASON)

        call = CallLog.objects.get()
        assert (call.status, call.override_reason) == (CallStatus.QUEUED, self.REASON)
        last = call.events.last()
        assert last is not None
        assert last.by == self.supervisor
        assert self.REASON in last.why

    def test_without_the_permission_a_posted_reason_is_refused(self) -> None:
        calling_hours.opens_in(30)
        self.assertNotContains(self.ask(override_reason=self.REASON), "Called all the same")

        response = self.place(override_reason=self.REASON)

        assert not CallLog.objects.exists()
        self.assertContains(response, "You may not call outside calling hours or over a cap.")

    def test_it_does_not_hold_against_do_not_call(self) -> None:
        self.suppress()
        self.client.force_login(self.supervisor)

        self.assertContains(self.ask(override_reason=self.REASON), "On the do-not-call list")
        self.place(override_reason=self.REASON)

        assert not CallLog.objects.exists()
