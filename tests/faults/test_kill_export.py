"""A worker is killed in the middle of an export: another one writes it anew, whole, and no half file stays behind."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F

from calls.choices import CallStatus, ExportFormat, ExportStatus
from calls.models import Agent, CallExport, CallLog
from calls.services import exports
from calls.services.export_store import SILENT_AFTER
from tests.support.processes import Worker, wait_until
from tests.support.spreadsheets import read_csv

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

CALLS = 8_000


@pytest.fixture
def boss(agent: Agent) -> User:
    calls = (
        CallLog(
            agent=agent,
            person_name=f"Person {number}",
            phone_number=f"+9198{number:08}",
            country="IN",
            status=CallStatus.FINISHED,
        )
        for number in range(CALLS)
    )
    CallLog.objects.bulk_create(calls, batch_size=1_000)
    return User.objects.create_superuser("boss")


def row() -> CallExport:
    return CallExport.objects.get()


def test_another_worker_writes_what_a_killed_one_left(
    web: str, boss: User, start_worker: Callable[..., Worker], tmp_path: Path, settings: Any
) -> None:
    settings.DATA_DIR = tmp_path
    first = start_worker(DATA_DIR=str(tmp_path))
    exports.begin(CallExport(by=boss, format=ExportFormat.CSV, full_numbers=True))
    wait_until(lambda: row().done > 0, seconds=30, what="the export to get on", every=0.005)
    first.kill()

    left = row()
    assert left.status == ExportStatus.RUNNING
    assert left.done < CALLS
    assert left.file_name == ""

    silence = SILENT_AFTER + timedelta(seconds=1)
    CallExport.objects.update(
        finished_at=F("finished_at") - silence, requested_at=F("requested_at") - silence
    )
    start_worker(DATA_DIR=str(tmp_path))
    wait_until(lambda: row().status == ExportStatus.READY, seconds=60, what="the export to be ready")

    done = row()
    assert done.done == done.total == CALLS
    rows = read_csv((tmp_path / "exports" / done.file_name).read_bytes())
    assert len({line["Reference"] for line in rows}) == CALLS
    assert {path.suffix for path in (tmp_path / "exports").iterdir()} == {".csv", ".part"}
