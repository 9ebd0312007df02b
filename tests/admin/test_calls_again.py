import uuid
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.urls import reverse

from calls.admin import consequences
from calls.choices import CallStatus, EventSource
from calls.models import CallLog
from calls.osvi.outcomes import REFERENCE_KEY
from calls.services.again import order_from
from calls.services.orders import CallOrder
from calls.services.place import place
from tests.admin.base import AdminTestCase, staff

LIST = reverse("admin:calls_calllog_changelist")
AGAIN = reverse("admin:calls_calllog_again")
CANCEL_MANY = reverse("admin:calls_calllog_cancel_many")


class ManyCallsTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.caller)

    def earlier(self, number: str = "9876543210", **fields: object) -> CallLog:
        """Return a finished call that was really placed, with its snapshot."""
        order = CallOrder(
            agent=self.agent,
            phone_number=number,
            country="IN",
            person_name="Asha Rao",
            template=self.template,
            values={"appointment_date": "Monday"},
        )
        call, _is_new = place(order, source=EventSource.PERSON, by=self.boss, nudge_worker=False)
        values = {"status": CallStatus.FINISHED, "outcome": "not_picked", **fields}
        CallLog.objects.filter(pk=call.pk).update(**values)
        call.refresh_from_db()
        return call

    def ask(self, action: str, *calls: CallLog, **more: str) -> Any:
        data = {"action": action, ACTION_CHECKBOX_NAME: [call.pk for call in calls], **more}
        return self.client.post(LIST, data)

    def do(self, address: str, *calls: CallLog, token: str = "") -> Any:
        self.client.get(LIST)  # Messages of an earlier press are read there.
        data = {
            "form_token": token or str(uuid.uuid4()),
            ACTION_CHECKBOX_NAME: [call.pk for call in calls],
        }
        return self.client.post(address, data)

    def words(self, response: Any) -> list[str]:
        return [str(message) for message in get_messages(response.wsgi_request)]


class CallAgainTests(ManyCallsTestCase):
    def test_the_page_of_consequences_comes_first_and_places_nothing(self) -> None:
        going = self.earlier()
        moving = self.earlier("9876500001", status=CallStatus.ACCEPTED)
        unsure = self.earlier("9876500002", status=CallStatus.UNCONFIRMED)
        idle = self.earlier("9876500003", agent=self.idle_agent)
        twin = self.earlier("9876543210")
        count = CallLog.objects.count()

        response = self.ask("call_again", going, moving, unsure, idle, twin)

        self.assertContains(response, "1 person will be rung")
        self.assertContains(response, "Place 1 call")
        for reason in (
            "still under way",
            "whether this call went out",
            "no longer lists its agent",
            "chosen already",
        ):
            self.assertContains(response, reason)
        assert CallLog.objects.count() == count
        self.assertContains(response, "+91 ••••• •210")
        self.assertNotContains(response, "98765")
        # Of two calls to one number the later one is placed again.
        self.assertContains(response, f'name="{ACTION_CHECKBOX_NAME}" value="{twin.pk}"')
        self.assertNotContains(response, f'name="{ACTION_CHECKBOX_NAME}" value="{going.pk}"')

    def test_it_places_the_calls_from_their_snapshots(self) -> None:
        earlier = self.earlier()
        self.template.greeting = "Something else entirely."
        self.template.save()
        self.template.record_version(None)

        response = self.do(AGAIN, earlier)

        self.assertRedirects(response, LIST)
        assert self.words(response) == ["1 call was placed."]
        again = CallLog.objects.get(again_of=earlier)
        for fact in ("agent", "template_version", "phone_number", "person_name"):
            assert getattr(again, fact) == getattr(earlier, fact)
        assert again.placed_by == self.caller
        assert again.status == CallStatus.QUEUED
        old, new = dict(earlier.request), dict(again.request)
        facts, new_facts = old.pop("additional_data"), new.pop("additional_data")
        assert new == old
        assert new_facts == {**facts, REFERENCE_KEY: str(again.reference)}

    def test_sending_the_form_twice_places_nothing_twice(self) -> None:
        calls = [self.earlier("9876500001"), self.earlier("9876500002")]
        token = str(uuid.uuid4())

        first = self.do(AGAIN, *calls, token=token)
        second = self.do(AGAIN, *calls, token=token)

        assert self.words(first) == ["2 calls were placed."]
        assert "2 calls of this form were placed before and are not placed twice." in self.words(second)
        assert CallLog.objects.filter(again_of__isnull=False).count() == 2

    def test_a_second_form_does_not_ring_a_person_who_may_be_ringing(self) -> None:
        call = self.earlier()

        self.do(AGAIN, call)
        response = self.do(AGAIN, call)

        assert self.words(response) == [
            "No call was placed.",
            "Left out 1: Another call to this number is under way.",
        ]
        assert CallLog.objects.filter(again_of=call).count() == 1

    def test_what_changed_since_the_page_of_consequences_is_checked_again(self) -> None:
        call = self.earlier()
        self.ask("call_again", call)
        self.agent.is_active = False
        self.agent.save()

        response = self.do(AGAIN, call)

        assert "Left out 1: OSVI no longer lists its agent as active." in self.words(response)
        assert not CallLog.objects.filter(again_of=call).exists()

    def test_nonsense_in_the_form_places_nothing(self) -> None:
        call = self.earlier()
        for data in (
            {},
            {"form_token": "x", ACTION_CHECKBOX_NAME: call.pk},
            {"form_token": str(uuid.uuid4())},
        ):
            self.client.post(AGAIN, data)
        self.client.post(
            AGAIN, {"form_token": str(uuid.uuid4()), ACTION_CHECKBOX_NAME: ["-1", "x", "9" * 12]}
        )
        self.client.get(AGAIN)

        assert not CallLog.objects.filter(again_of=call).exists()

    def test_without_the_permission_it_is_hidden_and_refused(self) -> None:
        call = self.earlier()
        self.client.force_login(self.viewer)

        self.assertNotContains(self.client.get(LIST), "Call again")
        self.assertNotContains(self.ask("call_again", call), "will be rung")
        assert self.client.get(AGAIN).status_code == 403
        assert self.do(AGAIN, call).status_code == 403
        assert not CallLog.objects.filter(again_of=call).exists()

    def test_it_comes_back_to_the_part_of_the_list_it_started_from(self) -> None:
        call = self.earlier()
        data = {"action": "call_again", ACTION_CHECKBOX_NAME: call.pk}
        page = self.client.post(f"{LIST}?status=finished&p=1", data)
        self.assertContains(page, f'href="{LIST}?status=finished&amp;p=1"')

        data = {
            "form_token": str(uuid.uuid4()),
            ACTION_CHECKBOX_NAME: call.pk,
            "list_query": "status=finished&p=1",
        }
        self.assertRedirects(self.client.post(AGAIN, data), f"{LIST}?status=finished&p=1")

    def test_more_than_people_can_read_are_refused(self) -> None:
        calls = [self.earlier(f"98765000{number:02}") for number in range(3)]
        most, consequences.MOST_AT_ONCE = consequences.MOST_AT_ONCE, 2
        self.addCleanup(setattr, consequences, "MOST_AT_ONCE", most)

        response = self.ask("call_again", *calls)

        assert response.status_code == 302
        assert "at most 2 at once" in self.words(response)[0]

    def test_hostile_names_are_text_on_the_page_of_consequences(self) -> None:
        call = self.earlier(person_name="<script>alert(1)</script>")

        response = self.ask("call_again", call)

        self.assertContains(response, "&lt;script&gt;alert(1)")
        self.assertNotContains(response, "<script>alert")

    def test_an_order_from_a_call_without_settings_does_not_take_the_templates(self) -> None:
        call = self.earlier()
        call.request = {key: call.request[key] for key in ("agent_uuid", "phone_number", "country_code")}

        order = order_from(call)

        assert (order.greeting, order.prompt, order.data_points) == ("", "", [])
        assert set((order.overrides or {"": 1}).values()) == {None}


class CancelManyTests(ManyCallsTestCase):
    def test_it_cancels_what_has_not_left_and_says_what_had(self) -> None:
        self.client.force_login(staff("canceller", "view_calllog", "cancel_call"))
        waiting = self.make_call(status=CallStatus.QUEUED)
        gone = self.make_call(status=CallStatus.ACCEPTED)

        page = self.ask("cancel_calls", waiting, gone)
        self.assertContains(page, "1 call will be cancelled")
        waiting.refresh_from_db()
        assert waiting.status == CallStatus.QUEUED

        response = self.do(CANCEL_MANY, waiting, gone)
        waiting.refresh_from_db()
        gone.refresh_from_db()
        assert (waiting.status, gone.status) == (CallStatus.CANCELLED, CallStatus.ACCEPTED)
        assert self.words(response)[0] == "1 call was cancelled."
        assert "Left out 1" in self.words(response)[1]

    def test_without_the_permission_it_is_hidden_and_refused(self) -> None:
        call = self.make_call(status=CallStatus.QUEUED)
        self.client.force_login(self.viewer)

        self.assertNotContains(self.client.get(LIST), "cancel_calls")
        assert self.client.get(CANCEL_MANY).status_code == 403
        assert self.do(CANCEL_MANY, call).status_code == 403
        call.refresh_from_db()
        assert call.status == CallStatus.QUEUED
