"""The check of a list: begun by a person, done by a worker (list_checking), repeated, and for one person alone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import ContactVerdict, ListStatus
from calls.models import CallList, CallLog, Contact
from calls.osvi import contract
from calls.services import contact_words, list_checking, list_columns, list_files, nudge
from calls.services.list_columns import ByColumn
from calls.services.list_recheck import recheck
from calls.services.list_verdicts import HOW, Checker, Fields, owners

if TYPE_CHECKING:
    from django.contrib.auth.models import User

__all__ = [
    "MAY_BEGIN",
    "MAY_GROW",
    "add_person",
    "check",
    "check_one",
    "counts",
    "next_row",
    "recheck",
    "start",
    "sweep",
]

# The file is there and nobody was called yet, so all may begin anew.
MAY_BEGIN = frozenset({ListStatus.MAPPING, ListStatus.CHECKED, ListStatus.FAILED})
MAY_GROW = frozenset({ListStatus.CHECKED, ListStatus.SCHEDULED, ListStatus.RUNNING, ListStatus.PAUSED})


def start(call_list: CallList, mapping: ByColumn, has_header: bool, country: str, by: "User | None") -> None:
    """Have a worker check a list whose columns were chosen; what an earlier check found is forgotten.

    Raises ValidationError if the columns, the country or the state of the list do not allow it.
    """
    with transaction.atomic():
        locked = (
            CallList.objects.select_for_update(of=("self",)).select_related("template").get(pk=call_list.pk)
        )
        sheet = list_files.sheet(locked)
        _require_beginning(locked)
        if sheet is None:
            raise ValidationError(_(list_files.GONE))
        list_columns.check(locked.template, mapping, sheet.width)
        if not contract.is_country(country):
            raise ValidationError(
                {"country": _("Please enter the two-letter code of a country, such as IN.")}
            )
        if not sheet.people(has_header):
            raise ValidationError(
                _("The file holds headings only. Choose a file with a row for each person.")
            )
        locked.country, locked.has_header = country, has_header
        locked.header, locked.mapping = sheet.header(has_header), list_columns.stored(mapping)
        locked.total, locked.done, locked.checked_at = sheet.people(has_header), 0, None
        locked.status, locked.status_reason = ListStatus.CHECKING, ""
        locked.save()
        locked.note(gettext_noop("The columns were chosen."), by=by, evidence={"mapping": locked.mapping})
        nudge.check_list(locked.pk)
    call_list.refresh_from_db()


def _require_beginning(call_list: CallList) -> None:
    if call_list.status not in MAY_BEGIN:
        raise ValidationError(_("This list is being checked, or was started already."), code="too_late")
    if CallLog.objects.filter(contact__call_list=call_list).exists():
        raise ValidationError(
            _("Calls were placed for people of this list already. Upload the file as a new list instead."),
            code="too_late",
        )


def check(list_pk: int) -> None:
    """Read, check and store the list, in a worker."""
    list_checking.check(list_pk)


def counts(call_list: CallList) -> dict[ContactVerdict, int]:
    """Return how many rows have each verdict, those of people taken out included: all together are all rows."""
    rows = call_list.contacts.order_by().values_list("verdict").annotate(Count("pk"))
    return {ContactVerdict(verdict): number for verdict, number in rows}


# --- One person -------------------------------------------------------------------------------


def check_one(contact: Contact) -> Contact:
    """Check one person, new or edited, by what stands in the contact, the number as it was typed; saves nothing.

    An empty country is that of the list. Fills in number, country, verdict, detail, status and next_attempt_at.
    What is wrong by field of a form tells contact_words.problem.
    """
    typed, before = contact.phone_number, contact.detail
    checker = Checker(contact.call_list, timezone.now())
    checker.read(
        contact,
        Fields(
            number=typed,
            country=contact.country,
            name=contact.person_name.strip(),
            time_zone=contact.time_zone.strip(),
            values=contact.values,
        ),
    )
    if contact.phone_number and contact.phone_number == typed and HOW in before:
        # It was mended earlier, when it was read from the file.
        contact.detail = {HOW: before[HOW], "code": before.get("code", "")} | contact.detail
    others = Contact.objects.filter(owners(contact.call_list_id), phone_number=contact.phone_number)
    checker.judge([contact], dict(others.exclude(pk=contact.pk).values_list("phone_number", "row")[:1]))
    return contact


def add_person(
    call_list: CallList,
    *,
    by: "User | None",
    phone_number: str,
    country: str = "",
    person_name: str = "",
    time_zone: str = "",
    values: Mapping[str, str] | None = None,
) -> Contact:
    """Add a person to a list that was checked, or runs. Whoever must not be called is added, but left out.

    Raises ValidationError, by field (phone_number, country, person_name, time_zone, values.<placeholder>), if
    something is wrong with what was entered, or the number stands in the list already.
    """
    with transaction.atomic():
        locked = (
            CallList.objects.select_for_update(of=("self",)).select_related("template").get(pk=call_list.pk)
        )
        if locked.status not in MAY_GROW:
            raise ValidationError(_("Nobody can be added to this list."), code="too_late")
        contact = check_one(
            Contact(
                call_list=locked,
                row=next_row(locked),
                person_name=person_name,
                phone_number=phone_number,
                country=country,
                time_zone=time_zone,
                values=dict(values or {}),
            )
        )
        if problems := contact_words.problem(contact):
            raise ValidationError({field: [sentence] for field, sentence in problems.items()})
        if contact.verdict == ContactVerdict.DUPLICATE:
            raise ValidationError({"phone_number": [contact_words.words(contact)]}, code="duplicate")
        contact.save()
        CallList.objects.filter(pk=locked.pk).update(total=locked.total + 1, done=locked.done + 1)
        locked.note(gettext_noop("A person was added."), by=by, contact=contact)
        return contact


def next_row(call_list: CallList) -> int:
    """Return the number of the row behind the last one. Under the lock of the list."""
    last = call_list.contacts.aggregate(last=Max("row"))["last"] or 0
    return max(last, call_list.total + call_list.has_header) + 1


# --- The regular check ------------------------------------------------------------------------


def sweep(limit: int) -> int:
    """Take up the checks of dead workers and lost nudges, and delete old files. Returns how many lists were touched."""
    silent = timezone.now() - list_checking.SILENT_AFTER
    checking = CallList.objects.filter(status=ListStatus.CHECKING)
    waiting = checking.filter(Q(checked_at=None) | Q(checked_at__lt=silent)).order_by("pk")
    pks = list(waiting.values_list("pk", flat=True)[:limit])
    for pk in pks:
        nudge.check_list(pk)
    return len(pks) + list_files.sweep(limit)
