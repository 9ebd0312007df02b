"""Call later: by whose clock, what cannot be understood, and what the call's page says."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import CallLog
from tests.admin.test_place import ADD, PlaceTestCase
from tests.admin.test_place_live import LIVE

LONDON = "+44 20 7946 0958"


def clock(ahead: timedelta, zone: str = "Asia/Kolkata") -> str:
    return f"{timezone.now().astimezone(ZoneInfo(zone)) + ahead:%Y-%m-%dT%H:%M}"


@override_settings(TIME_ZONE="Asia/Kolkata")
class LaterTests(PlaceTestCase):
    def stands(self, typed: str, zone: str) -> None:
        """Expect one call, scheduled for this time by this clock."""
        call = CallLog.objects.get()
        assert call.status == CallStatus.SCHEDULED
        assert call.scheduled_for is not None
        assert call.scheduled_for == datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(zone))

    def test_by_the_consoles_clock(self) -> None:
        typed = clock(timedelta(days=2))

        response = self.place(scheduled_for=typed, scheduled_zone="console")

        self.stands(typed, "Asia/Kolkata")
        assert "The call is scheduled for" in self.words(response)[0]

    def test_by_the_persons_clock(self) -> None:
        typed = clock(timedelta(days=2), "Europe/London")

        self.place(phone_number=LONDON, scheduled_for=typed, scheduled_zone="person")

        self.stands(typed, "Europe/London")

    def test_no_time_is_now(self) -> None:
        self.place(scheduled_for="", scheduled_zone="person")

        assert CallLog.objects.get().status == CallStatus.QUEUED

    def test_the_calls_page_says_when(self) -> None:
        typed = clock(timedelta(days=2))
        self.place(scheduled_for=typed, scheduled_zone="console")

        response = self.client.get(reverse("admin:calls_calllog_change", args=[CallLog.objects.get().pk]))

        self.assertContains(response, "Scheduled")
        self.assertContains(response, f"{datetime.fromisoformat(typed):%H:%M:00}")

    def test_a_time_that_has_passed(self) -> None:
        self.refused(
            "scheduled_for",
            "This time has passed. Choose a later one, or call now.",
            scheduled_for=clock(-timedelta(hours=1)),
        )

    def test_nonsense_and_times_too_far(self) -> None:
        for typed in ("soon", "2030-13-40T99:99", "<script>"):
            self.refused(
                "scheduled_for",
                "Please enter a date and a time, such as 2030-05-20T16:30.",
                scheduled_for=typed,
            )
        for typed in ("0001-01-01T00:00", "9999-12-31T23:59"):
            self.refused(
                "scheduled_for", "Please choose a time within the next twelve months.", scheduled_for=typed
            )

    def test_a_number_without_a_certain_zone(self) -> None:
        self.refused(
            "scheduled_zone",
            "It is not certain what time is kept at this number. Please choose this console's clock.",
            phone_number="+1 800 555 1234",
            scheduled_for=clock(timedelta(days=2)),
            scheduled_zone="person",
        )

    def test_the_time_stays_when_a_template_is_taken(self) -> None:
        typed = clock(timedelta(days=2))

        response = self.client.post(
            ADD, self.typed(scheduled_for=typed, scheduled_zone="person", _use_template="1"), follow=True
        )

        self.assertContains(response, f'value="{typed}"')
        section = next(section for section in response.context["sections"] if section.name == "when")
        assert section.is_open

    def test_review_and_button_say_when(self) -> None:
        typed: Any = clock(timedelta(days=2))

        response = self.client.post(LIVE, self.typed(phone_number=LONDON, scheduled_for=typed))

        self.assertContains(response, f"{datetime.fromisoformat(typed):%H:%M:00}")
        self.assertContains(response, "there it is")
        self.assertContains(response, "Schedule the call to Asha Rao, +44 20 7946 0958")

    def test_a_time_in_the_making_is_no_error(self) -> None:
        response = self.client.post(LIVE, self.typed(scheduled_for="2030-"))

        self.assertContains(response, "Call Asha Rao")
