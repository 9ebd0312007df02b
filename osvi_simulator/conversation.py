"""What is said in an answered call: the greeting, then each data point asked and answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from calls.osvi.contract import CallRequest, DataPoint

SECONDS_PER_TURN = 6

_Value = str | int


@dataclass(frozen=True, slots=True)
class Conversation:
    """`turns` as (role, words); `captured` under the keys of the request."""

    turns: tuple[tuple[str, str], ...]
    captured: dict[str, _Value]
    summary: str

    @property
    def seconds(self) -> int:
        return len(self.turns) * SECONDS_PER_TURN

    @property
    def text(self) -> str:
        """The transcript as lines that begin with "Agent:" or "User:"."""
        return "\n".join(f"{role.capitalize()}: {words}" for role, words in self.turns)


def hold_conversation(request: CallRequest, agent_name: str, at: datetime) -> Conversation:
    """Return the conversation that this request leads to when it is answered at `at`."""
    person = request.person_name or ""
    greeting = (
        request.initial_greeting or f"Hello {person or 'there'}, this is {agent_name}. Is this a good moment?"
    )
    turns = [("agent", greeting), ("user", f"Yes, this is {person}." if person else "Yes, please go on.")]
    captured: dict[str, _Value] = {}
    for position, point in enumerate(request.data_extraction or [], start=1):
        value, words = _reply(point, person, at)
        turns += [("agent", _question(point)), ("user", words)]
        captured[point.key or f"field_{position}"] = value
    turns += [("agent", "Thank you, that is all. Goodbye."), ("user", "Goodbye.")]
    return Conversation(tuple(turns), captured, _summary(person, captured))


def _question(point: DataPoint) -> str:
    words = point.description.strip().rstrip(".")
    if words.endswith("?"):
        return words
    return f"{words}?" if _is_yes_or_no(point) else f"Could you tell me: {words}?"


def _is_yes_or_no(point: DataPoint) -> bool:
    wanted = (point.output_format or "").lower()
    return "yes" in wanted or "bool" in wanted


def _reply(point: DataPoint, person: str, at: datetime) -> tuple[_Value, str]:
    """Return the value captured and the words it was said with."""
    wanted = (point.output_format or "").lower()
    day = at + timedelta(days=3)
    if _is_yes_or_no(point):
        return "yes", "Yes, that is right."
    if "date" in wanted and "time" in wanted:
        moment = day.replace(hour=10, minute=30, second=0, microsecond=0)
        return moment.isoformat(), f"On {day:%d %B} at half past ten in the morning."
    if "date" in wanted:
        return day.date().isoformat(), f"On {day:%d %B %Y}, please."
    if "time" in wanted:
        return "10:30", "Half past ten in the morning."
    if "number" in wanted or "integer" in wanted:
        return 2, "Two."
    if "name" in point.description.lower() and person:
        return person, f"It is {person}."
    return "Nothing in particular", "Nothing in particular, thank you."


def _summary(person: str, captured: dict[str, _Value]) -> str:
    found = "; ".join(f"{key}: {value}" for key, value in captured.items())
    told = f" and answered every question ({found})" if found else " and had no questions"
    return f"{person or 'The person called'} took the call{told}."
