"""Call later: a date and time as typed, and whose clock it was meant by."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

CONSOLE, PERSON = "console", "person"
LONGEST_WAIT = timedelta(days=366)


class ClockTime(forms.Field):
    """A date and time without a zone, as a clock on a wall shows it; empty is None."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_error_messages = {
        "invalid": _("Please enter a date and a time, such as 2030-05-20T16:30."),
        "too_far": _("Please choose a time within the next twelve months."),
    }

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(str(value).strip()).replace(tzinfo=None)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if abs(moment - timezone.localtime().replace(tzinfo=None)) > LONGEST_WAIT:
            raise ValidationError(self.error_messages["too_far"], code="too_far")
        return moment


def zone_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("By whose clock"),
        required=False,
        choices=_zone_choices,
        help_text=_("Where the person is, or where this console is."),
    )


def _zone_choices() -> list[tuple[str, str]]:
    console = _now("This console's (%(zone)s)") % {"zone": timezone.get_current_timezone_name()}
    return [(CONSOLE, console), (PERSON, _now("The person's"))]


def moment_of(clock: datetime, whose: str, person_zone: tzinfo | None) -> datetime:
    """Return the moment that is meant. Raises ValidationError with the field → sentence."""
    zone = person_zone if whose == PERSON else timezone.get_current_timezone()
    if zone is None:
        words = _now(
            "It is not certain what time is kept at this number. Please choose this console's clock."
        )
        raise ValidationError({"scheduled_zone": words})
    moment = clock.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != clock:
        words = _now("The clocks are put forward then, so there is no such time. Please choose another one.")
        raise ValidationError({"scheduled_for": words})
    return moment
