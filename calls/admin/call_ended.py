"""Why a call ended, in words. OSVI's words are an open set: unknown ones are shown as they came."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.models import CallLog

_REASONS = {
    "assistant-ended-call": gettext_noop("The agent ended the call."),
    "customer-ended-call": gettext_noop("The person hung up."),
    "customer-hangup": gettext_noop("The person hung up."),
    "hangup": gettext_noop("Somebody hung up."),
    "silence-timed-out": gettext_noop("Nobody spoke for a while, so the call ended."),
    "voicemail-detected": gettext_noop("A voicemail answered, so the agent ended the call."),
    "number-unreachable": gettext_noop("The number could not be reached."),
    "max-duration-reached": gettext_noop("The longest length set for the call was reached."),
}
_WHO = {
    "agent": gettext_noop("The agent ended the call."),
    "assistant": gettext_noop("The agent ended the call."),
    "customer": gettext_noop("The person hung up."),
    "user": gettext_noop("The person hung up."),
}


def ended_in_words(call: CallLog) -> str:
    """Return why the call ended, empty if OSVI did not say."""
    reason, who = call.ended_reason.strip(), call.ended_by.strip()
    if sentence := _REASONS.get(reason.lower().replace("_", "-")):
        return _(sentence)
    if sentence := _WHO.get(who.lower()):
        return (
            _("%(sentence)s (%(reason)s)") % {"sentence": _(sentence), "reason": reason}
            if reason
            else _(sentence)
        )
    if reason and who:
        return _("Ended by %(who)s: %(reason)s") % {"who": who, "reason": reason}
    if who:
        return _("Ended by %(who)s") % {"who": who}
    return _("Ended: %(reason)s") % {"reason": reason} if reason else ""
