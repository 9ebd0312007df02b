from datetime import timedelta
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from calls.choices import CallStatus
from calls.models import CallEvent, CallLog
from tests.admin.base import AdminTestCase, staff

LIST = reverse("admin:calls_calllog_changelist")
REVIEWED = reverse("admin:calls_calllog_reviewed_many")
UNDO = reverse("admin:calls_calllog_unreview_many")
FOLLOW_UP = reverse("admin:calls_calllog_follow_up_many")


class BulkTestCase(AdminTestCase):
    reviewer: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.reviewer = staff("reviewer", "view_calllog", "review_call")

    def setUp(self) -> None:
        self.client.force_login(self.reviewer)

    def finished(self, **fields: Any) -> CallLog:
        return self.make_call(**{"status": CallStatus.FINISHED, "outcome": "picked", **fields})

    def ask(self, action: str, *calls: CallLog, query: str = "") -> Any:
        data = {"action": action, ACTION_CHECKBOX_NAME: [call.pk for call in calls]}
        return self.client.post(f"{LIST}{query}", data)

    def do(self, address: str, *calls: CallLog, **data: Any) -> Any:
        self.client.get(LIST)  # Messages of an earlier press are read there.
        return self.client.post(address, {ACTION_CHECKBOX_NAME: [call.pk for call in calls], **data})

    def words(self, response: Any) -> list[str]:
        return [str(message) for message in get_messages(response.wsgi_request)]

    def reviewed(self, call: CallLog) -> User | None:
        call.refresh_from_db()
        return call.reviewed_by


class MarkReviewedTests(BulkTestCase):
    def test_the_page_of_consequences_comes_first_with_true_counts(self) -> None:
        call, moving = self.finished(), self.make_call()
        before = self.finished(reviewed_at=timezone.now())

        page = self.ask("mark_reviewed", call, moving, before)

        for words in (
            "1 call will be marked as reviewed by you",
            "Mark 1 call as reviewed",
            "2 are left out",
            "Nothing is known yet",
            "It was reviewed before.",
            "+91 ••••• •210",
        ):
            self.assertContains(page, words)
        self.assertNotContains(page, "98765")
        assert self.reviewed(call) is None

    def test_it_marks_and_says_how_many_and_why_not_others(self) -> None:
        call, moving = self.finished(), self.make_call()

        response = self.do(REVIEWED, call, moving)

        self.assertRedirects(response, LIST)
        assert self.reviewed(call) == self.reviewer
        assert self.reviewed(moving) is None
        said = self.words(response)
        assert said[0].startswith("1 call was marked as reviewed.")
        assert said[1] == "Left out 1: Nothing is known yet of how it went."
        assert CallEvent.objects.filter(call=call, by=self.reviewer).exists()

    def test_it_comes_back_to_the_same_part_of_the_list(self) -> None:
        page = self.ask("mark_reviewed", self.finished(), query="?tab=review&p=1")
        self.assertContains(page, f'href="{LIST}?tab=review&amp;p=1"')

        response = self.do(REVIEWED, self.finished(), list_query="tab=review&p=1")

        self.assertRedirects(response, f"{LIST}?tab=review&p=1")
        elsewhere = self.do(REVIEWED, self.finished(), list_query="//evil.example\r\nX: y")
        assert elsewhere.url.startswith(f"{LIST}?")
        assert "\n" not in elsewhere.url

    def test_it_can_be_undone_by_whoever_did_it(self) -> None:
        mine, theirs = self.finished(), self.finished(reviewed_at=timezone.now(), reviewed_by=self.boss)
        (message, *_rest) = self.words(self.do(REVIEWED, mine))
        assert f'href="{UNDO}?calls={mine.pk}"' in message

        page = self.client.get(UNDO, {"calls": f"{mine.pk},{theirs.pk},x,{'9' * 30}"})
        self.assertContains(page, "1 call will wait for a review again")
        self.assertContains(page, "Somebody else reviewed it.")
        assert self.reviewed(mine) == self.reviewer

        response = self.do(UNDO, mine, theirs)
        assert self.words(response) == ["1 mark was taken back.", "Left out 1: Somebody else reviewed it."]
        assert self.reviewed(mine) is None
        assert self.reviewed(theirs) == self.boss
        self.assertContains(self.client.get(UNDO, {"calls": str(mine.pk)}), "There is nothing to undo")

    def test_without_the_permission_it_is_hidden_and_refused(self) -> None:
        call = self.finished()
        self.client.force_login(self.viewer)

        self.assertNotContains(self.client.get(LIST), "mark_reviewed")
        self.assertNotContains(self.client.get(LIST), "assign_follow_up")
        for address in (REVIEWED, UNDO, FOLLOW_UP):
            assert self.client.get(address).status_code == 403
            assert self.do(address, call).status_code == 403
        assert self.reviewed(call) is None

    def test_nothing_happens_by_get(self) -> None:
        self.assertRedirects(self.client.get(REVIEWED), LIST)
        self.assertRedirects(self.client.get(FOLLOW_UP), LIST)


class AssignFollowUpTests(BulkTestCase):
    def assign(self, *calls: CallLog, **data: Any) -> Any:
        tomorrow = timezone.localdate() + timedelta(days=1)
        return self.do(FOLLOW_UP, *calls, **{"owner": self.caller.pk, "due": tomorrow.isoformat(), **data})

    def test_the_page_asks_for_owner_and_day(self) -> None:
        User.objects.create_user("gone", is_staff=True, is_active=False)
        User.objects.create_user("stranger")
        day = timezone.localdate()
        call = self.finished(follow_up_owner=self.boss, follow_up_on=day)

        page = self.ask("assign_follow_up", call, self.make_call())

        self.assertContains(page, "2 calls will get a follow-up")
        self.assertContains(page, "replaces the follow-up by boss")
        self.assertContains(page, f'<option value="{self.reviewer.pk}" selected>reviewer</option>')
        self.assertContains(page, f'type="date" name="due" value="{day.isoformat()}"')
        self.assertNotContains(page, "gone")
        self.assertNotContains(page, "stranger")

    def test_it_assigns_and_says_so(self) -> None:
        first, second = self.finished(), self.make_call()

        response = self.assign(first, second)

        self.assertRedirects(response, LIST)
        for call in (first, second):
            call.refresh_from_db()
            assert call.follow_up_owner == self.caller
            assert call.follow_up_on == timezone.localdate() + timedelta(days=1)
        assert "2 follow-ups were given to caller" in self.words(response)[0]

    def test_a_wrong_entry_brings_the_page_again_and_changes_nothing(self) -> None:
        call = self.finished()
        yesterday = timezone.localdate() - timedelta(days=1)

        for wrong, words in (
            ({"due": yesterday.isoformat()}, "This day has passed"),
            ({"due": "soon"}, "This is no day"),
            ({"owner": ""}, "This field is required"),
            ({"owner": User.objects.create_user("no staff").pk}, "Select a valid choice"),
        ):
            page = self.assign(call, list_query="tab=review", **wrong)
            self.assertContains(page, words)
            self.assertContains(page, f'name="{ACTION_CHECKBOX_NAME}" value="{call.pk}"')
            self.assertContains(page, 'name="list_query" value="tab=review"')
        call.refresh_from_db()
        assert call.follow_up_on is None
