import json
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.choices import CallStatus, Verdict, WebhookRoute
from calls.models import CallLog, WebhookDelivery
from tests.admin.base import NUMBER, AdminTestCase, staff

LIST = reverse("admin:calls_webhookdelivery_changelist")
REPLAY_MANY = reverse("admin:calls_webhookdelivery_replay_many")
HOSTILE = '"><script>alert(1)</script>'


def address(name: str, delivery: WebhookDelivery) -> str:
    return reverse(f"admin:calls_webhookdelivery_{name}", args=[delivery.pk])


class DeliveryTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def make(self, message: Any = None, **fields: Any) -> WebhookDelivery:
        """Return a stored delivery; `message` is its JSON."""
        body = json.dumps({"status": "picked", "summary": "Fine."} if message is None else message).encode()
        values = {
            "route": WebhookRoute.AGENT,
            "verdict": Verdict.UNMATCHED,
            "headers": {"Authorization": "[masked]", "Content-Type": "application/json"},
            "body": body,
            "body_size": len(body),
            "body_digest": WebhookDelivery.digest(body),
        }
        return WebhookDelivery.objects.create(**{**values, **fields})

    def words(self, response: Any) -> list[str]:
        return [str(message) for message in get_messages(response.wsgi_request)]


class DeliveryListTests(DeliveryTestCase):
    def pks(self, **query: str) -> list[int]:
        return [row.pk for row in self.client.get(LIST, query).context["cl"].result_list]

    def test_it_shows_what_became_of_each(self) -> None:
        self.make(verdict=Verdict.APPLIED, call=self.make_call())
        self.make(verdict=Verdict.WRONG_SECRET)

        response = self.client.get(LIST)

        for words in ("Applied", "Wrong secret", "Asha Rao", "bytes"):
            self.assertContains(response, words)

    def test_it_filters(self) -> None:
        stray = self.make()
        refused = self.make(verdict=Verdict.NOT_JSON, route=WebhookRoute.CALL)

        assert self.pks(verdict="attention") == [stray.pk]
        assert self.pks(verdict="refused") == [refused.pk]
        assert self.pks(verdict="not_json") == [refused.pk]
        assert self.pks(route="agent") == [stray.pk]
        assert self.pks(when="today") == [refused.pk, stray.pk]
        assert self.pks(when="yesterday") == []

    def test_the_number_of_queries_does_not_grow_and_bodies_are_not_read(self) -> None:
        self.make(call=self.make_call())
        self.client.get(LIST)
        with CaptureQueriesContext(connection) as few:
            self.client.get(LIST)
        for _number in range(10):
            self.make(call=self.make_call())

        with CaptureQueriesContext(connection) as many:
            self.client.get(LIST)

        assert len(many) == len(few)
        assert not [query for query in many if '"body"' in query["sql"] or '"summary"' in query["sql"]]

    def test_it_needs_the_permission(self) -> None:
        delivery = self.make()
        self.client.force_login(self.nobody)

        assert self.client.get(LIST).status_code == 403
        assert self.client.get(address("change", delivery)).status_code == 403


class DeliveryPageTests(DeliveryTestCase):
    def test_it_shows_the_message_its_headers_and_its_error(self) -> None:
        delivery = self.make({"summary": "Fine."}, verdict=Verdict.FAILED, error="KeyError: 'status'")

        response = self.client.get(address("change", delivery))

        self.assertContains(response, "&quot;summary&quot;: &quot;Fine.&quot;")
        self.assertContains(response, "[masked]")
        self.assertContains(response, "KeyError")

    def test_every_body_can_be_shown(self) -> None:
        bodies = (b"", b"\xff\xfe", b"not json", b"[" * 5000, b'"' + b"x" * 200_000 + b'"')
        for body in bodies:
            with self.subTest(body[:10]):
                delivery = self.make(body=body, verdict=Verdict.UNMATCHED)
                self.client.force_login(self.boss)
                assert self.client.get(address("change", delivery)).status_code == 200

    def test_text_from_outside_is_shown_as_text(self) -> None:
        call = self.make_call(person_name=HOSTILE, phone_number=NUMBER)
        delivery = self.make(
            {HOSTILE: HOSTILE, "phone_number": NUMBER},
            headers={HOSTILE: HOSTILE},
            error=HOSTILE,
            changed=[HOSTILE],
        )
        matched = self.make({HOSTILE: HOSTILE}, call=call, verdict=Verdict.APPLIED)
        self.client.force_login(self.boss)

        for page in (address("change", delivery), address("change", matched), LIST):
            shown = self.client.get(page).content.decode()
            assert "&lt;script&gt;alert(1)" in shown
            assert "<script>alert" not in shown

    def test_looking_changes_nothing(self) -> None:
        delivery = self.make()
        rows = list(WebhookDelivery.objects.values())
        self.client.force_login(self.boss)

        for page in ("change", "replay", "match"):
            assert self.client.get(address(page, delivery)).status_code in {200, 302}
        self.client.get(REPLAY_MANY)

        assert list(WebhookDelivery.objects.values()) == rows


class ReplayTests(DeliveryTestCase):
    def setUp(self) -> None:
        self.technician = staff("technician", "view_calllog", "view_webhookdelivery", "replay_delivery")
        self.client.force_login(self.technician)

    def test_it_applies_a_message_once_more(self) -> None:
        call = self.make_call()
        delivery = self.make(call=call, verdict=Verdict.FAILED, error="once")
        self.assertContains(self.client.get(address("change", delivery)), "Replay")

        response = self.client.post(address("replay", delivery))

        call.refresh_from_db()
        delivery.refresh_from_db()
        assert (call.outcome, call.summary) == ("picked", "Fine.")
        assert (delivery.verdict, delivery.replay_count) == (Verdict.APPLIED, 1)
        assert self.words(response) == ["Replayed: Applied."]
        assert call.events.latest("pk").by == self.technician

    def test_what_was_refused_cannot_be_replayed(self) -> None:
        delivery = self.make(verdict=Verdict.WRONG_SECRET)

        self.assertNotContains(self.client.get(address("change", delivery)), address("replay", delivery))
        assert "nothing to apply" in self.words(self.client.post(address("replay", delivery)))[0]

    def test_without_the_permission_it_is_hidden_and_refused(self) -> None:
        delivery = self.make(call=self.make_call(), verdict=Verdict.FAILED)
        self.client.force_login(self.viewer)

        self.assertNotContains(self.client.get(address("change", delivery)), address("replay", delivery))
        for page in (address("replay", delivery), REPLAY_MANY):
            assert self.client.get(page).status_code == 403
            assert self.client.post(page).status_code == 403
        delivery.refresh_from_db()
        assert delivery.replay_count == 0

    def test_a_delivery_that_does_not_exist_is_404(self) -> None:
        for page in ("replay", "change"):
            assert self.client.post(address(page, WebhookDelivery(pk=999))).status_code == 404

    def test_many_are_replayed_after_a_page_of_consequences(self) -> None:
        going = self.make(call=self.make_call(), verdict=Verdict.FAILED)
        refused = self.make(verdict=Verdict.NOT_JSON)
        chosen = {ACTION_CHECKBOX_NAME: [going.pk, refused.pk]}

        page = self.client.post(LIST, {"action": "replay", **chosen})
        self.assertContains(page, "1 delivery will be applied once more")
        self.assertContains(page, "refused at the door")
        going.refresh_from_db()
        assert going.replay_count == 0

        response = self.client.post(REPLAY_MANY, chosen)
        going.refresh_from_db()
        assert going.verdict == Verdict.APPLIED
        assert self.words(response)[0] == "1 delivery was replayed (Applied: 1)."
        assert "Left out 1" in self.words(response)[1]


class MatchTests(DeliveryTestCase):
    def setUp(self) -> None:
        self.call = self.make_call(status=CallStatus.UNCONFIRMED)
        self.delivery = self.make({"status": "picked", "phone_number": NUMBER, "summary": "Fine."})
        self.matcher = staff("matcher", "view_calllog", "view_webhookdelivery", "match_delivery")
        self.client.force_login(self.matcher)

    def match(self, call: CallLog) -> Any:
        return self.client.post(address("match", self.delivery), {"call": call.pk})

    def test_it_offers_the_calls_to_the_number_in_the_message(self) -> None:
        page = self.client.get(address("change", self.delivery))

        self.assertContains(page, "Match to this call")
        assert page.context["candidates"] == [self.call]

    def test_it_finds_calls_by_words(self) -> None:
        other = self.make_call(person_name="Imran Sheikh", phone_number="+919876500001")

        page = self.client.get(address("change", self.delivery), {"q": "imran"})

        assert page.context["candidates"] == [other]

    def test_matching_applies_the_message(self) -> None:
        response = self.match(self.call)

        self.call.refresh_from_db()
        self.delivery.refresh_from_db()
        assert (self.call.status, self.call.summary) == (CallStatus.FINISHED, "Fine.")
        assert self.delivery.matched_by_person == self.matcher
        assert self.words(response) == ["Replayed: Applied."]

    def test_it_is_matched_once(self) -> None:
        self.match(self.call)
        self.client.get(LIST)  # Messages of an earlier press are read there.
        other = self.make_call(phone_number="+919876500001")

        response = self.match(other)

        other.refresh_from_db()
        assert other.summary == ""
        assert "belongs to a call already" in self.words(response)[0]

    def test_a_call_that_does_not_exist_is_404(self) -> None:
        for call in ("999999", "x", "", "-1"):
            assert self.client.post(address("match", self.delivery), {"call": call}).status_code == 404, call

    def test_without_the_permission_it_is_hidden_and_refused(self) -> None:
        self.client.force_login(self.viewer)

        self.assertNotContains(self.client.get(address("change", self.delivery)), "Match to this call")
        assert self.client.get(address("match", self.delivery)).status_code == 403
        assert self.match(self.call).status_code == 403
        self.call.refresh_from_db()
        assert self.call.summary == ""
