"""The people of a call list as a file: what the check said, what came of the calls, the answers as columns."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import to_python

from calls.choices import OUTCOME_LABELS
from calls.models import AnswerCorrection, CallList, CallLog, Contact
from calls.services import contact_words, numbers
from calls.services.export_rows import Cell, Row, as_text, without_number

# People that are read, written and forgotten together.
CHUNK = 500


class ContactTable:
    """The columns of a list's export in the language that is active when it is made, and a row for each person."""

    def __init__(self, call_list: CallList, *, full_numbers: bool, with_conversation: bool) -> None:
        self.call_list = call_list
        self.full_numbers = full_numbers
        self.with_conversation = with_conversation
        self._language = translation.get_language() or ""
        version = call_list.template_version
        content = version.content if version else call_list.template.content()
        points = [point["key"] for point in content.get("data_points", []) if point.get("key")]
        self._points = points if with_conversation else []
        self._values = [
            placeholder.name for placeholder in call_list.template.placeholders() if placeholder.name
        ]
        self.headings: list[str] = [
            *(_("Row"), _("Person"), _("Number"), _("Country")),
            *(_("Status"), _("Check"), _("Calls"), _("Outcome"), _("Sent"), _("Length in seconds")),
            *self._values,
            *([_("Summary"), *self._points] if with_conversation else []),
            _("Reference"),
        ]

    def chunks(self) -> Iterator[list[Row]]:
        """Yield the rows in the order of the file, CHUNK at a time, each by a query of its own."""
        calls = CallLog.objects.defer("request", "analysis", "provenance")
        people = (
            Contact.objects.filter(call_list=self.call_list)
            .defer("cells")
            .order_by("row")
            .prefetch_related(
                Prefetch("last_call", calls),
                Prefetch("last_call__corrections", AnswerCorrection.objects.order_by("pk")),
            )
        )
        found = list(people[:CHUNK])
        while found:
            # Between two chunks a streamed answer may share its thread with whoever comes next.
            with translation.override(self._language):
                rows = [self._row(contact) for contact in found]
            yield rows
            found = list(people.filter(row__gt=found[-1].row)[:CHUNK])

    def _row(self, contact: Contact) -> Row:
        number = to_python(contact.phone_number) if contact.phone_number else None
        call = contact.last_call

        def hidden(text: str) -> str:
            return without_number(text, number) if number and not self.full_numbers else text

        shown = number.as_international if number and self.full_numbers else numbers.masked(number)
        return [
            *(contact.row, contact.person_name, shown, contact.country),
            contact.get_status_display(),
            contact_words.words(contact),
            contact.attempts,
            str(OUTCOME_LABELS.get(call.outcome, call.outcome)) if call else "",
            _local(call.sent_at) if call else None,
            call.duration_seconds if call else None,
            *(hidden(str(contact.values.get(name, ""))) for name in self._values),
            *(self._conversation(call, hidden) if self.with_conversation else []),
            str(call.reference) if call else "",
        ]

    def _conversation(self, call: CallLog | None, hidden: Any) -> list[Cell]:
        if call is None:
            return [""] * (1 + len(self._points))
        corrected = {correction.key: correction.corrected for correction in call.corrections.all()}
        answers = {**call.extracted, **corrected}
        return [hidden(call.summary), *(hidden(as_text(answers.get(point))) for point in self._points)]


def _local(at: Any) -> Any:
    """A time in the console's zone, without naming the zone: spreadsheets know none."""
    return at and timezone.make_naive(at, timezone.get_default_timezone()).replace(microsecond=0)
