"""Exports: asking, writing in a worker, and what the regular check makes good."""

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from calls.choices import CallStatus, ExportFormat, ExportStatus
from calls.models import CallExport, CallLog
from calls.services import export_rows, export_store, export_writing, exports
from calls.services.export_store import KEPT_FOR, SILENT_AFTER, TAKEN_UP_WITHIN, file_of
from calls.services.export_writing import write
from calls.services.sweep import sweep
from tests.admin.base import staff
from tests.support.spreadsheets import read_csv, read_xlsx
from tests.test_tasks import run_all

pytestmark = pytest.mark.django_db(transaction=True)

MakeCall = Callable[..., CallLog]
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def person(db: None) -> User:
    return staff("person", "view_calllog", "export_calls", "reveal_number", "view_conversation")


@pytest.fixture
def make_export(person: User) -> Callable[..., CallExport]:
    def make(**fields: Any) -> CallExport:
        return CallExport.objects.create(**{"by": person, "format": ExportFormat.CSV, **fields})

    return make


def fresh(export: CallExport) -> CallExport:
    return CallExport.objects.select_related("by").get(pk=export.pk)


def content(export: CallExport) -> bytes:
    path = file_of(fresh(export))
    assert path is not None
    return path.read_bytes()


# --- Asking -----------------------------------------------------------------------------------


def test_a_worker_writes_what_was_asked_for(make_call: MakeCall, person: User, queue) -> None:
    make_call(CallStatus.FINISHED, person_name="Found", outcome="picked")
    make_call(CallStatus.FINISHED, person_name="Other", outcome="busy")

    export = CallExport(by=person, format=ExportFormat.CSV, query="outcome=picked")
    exports.begin(export)
    assert fresh(export).status == ExportStatus.WAITING
    assert run_all(queue) == ["write_export"]

    done = fresh(export)
    assert (done.status, done.total, done.done, done.seen_at) == (ExportStatus.READY, 1, 1, None)
    assert [row["Person"] for row in read_csv(content(export))] == ["Found"]


def test_one_large_export_of_a_person_at_a_time(person: User, make_export, queue) -> None:
    make_export(status=ExportStatus.RUNNING)

    with pytest.raises(exports.NotPossible, match="still being written"):
        exports.begin(CallExport(by=person, format=ExportFormat.CSV))

    assert CallExport.objects.count() == 1
    assert queue.pending() == []
    other = User.objects.create_user("other")
    exports.begin(CallExport(by=other, format=ExportFormat.CSV))


def test_an_export_at_once_is_on_record_and_needs_no_notice(make_call: MakeCall, person: User) -> None:
    make_call(person_name="Asha")
    selected = exports.select("", person)

    pieces = exports.at_once(CallExport(by=person, format=ExportFormat.CSV, full_numbers=True), selected, 1)
    file: Any = exports.at_once(CallExport(by=person, format=ExportFormat.XLSX), selected, 1)

    assert read_csv(b"".join(pieces))[0]["Number"] == "'+91 98765 43210"
    with file:
        assert read_xlsx(file.read())[0]["Number"] == "+91 ••••• •210"
    records = CallExport.objects.order_by("pk")
    assert [(record.status, record.done, record.full_numbers) for record in records] == [
        (ExportStatus.READY, 1, True),
        (ExportStatus.READY, 1, False),
    ]
    assert all(record.seen_at and not record.file_name for record in records)
    assert list(export_store.folder().iterdir()) == []


def test_the_log_says_who_took_full_numbers_and_no_number(make_call: MakeCall, person: User, caplog) -> None:
    make_call()
    with caplog.at_level("INFO"):
        exports.begin(CallExport(by=person, format=ExportFormat.CSV, query="q=98765", full_numbers=True))

    assert f"user {person.pk}: full numbers True" in caplog.text
    assert "98765" not in caplog.text


def test_counting_stops_where_it_makes_no_difference(make_call: MakeCall, person: User, monkeypatch) -> None:
    monkeypatch.setattr(exports, "DIRECT_ROWS", 2)
    for _number in range(2):
        make_call()
    assert exports.counted(CallLog.objects.all()) == (2, False)
    make_call()
    assert exports.counted(CallLog.objects.all()) == (2, True)


@pytest.mark.parametrize("lost", ["view_calllog", "export_calls", "reveal_number", "view_conversation"])
def test_permissions_count_when_the_file_is_written(make_export, person: User, lost: str) -> None:
    export = make_export(full_numbers=True, with_conversation=True)
    assert exports.may_have(person, export)
    person.user_permissions.remove(person.user_permissions.get(codename=lost))

    write(export.pk)

    assert fresh(export).status == ExportStatus.FAILED
    assert "no longer have the permissions" in fresh(export).error
    assert list(export_store.folder().iterdir()) == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}])
def test_people_who_left_get_no_file(make_export, person: User, change: dict[str, bool]) -> None:
    User.objects.filter(pk=person.pk).update(**change)
    export = make_export()

    write(export.pk)

    assert fresh(export).status == ExportStatus.FAILED


def test_an_export_whose_owner_was_deleted_fails(make_export, person: User) -> None:
    export = make_export()
    person.delete()

    write(export.pk)

    assert fresh(export).status == ExportStatus.FAILED


# --- Writing ----------------------------------------------------------------------------------


def test_progress_moves_with_every_chunk(make_call: MakeCall, make_export, monkeypatch) -> None:
    monkeypatch.setattr(export_rows, "CHUNK", 2)
    for _number in range(5):
        make_call()
    seen = []

    def spy(file: Any, headings: Any, chunks: Any, folder: str) -> None:
        for rows in chunks:
            row = CallExport.objects.get()
            seen.append((row.status, row.total, row.done, len(rows)))

    monkeypatch.setitem(export_writing.WRITERS, ExportFormat.CSV, spy)
    write(make_export().pk)

    running = ExportStatus.RUNNING
    assert seen == [(running, 5, 0, 2), (running, 5, 2, 2), (running, 5, 4, 1)]
    assert CallExport.objects.get().done == 5


def test_a_file_is_private_and_its_name_cannot_be_guessed(make_call: MakeCall, make_export) -> None:
    make_call()
    export = make_export(format=ExportFormat.XLSX)

    write(export.pk)

    path = file_of(fresh(export))
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert len(path.stem) == 32
    assert str(export.reference) not in path.name
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert len(read_xlsx(path.read_bytes())) == 1


def test_nothing_outside_the_folder_is_handed_out(make_export, data_dir: Path) -> None:
    (data_dir / "secret.csv").write_text("secret")

    assert file_of(make_export(status=ExportStatus.READY, file_name="../secret.csv")) is None


def test_an_export_is_written_once(make_call: MakeCall, make_export) -> None:
    export = make_export()
    write(export.pk)
    first = fresh(export).file_name

    write(export.pk)

    assert fresh(export).file_name == first
    assert len(list(export_store.folder().iterdir())) == 1


def test_a_fault_is_said_in_words_leaves_no_file_and_can_be_tried_again(
    make_call: MakeCall, make_export, monkeypatch, queue
) -> None:
    make_call()
    export = make_export()

    def full(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setitem(export_writing.WRITERS, ExportFormat.CSV, full)
        write(export.pk)

    failed = fresh(export)
    assert (failed.status, failed.error) == (
        ExportStatus.FAILED,
        "Something went wrong while the file was written.",
    )
    assert list(export_store.folder().iterdir()) == []

    assert exports.try_again(failed)
    assert not exports.try_again(failed)
    run_all(queue)
    assert fresh(export).status == ExportStatus.READY
    assert fresh(export).error == ""


def test_filters_that_cannot_be_read_are_said(make_export) -> None:
    export = make_export(query="nonsense=1")

    write(export.pk)

    assert "cannot be read" in fresh(export).error


def test_a_slow_worker_leaves_an_export_alone_that_another_has_taken_up(
    make_call: MakeCall, make_export, monkeypatch, queue
) -> None:
    monkeypatch.setattr(export_rows, "CHUNK", 1)
    for number in range(3):
        make_call(person_name=f"Person {number}")
    export = make_export()
    real = export_writing.WRITERS[ExportFormat.CSV]

    def stumble(file: Any, headings: Any, chunks: Any, folder: str) -> None:
        """Write a chunk, fall silent so long that the sweep and another worker come, and go on."""
        next(chunks)
        next(chunks)
        monkeypatch.setitem(export_writing.WRITERS, ExportFormat.CSV, real)
        CallExport.objects.update(finished_at=F("finished_at") - SILENT_AFTER - SECOND)
        sweep()
        write(export.pk)
        for _rows in chunks:
            pass

    monkeypatch.setitem(export_writing.WRITERS, ExportFormat.CSV, stumble)
    write(export.pk)

    assert fresh(export).status == ExportStatus.READY
    assert len(read_csv(content(export))) == 3
    assert len(list(export_store.folder().iterdir())) == 1


# --- The regular check ------------------------------------------------------------------------


def test_a_lost_nudge_is_made_good(make_export, queue) -> None:
    old = timezone.now() - export_store.SETTLED_AFTER - SECOND
    lost = make_export(requested_at=old)
    make_export()

    assert sweep()["exports"] == 1

    assert [(task.name, task.args[0]) for task in queue.pending()] == [("write_export", lost.pk)]


def test_an_export_is_taken_up_again_when_its_worker_died(make_call: MakeCall, make_export, queue) -> None:
    make_call()
    now = timezone.now()
    died = make_export(
        status=ExportStatus.RUNNING,
        requested_at=now - 2 * SILENT_AFTER,
        finished_at=now - SILENT_AFTER - SECOND,
        done=7,
    )
    alive = make_export(status=ExportStatus.RUNNING, finished_at=now, done=7)

    sweep()
    run_all(queue)

    assert fresh(died).status == ExportStatus.READY
    assert len(read_csv(content(died))) == 1
    assert (fresh(alive).status, fresh(alive).done) == (ExportStatus.RUNNING, 7)


def test_an_export_of_which_workers_die_is_given_up_after_an_hour(make_export, queue) -> None:
    now = timezone.now()
    export = make_export(
        status=ExportStatus.RUNNING,
        requested_at=now - TAKEN_UP_WITHIN - SECOND,
        finished_at=now - SILENT_AFTER - SECOND,
    )

    assert sweep()["exports"] == 1

    assert fresh(export).status == ExportStatus.FAILED
    assert "the worker stopped" in fresh(export).error
    assert queue.pending() == []


def test_files_are_deleted_after_a_week_and_the_row_stays(make_call: MakeCall, make_export, queue) -> None:
    make_call()
    old, new = make_export(), make_export()
    for export in (old, new):
        write(export.pk)
    CallExport.objects.filter(pk=old.pk).update(finished_at=timezone.now() - KEPT_FOR - SECOND)
    path = file_of(fresh(old))

    assert sweep()["exports"] == 1

    assert path is not None
    assert not path.exists()
    assert (fresh(old).status, fresh(old).file_name) == (ExportStatus.READY, "")
    assert file_of(fresh(new)) is not None


def test_a_file_that_is_gone_already_is_no_trouble(make_export, queue) -> None:
    long_ago = timezone.now() - KEPT_FOR - SECOND
    make_export(status=ExportStatus.READY, file_name="gone.csv", finished_at=long_ago)

    assert sweep()["exports"] == 1
    assert sweep()["exports"] == 0


def test_what_dead_workers_left_is_deleted(queue) -> None:
    folder = export_store.folder()
    half, young, orphan = folder / "half.part", folder / "young.part", folder / "orphan.csv"
    for path in (half, young):
        path.mkdir()
        (path / "export").write_text("+91 98765 43210")
    orphan.write_text("+91 98765 43210")
    age = (KEPT_FOR + timedelta(days=2)).total_seconds()
    for path in (half, orphan):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime - age))

    sweep()

    assert [path.name for path in folder.iterdir()] == ["young.part"]
