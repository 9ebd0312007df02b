"""What a telephone number tells about the person: country, time zones, and what time it is there."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import phonenumbers
from django.core.exceptions import ValidationError
from phonenumber_field.phonenumber import PhoneNumber

from calls.hours import zones
from calls.services import orders

# The hours, local time, at which most people are awake and glad to be called.
_DAY_BEGINS, _DAY_ENDS = 8, 21


def masked(number: PhoneNumber | None) -> str:
    """Return a number as everybody may see it: country code and last three digits, "+91 ••••• •210"."""
    if not number:
        return ""
    national = str(number.national_number)
    return f"+{number.country_code} ••••• •{national[-3:]}"


@dataclass(frozen=True)
class NumberFacts:
    """A number that can be called. `zones` are the different times that may be kept where it belongs."""

    number: PhoneNumber
    country: str
    zones: tuple[tzinfo, ...]

    @property
    def zone(self) -> tzinfo | None:
        """The one zone the number can belong to; None if it is not certain."""
        return self.zones[0] if len(self.zones) == 1 else None

    def local_times(self, now: datetime) -> list[datetime]:
        """Return what the clocks say there, earliest first; empty if nothing is known."""
        return sorted((now.astimezone(zone) for zone in self.zones), key=lambda at: at.replace(tzinfo=None))

    def is_day(self, now: datetime) -> bool:
        """Whether it is neither night nor early morning anywhere the number may be; True if nothing is known."""
        return all(_DAY_BEGINS <= at.hour < _DAY_ENDS for at in self.local_times(now))


def read(text: str, country: str, now: datetime) -> NumberFacts:
    """Read a number as people write it. Raises ValidationError with the order's own words if it cannot be called."""
    errors: dict[str, list[str]] = {}
    number = orders.read_number(text, country, errors)
    if number is None:
        raise ValidationError(errors)
    region = phonenumbers.region_code_for_number(number) or ""
    return NumberFacts(number, region, _zones(number, now))


def _zones(number: PhoneNumber, now: datetime) -> tuple[tzinfo, ...]:
    """Return one zone for each time of day that the number's zones have now, by what the calling hours go by, too."""
    by_offset: dict[object, tzinfo] = {}
    for zone in map(ZoneInfo, zones.zones_of(number.as_e164)):
        by_offset.setdefault(now.astimezone(zone).utcoffset(), zone)
    return tuple(by_offset.values())
