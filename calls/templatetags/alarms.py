"""What everybody should know now, on top of any page: sending is paused, and who may resume it."""

from typing import Any

from django import template
from django.template.context import RequestContext

from calls.models import ConsoleState

register = template.Library()


@register.inclusion_tag("console/call_alarms.html", takes_context=True)
def console_alarms(context: RequestContext) -> dict[str, Any]:
    """The reason why nothing is sent, with a button for those who may resume; nothing while all is well."""
    request = context["request"]
    state = ConsoleState.objects.filter(pk=ConsoleState.KEY, sending_paused_at__isnull=False).first()
    return {
        "state": state,
        "may_resume": state is not None and request.user.has_perm("calls.resume_sending"),
        # The form brings people back to where they pressed the button.
        "here": request.get_full_path(),
    }
