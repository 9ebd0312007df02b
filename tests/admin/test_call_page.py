import json
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from calls.admin.call_page import STOP_POLLING
from calls.choices import CallStatus, EventSource, Verdict, WebhookRoute
from calls.models import CallEvent, CallList, CallLog, Contact, Transcript, WebhookDelivery
from calls.osvi.outcomes import REFERENCE_KEY
from tests.admin.base import AdminTestCase

HOSTILE = '"><script>alert(1)</script><a href="javascript:alert(2)">x</a>'
REQUEST = {
    "agent_uuid": "agent_front_desk",
    "initial_greeting": "Hello Asha, this is City Dental.",
    "system_prompt": "Remind of the appointment.",
    "additional_data": {"clinic": "City Dental", "slot": {"day": "Monday"}, REFERENCE_KEY: "secret-looking"},
    "call_config_overrides": {
        "max_call_duration_seconds": 120,
        "enable_callback": True,
        "retry_config": {"enabled": True, "max_attempts": 2, "interval_minutes": 30},
    },
    "data_extraction": [
        {"key": "confirmed", "description": "Will they come?", "required": True},
        {"key": "note", "description": "Anything else?", "required": False},
    ],
}


def page_of(call: CallLog) -> str:
    return reverse("admin:calls_calllog_change", args=[call.pk])


def live_of(call: CallLog) -> str:
    return reverse("admin:calls_calllog_live", args=[call.pk])


class CallPageTestCase(AdminTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.viewer)

    def finished(self, **fields: Any) -> CallLog:
        """Return an answered call with all that comes of one."""
        values = {
            "status": CallStatus.FINISHED,
            "outcome": "picked",
            "duration_seconds": 48,
            "summary": "They will come.",
            "extracted": {"confirmed": True, "mood": {"tone": "friendly", "words": ["yes", "sure"]}},
            "call_id": "call_abc",
            "ended_by": "agent",
            "ended_reason": "assistant-ended-call",
            "request": REQUEST,
        }
        call = self.make_call(**{**values, **fields})
        turns = [
            {"speaker": "agent", "text": "Hello Asha.", "at": "2026-06-01T10:00:00+05:30"},
            {"speaker": "person", "text": "Yes, I will come.", "at": ""},
        ]
        Transcript.objects.create(call=call, turns=turns, text=Transcript.as_text(turns))
        return call

    def see(self, call: CallLog) -> Any:
        response = self.client.get(page_of(call))
        assert response.status_code == 200
        return response


class CallPageTests(CallPageTestCase):
    def test_it_leads_to_the_list_that_it_was_made_for(self) -> None:
        call_list = CallList.objects.create(name="Tuesday", template=self.template, country="IN")
        contact = Contact.objects.create(call_list=call_list, row=2)

        page = self.see(self.finished(contact=contact))

        self.assertContains(page, "Tuesday")
        link = f'href="{reverse("admin:calls_calllist_change", args=[call_list.pk])}"'
        self.assertNotContains(page, link)
        self.client.force_login(self.boss)
        self.assertContains(self.see(CallLog.objects.get()), link)

    def test_it_says_what_the_guards_went_by(self) -> None:
        call = self.finished(purpose="service", time_zone="Asia/Kolkata", override_reason="She asked for it.")

        page = self.see(call)

        for words in ("Service", "Asia/Kolkata", "Called all the same because", "She asked for it."):
            self.assertContains(page, words)
        self.assertNotContains(self.see(self.make_call()), "Called all the same")

    def test_it_tells_what_happened(self) -> None:
        response = self.see(self.finished())

        for words in (
            "Asha Rao",
            "+91 ••••• •210",
            "Answered",
            "The agent ended the call.",
            "48 s",
            "version 1",
            "They will come.",
            "Yes, I will come.",
            "Hello Asha, this is City Dental.",
            "Hang up after 2 min",
            "Ring again up to 2 times, 30 min apart: at most 3 calls",
            "10:00:00",
            "Call requested.",
        ):
            self.assertContains(response, words)
        self.assertNotContains(response, "secret-looking")

    def test_answers_stand_beside_what_was_asked(self) -> None:
        response = self.see(self.finished(extracted={"mood": {"tone": "friendly", "words": ["yes", "sure"]}}))

        rows = {row.key: row for row in response.context["answers"]}
        assert list(rows) == ["confirmed", "note", "mood"]
        self.assertContains(response, "Required, but missing", count=1)
        self.assertContains(response, "Tone: friendly")
        self.assertContains(response, "Words: yes, sure")
        assert not rows["mood"].asked_for

    def test_a_false_answer_is_an_answer(self) -> None:
        response = self.see(self.finished(extracted={"confirmed": False, "note": 0}))

        self.assertNotContains(response, "Required, but missing")
        assert [row.answer for row in response.context["answers"]] == ["No", "0"]

    def test_it_says_what_is_still_to_come(self) -> None:
        soon = timezone.now() + timedelta(seconds=5)
        cases: dict[str, dict[str, Any]] = {
            "It is sent within seconds": {"status": CallStatus.QUEUED},
            "The outcome appears here by itself": {"status": CallStatus.ACCEPTED},
            "Summary and transcript usually follow": {
                "status": CallStatus.FINISHED,
                "outcome": "picked",
                "next_poll_at": soon,
            },
            "OSVI may ring again by itself": {
                "status": CallStatus.FINISHED,
                "outcome": "busy",
                "next_poll_at": soon,
                "request": REQUEST,
            },
            "the telephone may have rung": {"status": CallStatus.UNCONFIRMED},
            "Put right what OSVI complains about": {"status": CallStatus.REJECTED},
        }
        for sentence, fields in cases.items():
            with self.subTest(sentence):
                self.assertContains(self.see(self.make_call(**fields)), sentence)

    def test_every_status_has_a_page(self) -> None:
        for status in CallStatus:
            with self.subTest(status):
                self.see(self.make_call(status=status, status_reason=f"Because of {status}."))

    def test_text_from_outside_is_shown_as_text(self) -> None:
        call = self.finished(
            person_name=HOSTILE,
            outcome=HOSTILE,
            status_reason=HOSTILE,
            summary=HOSTILE,
            tag=HOSTILE,
            ended_by=HOSTILE,
            ended_reason=HOSTILE,
            call_id=HOSTILE,
            extracted={HOSTILE: {HOSTILE: [HOSTILE]}, "confirmed": HOSTILE},
            analysis={HOSTILE: HOSTILE},
            request={
                **REQUEST,
                "initial_greeting": HOSTILE,
                "system_prompt": HOSTILE,
                "additional_data": {HOSTILE: HOSTILE},
                "data_extraction": [{"key": HOSTILE, "description": HOSTILE}],
            },
        )
        turns = [{"speaker": HOSTILE, "text": HOSTILE, "at": HOSTILE}]
        Transcript.objects.filter(call=call).update(turns=turns, raw=turns)
        call.note(HOSTILE, source=EventSource.POLL, evidence={HOSTILE: HOSTILE})
        self.client.force_login(self.boss)

        technical = reverse("admin:calls_calllog_technical", args=[call.pk])
        evidence = reverse("admin:calls_calllog_evidence", args=[call.pk])
        for address in (page_of(call), live_of(call), technical, evidence):
            shown = self.client.get(address).content.decode()
            assert "&lt;script&gt;alert(1)" in shown
            assert "<script>alert" not in shown
            assert 'href="javascript:' not in shown

    def test_the_number_of_queries_does_not_grow_with_steps_and_messages(self) -> None:
        call = self.finished()
        self.see(call)
        with CaptureQueriesContext(connection) as few:
            self.see(call)
        for number in range(10):
            call.note(f"Step {number}", source=EventSource.PERSON, by=self.caller)
            WebhookDelivery.objects.create(
                route=WebhookRoute.CALL, call=call, verdict=Verdict.APPLIED, body_digest=str(number)
            )

        with CaptureQueriesContext(connection) as many:
            self.see(call)

        assert len(many) == len(few)

    def test_it_needs_the_permission_and_a_call(self) -> None:
        call = self.finished()
        assert self.client.get(page_of(CallLog(pk=call.pk + 1))).status_code == 404
        self.client.force_login(self.nobody)
        assert self.client.get(page_of(call)).status_code == 403
        assert self.client.get(live_of(call)).status_code == 403

    def test_looking_changes_nothing(self) -> None:
        call = self.finished(status=CallStatus.UNCONFIRMED, outcome="")
        rows, steps = list(CallLog.objects.values()), CallEvent.objects.count()
        names = (
            *("cancel", "it_rang", "it_did_not_ring", "ask_osvi", "reveal_number", "technical", "evidence"),
            *("add_note", "correct_answer", "assign_follow_up", "finish_follow_up"),
            *("mark_reviewed", "unmark_reviewed"),
        )
        self.client.force_login(self.boss)

        for address in (
            page_of(call),
            live_of(call),
            *(reverse(f"admin:calls_calllog_{name}", args=[call.pk]) for name in names),
            *(reverse(f"admin:calls_calllog_{name}") for name in ("again", "cancel_many", "resume_sending")),
        ):
            assert self.client.get(address).status_code in {200, 302, STOP_POLLING}, address

        assert list(CallLog.objects.values()) == rows
        assert CallEvent.objects.count() == steps


class LiveTests(CallPageTestCase):
    def test_it_looks_again_while_something_may_still_happen(self) -> None:
        call = self.make_call(status=CallStatus.ACCEPTED)

        response = self.client.get(live_of(call))

        assert response.status_code == 200
        self.assertContains(response, 'hx-trigger="every 2s"')
        self.assertNotContains(response, "<html")
        self.assertContains(self.see(call), "htmx.min.js")

    def test_it_looks_less_often_when_nothing_happens(self) -> None:
        call = self.make_call(status=CallStatus.ACCEPTED)
        CallEvent(
            call=call, source=EventSource.POLL, why="Old.", at=timezone.now() - timedelta(hours=1)
        ).save()

        self.assertContains(self.client.get(live_of(call)), 'hx-trigger="every 10s"')

    def test_it_stops_when_all_is_known(self) -> None:
        call = self.finished()

        response = self.client.get(live_of(call))

        assert response.status_code == STOP_POLLING
        assert b"hx-get" not in response.content
        self.assertNotContains(self.see(call), "every 2s")

    def test_people_who_were_logged_out_get_a_reload_instead_of_a_login_page_inside_the_page(self) -> None:
        call = self.make_call()
        self.client.logout()

        response = self.client.get(live_of(call))

        assert response.status_code == 401
        assert response.headers["HX-Refresh"] == "true"
        assert response.content == b""

    def test_htmx_may_run_no_code_from_the_page(self) -> None:
        page = self.see(self.make_call()).content.decode()

        start = page.index('name="htmx-config"')
        config = page[page.index('content="', start) + 9 : page.index('">', start)].replace("&quot;", '"')
        assert {
            key: json.loads(config)[key]
            for key in ("allowEval", "includeIndicatorStyles", "selfRequestsOnly")
        } == {"allowEval": False, "includeIndicatorStyles": False, "selfRequestsOnly": True}
