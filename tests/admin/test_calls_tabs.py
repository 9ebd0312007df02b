from datetime import timedelta
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from calls.admin import call_tabs, paginator
from calls.choices import CallStatus
from calls.models import CallLog
from tests.admin.base import AdminTestCase

LIST = reverse("admin:calls_calllog_changelist")


class TabsTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)
        today = timezone.localdate()

        def finished(name: str, outcome: str, **fields: Any) -> CallLog:
            return self.make_call(person_name=name, status=CallStatus.FINISHED, outcome=outcome, **fields)

        self.make_call(person_name="unsure", status=CallStatus.UNCONFIRMED)
        self.make_call(person_name="no news", status=CallStatus.NO_OUTCOME)
        self.make_call(person_name="refused", status=CallStatus.REJECTED)
        self.make_call(person_name="moving", status=CallStatus.ACCEPTED)
        self.make_call(person_name="later", status=CallStatus.SCHEDULED)
        self.make_call(person_name="cancelled", status=CallStatus.CANCELLED)
        finished("missing", "picked", required_missing=True)
        finished("still coming", "picked", required_missing=True, next_poll_at=timezone.now())
        finished("reviewed", "picked", reviewed_at=timezone.now())
        finished("busy", "busy")
        finished("nobody", "not_picked", follow_up_on=today)
        finished("promised", "voicemail", follow_up_on=today + timedelta(days=1))
        finished("odd", "rescheduled")

    def page(self, **query: str) -> Any:
        response = self.client.get(LIST, query)
        assert response.status_code == 200
        return response

    def names(self, **query: str) -> set[str]:
        return {call.person_name for call in self.page(**query).context["cl"].result_list}

    def counts(self, **query: str) -> dict[str, str]:
        """Return the numbers on the tabs, as they are shown."""
        tabs = self.page(**query).context["cl"].tabs
        return {str(tab.label): str(tab.count) if tab.count is not None else "" for tab in tabs}


class TabsTests(TabsTestCase):
    def test_each_tab_shows_its_calls(self) -> None:
        finished = {"missing", "still coming", "reviewed", "busy", "nobody", "promised", "odd"}
        expected = {
            "": finished | {"unsure", "no news", "refused", "moving", "later", "cancelled"},
            "attention": {"unsure", "no news", "refused", "missing", "nobody"},
            "under_way": {"moving"},
            "scheduled": {"later"},
            "answered": {"missing", "still coming", "reviewed"},
            "not_answered": {"busy", "nobody", "promised"},
            "follow_up": {"nobody"},
            "review": finished - {"reviewed"},
        }

        assert {tab.key: self.names(tab=tab.key) for tab in call_tabs.TABS} == expected

    def test_attention_and_follow_up_are_what_the_rows_say(self) -> None:
        for key, rows in (
            ("attention", CallLog.objects.needing_attention()),
            ("follow_up", CallLog.objects.follow_up_due()),
        ):
            assert self.names(tab=key) == set(rows.values_list("person_name", flat=True))

    def test_the_numbers_are_those_of_the_calls_shown(self) -> None:
        for filters in ({}, {"outcome": "picked"}, {"q": "no"}, {"status": "finished", "q": "busy"}):
            counts = self.counts(**filters)
            for tab in call_tabs.TABS:
                shown = self.names(tab=tab.key, **filters)
                assert counts[str(tab.label)] == str(len(shown)), (tab.key, filters)

    def test_numbers_are_cut_off_at_the_cap(self) -> None:
        with patch.object(paginator, "MOST_COUNTED", 3):
            assert self.counts()["Needs attention"] == "3+"
            assert self.counts(status="finished")["To review"] == "3+"

    def test_of_too_many_filtered_calls_a_number_is_at_least_or_none(self) -> None:
        true = {str(tab.label): len(self.names(tab=tab.key, status="finished")) for tab in call_tabs.TABS}

        with patch.object(call_tabs, "DEPTH", 3), patch.object(paginator, "MOST_COUNTED", 3):
            counts = self.counts(status="finished")

        assert counts.pop("All") == "3+"
        assert any(counts.values())
        for label, shown in counts.items():
            assert shown == "" or (shown.endswith("+") and int(shown[:-1]) <= true[label])

    def test_the_present_tab_is_marked_and_filters_are_kept(self) -> None:
        page = self.page(tab="answered", outcome="picked", p="1")

        self.assertContains(page, 'href="?outcome=picked&amp;tab=review"')
        self.assertContains(page, 'href="?outcome=picked"')
        marked = [str(tab.label) for tab in page.context["cl"].tabs if tab.is_current]
        assert marked == ["Answered"]
        self.assertContains(page, 'aria-current="page"', count=3)  # Also in sidebar and breadcrumbs.

    def test_the_number_below_the_rows_is_that_of_the_tab(self) -> None:
        for tab in call_tabs.TABS:
            for cap, depth in ((1_000, 10_000), (3, 10_000), (2, 2)):
                with patch.object(paginator, "MOST_COUNTED", cap), patch.object(call_tabs, "DEPTH", depth):
                    shown = self.page(tab=tab.key, status="finished").context["cl"]
                    true = CallLog.objects.filter(tab.condition(), status="finished").count()
                    assert shown.result_count == min(true, cap), tab.key
                    assert shown.paginator.is_capped == (true > cap), tab.key

    def test_an_unknown_tab_shows_all(self) -> None:
        assert self.names(tab="nonsense") == self.names()

    def test_an_empty_tab_says_so_in_its_own_words(self) -> None:
        CallLog.objects.filter(status=CallStatus.SCHEDULED).update(status=CallStatus.CANCELLED)

        self.assertContains(self.page(tab="scheduled"), "No call is scheduled")
        self.assertContains(self.page(tab="scheduled", q="zzz"), "Nothing matches")

    def test_clearing_the_filters_keeps_the_tab(self) -> None:
        page = self.page(tab="answered", outcome="picked", test="no")

        assert page.context["cl"].clear_all_filters_qs == "?tab=answered"

    def test_queries_do_not_grow_with_calls_and_filtered_tabs_take_one(self) -> None:
        def count(**query: str) -> int:
            with CaptureQueriesContext(connection) as queries:
                self.page(**query)
            return len(queries)

        self.page()
        before = count(), count(status="finished")
        for _number in range(20):
            self.make_call(status=CallStatus.FINISHED, outcome="picked")

        assert (count(), count(status="finished")) == before
        # One for all tabs, which tells the paginator too how many are shown.
        assert before[1] == before[0] - len(call_tabs.TABS)
