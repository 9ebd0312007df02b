"""Notices about call lists, on top of whatever page the person opens next."""

from typing import Any

from django import template
from django.template.context import Context

from calls.models import Notice

register = template.Library()

# More at a time nobody reads; the next page shows the next ones.
MOST = 3


@register.inclusion_tag("console/lists/notices.html", takes_context=True)
def list_notices(context: Context) -> dict[str, Any]:
    """What the person was told about lists and has not put away; nothing for those who may not see lists."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not (user.is_authenticated and user.has_perm("calls.view_calllist")):
        return {}
    unseen = Notice.objects.filter(person=user, seen_at=None).select_related("call_list")
    return {
        "notices": list(unseen[:MOST]),
        # The form brings people back to where they pressed the button.
        "here": request.get_full_path() if request else "",
    }
