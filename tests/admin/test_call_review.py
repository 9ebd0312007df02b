"""Notes, corrected answers, follow-ups and "reviewed" on a call's page."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus, Verdict, WebhookRoute
from calls.models import CallLog, WebhookDelivery
from tests.admin.base import NUMBER, staff
from tests.admin.test_call_page import CallPageTestCase


class ReviewTestCase(CallPageTestCase):
    reviewer: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.reviewer = staff("reviewer", "view_calllog", "view_conversation", "review_call")

    def setUp(self) -> None:
        self.client.force_login(self.reviewer)

    def send(self, name: str, call: CallLog, **data: Any) -> Any:
        return self.client.post(reverse(f"admin:calls_calllog_{name}", args=[call.pk]), data, follow=True)


class PermissionTests(ReviewTestCase):
    NAMES = (
        "add_note",
        "correct_answer",
        "assign_follow_up",
        "finish_follow_up",
        "mark_reviewed",
        "unmark_reviewed",
    )

    def test_each_needs_the_permission_and_a_call(self) -> None:
        call = self.finished()
        self.client.force_login(self.viewer)
        self.assertNotContains(self.see(call), "Add note")
        for name in self.NAMES:
            where = reverse(f"admin:calls_calllog_{name}", args=[call.pk])
            assert self.client.get(where).status_code == 403, name
            assert self.client.post(where).status_code == 403, name

        self.client.force_login(self.reviewer)
        for name in self.NAMES:
            where = reverse(f"admin:calls_calllog_{name}", args=[call.pk + 1])
            assert self.client.post(where).status_code == 404, name

    def test_notes_and_corrections_are_not_for_people_who_may_not_read(self) -> None:
        call = self.finished()
        self.client.force_login(staff("blind", "view_calllog", "review_call"))

        for name in ("add_note", "correct_answer"):
            where = reverse(f"admin:calls_calllog_{name}", args=[call.pk])
            assert self.client.post(where, {"text": "x", "key": "confirmed", "value": "x"}).status_code == 403


class NoteTests(ReviewTestCase):
    def test_a_note_is_added(self) -> None:
        response = self.send("add_note", self.finished(), text="Rings back on Friday.")

        self.assertContains(response, "Rings back on Friday.")
        self.assertContains(response, "A note was added.")

    def test_a_refused_note_stands_as_it_was_typed_with_the_reason(self) -> None:
        call = self.finished()
        text = "x" * 4001

        response = self.send("add_note", call, text=text)

        self.assertContains(response, text)
        self.assertContains(response, "at most 4000")
        self.assertContains(self.send("add_note", call, text=" "), "Please write something.")
        assert not call.notes.exists()


class CorrectionTests(ReviewTestCase):
    def test_both_values_are_shown(self) -> None:
        call = self.finished()

        response = self.send("correct_answer", call, key="confirmed", value="only perhaps")

        self.assertContains(response, "only perhaps")
        self.assertContains(response, "OSVI understood: Yes")
        self.assertContains(response, "corrected by reviewer")
        self.assertContains(response, "What OSVI understood is kept beside it.")

    def test_a_corrected_answer_is_no_longer_missing(self) -> None:
        call = self.finished(extracted={}, required_missing=True)
        self.assertContains(self.see(call), "Required, but missing")

        response = self.send("correct_answer", call, key="confirmed", value="yes")

        self.assertNotContains(response, "Required, but missing")
        self.assertContains(response, "OSVI understood nothing")
        call.refresh_from_db()
        assert not call.required_missing

    def test_a_refused_correction_stands_open_as_it_was_typed(self) -> None:
        call = self.finished()
        text = "y" * 3001

        response = self.send("correct_answer", call, key="confirmed", value=text)

        self.assertContains(response, text)
        self.assertContains(response, "at most 3000")
        assert not call.corrections.exists()

    def test_an_answer_that_does_not_exist_is_refused_in_words(self) -> None:
        call = self.finished()

        response = self.send("correct_answer", call, key="colour", value="red")

        self.assertContains(response, "This call has no such answer.")
        assert not call.corrections.exists()


class FollowUpTests(ReviewTestCase):
    def test_it_is_planned_and_done(self) -> None:
        call = self.finished()
        day = timezone.localdate() + timedelta(days=3)

        response = self.send("assign_follow_up", call, owner=self.reviewer.pk, due=day.isoformat())

        self.assertContains(response, "reviewer follows this up until")
        call.refresh_from_db()
        assert (call.follow_up_owner, call.follow_up_on) == (self.reviewer, day)
        self.assertContains(self.send("finish_follow_up", call), "The follow-up is done.")

    def test_what_is_wrong_is_said_beside_the_field(self) -> None:
        call = self.finished()
        yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()

        self.assertContains(
            self.send("assign_follow_up", call, owner=self.reviewer.pk, due=yesterday), "This day has passed."
        )
        self.assertContains(
            self.send("assign_follow_up", call, owner=self.reviewer.pk, due="soon"), "Please enter a day"
        )
        self.assertContains(self.send("assign_follow_up", call, owner=0, due=yesterday), "can no longer work")
        call.refresh_from_db()
        assert call.follow_up_on is None


class ReviewedTests(ReviewTestCase):
    def test_it_is_marked_and_taken_back(self) -> None:
        call = self.finished()

        self.assertContains(self.send("mark_reviewed", call), "Reviewed by reviewer")
        self.assertContains(self.send("unmark_reviewed", call), "Mark as reviewed")

    def test_a_call_that_has_not_ended_cannot_be_reviewed(self) -> None:
        call = self.make_call(status=CallStatus.ACCEPTED)

        self.assertContains(self.send("mark_reviewed", call), "Only a finished call")
        call.refresh_from_db()
        assert call.reviewed_at is None


class StrayTests(CallPageTestCase):
    def stray(self, number: str = NUMBER, **fields: Any) -> WebhookDelivery:
        body = f'{{"call_status": "picked", "phone_number": "{number}"}}'.encode()
        values: dict[str, Any] = {
            "route": WebhookRoute.AGENT,
            "verdict": Verdict.UNMATCHED,
            "body": body,
            "body_digest": WebhookDelivery.digest(body),
            "body_size": len(body),
        }
        return WebhookDelivery.objects.create(**values | fields)

    def test_messages_that_may_be_about_the_call_are_offered_and_matched(self) -> None:
        call = self.make_call(status=CallStatus.UNCONFIRMED)
        wanted = self.stray("98765 43210")
        self.stray("+919876500000")
        self.stray(received_at=timezone.now() - timedelta(days=1))
        self.client.force_login(self.boss)

        response = self.see(call)

        assert [stray.delivery for stray in response.context["strays"]] == [wanted]
        match = reverse("admin:calls_webhookdelivery_match", args=[wanted.pk])
        response = self.client.post(match, {"call": call.pk, "back": "call"}, follow=True)
        self.assertContains(response, "Answered")
        call.refresh_from_db()
        assert (call.status, call.outcome) == (CallStatus.FINISHED, "picked")

    def test_they_are_offered_only_to_people_who_may_match_and_for_calls_without_outcome(self) -> None:
        self.stray()

        assert self.see(self.make_call(status=CallStatus.UNCONFIRMED)).context["strays"] == []
        self.client.force_login(self.boss)
        assert self.see(self.finished()).context["strays"] == []
