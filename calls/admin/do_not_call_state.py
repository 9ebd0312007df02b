"""What a call's page says about its number: not to be called, perhaps so, or that it can be entered."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from calls.admin.permissions import has_verb
from calls.models import CallLog, DoNotCall
from calls.services import do_not_call


def of_call(request: HttpRequest, call: CallLog) -> dict[str, Any]:
    """Return what the page of this call needs for that."""
    number = call.phone_number.as_e164 if call.phone_number else ""
    if not number:
        return {}
    entry = do_not_call.entries([number], call.agent_id, timezone.now()).get(number)
    may_see = has_verb(request, "view_donotcall")
    return {
        "suppressed": entry,
        "suppressed_words": do_not_call.sentence(entry) if entry else "",
        "proposal": DoNotCall.objects.undecided().filter(call=call).first()
        if may_see and not entry
        else None,
        "may_see_do_not_call": may_see,
        "may_turn_down": has_verb(request, "lift_donotcall"),
        "may_suppress": entry is None and has_verb(request, "add_donotcall"),
    }
