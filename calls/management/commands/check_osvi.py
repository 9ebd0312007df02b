"""`manage.py check_osvi`: is everything in place to place calls and to learn what came of them?"""

from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from calls.checks import LOCAL_HOSTS, REAL_OSVI_HOST
from calls.management.output import DATABASE_ERRORS, ExitCode, OperationsCommand
from calls.models import ConsoleState
from calls.osvi import errors
from calls.services import sending
from calls.services.account import count_active_agents


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `what_to_do` is empty where nothing is wrong."""

    name: str
    sentence: str
    what_to_do: str = ""

    @property
    def ok(self) -> bool:
        return not self.what_to_do


class Command(OperationsCommand):
    help = "Check token, public address, worker, queue, and whether sending is paused. Changes nothing."
    # A wrong set-up is what this command is for, so it must not stop at it.
    requires_system_checks = []

    def run(self, options: dict[str, Any]) -> None:
        findings = [token(), public_address(), queue(), *in_database()]
        wrong = [finding for finding in findings if not finding.ok]
        data = {
            "ok": not wrong,
            "checks": [{**asdict(finding), "ok": finding.ok} for finding in findings],
        }
        self.result(options, data, [line for finding in findings for line in _lines(finding)])
        if wrong:
            self.fail(ExitCode.FAILED, f"Not in order: {', '.join(finding.name for finding in wrong)}.")


def _lines(finding: Finding) -> list[str]:
    mark = "ok    " if finding.ok else "WRONG "
    lines = [f"{mark} {finding.name}: {finding.sentence}"]
    return lines if finding.ok else [*lines, f"       → {finding.what_to_do}"]


def token() -> Finding:
    """Ask OSVI for the active agents: the cheapest question that needs the token."""
    where = f"Check OSVI_API_URL ({settings.OSVI_API_URL}) and the network."
    if not settings.OSVI_API_TOKEN:
        what_to_do = (
            "Copy it from the OSVI dashboard, Settings → API, into OSVI_API_TOKEN or OSVI_API_TOKEN_FILE."
        )
        return Finding("token", "OSVI_API_TOKEN is not set.", what_to_do)
    if not urlsplit(settings.OSVI_API_URL).hostname:
        return Finding("token", "OSVI_API_URL has no host.", "Use https://api.osvi.ai for the real OSVI.")
    try:
        agents = count_active_agents()
    except errors.TokenRejected as error:
        what_to_do = "Correct OSVI_API_TOKEN, restart web and worker, then resume sending on the first page."
        return Finding("token", str(error), what_to_do)
    except errors.OsviError as error:
        return Finding("token", str(error), where)
    if not agents:
        what_to_do = "Activate an agent in the OSVI dashboard, then run `manage.py sync_agents`."
        return Finding("token", "OSVI accepts the token, but lists no active agent.", what_to_do)
    return Finding("token", f"OSVI accepts the token; active agents: {agents}.")


def public_address() -> Finding:
    """Judge PUBLIC_BASE_URL by itself; whether it can be reached from outside, only OSVI could say."""
    address = urlsplit(settings.PUBLIC_BASE_URL)
    shown = f"PUBLIC_BASE_URL is {settings.PUBLIC_BASE_URL}"
    what_to_do = (
        "Set PUBLIC_BASE_URL to the https:// address under which this console is reached from the internet. "
        "Until then outcomes arrive by polling alone."
    )
    if address.scheme not in {"http", "https"} or not address.hostname:
        return Finding("public address", f"{shown}: that is no web address.", what_to_do)
    if urlsplit(settings.OSVI_API_URL).hostname != REAL_OSVI_HOST:
        return Finding("public address", f"{shown}; enough for an OSVI that is not the real one.")
    if _is_local(address.hostname):
        return Finding("public address", f"{shown}: OSVI cannot reach that from outside.", what_to_do)
    if address.scheme != "https":
        return Finding("public address", f"{shown}: OSVI's news would travel unencrypted.", what_to_do)
    return Finding("public address", f"{shown}.")


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        private = host in LOCAL_HOSTS or host.endswith((".local", ".localhost", ".internal", ".lan"))
        return private or "." not in host


def queue() -> Finding:
    """Ask the queue engine how many nudges wait."""
    engine = urlsplit(settings.QUEUE_URL).scheme
    try:
        from huey.contrib.djhuey import HUEY

        waiting = HUEY.pending_count()
    except Exception as error:
        # Every engine has errors of its own, and their texts may repeat the address with its password.
        what_to_do = "Start the queue engine, or correct QUEUE_URL."
        return Finding("queue", f"The {engine} queue does not answer ({type(error).__name__}).", what_to_do)
    return Finding("queue", f"The {engine} queue answers; waiting in it: {waiting}.")


def in_database() -> list[Finding]:
    """Look at what the database says about worker and sending, if it can be read."""
    try:
        state = ConsoleState.current()
        return [Finding("database", "It answers."), worker(state), pause(state)]
    except DATABASE_ERRORS as error:
        what_to_do = "Start it, or correct DATABASE_URL; then run `manage.py migrate`."
        return [Finding("database", f"It could not be used ({type(error).__name__}).", what_to_do)]


def worker(state: ConsoleState) -> Finding:
    """Look for the worker's last sign of life."""
    seen = state.worker_seen_at
    if not sending.worker_is_silent() and seen is not None:
        return Finding("worker", f"Last seen {timezone.localtime(seen):%Y-%m-%d %H:%M:%S %z}.")
    since = f"since {timezone.localtime(seen):%Y-%m-%d %H:%M:%S %z}" if seen else "so far"
    what_to_do = "Start it with `manage.py run_huey`, with the same settings as the web server."
    return Finding("worker", f"No worker has given a sign of life {since}.", what_to_do)


def pause(state: ConsoleState) -> Finding:
    """Tell whether sending is paused, and why."""
    if state.sending_paused_at is None:
        return Finding("sending", "Not paused.")
    reason = state.sending_paused_reason
    return Finding(
        "sending", f"Paused: {reason}", "Look into the reason, then resume sending on the first page."
    )
