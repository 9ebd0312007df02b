"""Rows, questions about rows, and guarded moves. No HTTP here."""

from calls.models.agent import Agent
from calls.models.call_event import CallEvent
from calls.models.call_export import CallExport
from calls.models.call_list import CallList, Contact, ListEvent
from calls.models.call_log import CallLog, ImpossibleMove, Transcript
from calls.models.call_review import AnswerCorrection, CallNote
from calls.models.call_template import CallTemplate, CallTemplateVersion, DataPoint
from calls.models.calling_hours import CallingRule, CallingWindow, DayTally
from calls.models.campaign_upload import CampaignUpload
from calls.models.console_state import ConsoleState
from calls.models.disclosure import Disclosure
from calls.models.do_not_call import DoNotCall, DoNotCallMirror
from calls.models.notice import Notice
from calls.models.saved_view import SavedView
from calls.models.staff_preference import StaffPreference
from calls.models.webhook_delivery import WebhookDelivery

__all__ = [
    "Agent",
    "AnswerCorrection",
    "CallEvent",
    "CallExport",
    "CallList",
    "CallLog",
    "CallNote",
    "CallTemplate",
    "CallTemplateVersion",
    "CallingRule",
    "CallingWindow",
    "CampaignUpload",
    "ConsoleState",
    "Contact",
    "DataPoint",
    "DayTally",
    "Disclosure",
    "DoNotCall",
    "DoNotCallMirror",
    "ImpossibleMove",
    "ListEvent",
    "Notice",
    "SavedView",
    "StaffPreference",
    "Transcript",
    "WebhookDelivery",
]
