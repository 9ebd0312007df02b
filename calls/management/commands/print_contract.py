"""`manage.py print_contract`: the OSVI contract as JSON Schema."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from calls.osvi import contract


class Command(BaseCommand):
    """Prints to standard output; needs neither database nor network. Exit code 0."""

    help = "Print the contract of POST /v1/call as JSON Schema: request, response and error."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(contract.json_schema(), indent=2, sort_keys=True, ensure_ascii=False))
