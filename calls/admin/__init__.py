"""One module per screen; importing them registers the screens with Django's admin."""

from calls.admin import (
    agent,
    call_log,
    call_template,
    calling_hours,
    do_not_call,
    lists,
    webhook_delivery,
)

__all__ = [
    "agent",
    "call_log",
    "call_template",
    "calling_hours",
    "do_not_call",
    "lists",
    "webhook_delivery",
]
