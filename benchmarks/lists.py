"""How long a worker takes to read, check and store a list, and in how much memory; beside a loop that only stores."""

import csv
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

import phonenumbers
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from xlsxwriter import Workbook

from benchmarks.exports import peak_memory
from benchmarks.support import agent
from calls.choices import CallStatus, ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList, CallLog, CallTemplate, Contact, DoNotCall
from calls.services import list_check, list_columns, list_files

ROWS, FEW = 50_000, 1_000
# People who must not be called, and who were called lately, among those of the list.
SUPPRESSED, CALLED = 1_000, 2_500
HEADINGS = ["Customer", "Mobile", "Country", "Due date", "Amount", "Branch", "Remarks"]


def template() -> CallTemplate:
    return CallTemplate.objects.get_or_create(
        name="Bench of lists",
        agent=agent(),
        defaults={
            "country": "IN",
            "greeting": "Hello {{ person_name | there }}, {{ amount }} are due on {{ due_date }}.",
            "prompt": "Ask whether {{ amount }} will be paid. Branch: {{ branch | unknown }}.",
        },
    )[0]


def number(person: int) -> str:
    return f"+9198{person:08}"


def rows(count: int) -> Iterator[list[str]]:
    """Yield rows as people have them: most are right, some in another form, some wrong or there twice."""
    for person in range(count):
        digits, country, due = number(person)[3:], "IN", f"{person % 28 + 1} May"
        match person % 20:
            case 0:
                digits = f"0{digits[:5]} {digits[5:]}"
            case 1:
                digits = f"91-{digits}"
            case 2:
                digits, country = f"(212) 55{person // 10_000}-{person % 10_000:04}", "United States"
            case 3:
                digits, country = f"+44 7911 {person:06}", "GB"
            case 4 if person % 3 == 0:
                digits = digits[:7]
            case 5 if person % 3 == 0:
                digits = number(person - 1)
            case 6 if person % 3 == 0:
                due = ""
            case 7:
                digits = number(person)
        yield [
            f"Person {person}",
            digits,
            country,
            due,
            f"₹ {person}",
            "Pune",
            "Prefers to be called by name.",
        ]


def file_of(kind: str, count: int) -> bytes:
    lines = [HEADINGS, *rows(count)]
    if kind == "csv":
        text = io.StringIO()
        csv.writer(text).writerows(lines)
        return text.getvalue().encode()
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate(lines):
            sheet.write_row(row, 0, line)
    return content.getvalue()


def surroundings() -> None:
    """Write what has to be asked about: numbers not to be called, and calls of the last days."""
    if not DoNotCall.objects.filter(reason="Bench.").exists():
        DoNotCall.objects.bulk_create(
            DoNotCall(phone_number=number(person * 40), reason="Bench.") for person in range(SUPPRESSED)
        )
        now = timezone.now()
        CallLog.objects.bulk_create(
            CallLog(
                agent=agent(),
                phone_number=number(person * 20 + 10),
                country="IN",
                status=CallStatus.FINISHED,
                requested_at=now - timedelta(hours=hours),
                sent_at=now - timedelta(hours=hours),
                finished_at=now - timedelta(hours=hours),
            )
            for person in range(CALLED)
            for hours in (2, 5, 8)
        )


# --- In a process of its own ------------------------------------------------------------------


def check(list_pk: int) -> None:
    """Read, check and store a list as a worker does, and print what it took."""
    started, worked = time.monotonic(), time.process_time()
    list_check.check(list_pk)
    print(time.monotonic() - started, time.process_time() - worked, peak_memory())


def store(path: str, list_pk: int) -> None:
    """Only store the rows of a CSV file with their numbers: the least that any check has to do."""
    started, worked = time.monotonic(), time.process_time()
    with open(path, newline="") as file:
        lines = csv.reader(file)
        next(lines)
        people = (_stored(list_pk, row, line) for row, line in enumerate(lines, start=2))
        while batch := list(islice(people, 1_000)):
            Contact.objects.bulk_create(batch)
    print(time.monotonic() - started, time.process_time() - worked, peak_memory())


def _stored(list_pk: int, row: int, line: list[str]) -> Contact:
    e164 = ""
    try:
        parsed = phonenumbers.parse(line[1], "IN")
        if phonenumbers.is_valid_number(parsed):
            e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    return Contact(
        call_list_id=list_pk,
        row=row,
        person_name=line[0],
        phone_number=e164,
        country="IN",
        verdict=ContactVerdict.READY,
        status=ContactStatus.WAITING,
        values={"due_date": line[3], "amount": line[4], "branch": line[5]},
        cells=[] if e164 else line,
    )


# --- The figures ------------------------------------------------------------------------------


def measured(*arguments: str) -> tuple[float, float, float]:
    command = [sys.executable, "-m", "benchmarks.lists", *arguments]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds, processor, memory = (float(word) for word in answer.split())
    return seconds, processor, memory


def checked(kind: str, count: int) -> tuple[float, float, float, float]:
    """Read and check a new list: seconds of the upload, then what `check` prints.

    Its people are deleted afterwards, so that each run finds the same."""
    content = file_of(kind, count)
    started = time.monotonic()
    call_list = list_files.begin(template(), f"bench.{kind}", content, None)
    upload = time.monotonic() - started
    mapping = list_columns.mapping_of(call_list)
    list_check.start(call_list, mapping, has_header=True, country="IN", by=None)
    figures = measured("check", str(call_list.pk))
    call_list.refresh_from_db()
    assert (call_list.status, call_list.done) == (ListStatus.CHECKED, count), call_list.status_reason
    assert sum(list_check.counts(call_list).values()) == count
    forget(call_list)
    return upload, *figures


def stored(count: int) -> tuple[float, float, float]:
    call_list = CallList.objects.create(name="Bench", template=template(), country="IN")
    path = Path(settings.DATA_DIR) / "bench.csv"
    path.write_bytes(file_of("csv", count))
    figures = measured("store", str(path), str(call_list.pk))
    path.unlink()
    forget(call_list)
    return figures


def forget(call_list: CallList) -> None:
    list_files.delete(call_list.stored_name)
    call_list.contacts.all().delete()
    call_list.delete()


def main() -> None:
    get_user_model().objects.get_or_create(username="bench", defaults={"is_staff": True})
    surroundings()
    plain, plain_processor, plain_memory = stored(ROWS)
    print(
        f"- {ROWS:,} rows, csv + phonenumbers + bulk_create alone: {plain:.1f} s ({plain_processor:.1f} s of the "
        f"processor), peak memory {plain_memory:.0f} MiB",
        flush=True,
    )
    for kind in ("csv", "xlsx"):
        upload, seconds, processor, memory = checked(kind, ROWS)
        *_seconds, few = checked(kind, FEW)
        print(
            f"- {ROWS:,} rows of {kind.upper()}, upload: {upload:.1f} s; read, checked and stored: {seconds:.1f} s "
            f"({processor:.1f} s of the processor), together {(upload + seconds) / plain:.2f} × the loop alone; "
            f"peak memory of the check {memory:.0f} MiB, of {FEW:,} rows {few:.0f} MiB",
            flush=True,
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["check", pk]:
            check(int(pk))
        case ["store", path, pk]:
            store(path, int(pk))
        case _:
            main()
