"""E-mail about lists: sent once, tried again while the server is down, and silent about people."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.core import mail
from django.test import override_settings
from django.utils import timezone

from calls.choices import NoticeKind
from calls.models import CallList, Notice
from calls.services import notice_mail, notices
from osvi_console.mail import mail_settings
from tests.admin.base import AdminTestCase
from tests.support.mail_server import PASSWORD, USER, mail_server


@override_settings(DEFAULT_FROM_EMAIL="console@example.org")
class NoticeMailTests(AdminTestCase):
    def notice(self, **fields: Any) -> Notice:
        self.boss.email = "boss@example.org"
        self.boss.save()
        call_list = CallList.objects.create(name="Monday's\nreminders", template=self.template, country="IN")
        values = {"person": self.boss, "call_list": call_list, "kind": NoticeKind.PAUSED}
        due = {"next_mail_at": timezone.now(), "why": "Too many calls failed."}
        return Notice.objects.create(**{**values, **due, **fields})

    def test_it_is_planned_for_who_has_an_address_if_the_console_sends_any(self) -> None:
        for address, sends, is_planned in [
            ("boss@example.org", True, True),
            ("boss@example.org", False, False),
            ("", True, False),
        ]:
            self.boss.email = address
            call_list = CallList(name="Monday", template=self.template, country="IN", created_by=self.boss)
            call_list.save()
            with self.subTest(address=address, sends=sends), self.settings(SENDS_EMAIL=sends):
                [notice] = notices.tell(call_list, NoticeKind.ENDED, "Everybody was called.")
                assert (notice.next_mail_at is not None) == is_planned

    def test_it_is_sent_once(self) -> None:
        notice = self.notice()

        assert notice_mail.send_due() == 1
        assert notice_mail.send_due() == 0

        [sent] = mail.outbox
        assert sent.to == ["boss@example.org"]
        assert sent.subject == "The call list “Monday's reminders” has paused itself"
        assert "Too many calls failed." in sent.body
        assert f"http://127.0.0.1:8000/admin/calls/calllist/{notice.call_list_id}/change/" in sent.body
        notice.refresh_from_db()
        assert notice.mailed_at is not None
        assert notice.next_mail_at is None

    def test_two_workers_send_one(self) -> None:
        notice = self.notice()
        other = Notice.objects.select_related("person", "call_list").get(pk=notice.pk)

        assert notice_mail._send(notice)
        assert not notice_mail._send(other)

        assert len(mail.outbox) == 1

    def test_it_waits_for_its_time(self) -> None:
        self.notice(next_mail_at=timezone.now() + timedelta(minutes=1))
        self.notice(next_mail_at=None)

        assert notice_mail.send_due() == 0

    def test_a_mail_server_gets_it(self) -> None:
        self.notice()

        with mail_server() as server:
            address = f"smtp://{USER}:{quote(PASSWORD)}@127.0.0.1:{server.port}"
            with override_settings(**mail_settings(address)):
                assert notice_mail.send_due() == 1

        [sent] = server.messages
        assert (sent["From"], sent["To"]) == ("console@example.org", "boss@example.org")
        # The blank is that of a folded line.
        assert sent["Subject"].strip() == "The call list “Monday's reminders” has paused itself"
        assert "Too many calls failed." in sent.get_content()

    @override_settings(**mail_settings("smtp://127.0.0.1:9"))
    def test_a_server_that_is_down_is_asked_again_a_few_times(self) -> None:
        notice = self.notice()
        for tried, wait in enumerate(notice_mail.WAITS, start=1):
            Notice.objects.update(next_mail_at=timezone.now())
            with self.assertLogs("calls.services.notice_mail", "WARNING") as logged:
                assert notice_mail.send_due() == 0
            assert "boss@example.org" not in "".join(logged.output)
            notice.refresh_from_db()
            assert notice.mail_tries == tried
            assert notice.next_mail_at is not None
            assert abs(notice.next_mail_at - timezone.now() - wait) < timedelta(seconds=30)

        Notice.objects.update(next_mail_at=timezone.now())
        with self.assertLogs("calls.services.notice_mail", "WARNING"):
            notice_mail.send_due()
        notice.refresh_from_db()

        assert notice.next_mail_at is None
        assert notice.mailed_at is None
