"""One module per screen; importing them registers the screens with Django's admin."""

from calls.admin import agent, call_log, call_template, calling_hours, lists, webhook_delivery

__all__ = ["agent", "call_log", "call_template", "calling_hours", "lists", "webhook_delivery"]
from calls.admin import do_not_call

__all__ = ["agent", "call_log", "call_template", "do_not_call", "lists", "webhook_delivery"]
