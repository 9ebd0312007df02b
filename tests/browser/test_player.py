"""The player of a recording, in a real browser with real ranges: play, seek, skip, speed, and failure in words."""

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from calls.models import CallLog
from calls.osvi.client import get_client
from calls.osvi.contract import CallRequest
from osvi_simulator.recording import SECONDS
from osvi_simulator.server import SimulatorServer
from tests.browser.cast import Cast
from tests.browser.conftest import PATIENCE
from tests.support.processes import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.looks, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def player(boss_page: Page, cast: Cast, simulator: SimulatorServer) -> Page:
    """The page of a call that the simulator has a recording of."""
    client = get_client()
    agent = client.active_agents()[0].agent_id
    placed = client.place_call(
        CallRequest.model_validate({"agent_uuid": agent, "phone_number": "9876543210", "country_code": "IN"})
    )
    wait_until(lambda: client.get_call(placed.call_id).status == "picked", seconds=20, what="the call's end")
    CallLog.objects.filter(pk=cast.finished.pk).update(call_id=placed.call_id)
    boss_page.goto(reverse("admin:calls_calllog_change", args=[cast.finished.pk]))
    return boss_page


def sound(page: Page, expression: str) -> Any:
    return page.locator("#call-player audio").evaluate(f"sound => {expression}")


def test_it_plays_seeks_and_skips(player: Page) -> None:
    sound(player, "{ sound.muted = true; return sound.play(); }")
    wait_until(lambda: sound(player, "sound.currentTime > 0.2"), seconds=30, what="the sound to play")
    assert abs(sound(player, "sound.duration") - SECONDS) < 0.5

    sound(player, "{ sound.pause(); sound.currentTime = 25; }")
    wait_until(lambda: not sound(player, "sound.seeking"), seconds=30, what="the place asked for")
    player.get_by_role("button", name="Back 10 s").click()
    assert abs(sound(player, "sound.currentTime") - 15) < 0.5
    for _press in range(2):
        player.get_by_role("button", name="Forward 10 s").click()
    assert abs(sound(player, "sound.currentTime") - 35) < 0.5
    player.get_by_role("button", name="Forward 10 s").click()
    assert sound(player, "sound.currentTime <= sound.duration")


def test_the_speed_is_remembered(player: Page) -> None:
    player.get_by_label("Speed").select_option("1.5")
    assert sound(player, "sound.playbackRate") == 1.5

    player.reload()

    expect(player.get_by_label("Speed")).to_have_value("1.5")
    assert sound(player, "sound.playbackRate") == 1.5


def test_a_failure_is_said_in_words(player: Page, cast: Cast, complaints: list[str]) -> None:
    known = CallLog.objects.values_list("call_id", flat=True).get(pk=cast.finished.pk)
    CallLog.objects.filter(pk=cast.finished.pk).update(call_id="gone")

    sound(player, "{ sound.muted = true; sound.play().catch(() => null); }")

    expect(player.locator("#call-player [role=status]")).to_contain_text(
        "OSVI has no recording of this call", timeout=PATIENCE
    )
    # The browser writes down what it was refused.
    assert all("404" in words for words in complaints)
    complaints.clear()

    CallLog.objects.filter(pk=cast.finished.pk).update(call_id=known)
    player.get_by_role("button", name="Try again").click()
    wait_until(
        lambda: sound(player, "sound.currentTime > 0.1"), seconds=30, what="the sound to play after all"
    )
    expect(player.locator("#call-player [role=status]")).to_have_text("")


def test_a_playing_recording_goes_on_while_the_page_looks_for_news(player: Page, cast: Cast) -> None:
    CallLog.objects.filter(pk=cast.finished.pk).update(next_poll_at="2099-01-01T00:00:00Z", summary="")
    player.reload()
    sound(player, "{ sound.muted = true; sound.dataset.same = 'yes'; return sound.play(); }")

    CallLog.objects.filter(pk=cast.finished.pk).update(summary="News came in.")
    expect(player.locator("#call-summary")).to_contain_text("News came in.", timeout=PATIENCE)

    assert sound(player, "sound.dataset.same === 'yes' && !sound.paused")
