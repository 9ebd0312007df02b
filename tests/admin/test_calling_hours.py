"""The screen "Calling hours": what is told of each country, who may change it, and what has to be said for it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from calls.admin.calling_hours_words import in_words
from calls.models import CallingRule, CallingWindow
from calls.services import hours
from tests.admin.base import AdminTestCase, staff

LIST = reverse("admin:calls_callingrule_changelist")
ADD = reverse("admin:calls_callingrule_add")


def change(rule: CallingRule) -> str:
    return reverse("admin:calls_callingrule_change", args=[rule.pk])


def delete(rule: CallingRule) -> str:
    return reverse("admin:calls_callingrule_delete", args=[rule.pk])


class CallingHoursTestCase(AdminTestCase):
    reader: User
    lawyer: User
    india: CallingRule

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.reader = staff("reader", "view_callingrule")
        cls.lawyer = staff(
            "lawyer", "view_callingrule", "add_callingrule", "change_callingrule", "delete_callingrule"
        )
        cls.india = CallingRule.objects.get(country="IN", purpose="")

    def setUp(self) -> None:
        self.client.force_login(self.lawyer)

    def typed(self, *windows: tuple[int, str, str], **changes: Any) -> dict[str, Any]:
        """Return what a browser posts for new hours with these windows."""
        data: dict[str, Any] = {
            "country": "FR",
            "purpose": "",
            "holidays": "closed",
            "source": "Our counsel",
            "source_url": "https://law.example/hours",
            "confidence": "high",
            "reviewed_on": timezone.localdate().isoformat(),
            "consent_note": "",
            "windows-TOTAL_FORMS": len(windows),
            "windows-INITIAL_FORMS": 0,
        }
        for number, (weekday, opens, closes) in enumerate(windows):
            data |= {
                f"windows-{number}-weekday": weekday,
                f"windows-{number}-opens": opens,
                f"windows-{number}-closes": closes,
            }
        return data | changes

    def as_it_stands(self, rule: CallingRule, **changes: Any) -> dict[str, Any]:
        """Return what a browser posts for stored hours that nobody touched, but for `changes`."""
        stored = list(rule.windows.all())
        data = self.typed(
            *((window.weekday, f"{window.opens:%H:%M}", f"{window.closes:%H:%M}") for window in stored),
            **{
                name: getattr(rule, name)
                for name in ("holidays", "source", "source_url", "confidence", "consent_note")
            },
            reviewed_on=rule.reviewed_on.isoformat(),
        )
        del data["country"], data["purpose"]
        data["windows-INITIAL_FORMS"] = len(stored)
        for number, window in enumerate(stored):
            data |= {f"windows-{number}-id": window.pk, f"windows-{number}-rule": rule.pk}
        return data | changes

    def errors(self, response: Any) -> dict[str, Any]:
        assert response.status_code == 200
        return dict(response.context["adminform"].form.errors)


class ListTests(CallingHoursTestCase):
    def test_it_tells_hours_source_review_and_that_it_is_no_advice(self) -> None:
        self.client.force_login(self.reader)

        response = self.client.get(LIST)

        for words in (
            "This is not legal advice",
            "A country without hours is never called.",
            "India",
            "Every day 10:00–19:00",
            "Monday–Friday 08:00–21:00 · Saturday 09:00–18:00",
            "47 CFR 64.1200(c)(1)",
            "Comes with the console",
        ):
            self.assertContains(response, words)

    def test_what_was_reviewed_long_ago_stands_out(self) -> None:
        self.assertNotContains(self.client.get(LIST), "badge--warning")
        CallingRule.objects.filter(pk=self.india.pk).update(
            reviewed_on=timezone.localdate() - timedelta(days=400)
        )

        self.assertContains(self.client.get(LIST), '<span class="badge badge--warning">1\xa0year ago')

    def test_the_number_of_queries_does_not_grow(self) -> None:
        self.client.get(LIST)
        with self.assertNumQueries(8):
            # session, user, 2 × permissions, 2 × count, rows, windows
            self.client.get(LIST)
        for country in ("FR", "DE", "IT"):
            self.client.post(ADD, self.typed((0, "10:00", "12:00"), country=country))
        with self.assertNumQueries(8):
            self.client.get(LIST)

    def test_that_hours_do_not_apply_is_said(self) -> None:
        with override_settings(CALLING_HOURS_APPLY=True):
            self.assertNotContains(self.client.get(LIST), "do not apply")
        self.assertContains(self.client.get(LIST), "do not apply")


class EditTests(CallingHoursTestCase):
    def test_new_hours_hold_at_once(self) -> None:
        self.client.post(ADD, self.typed((0, "10:00", "12:00"), (1, "22:00", "06:00")))

        rule = CallingRule.objects.get(country="FR")
        assert (rule.is_preset, rule.changed_by) == (False, self.lawyer)
        assert list(rule.windows.values_list("weekday", "opens", "closes")) == [
            (0, time(10), time(12)),
            (1, time(22), time(6)),
        ]
        with override_settings(CALLING_HOURS_APPLY=True):
            monday = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
            assert hours.book().verdict(monday, "+33612345678", "FR", "service").allowed

    def test_a_source_and_the_day_of_the_review_have_to_be_given(self) -> None:
        for field, value in (("source", " "), ("reviewed_on", ""), ("reviewed_on", "2999-01-01")):
            assert set(self.errors(self.client.post(ADD, self.typed(**{field: value})))) == {field}
        data = self.as_it_stands(self.india, source="")

        response = self.client.post(change(self.india), data)

        assert self.errors(response) == {"source": ["Please say where these hours come from."]}

    def test_times_are_whole_minutes_of_a_clock(self) -> None:
        for opens in ("10:00:30", "25:00", "soon"):
            response = self.client.post(ADD, self.typed((0, opens, "12:00")))
            assert response.status_code == 200
        assert not CallingRule.objects.filter(country="FR").exists()

    def test_a_country_and_purpose_have_one_row(self) -> None:
        response = self.client.post(ADD, self.typed(country="IN"))

        assert "__all__" in self.errors(response)
        assert CallingRule.objects.filter(country="IN", purpose="").count() == 1

    def test_what_a_person_changed_is_theirs(self) -> None:
        data = self.as_it_stands(self.india)
        data["windows-0-closes"] = "18:00"

        self.client.post(change(self.india), data)

        self.india.refresh_from_db()
        assert (self.india.is_preset, self.india.changed_by) == (False, self.lawyer)
        assert self.india.windows.get(weekday=0).closes == time(18)
        self.assertContains(self.client.get(LIST), "lawyer")

    def test_saving_without_a_change_leaves_it_to_updates(self) -> None:
        self.client.post(change(self.india), self.as_it_stands(self.india))

        self.india.refresh_from_db()
        assert (self.india.is_preset, self.india.changed_by) == (True, None)

    def test_country_and_purpose_stay_as_they_are(self) -> None:
        self.client.post(change(self.india), self.as_it_stands(self.india, country="FR", purpose="marketing"))

        self.india.refresh_from_db()
        assert (self.india.country, self.india.purpose) == ("IN", "")

    def test_hours_without_a_window_are_a_warning(self) -> None:
        response = self.client.post(ADD, self.typed())

        words = [str(message) for message in get_messages(response.wsgi_request)]
        assert "These hours have no window, so nobody is called." in words
        self.assertContains(self.client.get(LIST), "Nobody is called")


class PermissionTests(CallingHoursTestCase):
    def test_readers_look_and_change_nothing(self) -> None:
        self.client.force_login(self.reader)
        response = self.client.get(change(self.india))
        self.assertContains(response, "10:00")
        self.assertNotContains(response, 'name="_save"')

        assert self.client.post(change(self.india), self.as_it_stands(self.india)).status_code == 403
        assert self.client.get(ADD).status_code == 403
        assert self.client.post(delete(self.india), {"post": "yes"}).status_code == 403

    def test_others_see_nothing(self) -> None:
        self.client.force_login(self.nobody)
        for address in (LIST, ADD, change(self.india), delete(self.india)):
            assert self.client.get(address).status_code == 403

    def test_shipped_hours_are_emptied_and_not_deleted(self) -> None:
        assert self.client.post(delete(self.india), {"post": "yes"}).status_code == 403
        self.assertContains(self.client.get(change(self.india)), "They can be changed, not deleted")

        self.client.post(ADD, self.typed((0, "10:00", "12:00")))
        mine = CallingRule.objects.get(country="FR")
        self.assertNotContains(self.client.get(change(mine)), "They can be changed, not deleted")
        self.client.post(delete(mine), {"post": "yes"})
        assert not CallingRule.objects.filter(country="FR").exists()

    def test_there_is_no_way_to_delete_many(self) -> None:
        self.assertNotContains(self.client.get(LIST), "delete_selected")


class WordsTests(AdminTestCase):
    def words(self, *windows: tuple[int, int, int]) -> list[str]:
        return in_words(
            CallingWindow(weekday=weekday, opens=time(opens), closes=time(closes))
            for weekday, opens, closes in windows
        )

    def test_neighbours_with_the_same_hours_are_told_together(self) -> None:
        week = [(day, 9, 20) for day in range(5)]
        assert self.words(*week, (5, 9, 17)) == ["Monday–Friday 09:00–20:00", "Saturday 09:00–17:00"]
        assert self.words((0, 9, 12), (0, 14, 18), (2, 9, 12)) == [
            "Monday 09:00–12:00, 14:00–18:00",
            "Wednesday 09:00–12:00",
        ]
        assert self.words(*((day, 0, 0) for day in range(7))) == ["Every day all day"]
        assert self.words((6, 22, 6)) == ["Sunday 22:00–06:00"]
        assert self.words() == ["Nobody is called"]
