"""A piece of a recording, fetched from the link that OSVI gave. The link works for whoever holds it: never keep it."""

import mimetypes
import re
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

from calls.osvi import addresses
from calls.osvi.errors import NotFound, Unavailable

# A listener's browser asks for more by itself; so no thread is held for the length of a recording.
LARGEST_PIECE = 1024 * 1024
# Where a server knows no ranges, so much is read and thrown away to get to the place asked for.
_MOST_SKIPPED = 64 * LARGEST_PIECE
_CHUNK = 64 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_NOT_SAID = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes from `start` on; `total` is the length of the whole recording, None if it was not said."""

    start: int
    body: bytes
    total: int | None
    content_type: str


class BeyondTheEnd(Exception):
    """The recording is shorter than the place asked for; `total` is its length, if known."""

    def __init__(self, total: int | None) -> None:
        super().__init__("The recording ends before.")
        self.total = total


def fetch_piece(
    url: str, start: int, end: int | None, *, allow_private: bool, connect_timeout: float, read_timeout: float
) -> Piece:
    """Return the bytes `start` to `end` (None: as many as one piece holds) of the recording behind `url`.

    Timeouts in seconds. Raises BeyondTheEnd; NotFound if the link leads to no recording (any more);
    Unavailable if it cannot be fetched, also because its address is not a public one. No error names the link.
    """
    _refuse_bad_address(url)
    last = start + LARGEST_PIECE - 1 if end is None else min(end, start + LARGEST_PIECE - 1)
    pool = addresses.pool_manager(allow_private=allow_private)
    try:
        answer = pool.request(
            "GET",
            url,
            headers={
                "Range": f"bytes={start}-{last}",
                "Accept-Encoding": "identity",
                "User-Agent": "OSVI-Console",
            },
            timeout=urllib3.Timeout(connect=connect_timeout, read=read_timeout),
            redirect=False,
            preload_content=False,
        )
        try:
            return _read(answer, url, start, last, deadline=time.monotonic() + read_timeout)
        finally:
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        failed = Unavailable(_why(error))
    finally:
        pool.clear()
    # Raised here and not in the handler: the caught error names the link.
    raise failed


def _why(error: Exception) -> str:
    if any(isinstance(part, addresses.ForbiddenAddress) for part in (error, *error.args)):
        return "Its address is not a public one."
    return "The place where OSVI keeps the recording did not answer."


def _refuse_bad_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in addresses.SCHEMES and parts.hostname and "@" not in parts.netloc
    except ValueError:
        good = False
    if not good:
        raise Unavailable("OSVI named an address for the recording that cannot be used.")


def _read(answer: urllib3.BaseHTTPResponse, url: str, start: int, last: int, *, deadline: float) -> Piece:
    if answer.status == 416:
        said = answer.headers.get("Content-Range", "").rpartition("/")[2]
        raise BeyondTheEnd(int(said) if said.isdecimal() else None)
    if answer.status in {401, 403, 404, 410}:
        raise NotFound("The recording is not there any more.")
    if answer.status not in {200, 206}:
        raise Unavailable("The place where OSVI keeps the recording answered something unexpected.")
    content_type = _content_type(answer, url)
    if answer.status == 200:
        return _out_of_the_whole(answer, start, last, content_type, deadline)
    span = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if span is None or int(span[1]) != start:
        raise Unavailable("The place where OSVI keeps the recording answered something unexpected.")
    total = int(span[3]) if span[3].isdecimal() else None
    return Piece(start, _take(answer, last - start + 1, deadline), total, content_type)


def _out_of_the_whole(
    answer: urllib3.BaseHTTPResponse, start: int, last: int, content_type: str, deadline: float
) -> Piece:
    """Return the piece out of an answer that ignores ranges and begins at the beginning."""
    length = answer.headers.get("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    if start > _MOST_SKIPPED or (total is not None and start >= total):
        raise BeyondTheEnd(total)
    skipped = 0
    while skipped < start:
        chunk = _take(answer, min(start - skipped, LARGEST_PIECE), deadline)
        if not chunk:
            raise BeyondTheEnd(total)
        skipped += len(chunk)
    body = _take(answer, last - start + 1, deadline)
    if total is None:
        # A browser that is not told the length takes the first piece for the whole.
        total = start + len(body) + _rest(answer, deadline)
    return Piece(start, body, total, content_type)


def _rest(answer: urllib3.BaseHTTPResponse, deadline: float) -> int:
    """Return how many bytes are left, which are thrown away. Raises Unavailable if they are too many."""
    left = 0
    while chunk := _take(answer, LARGEST_PIECE, deadline):
        left += len(chunk)
        if left > _MOST_SKIPPED:
            raise Unavailable("The recording is too long to be played here.")
    return left


def _take(answer: urllib3.BaseHTTPResponse, size: int, deadline: float) -> bytes:
    """Return up to `size` bytes. Raises Unavailable when the deadline passes."""
    taken = bytearray()
    while len(taken) < size:
        if time.monotonic() > deadline:
            raise Unavailable("The recording came too slowly.")
        # What has arrived, and no waiting for more: a server that trickles cannot hold the thread.
        chunk = answer.read1(min(size - len(taken), _CHUNK))
        if not chunk:
            break
        taken += chunk
    return bytes(taken)


def _content_type(answer: urllib3.BaseHTTPResponse, url: str) -> str:
    """Return the type of the sound. Raises Unavailable for anything that is neither sound nor film."""
    said = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if said in _NOT_SAID:
        said = mimetypes.guess_type(urlsplit(url).path)[0] or ""
    if not said.startswith(("audio/", "video/")):
        raise Unavailable("What OSVI keeps as the recording is not a sound.")
    return said
