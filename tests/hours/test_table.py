"""The table of cases.txt, and whether it is what it says it is."""

from collections import Counter

import pytest

from calls.hours.verdict import Reason, may_call
from tests.hours.table import Case, cases

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line {case.line}")
def test_case(case: Case) -> None:
    verdict = may_call(case.instant, case.zones, case.rules)

    assert verdict.reason is case.reason, case.source
    assert verdict.allowed is (case.reason is Reason.OPEN)
    assert verdict.opens_at == (case.instant if verdict.allowed else case.changes)
    assert verdict.closes_at == (case.changes if verdict.allowed else None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line {case.line}")
def test_the_other_edge_is_where_the_table_says(case: Case) -> None:
    """A minute before the change the answer is still the same; at the change it is the other one."""
    if case.changes is None:
        return

    verdict = may_call(case.changes, case.zones, case.rules)

    assert verdict.allowed is not (case.reason is Reason.OPEN)


def test_both_clocks_of_a_line_show_the_same_instant() -> None:
    assert [case.line for case in CASES if case.instant != case.there] == []


def test_the_table_is_as_long_and_wide_as_promised() -> None:
    assert len(CASES) >= 230
    assert len({(case.instant, case.who, case.own_zone, case.hours) for case in CASES}) == len(CASES)
    assert all(case.source for case in CASES)
    assert set(Counter(case.reason for case in CASES)) == set(Reason)
