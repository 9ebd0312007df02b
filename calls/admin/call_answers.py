"""The answers of a call as its page shows them: asked, answered, corrected by whom."""

from dataclasses import dataclass, field

from calls.admin.call_facts import label, readable
from calls.models import AnswerCorrection, CallLog
from calls.services.answers import corrections


@dataclass(frozen=True)
class Answer:
    """One row of the table: what was to be found out, what OSVI understood, and what a person says instead."""

    key: str
    asked: str
    understood: str
    required: bool = False
    asked_for: bool = True
    correction: AnswerCorrection | None = field(default=None, compare=False)

    @property
    def title(self) -> str:
        return label(self.key)

    @property
    def answer(self) -> str:
        """The answer that counts."""
        return self.correction.corrected if self.correction else self.understood

    @property
    def is_missing(self) -> bool:
        return not self.answer


def answers(call: CallLog) -> list[Answer]:
    """Return what was asked with what was answered, in the order asked, then what came unasked."""
    asked = [point for point in call.request.get("data_extraction") or [] if point.get("key")]
    corrected = corrections(call)
    rows = [
        Answer(
            key=point["key"],
            asked=point.get("description", ""),
            understood=readable(call.extracted.get(point["key"])),
            required=bool(point.get("required")),
            correction=corrected.get(point["key"]),
        )
        for point in asked
    ]
    known = {point["key"] for point in asked}
    unasked = [
        Answer(
            key=key,
            asked="",
            understood=readable(value),
            asked_for=False,
            correction=corrected.get(key),
        )
        for key, value in call.extracted.items()
        if key not in known
    ]
    return rows + [row for row in unasked if row.answer]
