"""Change: what stands in the row of a person who was not called yet is corrected, and checked anew."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import LIST_ENDED, ContactStatus, ContactVerdict, ListStatus
from calls.models import CallList, Contact
from calls.services import contact_words, list_check

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_UNTOUCHED = frozenset({ContactStatus.WAITING, ContactStatus.SKIPPED})
_WRITTEN = (
    "person_name",
    "phone_number",
    "country",
    "time_zone",
    "values",
    "verdict",
    "detail",
    "status",
    "next_attempt_at",
)


def can_be_changed(contact: Contact) -> bool:
    """Tell whether the row may be edited: nobody was called with it, and its list is neither over nor being checked."""
    call_list = contact.call_list
    is_open = call_list.status not in LIST_ENDED and call_list.status != ListStatus.CHECKING
    untouched = contact.status in _UNTOUCHED and contact.attempts == 0 and contact.last_call_id is None
    return is_open and untouched


def change_person(
    contact_pk: int,
    *,
    by: "User",
    phone_number: str,
    country: str,
    person_name: str,
    time_zone: str,
    values: Mapping[str, str],
) -> Contact:
    """Write what was typed, check the person anew, and return them; whoever must not be called is left out then.

    Raises ValidationError: with the code "too_late" if the person was called meanwhile, otherwise by field
    (phone_number, country, person_name, time_zone, values.<placeholder>) for what is wrong with what was typed.
    """
    with transaction.atomic():
        # The engine holds the same lock while it places calls, so nobody is called with half of a change.
        list_pk = Contact.objects.values_list("call_list", flat=True).get(pk=contact_pk)
        lists = CallList.objects.select_for_update(of=("self",)).select_related("template")
        call_list = lists.get(pk=list_pk)
        contact = Contact.objects.get(pk=contact_pk)
        contact.call_list = call_list
        if not can_be_changed(contact):
            raise ValidationError(
                _("This person was called already, or the list is over. Nothing was changed."),
                code="too_late",
            )
        contact.person_name, contact.phone_number = person_name.strip(), phone_number
        contact.country, contact.time_zone = country, time_zone.strip()
        contact.values = {**contact.values, **values}
        contact = list_check.check_one(contact)
        if problems := contact_words.problem(contact):
            raise ValidationError({field: [sentence] for field, sentence in problems.items()})
        if contact.verdict == ContactVerdict.DUPLICATE:
            raise ValidationError({"phone_number": [contact_words.words(contact)]}, code="duplicate")
        contact.save(update_fields=_WRITTEN)
        call_list.note(gettext_noop("The row was changed."), by=by, contact=contact)
    return contact
