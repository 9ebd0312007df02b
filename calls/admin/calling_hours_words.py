"""Calling windows in words."""

from collections.abc import Iterable
from datetime import time
from itertools import groupby

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from calls.models import CallingWindow


def in_words(windows: Iterable[CallingWindow]) -> list[str]:
    """Return windows as phrases such as "Monday–Friday 09:00–20:00"; neighbouring days with the same ones together."""
    of_day: dict[int, list[str]] = {day: [] for day in WEEKDAYS}
    for window in sorted(windows, key=lambda window: (window.weekday, window.opens)):
        of_day[window.weekday].append(_stretch(window))
    phrases = []
    for stretches, group in groupby(of_day, key=lambda day: of_day[day]):
        days = list(group)
        if stretches:
            phrases.append(f"{_days(days)} {', '.join(stretches)}")
    return phrases or [_("Nobody is called")]


def _days(days: list[int]) -> str:
    if len(days) == len(WEEKDAYS):
        return _("Every day")
    first, last = str(WEEKDAYS[days[0]]), str(WEEKDAYS[days[-1]])
    return first if len(days) == 1 else f"{first}–{last}"


def _stretch(window: CallingWindow) -> str:
    if window.opens == window.closes == time():
        return _("all day")
    return f"{window.opens:%H:%M}–{window.closes:%H:%M}"
