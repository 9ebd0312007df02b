"""`manage.py show_call`: where one call stands, and every step that led there."""

from typing import Any

from django.core.management.base import CommandParser

from calls.management import describing, reading
from calls.management.output import InvalidOptions, OperationsCommand


class Command(OperationsCommand):
    help = "Show one call: status, outcome, summary, answers, timeline."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument(
            "reference",
            metavar="REFERENCE",
            help=f"our reference, or its first {reading.SHORTEST_PREFIX} characters or more, "
            "or either id at OSVI",
        )

    def run(self, options: dict[str, Any]) -> None:
        try:
            call = reading.call(options["reference"])
        except reading.Unreadable as error:
            raise InvalidOptions({"REFERENCE": [str(error)]}) from error
        data = describing.as_json(call) | describing.history_as_json(call)
        lines = [*describing.as_lines(call), "", "timeline", *describing.history_as_lines(call)]
        self.result(options, data, lines)
