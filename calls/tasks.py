"""Queue entry points: an id in, one service call out. Huey finds this module by its name."""

import logging
import threading

from huey import crontab
from huey.contrib.djhuey import db_periodic_task, db_task, on_startup

from calls.services import (
    campaigns,
    deliveries,
    dnc_mirror,
    do_not_call_read_back,
    export_writing,
    list_advance,
    list_check,
    notice_mail,
    sending,
)
from calls.services import dispatch as dispatch_service
from calls.services import reconcile as reconcile_service
from calls.services import sweep as sweep_service

logger = logging.getLogger(__name__)

# Seconds until a list is looked at again after that went wrong.
LOOK_AGAIN_AFTER = 5


# People wait for calls to go out; questions about calls that went out can wait behind them.
@db_task(priority=1)
def dispatch_call(call_pk: int) -> None:
    dispatch_service.dispatch(call_pk)


# Short, and many calls depend on it.
@db_task(priority=2)
def advance_list(list_pk: int, name: str) -> None:
    try:
        list_advance.advance(list_pk, name=name)
    except Exception:
        # Whatever it was, a database that restarts perhaps: nothing was saved, so the same look comes again.
        logger.exception("List %s could not be looked at", list_pk)
        advance_list.schedule((list_pk, name), delay=LOOK_AGAIN_AFTER)


@db_task()
def reconcile_call(call_pk: int) -> None:
    reconcile_service.reconcile(call_pk)


@db_task()
def ask_due(second: int) -> None:
    sweep_service.nudge_questions(second)


@db_task()
def apply_delivery(delivery_pk: int) -> None:
    deliveries.apply(delivery_pk)


# A file can wait while calls go out.
@db_task(priority=-1)
def write_export(export_pk: int, language: str) -> None:
    export_writing.write(export_pk, language)


# OSVI's own lists are a second lock on the door; calls go first.
@db_task(priority=-1)
def pass_on_do_not_call() -> None:
    dnc_mirror.pass_on()


@db_task(priority=-1)
def read_do_not_call_back(agent_pk: int) -> None:
    do_not_call_read_back.read_back(agent_pk)


# Somebody looks at its progress, but calls go out first.
@db_task()
def check_list(list_pk: int) -> None:
    list_check.check(list_pk)


@db_task()
def send_campaign_part(upload_pk: int) -> None:
    campaigns.send_part(upload_pk)


@db_task(priority=-1)
def send_notices() -> None:
    notice_mail.send_due()


@db_periodic_task(crontab(minute="*"))
def sweep() -> None:
    sending.note_worker_alive()
    sweep_service.sweep()


_started = threading.Event()


@on_startup()
def start() -> None:
    """A worker that just started is alive, and finds at once what was left by one that died."""
    # Huey calls this once a thread; one look is enough.
    if _started.is_set():
        return
    _started.set()
    sending.note_worker_alive()
    sweep_service.sweep()
    logger.info("The worker has started.")
