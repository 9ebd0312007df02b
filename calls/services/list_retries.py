"""List retries: whether this console rings somebody again who was not reached, and when.

The rule of a list says for each of OSVI's words how often again, and after how many minutes. A person is rung
once, and again only while the calls to them so far are not more than the rule of the latest outcome allows. So
whatever mixture of outcomes comes, nobody is rung more than once and the largest number in the rule.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from calls.choices import RETRY_CAUSES, CallStatus, RetryOwner
from calls.models import CallList, CallLog, Contact, DoNotCall

MOST_TIMES = 9
MOST_MINUTES = 7 * 24 * 60


def again_at(call_list: CallList, contact: Contact, call: CallLog, now: datetime) -> datetime | None:
    """Return when to ring this person again after this call, or None for not any more.

    Never after a call of which it was unknown whether it had left, and never who asked not to be called.
    """
    if call_list.retry_owner != RetryOwner.CONSOLE or call.status != CallStatus.FINISHED:
        return None
    rule = call_list.retry_rules.get(call.outcome)
    if not rule or contact.attempts > rule["times"]:
        return None
    if call.events.filter(to_status=CallStatus.UNCONFIRMED).exists() or _asked_not_to_be(contact, call, now):
        return None
    return (call.finished_at or now) + timedelta(minutes=rule["minutes"])


def most_calls(call_list: CallList) -> int:
    """Return how often this console rings one person of the list at most."""
    if call_list.retry_owner != RetryOwner.CONSOLE:
        return 1
    return 1 + max((rule["times"] for rule in call_list.retry_rules.values()), default=0)


def checked(rules: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return the rules in order, those with no repetition left out. Raises ValidationError."""
    kept = {}
    for cause in RETRY_CAUSES:
        rule = rules.get(cause)
        if not rule or not rule.get("times"):
            continue
        times, minutes = int(rule["times"]), int(rule.get("minutes") or 0)
        if not 1 <= times <= MOST_TIMES or not 1 <= minutes <= MOST_MINUTES:
            raise ValidationError(
                _("Ring again at most %(times)d times, after %(minutes)d minutes at the latest.")
                % {"times": MOST_TIMES, "minutes": MOST_MINUTES}
            )
        kept[cause] = {"times": times, "minutes": minutes}
    if set(rules) - set(RETRY_CAUSES):
        raise ValidationError(_("There is no such reason to ring again."))
    return kept


def _asked_not_to_be(contact: Contact, call: CallLog, now: datetime) -> bool:
    """Whether the number is on the do-not-call list, or a person has to decide whether it belongs there."""
    listed = DoNotCall.objects.in_force(now).about([contact.phone_number], call.agent_id)
    return listed.exists() or DoNotCall.objects.undecided().filter(phone_number=contact.phone_number).exists()
