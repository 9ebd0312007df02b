"""What the page of a list shows from its start on: progress that adds up, who is being called, what comes next."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin.list_context import address, history
from calls.admin.list_states import STATES
from calls.admin.permissions import has_verb
from calls.choices import OUTCOME_LABELS, ListStatus, RetryOwner
from calls.models import CallList
from calls.services import list_figures, sending
from calls.services.list_figures import Progress
from calls.templatetags.exports import grouped
from calls.templatetags.list_display import Part, clock_words

# Seconds between two looks: while calls are made, and while nothing happens by itself but somebody may act.
LOOK_OFTEN, LOOK_SELDOM = 2, 10
MOST_HISTORY = 10
# People named as being called now; more are counted only.
MOST_CALLING = 12
# A pause up to the next call is counted in seconds as long as it is shorter.
_IN_SECONDS = 90


@dataclass(frozen=True)
class Coming:
    """When the next call is made: `now` people are due, `later` wait for their time, the first at `at`."""

    now: int
    later: int
    at: datetime | None


def live_context(request: HttpRequest, call_list: CallList) -> dict[str, Any]:
    """Return everything that changes while the page is open."""
    progress = list_figures.progress(call_list)
    is_moving = call_list.status == ListStatus.RUNNING or progress.calling > 0
    calling = list_figures.being_called(call_list)[:MOST_CALLING] if progress.calling else []
    return {
        "progress": progress,
        "parts": parts(call_list, progress),
        "calling": calling,
        "more_calling": progress.calling - len(calling),
        "coming": coming_words(call_list, progress),
        "retries": retry_words(call_list),
        "history": history(call_list, MOST_HISTORY),
        "worker_is_silent": call_list.status == ListStatus.RUNNING and sending.worker_is_silent(),
        "may_run": has_verb(request, "run_calllist"),
        "look_every": (LOOK_OFTEN if is_moving else LOOK_SELDOM) if call_list.is_under_way else None,
    }


def parts(call_list: CallList, progress: Progress) -> list[Part]:
    """Return where the rows of the list stand; the numbers add up to all of them."""
    people = address("people", call_list.pk)
    return [
        Part(state.key, state.label, state.count(progress), f"{people}?state={state.key}") for state in STATES
    ]


def coming(call_list: CallList) -> Coming:
    """Return when the next call is made, read from one index."""
    now = timezone.now()
    waiting = call_list.contacts.to_call()
    later = waiting.filter(next_attempt_at__gt=now)
    count_later = later.order_by().count()
    count_now = waiting.due(now).order_by().count()
    first = (
        None
        if count_now
        else later.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
    )
    return Coming(count_now, count_later, first)


def coming_words(call_list: CallList, progress: Progress) -> str:
    """Say what happens next; nothing once the list is over."""
    if call_list.status == ListStatus.SCHEDULED and call_list.start_at:
        return _("Starts at %(time)s.") % {"time": clock_words(call_list.start_at)}
    if call_list.status == ListStatus.PAUSED:
        return _("Nobody is called until somebody resumes the list.")
    if call_list.status != ListStatus.RUNNING:
        return ""
    if not progress.waiting:
        return _("The last calls are under way.") if progress.calling else ""
    next_calls = coming(call_list)
    if next_calls.now:
        return _in_turn(next_calls.now, call_list.next_slot_at)
    if next_calls.at:
        words = _("Everybody who is left waits for their time. The next call is made from %(time)s.")
        return words % {"time": clock_words(next_calls.at)}
    return ""


def _in_turn(people: int, slot: datetime | None) -> str:
    words = ngettext("%(count)s person can be called now.", "%(count)s people can be called now.", people) % {
        "count": grouped(people)
    }
    if slot is None or slot <= timezone.now():
        return words
    seconds = ceil((slot - timezone.now()).total_seconds())
    if seconds >= _IN_SECONDS:
        return f"{words} {_('Next call at %(time)s.') % {'time': clock_words(slot)}}"
    soon = ngettext("Next call in %(count)d second.", "Next call in %(count)d seconds.", seconds)
    return f"{words} {soon % {'count': seconds}}"


def retry_words(call_list: CallList) -> str:
    """Say who rings again when somebody was not reached, and how often."""
    match call_list.retry_owner:
        case RetryOwner.CONSOLE:
            return _("This console: %(rules)s") % {"rules": _rules(call_list)}
        case RetryOwner.OSVI:
            return _("OSVI, up to %(times)d times, %(minutes)d min apart") % {
                "times": call_list.retry_max_attempts or 0,
                "minutes": call_list.retry_interval_minutes or 0,
            }
        case _:
            return _("Nobody: each person is rung once")


def _rules(call_list: CallList) -> str:
    """Return the rules of a list for which this console rings again, a phrase for each cause."""
    phrases = [
        ngettext(
            "%(cause)s: %(times)d time, after %(minutes)d min",
            "%(cause)s: %(times)d times, after %(minutes)d min",
            rule["times"],
        )
        % {"cause": OUTCOME_LABELS.get(cause, cause), "times": rule["times"], "minutes": rule["minutes"]}
        for cause, rule in call_list.retry_rules.items()
        if rule["times"]
    ]
    return "; ".join(phrases) or _("never")
