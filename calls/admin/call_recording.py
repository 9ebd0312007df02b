"""The recording of a call, as the player on its page asks for it: in ranges, through the console."""

import re
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from calls.admin.call_page import CallAdmin, find_call
from calls.admin.permissions import person_of, require_verb
from calls.services import recording

_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


def play(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer with a piece of the recording, never all of a long one; browsers ask for the rest by themselves.

    403 without the permission, 404 without a recording, 416 beyond its end, 502 if it cannot be fetched now;
    these with a plain sentence.
    """
    require_verb(request, "view_calllog")
    require_verb(request, "play_recording")
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    start, end = _asked(request)
    try:
        piece = recording.piece(find_call(pk), start, end, by=person_of(request))
    except recording.BeyondTheEnd as beyond:
        total = "*" if beyond.total is None else beyond.total
        answer = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        answer["Content-Range"] = f"bytes */{total}"
        return answer
    except recording.NoRecording as error:
        status = HTTPStatus.NOT_FOUND if error.is_missing else HTTPStatus.BAD_GATEWAY
        return HttpResponse(str(error), status=status, content_type="text/plain; charset=utf-8")
    return _answer(piece, is_range="Range" in request.headers)


def _asked(request: HttpRequest) -> tuple[int, int | None]:
    """Return the first and the last byte asked for; without a range that can be read, all from the beginning."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None:
        return 0, None
    start, end = int(asked[1]), int(asked[2]) if asked[2] else None
    return (0, None) if end is not None and end < start else (start, end)


def _answer(piece: recording.Piece, *, is_range: bool) -> HttpResponse:
    is_whole = piece.start == 0 and len(piece.body) == piece.total
    status = HTTPStatus.OK if is_whole and not is_range else HTTPStatus.PARTIAL_CONTENT
    total = "*" if piece.total is None else piece.total
    answer = HttpResponse(piece.body, status=status, content_type=piece.content_type)
    answer["Content-Range"] = f"bytes {piece.start}-{piece.start + len(piece.body) - 1}/{total}"
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "no-store"
    return answer
