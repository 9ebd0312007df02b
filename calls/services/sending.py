"""Whether anything may be sent at all: the console-wide pause, and signs of life."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.choices import CallStatus
from calls.models import CallLog, ConsoleState
from calls.services import nudge

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# How exact "OSVI last answered" and "worker last seen" are: one write in so many seconds at most.
SIGN_OF_LIFE_EVERY = timedelta(seconds=15)
WORKER_SILENT_AFTER = timedelta(minutes=3)


def is_paused() -> bool:
    """Tell whether sending is paused for the whole console."""
    return ConsoleState.objects.filter(pk=ConsoleState.KEY, sending_paused_at__isnull=False).exists()


def pause(reason: str) -> bool:
    """Pause all sending. `reason` is a sentence for staff. Returns False if it was paused already."""
    ConsoleState.current()
    return bool(
        ConsoleState.objects.filter(pk=ConsoleState.KEY, sending_paused_at=None).update(
            sending_paused_at=timezone.now(), sending_paused_reason=reason
        )
    )


def pause_until_token_is_corrected() -> bool:
    """Pause sending because OSVI said 401. Returns False if it was paused already."""
    return pause(
        _(
            "OSVI does not accept the API token. Nothing is sent until the token is corrected "
            "and sending is resumed."
        )
    )


def resume(by: "User | None") -> int:
    """Resume sending; a person's decision. Returns how many waiting calls go out now."""
    ConsoleState.objects.filter(pk=ConsoleState.KEY).update(sending_paused_at=None, sending_paused_reason="")
    waiting = list(CallLog.objects.ready_to_send(timezone.now()).values_list("pk", flat=True))
    for pk in waiting:
        nudge.dispatch(pk)
    return len(waiting)


def pause_after_run_of_failures() -> bool:
    """Pause sending if the last calls that left all ended unconfirmed. Returns whether it paused.

    Called only after a failure, so that a healthy console pays nothing for it.
    """
    run = settings.CALL_FAILURES_BEFORE_PAUSE
    latest = (
        CallLog.objects.filter(sent_at__isnull=False)
        .exclude(status__in=[CallStatus.SENDING, CallStatus.QUEUED])
        .order_by("-sent_at")
        .values_list("status", flat=True)[:run]
    )
    if len(latest) < run or any(status != CallStatus.UNCONFIRMED for status in latest):
        return False
    return pause(
        _(
            "The last %(run)d calls got no clear answer from OSVI. Nothing more is sent until somebody has "
            "looked at them and resumes sending."
        )
        % {"run": run}
    )


def note_osvi_answered(state: ConsoleState | None = None) -> None:
    """Remember that OSVI answered just now. `state` saves a question if it was read a moment ago."""
    _note("osvi_answered_at", state)


def note_worker_alive() -> None:
    """Remember that the worker is alive."""
    _note("worker_seen_at", None)


def worker_is_silent() -> bool:
    """Tell whether no worker has given a sign of life for a while (or ever)."""
    seen = ConsoleState.current().worker_seen_at
    return seen is None or timezone.now() - seen > WORKER_SILENT_AFTER


def _note(field: str, state: ConsoleState | None) -> None:
    noted = getattr(state or ConsoleState.current(), field)
    now = timezone.now()
    # The common case, "noted a moment ago", stays free of a write lock.
    if noted is None or now - noted > SIGN_OF_LIFE_EVERY:
        ConsoleState.objects.filter(pk=ConsoleState.KEY).update(**{field: now})
