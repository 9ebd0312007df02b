"""Export: the numbers that must not be called, as a file that can be imported again."""

from collections.abc import Iterator

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.models import DoNotCall
from calls.services import do_not_call, numbers
from calls.services.export_files import csv_pieces
from calls.services.export_rows import Row
from calls.services.portions import portions
from osvi_console.redaction import redact

CHUNK = 500


def heading(field: str) -> str:
    """Return the heading of a column as the file has it in the reader's language."""
    return str(next(one.verbose_name for one in DoNotCall._meta.fields if one.name == field))


def csv(*, full_numbers: bool) -> Iterator[bytes]:
    """Yield a CSV file of all entries in force, in the reader's language; numbers in full or masked."""
    headings = [
        *map(heading, ("phone_number", "agent", "reason", "source", "added_at", "expires_at")),
        _("added by"),
    ]
    return csv_pieces(headings, _chunks(translation.get_language() or "", full_numbers=full_numbers))


def _chunks(language: str, *, full_numbers: bool) -> Iterator[list[Row]]:
    entries = DoNotCall.objects.in_force(timezone.now()).order_by("pk")
    for pks in portions(list(entries.values_list("pk", flat=True)), CHUNK):
        rows = DoNotCall.objects.filter(pk__in=pks).select_related("agent", "added_by").order_by("pk")
        # The file is written when it is sent, which is after the request.
        with translation.override(language):
            yield [_row(entry, full_numbers=full_numbers) for entry in rows]


def _row(entry: DoNotCall, *, full_numbers: bool) -> Row:
    reason = _(entry.reason) if entry.reason else ""
    until = do_not_call.last_moment(entry)
    who = entry.added_by
    return [
        entry.phone_number.as_e164 if full_numbers else numbers.masked(entry.phone_number),
        entry.agent.name if entry.agent else "",
        reason if full_numbers else redact(reason),
        entry.get_source_display(),
        timezone.localtime(entry.added_at).replace(tzinfo=None, microsecond=0),
        timezone.localtime(until).date() if until else None,
        (who.get_full_name() or who.get_username()) if who else "",
    ]
