"""The recording through the console: who may listen, what is logged, ranges, and what goes wrong in words."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings
from django.urls import reverse

from calls.choices import CallStatus, Disclosed
from calls.models import CallLog, Disclosure
from calls.osvi.client import get_client
from calls.osvi.contract import CallRequest
from osvi_simulator.recording import wav
from osvi_simulator.server import SimulatorServer
from tests.admin.base import AdminTestCase, staff
from tests.admin.test_call_page import page_of
from tests.support.processes import wait_until


@pytest.fixture(scope="class")
def answered(request: pytest.FixtureRequest) -> Iterator[None]:
    """A simulator with one answered call, for all tests of the class: `call_id` is its id there."""
    with SimulatorServer(speed=100) as simulator:
        token = simulator.api.options.token
        with override_settings(OSVI_API_URL=simulator.url, OSVI_API_TOKEN=token):
            get_client.cache_clear()
            client = get_client()
            placed = client.place_call(
                CallRequest.model_validate(
                    {
                        "agent_uuid": client.active_agents()[0].agent_id,
                        "phone_number": "9876543210",
                        "country_code": "IN",
                    }
                )
            )
            wait_until(lambda: client.get_call(placed.call_id).status == "picked", seconds=10, what="its end")
            request.cls.call_id = placed.call_id
            yield
    get_client.cache_clear()


@pytest.mark.usefixtures("answered")
class RecordingTests(AdminTestCase):
    call_id: str

    def setUp(self) -> None:
        self.client.force_login(self.viewer)
        self.call = self.make_call(status=CallStatus.FINISHED, outcome="picked", call_id=self.call_id)

    def play(self, call: CallLog | None = None, **headers: str) -> Any:
        where = reverse("admin:calls_calllog_recording", args=[(call or self.call).pk])
        return self.client.get(where, headers=headers)

    def test_the_whole_is_played(self) -> None:
        response = self.play()

        assert (response.status_code, response.content) == (200, wav())
        assert response.headers["Content-Type"] == "audio/wav"
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Accept-Ranges"] == "bytes"

    def test_a_range_is_played(self) -> None:
        for asked, first, last in (("bytes=0-", 0, len(wav()) - 1), ("bytes=100-199", 100, 199)):
            response = self.play(Range=asked)
            assert (response.status_code, response.content) == (206, wav()[first : last + 1])
            assert response.headers["Content-Range"] == f"bytes {first}-{last}/{len(wav())}"

    def test_what_is_no_range_plays_from_the_beginning(self) -> None:
        for asked in ("bytes=9-3", "bytes=x-", "bytes=1-2,4-5", "lines=1-2", "bytes=" + "9" * 40 + "-"):
            assert self.play(Range=asked).content == wav(), asked

    def test_beyond_the_end(self) -> None:
        response = self.play(Range="bytes=99999999-")

        assert response.status_code == 416
        assert response.headers["Content-Range"] == f"bytes */{len(wav())}"

    def test_who_listens_is_logged_once_an_hour(self) -> None:
        for _again in range(3):
            self.play(Range="bytes=0-9")

        look = Disclosure.objects.get(call=self.call)
        assert (look.by, look.what) == (self.viewer, Disclosed.RECORDING)
        step = self.call.events.latest("pk")
        assert (step.by, step.why) == (self.viewer, "The recording was played.")
        assert self.call.events.filter(why__contains="recording").count() == 1

    def test_it_is_offered_for_answered_calls_to_people_who_may_listen(self) -> None:
        self.assertContains(self.client.get(page_of(self.call)), "<audio")
        busy = self.make_call(status=CallStatus.FINISHED, outcome="busy", call_id="call_busy")
        self.assertNotContains(self.client.get(page_of(busy)), "<audio")
        self.client.force_login(self.onlooker)
        self.assertNotContains(self.client.get(page_of(self.call)), "<audio")

    def test_it_needs_both_permissions_and_a_call(self) -> None:
        assert self.play(CallLog(pk=0)).status_code == 404
        for person in (self.onlooker, staff("listener", "play_recording")):
            self.client.force_login(person)
            where = reverse("admin:calls_calllog_recording", args=[self.call.pk])
            assert self.client.get(where).status_code == 403
            assert self.client.post(where).status_code == 403
        assert not Disclosure.objects.exists()

    def test_only_get_plays(self) -> None:
        where = reverse("admin:calls_calllog_recording", args=[self.call.pk])
        assert self.client.post(where).status_code == 405

    def test_what_goes_wrong_is_said_in_words_and_not_logged_as_listening(self) -> None:
        CallLog.objects.filter(pk=self.call.pk).update(call_id="call_unknown")
        missing = self.play()
        assert missing.status_code == 404
        self.assertContains(missing, "OSVI has no recording of this call", status_code=404)

        CallLog.objects.filter(pk=self.call.pk).update(call_id=self.call_id)
        with override_settings(OSVI_ALLOW_PRIVATE_ADDRESSES=False):
            refused = self.play()
        self.assertContains(refused, "The recording could not be fetched", status_code=502)
        assert "http" not in refused.content.decode()
        assert not Disclosure.objects.exists()
