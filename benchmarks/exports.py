"""How long an export takes a worker, and whether its memory depends on the number of calls."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.utils import timezone

from benchmarks.support import agent
from calls.choices import PICKED, CallStatus, ExportFormat, ExportStatus
from calls.models import CallExport, CallLog, CallTemplate
from calls.services.export_store import file_of
from calls.services.export_writing import write

FEW, MANY = 1_000, 100_000
SUMMARY = "They come on Monday at ten and bring the earlier reports along. " * 4


def template_with(calls: int) -> CallTemplate:
    """Return a template to which so many answered calls belong; a second run finds them again."""
    template, _new = CallTemplate.objects.get_or_create(
        name=f"Bench of {calls}", agent=agent(), defaults={"country": "IN"}
    )
    for key in ("confirmed", "reason"):
        template.data_points.get_or_create(key=key, defaults={"description": "Ask."})
    missing = calls - CallLog.objects.filter(template=template).count()
    for batch in batched(rows(template, missing)):
        CallLog.objects.bulk_create(batch)
    return template


def batched(calls: Iterator[CallLog]) -> Iterator[list[CallLog]]:
    while batch := list(islice(calls, 1_000)):
        yield batch


def rows(template: CallTemplate, count: int) -> Iterator[CallLog]:
    now = timezone.now()
    version = template.current_version()
    for number in range(count):
        at = now - timedelta(minutes=number)
        yield CallLog(
            agent=template.agent,
            template=template,
            template_version=version,
            person_name=f"Person {number}",
            phone_number=f"+9198{number:08}",
            country="IN",
            status=CallStatus.FINISHED,
            status_reason="OSVI reported the outcome.",
            requested_at=at,
            sent_at=at,
            picked_at=at,
            finished_at=at,
            outcome=PICKED,
            duration_seconds=72,
            summary=SUMMARY,
            extracted={"confirmed": True, "reason": "none", "also": ["a", "b"]},
        )


class Measured(NamedTuple):
    """Seconds by the clock and of the processor, highest memory and size of the file in MiB."""

    seconds: float
    processor: float
    memory: float
    size: float


def measure(export_pk: int) -> None:
    """In a process of its own: write an export and print what it took."""
    started, worked = time.monotonic(), time.process_time()
    write(export_pk)
    print(time.monotonic() - started, time.process_time() - worked, peak_memory())


def peak_memory() -> float:
    """Return the highest memory of this process in MiB. (ru_maxrss would count that of its parent, too.)"""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def export_of(template: CallTemplate, kind: ExportFormat, boss_pk: int) -> Measured:
    """Export all calls of a template, and delete the file."""
    export = CallExport.objects.create(
        by_id=boss_pk, format=kind, query=f"template={template.pk}", full_numbers=True, with_conversation=True
    )
    command = [sys.executable, "-m", "benchmarks.exports", str(export.pk)]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    seconds, processor, memory = (float(word) for word in answer.split())
    export.refresh_from_db()
    assert export.status == ExportStatus.READY, export.error
    file = file_of(export)
    assert file is not None
    size = file.stat().st_size / 2**20
    file.unlink()
    return Measured(seconds, processor, memory, size)


def main() -> None:
    boss, _new = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    templates = {count: template_with(count) for count in (FEW, MANY)}
    for kind in ExportFormat:
        few, many = (export_of(templates[count], kind, boss.pk) for count in (FEW, MANY))
        print(
            f"- export of {MANY:,} calls as {kind.label}: {many.seconds:.1f} s ({many.processor:.1f} s of the "
            f"processor), {many.size:.1f} MiB, peak memory {many.memory:.0f} MiB; of {FEW:,} calls "
            f"{few.memory:.0f} MiB",
            flush=True,
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(int(sys.argv[1]))
    else:
        main()
