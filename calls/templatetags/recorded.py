"""Sentences of the history, which is written in the language of the code, in the language of the reader."""

import re
from functools import cache

from django import template
from django.utils.translation import gettext, gettext_noop

register = template.Library()

# Those with something filled in; the others are looked up as they stand. A test compares this with the services.
FILLED = (
    gettext_noop("%(problem)s Trying again in %(seconds)d seconds."),
    gettext_noop("OSVI's list shows %(count)d calls to this number; which one is this cannot be told."),
    gettext_noop("OSVI says: %(outcome)s."),
    gettext_noop(
        "The last %(run)d calls got no clear answer from OSVI. Nothing more is sent until somebody has "
        "looked at them and resumes sending."
    ),
    gettext_noop("A message from OSVI was replayed: %(verdict)s."),
    gettext_noop("%(person)s follows this up until %(day)s."),
    gettext_noop("The answer “%(name)s” was corrected."),
    gettext_noop(
        "OSVI answered with an error (%(status)d) that does not say whether the call was placed. It may be ringing."
    ),
    gettext_noop("OSVI did not answer within %(seconds)s seconds. The call may be ringing."),
    gettext_noop("OSVI's answer (%(status)d) could not be read. Nothing was changed; ask again later."),
    gettext_noop("OSVI refused the call: %(words)s"),
    gettext_noop("OSVI refused the question: %(words)s"),
    gettext_noop("OSVI refused the agent: %(words)s"),
    gettext_noop("OSVI does not accept the API token: %(words)s"),
    gettext_noop("OSVI does not know this: %(words)s"),
    gettext_noop("This number is on the do-not-call list since %(day)s."),
    gettext_noop("Outside calling hours until %(time)s (%(zone)s)."),
    gettext_noop("Outside calling hours: the call waits until %(time)s (%(zone)s)."),
    gettext_noop("This number was called %(count)d times within 24 hours, as often as it may be."),
    gettext_noop("This number was called %(count)d times within seven days, as often as it may be."),
    gettext_noop("The console sent %(count)d calls today, which is all it may send on one day."),
    gettext_noop("%(reason)s Nobody was rung."),
    gettext_noop("To be called whatever hours and caps say: %(reason)s"),
    gettext_noop("OSVI does not know this campaign: %(words)s"),
    gettext_noop("OSVI refused these people: %(words)s"),
    gettext_noop("OSVI refused to change its do-not-call list: %(words)s"),
    gettext_noop(
        "OSVI answered with an error (%(status)d) that does not say whether it took these people over. It may be "
        "ringing them."
    ),
    gettext_noop(
        "OSVI did not answer within %(seconds)s seconds. It may have taken these people over and be ringing them."
    ),
    gettext_noop("Handed over to campaign %(campaign)s at OSVI."),
    gettext_noop("Part %(part)d was found at OSVI."),
    gettext_noop("Part %(part)d did not arrive; it is sent again."),
)
_NUMBER = r"-?\d+"
_PLACEHOLDER = re.compile(r"%\((\w+)\)([ds])")


@register.filter
def translated(sentence: str) -> str:
    """A recorded sentence in the reader's language, what is filled in included; as it stands if it is unknown."""
    if not sentence:
        return ""
    words = gettext(sentence)
    if words != sentence:
        return words
    for known, pattern in _patterns():
        if match := pattern.fullmatch(sentence):
            filled = {name: translated(value) for name, value in match.groupdict().items()}
            # What was filled in is text here, numbers too.
            return _PLACEHOLDER.sub(r"%(\1)s", gettext(known)) % filled
    return sentence


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Return each sentence of FILLED with the pattern that finds it filled in."""
    found = []
    for sentence in FILLED:
        parts = _PLACEHOLDER.split(sentence)
        texts, names, kinds = parts[::3], parts[1::3], parts[2::3]
        holes = [
            f"(?P<{name}>{_NUMBER if kind == 'd' else '.*'})" for name, kind in zip(names, kinds, strict=True)
        ]
        pattern = "".join(re.escape(text) + hole for text, hole in zip(texts, [*holes, ""], strict=True))
        found.append((sentence, re.compile(pattern, re.DOTALL)))
    return found
