"""Rows, questions about rows, and guarded moves. No HTTP here."""

from calls.models.agent import Agent
from calls.models.call_event import CallEvent
from calls.models.call_log import CallLog, ImpossibleMove, Transcript
from calls.models.call_template import CallTemplate, CallTemplateVersion, DataPoint
from calls.models.console_state import ConsoleState
from calls.models.webhook_delivery import WebhookDelivery

__all__ = [
    "Agent",
    "CallEvent",
    "CallLog",
    "CallTemplate",
    "CallTemplateVersion",
    "ConsoleState",
    "DataPoint",
    "ImpossibleMove",
    "Transcript",
    "WebhookDelivery",
]
