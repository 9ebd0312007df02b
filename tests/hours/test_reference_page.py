"""docs/reference/calling-hours.md says what the code does."""

import re
from pathlib import Path

from calls.hours.presets import load
from calls.hours.verdict import Reason

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/calling-hours.md").read_text("utf-8")


def test_every_reason_is_described_and_nothing_else() -> None:
    table = PAGE.partition("## Reasons")[2]

    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [str(reason) for reason in Reason]


def test_every_preset_is_listed_with_source_and_date() -> None:
    for rules in load():
        assert f"{rules.reviewed_on.day} November {rules.reviewed_on.year}" in PAGE
        assert rules.source_url in PAGE
        for window in rules.windows:
            assert f"{window.opens:%H:%M}–{window.closes:%H:%M}" in PAGE
