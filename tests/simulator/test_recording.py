"""The recording: a link that expires, and a sound that can be played and sought in."""

import io
import time
import wave

import pytest
import requests

from osvi_simulator.recording import LINK_SECONDS, SECONDS
from tests.simulator.conftest import Caller


@pytest.fixture
def link(caller: Caller) -> str:
    call_id = caller.place("50").json()["data"]["call_id"]
    caller.until(call_id, "picked")
    recording = caller.request("GET", f"/v1/call/{call_id}/recording").json()["data"]
    assert (recording["call_id"], recording["expires_in_seconds"]) == (call_id, LINK_SECONDS)
    return recording["recording_url"]


def test_it_can_be_played(link: str):
    answer = requests.get(link, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getnframes() / sound.getframerate() == SECONDS


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("bytes=0-99", 0, 99), ("bytes=100-", 100, None), ("bytes=-50", -50, None)]
)
def test_a_range(asked: str, first: int, last: int | None, link: str):
    whole = requests.get(link, timeout=10).content
    answer = requests.get(link, headers={"Range": asked}, timeout=10)
    expected = whole[first : None if last is None else last + 1]
    assert (answer.status_code, answer.content) == (206, expected)
    start = first % len(whole)
    assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(whole)}"


def test_a_range_beyond_the_end(link: str):
    answer = requests.get(link, headers={"Range": "bytes=99999999-"}, timeout=10)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"].startswith("bytes */")


def test_a_forged_link_is_refused(link: str):
    forged = link.replace("expires=", "expires=9")
    assert requests.get(forged, timeout=10).status_code == 403
    assert requests.get(link.split("?")[0], timeout=10).status_code == 403


def test_an_expired_link_is_refused(caller: Caller):
    links, now = caller.simulator.api.links, time.time()
    assert requests.get(caller.simulator.url + links.path("x", now - LINK_SECONDS + 60), timeout=10).ok
    expired = caller.simulator.url + links.path("x", now - LINK_SECONDS - 1)
    assert requests.get(expired, timeout=10).status_code == 403


def test_no_recording_of_a_call_nobody_answered(caller: Caller):
    call_id = caller.place("02").json()["data"]["call_id"]
    caller.until(call_id, "busy")
    assert caller.request("GET", f"/v1/call/{call_id}/recording").status_code == 404
