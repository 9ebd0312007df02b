"""Rows, questions about rows, and guarded moves. No HTTP here."""

from calls.models.agent import Agent
from calls.models.call_event import CallEvent
from calls.models.call_export import CallExport
from calls.models.call_log import CallLog, ImpossibleMove, Transcript
from calls.models.call_review import AnswerCorrection, CallNote
from calls.models.call_template import CallTemplate, CallTemplateVersion, DataPoint
from calls.models.console_state import ConsoleState
from calls.models.disclosure import Disclosure
from calls.models.saved_view import SavedView
from calls.models.staff_preference import StaffPreference
from calls.models.webhook_delivery import WebhookDelivery

__all__ = [
    "Agent",
    "AnswerCorrection",
    "CallEvent",
    "CallExport",
    "CallLog",
    "CallNote",
    "CallTemplate",
    "CallTemplateVersion",
    "ConsoleState",
    "DataPoint",
    "Disclosure",
    "ImpossibleMove",
    "SavedView",
    "StaffPreference",
    "Transcript",
    "WebhookDelivery",
]
