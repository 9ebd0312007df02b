"""Values as people read them."""

from typing import Any

import pytest

from calls.admin.call_facts import readable


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "Yes"),
        (None, ""),
        (" Asha ", "Asha"),
        ([1, "two"], "1, two"),
        ({"preferred_day": "Monday"}, "Preferred day: Monday"),
        # By the clock that the person meant, wherever the console stands.
        ("2026-11-27T10:30:00+05:30", "27 Nov 2026, 10:30"),
        ("2026-11-27T10:30", "27 Nov 2026, 10:30"),
        ("2026-13-27T10:30", "2026-13-27T10:30"),
        ("2026-11-27", "2026-11-27"),
        ("Tuesday", "Tuesday"),
    ],
)
def test_a_value_is_shown_as_people_write_it(value: Any, text: str) -> None:
    assert readable(value) == text
