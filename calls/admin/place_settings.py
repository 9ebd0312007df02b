"""The settings of a call in words, for people who decide whether to open them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.templatetags.call_display import length


def in_words(values: Mapping[str, Any]) -> list[str]:
    """Return what the settings ask for, a phrase each; `values` by the keys of a template's overrides.

    What is None is the agent's default and left out.
    """
    phrases = []
    if seconds := values.get("max_call_duration_seconds"):
        phrases.append(_("Hang up after %(time)s") % {"time": length(seconds)})
    if (callback := values.get("enable_callback")) is not None:
        phrases.append(_("The person may ask for a callback") if callback else _("No callback"))
    if phrase := _ringing_again(values):
        phrases.append(phrase)
    return phrases


def _ringing_again(values: Mapping[str, Any]) -> str:
    enabled = values.get("retry_enabled")
    if enabled is False:
        return _("Do not ring again")
    most, minutes = values.get("retry_max_attempts"), values.get("retry_interval_minutes")
    if not most:
        words = _("Ring again when nobody answers")
        apart = _("Ring again when nobody answers, %(minutes)d min apart")
        return apart % {"minutes": minutes} if minutes else words if enabled else ""
    if not minutes:
        words = ngettext(
            "Ring again up to %(count)d time: at most %(calls)d calls",
            "Ring again up to %(count)d times: at most %(calls)d calls",
            most,
        )
    else:
        words = ngettext(
            "Ring again up to %(count)d time, %(minutes)d min apart: at most %(calls)d calls",
            "Ring again up to %(count)d times, %(minutes)d min apart: at most %(calls)d calls",
            most,
        )
    return words % {"count": most, "minutes": minutes, "calls": most + 1}
