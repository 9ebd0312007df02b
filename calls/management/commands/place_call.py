"""`manage.py place_call`: ask for one call, by default through the worker."""

import contextlib
import time
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.db import transaction
from django.utils import timezone

from calls.choices import CallStatus, EventSource
from calls.management import call_orders, describing, reading
from calls.management.output import ExitCode, OperationsCommand
from calls.models import CallLog, ConsoleState
from calls.services.dispatch import dispatch
from calls.services.orders import CallOrder
from calls.services.place import place
from calls.services.reconcile import reconcile

# News may reach the row through the worker or the web server at any time, so it is read this often.
LOOK_EVERY = 0.25
# Nothing more is to be expected of such a call while somebody waits.
ENDED = frozenset(
    {
        CallStatus.FINISHED,
        CallStatus.REJECTED,
        CallStatus.BLOCKED,
        CallStatus.CANCELLED,
        CallStatus.NO_OUTCOME,
        CallStatus.NOT_PLACED,
    }
)
ADVICE = {
    ExitCode.UNKNOWN: "It is not known whether the call went out: do not place it again. "
    "`manage.py show_call {reference}` says what OSVI tells about it.",
    ExitCode.WAITING: "The call was not sent yet and stays in line for the worker: do not place it again.",
    ExitCode.NOT_SENT: "Nobody was rung.",
}


class Command(OperationsCommand):
    help = "Place one call. The worker sends it; with --now it is sent here."

    def add_options(self, parser: CommandParser) -> None:
        call_orders.add_options(parser)
        parser.add_argument("--now", action="store_true", help="send it in this process, without a worker")
        parser.add_argument("--wait", metavar="SECONDS", help="wait so long for the outcome")

    def run(self, options: dict[str, Any]) -> None:
        problems = reading.Problems()
        patience = problems.read("wait", reading.seconds, options["wait"])
        if options["now"] and options["schedule"]:
            problems.add("now", "--now and --schedule exclude each other.")
        problems.raise_if_any()
        order = call_orders.read(options, add_agent=options["now"])
        call = _place(order, now=options["now"])
        if options["now"]:
            dispatch(call.pk)
        if patience is not None:
            # Ctrl-C ends the waiting, not the call.
            with contextlib.suppress(KeyboardInterrupt):
                _wait(call, patience, here=options["now"])
        call = CallLog.objects.select_related("agent", "template").get(pk=call.pk)
        self._report(call, options, sent_by_worker=not options["now"] and patience is None)

    def _report(self, call: CallLog, options: dict[str, Any], *, sent_by_worker: bool) -> None:
        code = describing.exit_code(call)
        if sent_by_worker and code == ExitCode.WAITING:
            code = ExitCode.DONE
        data = describing.as_json(call) | {"errors": {}}
        if code != ExitCode.DONE:
            data["errors"] = {"call": [_why(call)]}
        self.result(options, data, describing.as_lines(call))
        if code != ExitCode.DONE:
            advice = ADVICE.get(code, "").format(reference=call.reference)
            self.fail(code, f"{_why(call)} {advice}".strip())


def _place(order: CallOrder, *, now: bool) -> CallLog:
    """Write the call, and its agent if it is new: both or neither. Raises InvalidOptions."""
    try:
        with transaction.atomic():
            if order.agent.pk is None:
                order.agent.save()
            call, _is_new = place(order, source=EventSource.COMMAND, nudge_worker=not now)
    except ValidationError as error:
        raise call_orders.in_options(error) from error
    return call


def _wait(call: CallLog, patience: float, *, here: bool) -> None:
    """Look at the row until the call ended or `patience` seconds passed; `here` does the worker's part too."""
    deadline = time.monotonic() + patience
    while True:
        if here:
            _work(call.pk)
        call.refresh_from_db(fields=["status"])
        left = deadline - time.monotonic()
        if call.status in ENDED or left <= 0:
            return
        time.sleep(min(LOOK_EVERY, left))


def _work(call_pk: int) -> None:
    """Send the call if it is due once more, or ask OSVI about it if that is due."""
    call = CallLog.objects.get(pk=call_pk)
    if call.status == CallStatus.QUEUED:
        dispatch(call_pk)
    elif call.next_poll_at is not None and call.next_poll_at <= timezone.now():
        reconcile(call_pk)


def _why(call: CallLog) -> str:
    state = ConsoleState.current()
    if call.status == CallStatus.QUEUED and state.sending_paused_at:
        return f"Sending is paused: {state.sending_paused_reason}"
    return call.status_reason or f"{call.get_status_display()}."
