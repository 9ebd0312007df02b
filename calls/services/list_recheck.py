"""Checking a list again: hours, do-not-call, caps and the template may have changed since its rows were read."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calls.choices import ContactStatus
from calls.models import CallList, Contact
from calls.services.list_verdicts import Checker, owners

# People looked at under one lock of their list.
ROWS = 500
# People about whom the check has the last word: no call was placed for them yet.
_NOT_CALLED = Q(status__in=[ContactStatus.WAITING, ContactStatus.SKIPPED], attempts=0, last_call=None)
_JUDGED = ("verdict", "status", "detail", "next_attempt_at")


def recheck(list_pk: int) -> int:
    """Check anew everybody for whom no call was placed yet: hours, do-not-call, caps and the template may have changed.

    Rows that are wrong by themselves stay so. Some people at a time, each time under the lock of the list, so that
    nobody is called meanwhile. Returns how many verdicts changed.
    """
    checker = Checker(CallList.objects.select_related("template").get(pk=list_pk), timezone.now())
    seen: dict[str, int] = {}
    row = changed = 0
    while True:
        with transaction.atomic():
            CallList.objects.select_for_update().get(pk=list_pk)
            mine = Contact.objects.filter(_NOT_CALLED, call_list=list_pk, row__gt=row).order_by("row")
            contacts = list(mine[:ROWS])
            if not contacts:
                return changed
            changed += _judge_again(checker, contacts, seen)
            row = contacts[-1].row


def _judge_again(checker: Checker, contacts: list[Contact], seen: dict[str, int]) -> int:
    numbers = [contact.phone_number for contact in contacts if contact.phone_number]
    called = Contact.objects.filter(owners(contacts[0].call_list_id), phone_number__in=numbers)
    seen |= dict(called.exclude(_NOT_CALLED).values_list("phone_number", "row"))
    before = {contact.pk: _judgement(contact) for contact in contacts}
    for contact in contacts:
        checker.look_again(contact)
    checker.judge(contacts, seen)
    changed = [contact for contact in contacts if _judgement(contact) != before[contact.pk]]
    Contact.objects.bulk_update(changed, _JUDGED, batch_size=100)
    return len(changed)


def _judgement(contact: Contact) -> tuple[object, ...]:
    return tuple(getattr(contact, name) for name in _JUDGED)
