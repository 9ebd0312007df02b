"""A piece of a recording: ranges, servers that know none, what is no sound, and errors that name no link."""

import logging
from typing import Any

import pytest

from calls.osvi import recordings
from calls.osvi.errors import NotFound, OsviError, Unavailable
from calls.osvi.recordings import BeyondTheEnd, Piece, fetch_piece
from tests.osvi.http_server import ScriptedServer, hang_up, reply, stay_silent, trickle

SOUND = bytes(range(256)) * 40
SECRET = "signature=sesame-42"


def fetch(osvi: ScriptedServer, start: int = 0, end: int | None = None, **changes: Any) -> Piece:
    options = {"allow_private": True, "connect_timeout": 2.0, "read_timeout": 1.0} | changes
    return fetch_piece(f"{osvi.url}/recording.wav?{SECRET}", start, end, **options)


def ranged(first: int, last: int, **headers: str) -> Any:
    span = f"bytes {first}-{last}/{len(SOUND)}"
    given = {"Content_Type": "audio/wav", "Content_Range": span} | headers
    return reply(206, raw=SOUND[first : last + 1], **given)


def test_just_the_range_is_asked_for_and_passed_on(osvi: ScriptedServer) -> None:
    osvi.script(ranged(100, 199))

    piece = fetch(osvi, 100, 199)

    assert piece == Piece(100, SOUND[100:200], len(SOUND), "audio/wav")
    assert osvi.received[0].headers["Range"] == "bytes=100-199"


def test_one_piece_is_never_larger_than_the_limit(
    osvi: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "LARGEST_PIECE", 1_000)
    osvi.script(ranged(0, 999), reply(200, raw=SOUND, Content_Type="audio/wav"))

    assert len(fetch(osvi).body) == 1_000
    assert osvi.received[0].headers["Range"] == "bytes=0-999"
    assert fetch(osvi, 500, 9_999) == Piece(500, SOUND[500:1_500], len(SOUND), "audio/wav")


def test_a_server_without_ranges_is_read_up_to_the_place(osvi: ScriptedServer) -> None:
    osvi.script(reply(200, raw=SOUND, Content_Type="video/mp4; codecs=x"))

    assert fetch(osvi, 5_000, 5_009) == Piece(5_000, SOUND[5_000:5_010], len(SOUND), "video/mp4")


def test_a_length_that_is_not_said_is_counted(osvi: ScriptedServer) -> None:
    def without_length(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "audio/wav")
        handler.end_headers()
        handler.wfile.write(SOUND)
        handler.close_connection = True

    osvi.script(without_length)

    assert fetch(osvi, 100, 199) == Piece(100, SOUND[100:200], len(SOUND), "audio/wav")


@pytest.mark.parametrize(
    "answer",
    [reply(416, raw=b"", Content_Range="bytes */300"), reply(200, raw=b"x" * 300, Content_Type="audio/wav")],
)
def test_beyond_the_end(osvi: ScriptedServer, answer: Any) -> None:
    osvi.script(answer)

    with pytest.raises(BeyondTheEnd) as beyond:
        fetch(osvi, 300)

    assert beyond.value.total == 300


def test_the_type_is_guessed_from_the_name_where_the_server_says_none(osvi: ScriptedServer) -> None:
    osvi.script(reply(200, raw=SOUND, Content_Type="binary/octet-stream"))

    assert fetch(osvi, 0, 9).content_type in {"audio/x-wav", "audio/wav", "audio/vnd.wave"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(200, raw=b"<script>", Content_Type="text/html"), Unavailable),
        (reply(200, raw=b"<svg>", Content_Type="image/svg+xml"), Unavailable),
        (reply(302, raw=b"", Location="http://127.0.0.1:1/"), Unavailable),
        (reply(500, raw=b""), Unavailable),
        (reply(206, raw=b"x", Content_Type="audio/wav", Content_Range="bytes 7-7/9"), Unavailable),
        (reply(206, raw=b"x", Content_Type="audio/wav"), Unavailable),
        (reply(403, raw=b""), NotFound),
        (reply(404, raw=b""), NotFound),
        (reply(410, raw=b""), NotFound),
        (hang_up, Unavailable),
        (stay_silent, Unavailable),
        (trickle, Unavailable),
    ],
)
def test_what_goes_wrong_is_told_without_the_link(
    osvi: ScriptedServer, answer: Any, error: type[OsviError], caplog: pytest.LogCaptureFixture
) -> None:
    osvi.script(answer)

    with caplog.at_level(logging.DEBUG, logger="calls"), pytest.raises(error) as raised:
        fetch(osvi)

    assert "sesame" not in str(raised.value)
    assert raised.value.__context__ is None
    assert "sesame" not in caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x.wav",
        "http://user:word@example.org/x.wav",
        "http:///x.wav",
        "//example.org/x.wav",
        "http://[::1",
        "",
        "http://127.0.0.1:9/x.wav",
        "http://localhost:9/x.wav",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:10.0.0.1]/x.wav",
    ],
)
def test_addresses_that_nobody_should_be_led_to_are_refused(url: str) -> None:
    with pytest.raises(Unavailable):
        fetch_piece(url, 0, None, allow_private=False, connect_timeout=1, read_timeout=1)
