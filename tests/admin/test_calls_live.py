from typing import Any
from unittest.mock import patch

from django.urls import reverse
from django.utils import timezone

from calls.admin.call_log import CallLogAdmin
from calls.admin.call_page import STOP_POLLING
from calls.choices import CallStatus
from calls.models import CallLog
from tests.admin.base import AdminTestCase

LIST = reverse("admin:calls_calllog_changelist")
LIVE = reverse("admin:calls_calllog_list_live")


class ListLiveTests(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def live(self, *calls: CallLog, **query: str) -> Any:
        shown = ",".join(str(call.pk) for call in calls)
        return self.client.get(LIVE, {**query, "shown": shown})

    def names(self, response: Any) -> list[str]:
        return [call.person_name for call in response.context["cl"].result_list]

    def test_the_list_looks_for_news_only_while_something_may_change(self) -> None:
        call = self.make_call(status=CallStatus.FINISHED, outcome="picked")
        self.assertNotContains(self.client.get(LIST), "hx-get")

        moving = self.make_call()
        page = self.client.get(LIST, {"agent": str(self.agent.pk)})

        self.assertContains(page, f'hx-get="{LIVE}?agent={self.agent.pk}&amp;shown={moving.pk}%2C{call.pk}"')
        CallLog.objects.filter(pk=moving.pk).update(status=CallStatus.FINISHED, next_poll_at=timezone.now())
        self.assertContains(self.client.get(LIST), "hx-get")

    def test_it_shows_the_same_rows_in_the_same_order_even_out_of_their_tab(self) -> None:
        first, second = self.make_call(person_name="first"), self.make_call(person_name="second")
        CallLog.objects.filter(pk=first.pk).update(status=CallStatus.FINISHED, outcome="picked")
        self.make_call(person_name="new")

        response = self.live(second, first, tab="under_way")

        assert response.status_code == 200
        assert self.names(response) == ["second", "first"]
        self.assertContains(response, "Answered")
        assert [str(tab.count) for tab in response.context["cl"].tabs][:3] == ["3", "0", "2"]
        self.assertNotContains(response, "<html")

    def test_the_addresses_in_it_are_those_of_the_list(self) -> None:
        call = self.make_call()

        response = self.live(call, q="asha", p="1")

        self.assertNotContains(response, 'href="?q=asha&amp;shown')
        self.assertContains(response, 'href="?q=asha&amp;tab=review"')
        self.assertContains(response, f"{LIVE}?q=asha&amp;shown={call.pk}")

    def test_it_stops_when_nothing_more_will_happen(self) -> None:
        call = self.make_call(status=CallStatus.FINISHED, outcome="busy")

        response = self.live(call)

        assert response.status_code == STOP_POLLING
        self.assertNotContains(response, "hx-get", status_code=STOP_POLLING)

    def test_nonsense_shows_nothing(self) -> None:
        self.make_call()

        for shown in ("", "x", "1 OR 1", "9" * 30, "-1"):
            response = self.client.get(LIVE, {"shown": shown})
            assert response.status_code == STOP_POLLING
            assert self.names(response) == []

    def test_filters_that_cannot_be_read_are_not_found(self) -> None:
        call = self.make_call()

        for query in ({"nonsense": "1"}, {"status": "a\x00b"}):
            assert self.live(call, **query).status_code == 404

    def test_it_goes_on_when_the_page_is_no_more(self) -> None:
        call = self.make_call()
        with patch.object(CallLogAdmin, "list_per_page", 1):
            self.make_call()
            page = self.client.get(LIST, {"p": "2"})
            self.assertContains(page, f'hx-get="{LIVE}?shown={call.pk}"')

        assert self.names(self.live(call)) == [call.person_name]

    def test_it_is_closed_like_the_list(self) -> None:
        call = self.make_call()
        self.client.force_login(self.nobody)
        assert self.live(call).status_code == 403

        self.client.logout()
        response = self.live(call)
        assert response.status_code == 401
        assert response.headers["HX-Refresh"] == "true"

    def test_it_is_never_kept_by_a_cache(self) -> None:
        assert "no-store" in self.live(self.make_call()).headers["Cache-Control"]

    def test_numbers_are_masked_and_answers_need_their_permission(self) -> None:
        call = self.make_call(extracted={"confirmed": "certainly"})
        template = str(self.template.pk)

        self.assertContains(self.live(call, template=template), "certainly")
        self.client.force_login(self.onlooker)
        response = self.live(call, template=template)
        self.assertNotContains(response, "certainly")
        self.assertNotContains(response, "98765")
