"""The regular check of the do-not-call list: entries whose time is over, what OSVI has to be told or asked."""

from django.utils import timezone

from calls.services import dnc_mirror, do_not_call, do_not_call_read_back, nudge


def sweep() -> int:
    """Do all that is due. Returns how many entries ended, rows have to be passed on and agents are read."""
    ended = do_not_call.end_expired()
    waiting = dnc_mirror.due(timezone.now()).count()
    if waiting:
        nudge.pass_on()
    agents = do_not_call_read_back.due()
    for pk in agents:
        nudge.read_back(pk)
    return ended + waiting + len(agents)
