"""The guide on an empty console: three steps to the first call."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from calls.admin.permissions import has_verb
from calls.models import Agent, CallLog, CallTemplate


@dataclass(frozen=True)
class Step:
    """One step; `url` only for those who may take it, `is_next` for the first that is not done."""

    title: str
    words: str
    button: str
    url: str
    is_done: bool
    is_next: bool = False
    by_post: bool = False


def steps(request: HttpRequest) -> list[Step]:
    """Return the three steps, or none once a call was placed, or for people who neither see nor place calls."""
    if not has_verb(request, "view_calllog") and not has_verb(request, "place_call"):
        return []
    if CallLog.objects.exists():
        return []
    has_agents = Agent.objects.usable().exists()
    has_template = CallTemplate.objects.filter(is_archived=False).exists()

    def address(name: str, verb: str) -> str:
        return reverse(f"admin:{name}") if has_verb(request, verb) else ""

    return [
        Step(
            _("Bring in your agents"),
            _("The console asks OSVI which voice agents your account has."),
            _("Sync agents"),
            address("calls_agent_sync", "sync_agents"),
            is_done=has_agents,
            is_next=not has_agents,
            by_post=True,
        ),
        Step(
            _("Write a template"),
            _(
                "The greeting and the task of the agent, with placeholders for what differs from call to call."
            ),
            _("Write a template"),
            address("calls_calltemplate_add", "add_calltemplate"),
            is_done=has_template,
            is_next=has_agents and not has_template,
        ),
        Step(
            _("Place your first call"),
            _("Choose the template, type name and number, and read the exact words before anybody is rung."),
            _("Place a call"),
            address("calls_calllog_add", "place_call"),
            is_done=False,
            is_next=has_agents and has_template,
        ),
    ]
