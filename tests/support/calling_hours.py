"""Calling hours that are open or closed at this moment, whatever the time of day is when the tests run."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from calls.choices import HolidayRule
from calls.models import CallingRule

INDIA = ZoneInfo("Asia/Kolkata")


def rule(country: str = "IN", purpose: str = "", **fields: Any) -> CallingRule:
    """Return a rule without windows, in place of the one that was there."""
    CallingRule.objects.filter(country=country, purpose=purpose).delete()
    values = {"holidays": HolidayRule.AS_USUAL, "reviewed_on": date(2026, 3, 1), "source": "Act of 2020"}
    return CallingRule.objects.create(country=country, purpose=purpose, **values | fields)


def open_always(country: str = "IN", purpose: str = "", **fields: Any) -> CallingRule:
    """Let people of a country be called at any time."""
    always = rule(country, purpose, **fields)
    for day in range(7):
        always.windows.create(weekday=day, opens=time(), closes=time())
    return always


def opens_in(hours: int, country: str = "IN", purpose: str = "", zone: ZoneInfo = INDIA) -> datetime:
    """Let people of a country be called for one hour a week, which begins in so many hours. Returns when."""
    opens_at = (timezone.now() + timedelta(hours=hours)).replace(second=0, microsecond=0)
    there = opens_at.astimezone(zone)
    rule(country, purpose).windows.create(
        weekday=there.weekday(), opens=there.time(), closes=(there + timedelta(hours=1)).time()
    )
    return opens_at


def only_for_every_purpose(country: str = "IN") -> None:
    """Leave no rule of single purposes, so that the one for every purpose decides."""
    CallingRule.objects.filter(country=country).exclude(purpose="").delete()
