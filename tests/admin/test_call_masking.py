"""What of a call is hidden from whom, and that every look at it is logged."""

from datetime import timedelta
from typing import Any

from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, Disclosed, EventSource, Verdict, WebhookRoute
from calls.models import CallLog, Disclosure, WebhookDelivery
from tests.admin.base import NUMBER, staff
from tests.admin.test_call_page import CallPageTestCase, live_of, page_of

FORMS = (NUMBER, "+91 98765 43210", "98765 43210", "9876543210", "098765 43210")
WORDS = ("They will come.", "Yes, I will come.", "Hello Asha, this is City Dental.", "Tone: friendly")


def address(name: str, call: CallLog) -> str:
    return reverse(f"admin:calls_calllog_{name}", args=[call.pk])


def looks(call: CallLog) -> list[tuple[str, str]]:
    """Return who was shown what, oldest first."""
    found = Disclosure.objects.filter(call=call).order_by("pk")
    return [(str(look.by), look.what) for look in found]


class NumberTests(CallPageTestCase):
    def reveal(self, call: CallLog) -> Any:
        return self.client.post(address("reveal_number", call), follow=True)

    def test_it_is_masked_until_it_is_asked_for(self) -> None:
        call = self.finished()

        for where in (page_of(call), live_of(call)):
            shown = self.client.get(where).content.decode()
            assert "+91 ••••• •210" in shown
            assert not [form for form in FORMS if form in shown]
        assert ("viewer", Disclosed.NUMBER) not in looks(call)

    def test_asking_shows_it_for_an_hour_and_is_logged(self) -> None:
        call = self.finished()

        self.assertContains(self.reveal(call), "+91 98765 43210")
        assert "+91 98765 43210" in self.client.get(live_of(call)).content.decode()
        assert looks(call).count(("viewer", Disclosed.NUMBER)) == 1

        Disclosure.objects.update(at=timezone.now() - timedelta(hours=2))
        self.assertNotContains(self.see(call), "98765 43210")

    def test_one_person_revealing_it_shows_it_to_nobody_else(self) -> None:
        call = self.finished()
        self.reveal(call)

        self.client.force_login(self.caller)
        self.assertNotContains(self.see(call), "98765 43210")

    def test_it_needs_the_permission(self) -> None:
        call = self.finished()
        self.client.force_login(self.onlooker)

        self.assertNotContains(self.see(call), "Show number")
        assert self.client.get(address("reveal_number", call)).status_code == 403
        assert self.client.post(address("reveal_number", call)).status_code == 403
        assert looks(call) == []

    def test_looking_at_its_address_shows_nothing(self) -> None:
        call = self.finished()

        response = self.client.get(address("reveal_number", call), follow=True)

        self.assertNotContains(response, "98765 43210")

    def test_a_call_without_a_name_is_not_named_by_its_number(self) -> None:
        self.assertNotContains(self.see(self.finished(person_name="")), "98765")


class ConversationTests(CallPageTestCase):
    def test_without_the_permission_only_the_outcome_is_seen(self) -> None:
        call = self.finished()
        call.notes.create(by=self.viewer, text="Rings back on Friday.")
        self.client.force_login(self.onlooker)

        for where in (page_of(call), live_of(call)):
            shown = self.client.get(where).content.decode()
            assert "Answered" in shown
            assert "hidden from you" in shown
            assert not [words for words in (*WORDS, "Rings back") if words in shown]
        assert looks(call) == []

    def test_reading_it_is_logged_once_an_hour(self) -> None:
        call = self.finished()

        self.see(call)
        self.see(call)
        self.client.get(live_of(call))

        assert looks(call) == [("viewer", Disclosed.CONVERSATION)]

    def test_where_nothing_is_there_to_read_nothing_is_logged(self) -> None:
        call = self.make_call(status=CallStatus.ACCEPTED)

        self.see(call)

        assert looks(call) == []


class TechnicalTests(CallPageTestCase):
    def test_they_are_fetched_on_demand_and_the_look_is_logged(self) -> None:
        call = self.finished()
        call.note("OSVI said more.", source=EventSource.POLL, evidence={"http_status": 418})

        self.assertNotContains(self.see(call), "418")
        for headers in ({}, {"HX-Request": "true"}):
            self.assertContains(self.client.get(address("technical", call), headers=headers), "418")
        assert ("viewer", Disclosed.TECHNICAL) in looks(call)

    def test_they_name_who_looked(self) -> None:
        call = self.finished()
        self.client.force_login(self.caller)
        self.see(call)

        self.client.force_login(self.viewer)
        response = self.client.get(address("technical", call))

        self.assertContains(response, "Who looked")
        self.assertContains(response, "caller ·")

    def test_they_need_the_permission(self) -> None:
        call = self.finished()
        self.client.force_login(staff("reader", "view_calllog", "view_conversation"))

        self.assertNotContains(self.see(call), "Technical details")
        for name in ("technical", "evidence"):
            assert self.client.get(address(name, call)).status_code == 403
            assert self.client.post(address(name, call)).status_code == 403
        assert self.client.get(address("technical", CallLog(pk=0))).status_code == 403

    def test_numbers_are_taken_out_for_people_who_may_not_reveal_them(self) -> None:
        call = self.finished(request={"phone_number": "9876543210", "additional_data": {}})
        call.note("Asked.", source=EventSource.POLL, evidence={"phone_number": NUMBER})
        self.client.force_login(staff("technician", "view_calllog", "view_technical", "view_conversation"))

        for name in ("technical", "evidence"):
            shown = self.client.get(address(name, call)).content.decode()
            assert not [form for form in FORMS if form in shown], name


class EvidenceTests(CallPageTestCase):
    def test_it_is_one_file_with_everything_and_taking_it_is_logged(self) -> None:
        call = self.finished()
        call.notes.create(by=self.viewer, text="Rings back on Friday.")
        call.corrections.create(by=self.viewer, key="confirmed", original=True, corrected="only perhaps")
        WebhookDelivery.objects.create(
            route=WebhookRoute.CALL, call=call, verdict=Verdict.APPLIED, body=b'{"call_status": "picked"}'
        )

        response = self.client.get(address("evidence", call))

        assert response.headers["Content-Disposition"].startswith('attachment; filename="call-')
        shown = response.content.decode()
        expected = (
            "Rings back on Friday.",
            "only perhaps",
            "call_status",
            "+91 98765 43210",
            "Call requested.",
        )
        for words in (*WORDS, *expected):
            assert words in shown, words
        assert call.webhook_token not in shown
        for outside in ("<script", "src=", "href=", "http://", "https://"):
            assert outside not in shown, outside
        assert {what for _who, what in looks(call)} == {Disclosed.CONVERSATION, Disclosed.TECHNICAL}


class DeliveryTests(CallPageTestCase):
    BODY = b'{"call_status": "picked", "phone_number": "+919876543210", "call_summary": "They come."}'

    def delivery(self, call: CallLog | None) -> WebhookDelivery:
        return WebhookDelivery.objects.create(
            route=WebhookRoute.AGENT,
            call=call,
            verdict=Verdict.APPLIED if call else Verdict.UNMATCHED,
            body=self.BODY,
            headers={"X-Secret-Header": "shown"},
        )

    def page(self, delivery: WebhookDelivery) -> str:
        where = reverse("admin:calls_webhookdelivery_change", args=[delivery.pk])
        return self.client.get(where).content.decode()

    def test_the_message_needs_the_permission(self) -> None:
        self.client.force_login(staff("sorter", "view_webhookdelivery", "view_calllog", "match_delivery"))

        for delivery in (self.delivery(self.make_call()), self.delivery(None)):
            shown = self.page(delivery)
            assert "hidden" in shown
            for words in ("They come.", "X-Secret-Header", *FORMS):
                assert words not in shown

    def test_the_look_is_logged_at_the_call_or_in_the_history(self) -> None:
        call = self.make_call()

        assert "They come." in self.page(self.delivery(call))
        assert ("viewer", Disclosed.TECHNICAL) in looks(call)

        assert "They come." in self.page(self.delivery(None))
        assert "shown" in LogEntry.objects.get().get_change_message()

    def test_numbers_are_taken_out_for_people_who_may_not_reveal_them(self) -> None:
        self.client.force_login(staff("technician", "view_webhookdelivery", "view_technical"))

        shown = self.page(self.delivery(self.make_call()))

        assert "They come." in shown
        assert not [form for form in FORMS if form in shown]
