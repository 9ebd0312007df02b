"""The simulator's own pages under /_simulator/, and recordings behind signed links; both without a token."""

import re
import time

from pydantic import ValidationError

from osvi_simulator.api import Api
from osvi_simulator.options import Options
from osvi_simulator.recording import wav
from osvi_simulator.reply import NOT_FOUND, Reply, Request, data, json_reply, plain_refusal

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def control(api: Api, request: Request) -> Reply:
    """Answer the journal, the rings and the settings."""
    match request.method, request.path:
        case "GET", "/_simulator/journal":
            # A plus sign that was not percent-encoded arrives as a space.
            return json_reply(200, api.journal.as_json(request.query.get("phone", "").replace(" ", "+")))
        case "DELETE", "/_simulator/journal":
            api.journal.clear()
            return data({})
        case "GET", "/_simulator/rings":
            return json_reply(200, api.journal.rings)
        case "GET", "/_simulator/settings":
            return data(api.options.model_dump(exclude={"token"}))
        case "POST", "/_simulator/settings":
            return _change_settings(api, request.body)
    return NOT_FOUND


def _change_settings(api: Api, body: bytes) -> Reply:
    """Apply the settings named in the body; the others stay. 400 for an unknown one or a wrong value."""
    try:
        named = Options.model_validate_json(body)
    except ValidationError as error:
        return plain_refusal(400, str(error))
    changes = {name: getattr(named, name) for name in named.model_fields_set}
    api.options = api.options.model_copy(update=changes)
    return data(api.options.model_dump(exclude={"token"}))


def recording(api: Api, request: Request) -> Reply:
    """Serve the sound behind a signed link, whole or the range asked for; 403 once the link has expired."""
    call_id = request.path.removeprefix("/recordings/").removesuffix(".wav")
    expires, signature = request.query.get("expires", ""), request.query.get("signature", "")
    if request.method != "GET" or not api.links.is_good(call_id, expires, signature, time.time()):
        return plain_refusal(403, "Request has expired")
    sound = wav()
    headers = {"Content-Type": "audio/wav", "Accept-Ranges": "bytes"}
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or asked.group() == "bytes=-":
        return Reply(200, sound, headers)
    first, last = _span(asked[1], asked[2], len(sound))
    if first > last:
        return Reply(416, b"", headers | {"Content-Range": f"bytes */{len(sound)}"})
    return Reply(
        206, sound[first : last + 1], headers | {"Content-Range": f"bytes {first}-{last}/{len(sound)}"}
    )


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the first and last byte asked for (RFC 9110, 14.1.2); "-500" means the last 500."""
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
