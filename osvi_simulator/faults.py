"""The answers of requests that go wrong on purpose: what an `Answer` looks like on the wire."""

from osvi_simulator.reply import (
    HANG_UP,
    INVALID_TOKEN,
    NOT_FOUND,
    SERVER_ERROR,
    UNKNOWN_AGENT,
    Reply,
    json_reply,
    plain_refusal,
    refusal,
)
from osvi_simulator.scenarios import Answer

# Instead of doing what was asked.
REFUSALS = {
    Answer.DROPPED: HANG_UP,
    Answer.ERROR_BEFORE: SERVER_ERROR,
    Answer.NOT_SUCCESS: plain_refusal(200, "The call could not be queued"),
    Answer.BAD_REQUEST: refusal(400, "This number cannot be reached over the trunk of this account"),
    Answer.UNAUTHORIZED: INVALID_TOKEN,
    Answer.FORBIDDEN: UNKNOWN_AGENT,
    Answer.NOT_FOUND: NOT_FOUND,
    Answer.UNPROCESSABLE: json_reply(
        422, {"success": False, "errors": ["Phone number is blocked", "Agent has no outbound trunk"]}
    ),
}
# After doing it, instead of saying so.
SPOILT_ANSWERS = {
    Answer.LOST: HANG_UP,
    Answer.ERROR_AFTER: SERVER_ERROR,
    Answer.NOT_JSON: Reply(200, b"<html><body>OK</body></html>", {"Content-Type": "text/html"}),
    Answer.NO_CALL_ID: json_reply(200, {"success": True, "data": {}}),
}
TOO_MANY = plain_refusal(429, "Too many requests", Retry_After="2")
