"""Handing a list over to a campaign at OSVI, as its page does it; and notices about lists."""

from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from calls.choices import ContactStatus, ContactVerdict, ListStatus, NoticeKind, UploadStatus
from calls.models import CallList, CampaignUpload, Contact, Notice
from tests.admin.base import NUMBER, AdminTestCase, staff


class HandOverTests(AdminTestCase):
    call_list: CallList
    runner: User

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.runner = staff("runner", "view_calllist", "run_calllist")
        cls.call_list = CallList.objects.create(
            name="Monday's reminders", template=cls.template, country="IN", status=ListStatus.CHECKED
        )
        Contact.objects.create(
            call_list=cls.call_list,
            row=2,
            person_name="Asha Rao",
            phone_number=NUMBER,
            country="IN",
            verdict=ContactVerdict.READY,
            status=ContactStatus.WAITING,
        )

    def setUp(self) -> None:
        self.client.force_login(self.runner)
        self.address = reverse("admin:calls_calllist_hand_over", args=[self.call_list.pk])

    def post(self, **fields: Any) -> Any:
        return self.client.post(self.address, {"campaign_id": "7", "understood": "on", **fields}, follow=True)

    def test_it_says_what_it_means_and_asks(self) -> None:
        answer = self.client.get(self.address)

        self.assertContains(answer, "1 person for a campaign")
        self.assertContains(answer, "Hand over 1 person")

    def test_it_hands_over_once(self) -> None:
        answer = self.post(release="on")

        self.assertContains(answer, "What was given to OSVI")
        upload = CampaignUpload.objects.get()
        assert (upload.campaign_id, upload.release, upload.requested_by) == (7, True, self.runner)
        assert self.post().status_code == 200
        assert CampaignUpload.objects.count() == 1

    def test_bad_input_is_said_beside_the_field_and_kept(self) -> None:
        answer = self.post(campaign_id="seven", understood="")

        self.assertContains(answer, "Enter a whole number.")
        self.assertContains(answer, "from then on only OSVI is in control")
        self.assertContains(answer, 'value="seven"')
        assert not CampaignUpload.objects.exists()

    def test_without_the_permission_nothing_happens(self) -> None:
        self.client.force_login(staff("reader", "view_calllist"))

        assert self.post().status_code == 403
        assert not CampaignUpload.objects.exists()

    def unclear(self) -> CampaignUpload:
        self.post()
        CampaignUpload.objects.update(
            status=UploadStatus.UNCONFIRMED, error="The connection to OSVI broke before an answer came."
        )
        return CampaignUpload.objects.get()

    def decide(self, upload: CampaignUpload, button: str) -> Any:
        address = reverse("admin:calls_calllist_hand_over_decide", args=[upload.pk])
        return self.client.post(address, {button: ""}, follow=True)

    def test_a_person_decides_on_a_part_of_which_nobody_knows(self) -> None:
        upload = self.unclear()
        self.assertContains(self.client.get(self.address), "OSVI does not have it: send again")

        answer = self.decide(upload, "arrived")

        assert CampaignUpload.objects.get().status == UploadStatus.ACCEPTED
        self.assertContains(answer, "Noted.")
        # OSVI is not there in this test, which the page says in words.
        self.assertContains(answer, "OSVI could not be reached.")
        self.assertContains(self.decide(upload, "absent"), "not unclear any more")

    def test_the_live_part_stops_when_nothing_more_is_expected(self) -> None:
        live = reverse("admin:calls_calllist_hand_over_live", args=[self.call_list.pk])
        self.post()
        assert self.client.get(live).status_code == 200

        CampaignUpload.objects.update(status=UploadStatus.REFUSED)

        assert self.client.get(live).status_code == 286
        self.client.logout()
        assert self.client.get(live).status_code == 401


class NoticeTests(AdminTestCase):
    def setUp(self) -> None:
        self.call_list = CallList.objects.create(name="Monday", template=self.template, country="IN")
        self.notice = Notice.objects.create(
            person=self.boss, call_list=self.call_list, kind=NoticeKind.PAUSED, why="Cancelled."
        )
        self.client.force_login(self.boss)
        self.home = reverse("admin:index")

    def test_it_stands_on_every_page_until_it_is_put_away(self) -> None:
        self.assertContains(self.client.get(self.home), "has paused itself")

        address = reverse("admin:calls_calllist_seen", args=[self.notice.pk])
        answer = self.client.post(address, {"next": self.home})

        self.assertRedirects(answer, self.home)
        self.assertNotContains(self.client.get(self.home), "has paused itself")

    def test_it_leads_to_the_list_and_nowhere_else(self) -> None:
        address = reverse("admin:calls_calllist_seen", args=[self.notice.pk])
        own = reverse("admin:calls_calllist_change", args=[self.call_list.pk])

        for fields in ({"open": "1"}, {"next": "https://elsewhere.example.org/"}):
            self.assertRedirects(self.client.post(address, fields), own, fetch_redirect_response=False)

    def test_notices_are_for_their_person_only(self) -> None:
        other = staff("other", "view_calllist")
        self.client.force_login(other)

        self.assertNotContains(self.client.get(self.home), "has paused itself")
        address = reverse("admin:calls_calllist_seen", args=[self.notice.pk])
        assert self.client.post(address).status_code == 404
        self.notice.refresh_from_db()
        assert self.notice.seen_at is None
