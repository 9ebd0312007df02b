from typing import Any, ClassVar

from django.contrib.messages import get_messages
from django.urls import reverse

from calls.choices import CallStatus
from calls.models import CallLog
from tests.admin.base import AdminTestCase, staff
from tests.admin.test_call_page import page_of


def action(name: str, call: CallLog) -> str:
    return reverse(f"admin:calls_calllog_{name}", args=[call.pk])


class CallActionTests(AdminTestCase):
    """Permissions in threes, for every button of the page: none, the one grant, the wrong call."""

    # name, permission beside view_calllog, button, status in which it works, status afterwards
    BUTTONS: ClassVar = (
        ("cancel", "cancel_call", "Cancel this call", CallStatus.QUEUED, CallStatus.CANCELLED),
        ("it_rang", "resolve_call", "It rang", CallStatus.UNCONFIRMED, CallStatus.ACCEPTED),
        ("it_did_not_ring", "resolve_call", "It did not ring", CallStatus.UNCONFIRMED, CallStatus.NOT_PLACED),
    )

    def words(self, response: Any) -> str:
        return " ".join(str(message) for message in get_messages(response.wsgi_request))

    def test_without_the_permission_they_are_hidden_and_refused(self) -> None:
        self.client.force_login(self.viewer)
        for name, _verb, button, status, _after in self.BUTTONS:
            with self.subTest(name):
                call = self.make_call(status=status)
                self.assertNotContains(self.client.get(page_of(call)), f"{button}</button>")
                assert self.client.get(action(name, call)).status_code == 403
                assert self.client.post(action(name, call)).status_code == 403
                call.refresh_from_db()
                assert call.status == status

    def test_with_the_permission_they_work(self) -> None:
        for name, verb, button, status, after in self.BUTTONS:
            with self.subTest(name):
                call = self.make_call(status=status)
                self.client.force_login(staff(f"one-{name}", "view_calllog", verb))
                self.assertContains(self.client.get(page_of(call)), f"{button}</button>")
                self.assertRedirects(self.client.post(action(name, call)), page_of(call))
                call.refresh_from_db()
                assert call.status == after
                latest = call.events.latest("pk")
                assert (latest.by and latest.by.username) == f"one-{name}"

    def test_for_a_call_that_does_not_exist_they_are_404(self) -> None:
        self.client.force_login(self.boss)
        for name in ("cancel", "it_rang", "it_did_not_ring", "ask_osvi"):
            with self.subTest(name):
                assert self.client.post(action(name, CallLog(pk=999999))).status_code == 404

    def test_too_late_is_said_in_words(self) -> None:
        call = self.make_call(status=CallStatus.ACCEPTED)
        self.client.force_login(self.boss)

        assert "Too late to cancel" in self.words(self.client.post(action("cancel", call)))
        assert "no longer unconfirmed" in self.words(self.client.post(action("it_rang", call)))

    def test_asking_osvi_needs_only_to_see_the_call(self) -> None:
        call = self.make_call(status=CallStatus.NO_OUTCOME)
        self.client.force_login(self.nobody)
        assert self.client.post(action("ask_osvi", call)).status_code == 403
        self.client.force_login(self.viewer)
        self.assertContains(self.client.get(page_of(call)), "Ask OSVI now")

        response = self.client.post(action("ask_osvi", call))

        call.refresh_from_db()
        assert call.next_poll_at is not None
        assert call.may_still_change
        assert "OSVI is being asked" in self.words(response)

    def test_osvi_is_not_asked_about_a_call_that_never_left(self) -> None:
        call = self.make_call(status=CallStatus.CANCELLED)
        self.client.force_login(self.viewer)

        response = self.client.post(action("ask_osvi", call))

        call.refresh_from_db()
        assert call.next_poll_at is None
        assert "was not sent" in self.words(response)

    def test_call_again_is_offered_only_when_nobody_may_ring(self) -> None:
        self.client.force_login(self.caller)
        again = reverse("admin:calls_calllog_add") + "?again="
        for status, offered in (
            (CallStatus.FINISHED, True),
            (CallStatus.ACCEPTED, False),
            (CallStatus.UNCONFIRMED, False),
        ):
            page = self.client.get(page_of(self.make_call(status=status))).content.decode()
            assert (again in page) == offered, status
        self.client.force_login(self.viewer)
        page = self.client.get(page_of(self.make_call(status=CallStatus.FINISHED))).content.decode()
        assert again not in page
