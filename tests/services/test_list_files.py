"""The files of call lists: private, read once when they come, and not kept for long."""

import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from calls.choices import ListStatus
from calls.models import CallList, CallTemplate
from calls.services import list_check, list_files
from calls.services.list_files import KEPT_FOR, LEFTOVER_AFTER
from calls.services.sweep import sweep
from calls.spreadsheets.limits import Unreadable
from tests.services.lists import DATE, HEADINGS, begun, checked, csv_of, uploaded

pytestmark = pytest.mark.django_db

ROW = ["Asha Rao", "+919876543210", DATE]


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def files() -> list[Path]:
    return sorted(list_files.folder().iterdir())


def age(path: Path, by: timedelta) -> None:
    moment = (timezone.now() - by).timestamp()
    os.utime(path, (moment, moment))


def test_a_new_list_knows_its_file_and_guesses_its_columns(template: CallTemplate) -> None:
    content = SimpleUploadedFile("patients.csv", csv_of(HEADINGS, ROW))
    call_list = list_files.begin(template, "May patients.csv", content, None, name=" May ")

    assert (call_list.name, call_list.file_name) == ("May", "May patients.csv")
    assert (call_list.status, call_list.country, call_list.total) == (ListStatus.MAPPING, "IN", 1)
    assert (call_list.has_header, call_list.header) == (True, HEADINGS)
    assert call_list.mapping == {"0": "name", "1": "number", "2": "value:appointment_date"}
    sheet = list_files.sheet(call_list)
    assert sheet is not None
    assert list(sheet.rows(skip_header=True)) == [(2, ROW)]


def test_a_list_is_called_like_its_file_unless_it_has_a_name(template: CallTemplate) -> None:
    assert list_files.begin(template, "C:/x/May.csv", csv_of(HEADINGS, ROW), None).name == "May"
    assert list_files.begin(template, "a" * 400 + ".csv", csv_of(HEADINGS, ROW), None).name == "a" * 120


def test_a_file_without_headings_has_letters(template: CallTemplate) -> None:
    call_list = list_files.begin(template, "May.csv", csv_of(ROW), None)

    assert (call_list.has_header, call_list.header) == (False, ["A", "B", "C"])


def test_only_the_console_itself_may_read_the_files(template: CallTemplate) -> None:
    uploaded(template, ROW)

    assert stat.S_IMODE(list_files.folder().stat().st_mode) == 0o700
    assert len(files()) == 2
    for path in files():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "people" not in path.name


def test_what_was_seen_of_the_file_says_what_the_columns_page_needs(template: CallTemplate) -> None:
    sheet = list_files.sheet(uploaded(template, ROW))

    assert sheet is not None
    assert (sheet.kind, sheet.delimiter, sheet.width, sheet.row_count) == ("csv", ",", 3, 2)
    assert sheet.shown(has_header=True) == [ROW]
    assert sheet.people(has_header=True) == 1


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"a,b\n=1+1,2\n"])
def test_of_a_file_that_cannot_be_used_nothing_is_kept(template: CallTemplate, content: bytes) -> None:
    with pytest.raises(Unreadable):
        list_files.begin(template, "people.csv", content, None)

    assert files() == []
    assert not CallList.objects.exists()


def test_a_file_is_deleted_some_days_after_its_list_has_ended(template: CallTemplate) -> None:
    call_list = checked(template, ROW)
    ended = timezone.now() - KEPT_FOR + timedelta(minutes=1)
    CallList.objects.update(status=ListStatus.FINISHED, finished_at=ended, created_at=ended)
    sweep()
    assert len(files()) == 2

    CallList.objects.update(finished_at=timezone.now() - KEPT_FOR - timedelta(minutes=1))
    sweep()

    assert files() == []
    call_list.refresh_from_db()
    assert (call_list.status, call_list.stored_name) == (ListStatus.FINISHED, "")
    assert list_files.sheet(call_list) is None


def test_a_draft_that_was_left_loses_its_file_and_says_so(template: CallTemplate) -> None:
    left, unchecked = checked(template, ROW), uploaded(template, ROW)
    long_ago = timezone.now() - KEPT_FOR - timedelta(minutes=1)
    CallList.objects.update(created_at=long_ago)
    sweep()

    left.refresh_from_db()
    unchecked.refresh_from_db()
    assert left.stored_name, "it was checked a moment ago"
    assert (unchecked.status, unchecked.stored_name) == (ListStatus.FAILED, "")
    assert unchecked.status_reason.startswith(
        "The file was deleted because nothing was done with it for 7 days."
    )

    CallList.objects.update(checked_at=long_ago)
    sweep()

    left.refresh_from_db()
    assert (left.status, left.stored_name) == (ListStatus.CHECKED, "")


def test_a_list_that_runs_keeps_its_file(template: CallTemplate) -> None:
    checked(template, ROW)
    long_ago = timezone.now() - KEPT_FOR - timedelta(minutes=1)
    CallList.objects.update(created_at=long_ago, checked_at=long_ago, status=ListStatus.RUNNING)
    sweep()

    assert len(files()) == 2


def test_files_of_no_list_are_deleted_after_a_day(template: CallTemplate) -> None:
    uploaded(template, ROW)
    strange = list_files.folder() / "0123"
    strange.touch()
    sweep()
    assert strange.exists()

    for path in files():
        age(path, LEFTOVER_AFTER + timedelta(minutes=1))
    sweep()

    assert not strange.exists()
    assert len(files()) == 2


def test_without_its_file_a_list_cannot_begin_anew(template: CallTemplate) -> None:
    call_list = checked(template, ROW)
    list_files.delete(call_list.stored_name)

    with pytest.raises(Exception, match="The file of this list is not kept any more"):
        begun(call_list)
    assert list_check.counts(call_list)
