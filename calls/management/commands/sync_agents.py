"""`manage.py sync_agents`: bring the agents in line with those that OSVI lists as active."""

from dataclasses import asdict
from typing import Any

from calls.management.output import ExitCode, OperationsCommand, table
from calls.osvi import errors
from calls.services.agents import sync_agents


class Command(OperationsCommand):
    help = "Ask OSVI for its active agents and bring ours in line."

    def run(self, options: dict[str, Any]) -> None:
        try:
            result = sync_agents()
        except errors.OsviError as error:
            if options["json"]:
                self.result(options, {"errors": {"osvi": [str(error)]}}, [])
            code = ExitCode.REFUSED if isinstance(error, errors.Rejected) else ExitCode.UNKNOWN
            self.fail(code, f"{error} No agent was changed.")
        changes = asdict(result)
        lines = table({name: ", ".join(names) for name, names in changes.items() if name != "total"})
        lines.append(
            f"{result.total} active at OSVI." if lines else f"{result.total} active, nothing changed."
        )
        self.result(options, {**changes, "errors": {}}, lines)
