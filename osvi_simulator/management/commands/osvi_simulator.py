"""`manage.py osvi_simulator`: the stand-in for api.osvi.ai as a process of its own."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from pydantic import ValidationError

from osvi_simulator.options import DEFAULT_TOKEN, Options
from osvi_simulator.server import SimulatorServer


class Command(BaseCommand):
    help = "Runs a stand-in for the OSVI API. A number's last two digits decide what happens; nobody is rung."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        defaults = Options()
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port", type=int, default=8900, help="0 picks a free one (default: %(default)s)"
        )
        parser.add_argument(
            "--token",
            default=settings.OSVI_API_TOKEN or DEFAULT_TOKEN,
            help="API token that callers must present (default: OSVI_API_TOKEN, else a fixed one)",
        )
        parser.add_argument(
            "--speed",
            type=float,
            default=defaults.speed,
            help="lives run this many times faster (default: 1)",
        )
        parser.add_argument(
            "--latency-ms", type=float, default=defaults.latency_ms, help="delay of every answer (default: 0)"
        )
        parser.add_argument(
            "--slow-seconds",
            type=float,
            default=defaults.slow_seconds,
            help="delay of slow answers (default: 60)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("token", "speed", "latency_ms", "slow_seconds")
        try:
            server = SimulatorServer(
                host=options["host"], port=options["port"], **{name: options[name] for name in names}
            )
        except ValidationError as error:
            raise CommandError(f"An option has a value that cannot be used: {error}") from error
        except OSError as error:
            raise CommandError(f"Cannot listen on {options['host']}:{options['port']}: {error}") from error
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        with server:
            self.stdout.write(f"OSVI simulator on {server.url}")
            self.stdout.flush()
            stop.wait()
