"""`GET /v1/calls`: filters, newest first, in pages."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time
from math import ceil
from typing import Any, TypeVar

from osvi_simulator.agents import AGENTS_BY_ID
from osvi_simulator.book import IST, Call, CallBook
from osvi_simulator.reply import NOT_FOUND, Reply, json_reply, refusal

PER_PAGE = 25
MOST_PER_PAGE = 100

_Test = Callable[[Call], bool]
_Item = TypeVar("_Item")


def list_calls(book: CallBook, query: dict[str, str]) -> Reply:
    """Return one page; 404 for an agent that is not on the account, 400 for an unreadable date or page."""
    agent = query.get("agent_uuid", "")
    if agent and agent not in AGENTS_BY_ID:
        return NOT_FOUND
    try:
        tests = list(_tests(query))
        found = [call for call in book.newest_first() if all(test(call) for test in tests)]
        return paged(found, query, Call.list_item)
    except ValueError as error:
        return refusal(400, str(error))


def paged(found: Sequence[_Item], query: dict[str, str], show: Callable[[_Item], Any]) -> Reply:
    """Return the page that is asked for, with its `meta`. Raises ValueError for an unreadable page."""
    page = max(int(query.get("page") or 1), 1)
    per_page = min(max(int(query.get("per_page") or PER_PAGE), 1), MOST_PER_PAGE)
    start = (page - 1) * per_page
    return json_reply(
        200,
        {
            "success": True,
            "data": [show(item) for item in found[start : start + per_page]],
            "meta": {
                "current_page": page,
                "total_pages": ceil(len(found) / per_page),
                "total_count": len(found),
                "per_page": per_page,
            },
        },
    )


def _tests(query: dict[str, str]) -> Iterator[_Test]:
    """Yield one test per filter given. Raises ValueError for a date that cannot be read."""
    if agent := query.get("agent_uuid"):
        yield lambda call: call.agent.agent_id == agent
    # A plus sign that was not percent-encoded arrives as a space.
    if digits := query.get("phone_number", "").strip(" +"):
        yield lambda call: digits in call.phone_number
    if status := query.get("status"):
        wanted = {word.strip() for word in status.split(",")}
        yield lambda call: call.stage.status in wanted
    if call_type := query.get("call_type"):
        yield lambda call: call_type == "outbound"
    if query.get("campaign_id") or query.get("campaign_upload_id"):
        yield lambda call: False
    if text := query.get("start_date"):
        earliest = _moment(text, time.min)
        yield lambda call: (picked := _picked_at(call)) is not None and picked >= earliest
    if text := query.get("end_date"):
        latest = _moment(text, time.max)
        yield lambda call: (picked := _picked_at(call)) is not None and picked <= latest


def _moment(text: str, time_of_day: time) -> datetime:
    """Return the moment meant by an ISO timestamp, or by a plain date, which is a day in India."""
    try:
        if len(text) == len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time_of_day, IST)
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise ValueError(f"not a date or ISO 8601 timestamp: {text}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=IST)


def _picked_at(call: Call) -> datetime | None:
    return call.picked_at if call.stage.connected else None
