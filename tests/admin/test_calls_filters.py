from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from calls.admin import saved_views
from calls.choices import CallStatus
from tests.admin.base import AdminTestCase

LIST = reverse("admin:calls_calllog_changelist")


class FiltersTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def page(self, **query: str) -> Any:
        response = self.client.get(LIST, query)
        assert response.status_code == 200
        return response

    def names(self, **query: str) -> list[str]:
        return [call.person_name for call in self.page(**query).context["cl"].result_list]

    def chips(self, **query: str) -> list[str]:
        return [f"{chip.label}: {chip.words}" for chip in self.page(**query).context["cl"].chips]


class FilterTests(FiltersTestCase):
    def test_test_calls_can_be_shown_alone_or_left_out(self) -> None:
        self.make_call(person_name="test", is_test=True)
        self.make_call(person_name="real")

        assert self.names(test="yes") == ["test"]
        assert self.names(test="no") == ["real"]
        assert self.names(test="nonsense") == ["real", "test"]

    def test_follow_ups_are_found_by_who_promised_them(self) -> None:
        day = timezone.localdate()
        self.make_call(person_name="mine", follow_up_owner=self.viewer, follow_up_on=day)
        self.make_call(person_name="done", follow_up_owner=self.viewer)
        self.make_call(person_name="theirs", follow_up_owner=self.caller, follow_up_on=day)

        assert self.names(follow_up="mine") == ["mine"]
        assert self.names(follow_up=str(self.caller.pk)) == ["theirs"]
        assert self.names(follow_up="nonsense") == []
        assert self.names(follow_up="9" * 30) == []
        assert self.chips(follow_up="mine") == ["follow-up by: Me"]

    def test_a_missing_required_answer_counts_once_no_more_news_comes(self) -> None:
        self.make_call(person_name="missing", status=CallStatus.FINISHED, required_missing=True)
        self.make_call(person_name="coming", required_missing=True, next_poll_at=timezone.now())
        self.make_call(person_name="complete")

        assert self.names(missing="yes") == ["missing"]

    def test_what_no_database_takes_is_refused(self) -> None:
        for name in ("status", "outcome", "tab", "q", "from", "template"):
            assert self.client.get(LIST, {name: "a\x00b"}, follow=True).status_code == 200

    def test_filters_are_chips_that_can_be_taken_away_one_by_one(self) -> None:
        query = {"outcome": "picked", "agent": str(self.agent.pk), "q": "asha", "tab": "answered"}

        assert self.chips(**query) == ["Search: asha", "outcome: Answered", "agent: Front desk"]
        urls = [chip.url for chip in self.page(**query).context["cl"].chips]
        assert urls[0] == f"?agent={self.agent.pk}&outcome=picked&tab=answered"
        assert urls[1] == f"?agent={self.agent.pk}&q=asha&tab=answered"

    def test_a_filter_of_an_old_address_is_shown_as_it_stands(self) -> None:
        assert self.chips(agent="99999") == ["agent: 99999"]

    def test_a_saved_view_keeps_every_filter_of_the_list(self) -> None:
        names = {"tab", "q"}
        for spec in self.page().context["cl"].filter_specs:
            names.update(spec.expected_parameters())

        assert set(saved_views.KEPT) == names


@override_settings(TIME_ZONE="Asia/Kolkata")
class DateTests(FiltersTestCase):
    def at(self, text: str, name: str) -> None:
        self.make_call(person_name=name, requested_at=timezone.make_aware(datetime.fromisoformat(text)))

    def test_two_days_are_taken_whole_in_the_consoles_zone(self) -> None:
        self.at("2026-03-01T23:59:59", "before")
        self.at("2026-03-02T00:00:00", "first")
        self.at("2026-03-04T23:59:59", "last")
        self.at("2026-03-05T00:00:00", "after")

        assert self.names(**{"from": "2026-03-02", "to": "2026-03-04"}) == ["last", "first"]
        assert self.names(**{"from": "2026-03-04"}) == ["after", "last"]
        assert self.names(to="2026-03-01") == ["before"]

    def test_the_days_are_a_chip(self) -> None:
        assert self.chips(**{"from": "2026-03-02", "to": "2026-03-04"}) == ["date: 2 Mar 2026 to 4 Mar 2026"]
        assert self.chips(**{"from": "2026-03-02", "to": "2026-03-02"}) == ["date: 2 Mar 2026"]
        assert self.chips(**{"from": "2026-03-02"}) == ["date: since 2 Mar 2026"]
        assert self.chips(to="2026-03-02") == ["date: until 2 Mar 2026"]
        assert self.chips(when="today") == ["date: Today"]

    def test_a_wrong_day_is_left_out_and_says_so(self) -> None:
        self.at("2026-03-02T12:00:00", "call")

        for wrong in (
            "2026-02-31",
            "yesterday",
            "31.12.2025",
            "0001-01-01",
            "9999-12-31",
            "2026-03-02T10:00",
        ):
            page = self.page(**{"from": wrong})
            self.assertContains(page, f"“{wrong}” is not a day, so it was left out.")
            self.assertContains(page, "call</span>")

    def test_the_wrong_way_round_says_so(self) -> None:
        self.at("2026-03-02T12:00:00", "call")

        page = self.page(**{"from": "2026-03-04", "to": "2026-03-01"})

        self.assertContains(page, "The first day lies after the last day")
        assert page.context["cl"].result_count == 1

    def test_a_wrong_day_is_shown_as_text(self) -> None:
        self.assertNotContains(self.page(**{"from": "<script>alert(1)</script>"}), "<script>alert")

    def test_the_form_keeps_the_rest_of_the_address(self) -> None:
        page = self.page(tab="answered", q="rao", when="7", p="1")

        form = page.content.decode().split('class="date-range"')[1].split("</form>")[0]
        assert '<input type="hidden" name="tab" value="answered">' in form
        assert '<input type="hidden" name="q" value="rao">' in form
        assert 'name="when"' not in form
        assert 'name="p"' not in form

    def test_a_quick_choice_replaces_the_two_days(self) -> None:
        page = self.page(**{"from": "2026-03-02", "to": "2026-03-04", "tab": "answered"})

        self.assertContains(page, 'href="?tab=answered&amp;when=yesterday"')


class MarksTests(FiltersTestCase):
    def test_marks_say_what_else_is_to_be_known(self) -> None:
        today = timezone.localdate()
        self.make_call(
            status=CallStatus.FINISHED,
            outcome="picked",
            is_test=True,
            required_missing=True,
            follow_up_on=today,
            reviewed_at=timezone.now(),
        )
        at = timezone.now() + timedelta(days=2)
        self.make_call(status=CallStatus.SCHEDULED, scheduled_for=at)

        page = self.page()

        for words in ("Test call", "Required answer missing", "Follow up:", "Reviewed", "for "):
            self.assertContains(page, words)

    def test_a_call_without_marks_has_none(self) -> None:
        self.make_call(required_missing=True, next_poll_at=timezone.now())

        self.assertNotContains(self.page(), 'class="marks"')

    def test_the_number_is_masked_for_everybody(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="not_picked", follow_up_owner=self.boss)
        for person in User.objects.filter(pk__in=[self.onlooker.pk, self.viewer.pk, self.boss.pk]):
            self.client.force_login(person)
            page = self.page()
            self.assertContains(page, "+91 ••••• •210")
            self.assertNotContains(page, "98765")
