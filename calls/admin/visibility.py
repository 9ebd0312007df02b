"""What of a call this person may be shown; that it was shown is logged (services.disclosure)."""

from dataclasses import dataclass

from django.http import HttpRequest

from calls.admin.permissions import has_verb, person_of
from calls.choices import Disclosed
from calls.models import CallLog
from calls.services import disclosure
from osvi_console.redaction import redact


@dataclass(frozen=True)
class Visible:
    """Which of the hidden parts are shown. `may_reveal`: the number is masked, but may be shown on request."""

    number: bool
    may_reveal: bool
    conversation: bool
    technical: bool

    def raw(self, text: str) -> str:
        """Return stored text as it is, or without numbers and secrets for people who may not see numbers."""
        return text if self.number or self.may_reveal else redact(text)


def of(request: HttpRequest, call: CallLog) -> Visible:
    """Return what this person may be shown of `call`. The full number is shown for an hour after it was revealed."""
    may_reveal = has_verb(request, "reveal_number") and bool(call.phone_number)
    shown = may_reveal and disclosure.was_noted(call, person_of(request), Disclosed.NUMBER)
    return Visible(
        number=shown,
        may_reveal=may_reveal and not shown,
        conversation=has_verb(request, "view_conversation"),
        technical=has_verb(request, "view_technical"),
    )


def note_conversation(request: HttpRequest, call: CallLog, visible: Visible, *, is_there: bool) -> None:
    """Log that the conversation is shown, if there is one to be read."""
    if visible.conversation and is_there:
        disclosure.note(call, person_of(request), Disclosed.CONVERSATION)


def note_technical(request: HttpRequest, call: CallLog) -> None:
    """Log that stored requests and messages are shown; to people who may reveal numbers with the number in them."""
    disclosure.note(call, person_of(request), Disclosed.TECHNICAL)
