"""Tells the worker that there is something to do. The rows are the truth: a lost nudge only costs time."""

import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Any

from django.db import transaction

logger = logging.getLogger(__name__)

# The sweep runs every minute; for waits beyond that a place in the queue would only cost time.
LONGEST_DELAY = 60
# The seconds for which this process has asked for a wake-up lately.
_wake_ups: deque[int] = deque(maxlen=2 * LONGEST_DELAY)


def _after_commit(enqueue: Callable[[], Any]) -> None:
    def enqueue_or_log() -> None:
        try:
            enqueue()
        except Exception:
            # Any engine, any failure: the regular sweep finds the row within a minute.
            logger.exception("The queue did not take a nudge; the regular check will pick the work up.")

    transaction.on_commit(enqueue_or_log)


# tasks imports the services that it calls, so it is imported here only when something is to be enqueued.


def dispatch(call_pk: int, *, delay: float = 0) -> None:
    """Have a worker send this call, `delay` seconds after the surrounding transaction commits."""
    from calls import tasks

    _after_commit(lambda: _enqueue(tasks.dispatch_call, call_pk, delay))


def reconcile(call_pk: int, *, at: datetime | None = None) -> None:
    """Have a worker ask OSVI about this call: after commit, or `at` the moment stored as its next question.

    Waiting calls share one wake-up a second, which asks about all that are due by then: a place in the queue
    for each would cost as much as sending it. Moments far off are left to the regular sweep.
    """
    from calls import tasks

    if at is None:
        _after_commit(lambda: tasks.reconcile_call(call_pk))
    elif at.timestamp() - time.time() <= LONGEST_DELAY:
        # The wake-up looks at one second only, so it is that of the stored moment, however late the commit.
        _after_commit(lambda: _wake_up_at(ceil(at.timestamp()), call_pk))


def _wake_up_at(second: int, call_pk: int) -> None:
    from calls import tasks

    delay = second - time.time()
    if delay <= 0:
        # The wake-up of that second may have looked before this commit.
        tasks.reconcile_call(call_pk)
    elif second not in _wake_ups:
        tasks.ask_due.schedule((second,), delay=delay)
        _wake_ups.append(second)


def apply_delivery(delivery_pk: int) -> None:
    """Have a worker apply this stored delivery after commit."""
    from calls import tasks

    _after_commit(lambda: _enqueue(tasks.apply_delivery, delivery_pk, 0))


def write_export(export_pk: int, language: str = "") -> None:
    """Have a worker write this export after commit, in `language` or the console's own."""
    from calls import tasks

    _after_commit(lambda: tasks.write_export(export_pk, language))


def pass_on() -> None:
    """Have a worker pass do-not-call entries on to OSVI after commit."""
    from calls import tasks

    _after_commit(tasks.pass_on_do_not_call)


def read_back(agent_pk: int) -> None:
    """Have a worker read OSVI's do-not-call list of this agent after commit."""
    from calls import tasks

    _after_commit(lambda: _enqueue(tasks.read_do_not_call_back, agent_pk, 0))


def check_list(list_pk: int) -> None:
    """Have a worker check this list after commit."""
    from calls import tasks

    _after_commit(lambda: tasks.check_list(list_pk))


def send_part(upload_pk: int) -> None:
    """Have a worker give this part of a list to its campaign after commit."""
    from calls import tasks

    _after_commit(lambda: _enqueue(tasks.send_campaign_part, upload_pk, 0))


def send_notices() -> None:
    """Have a worker send the e-mails that are due after commit."""
    from calls import tasks

    _after_commit(tasks.send_notices)


def advance(list_pk: int, name: str = "", *, delay: float = 0) -> None:
    """Have a worker look at this list after commit, `delay` seconds later.

    `name` is that of a planned look (see services.list_advance); without one the list is looked at in any case.
    """
    from calls import tasks

    if delay > 0:
        _after_commit(lambda: tasks.advance_list.schedule((list_pk, name), delay=delay))
    else:
        _after_commit(lambda: tasks.advance_list(list_pk, name))


def _enqueue(task: Any, pk: int, delay: float) -> None:
    if delay > 0:
        task.schedule((pk,), delay=delay)
    else:
        task(pk)
