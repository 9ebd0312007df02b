"""A worker is killed in the middle of checking a list: another one goes on, and each row of the file is there once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from calls.choices import ContactVerdict, ListStatus
from calls.models import CallList, CallTemplate
from calls.services import list_check, list_columns, list_files
from calls.services.list_checking import SILENT_AFTER
from tests.services.lists import DATE, HEADINGS, csv_of
from tests.support.processes import Worker, wait_until

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

ROWS = 12_000


def row() -> CallList:
    return CallList.objects.get()


def test_another_worker_goes_on_where_a_killed_one_stopped(
    web: str, template: CallTemplate, start_worker: Callable[..., Worker], tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    people = [[f"Person {number}", f"98{number:08}", DATE] for number in range(ROWS)]
    # The first number once more, behind all that the first worker gets to.
    call_list = list_files.begin(
        template, "people.csv", csv_of(HEADINGS, *people, ["Again", "9800000000", DATE]), None
    )
    first = start_worker(DATA_DIR=str(tmp_path))
    list_check.start(call_list, list_columns.mapping_of(call_list), True, "IN", None)
    wait_until(lambda: row().done > 0, seconds=30, what="the check to get on", every=0.005)
    first.kill()
    done = row().done
    assert row().status == ListStatus.CHECKING, "it was too fast for this test"
    assert row().contacts.count() == done < ROWS

    # As if it had been silent for long enough; the next worker looks for such lists when it starts.
    CallList.objects.update(checked_at=F("checked_at") - SILENT_AFTER - timedelta(seconds=1))
    start_worker(DATA_DIR=str(tmp_path))
    wait_until(lambda: row().status == ListStatus.CHECKED, seconds=90, what="the check to end")

    assert row().done == row().total == ROWS + 1
    rows = list(row().contacts.order_by("row").values_list("row", flat=True))
    assert rows == list(range(2, ROWS + 3))
    counts = list_check.counts(row())
    assert counts[ContactVerdict.DUPLICATE] == 1
    assert sum(counts.values()) == ROWS + 1
