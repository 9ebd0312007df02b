"""Verdicts in words for staff."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from calls.countries import country_name
from calls.hours.verdict import HoursVerdict, Reason

# Further away a weekday alone may be misread for the one of this week.
_WEEKDAY_ALONE = timedelta(days=6)


def sentence(verdict: HoursVerdict, console_zone: str, country: str = "") -> str:
    """Return a whole sentence: may they be called, and until or from when.

    `console_zone` is the zone in which staff read times. `country` (ISO code) names the country if the verdict
    has no rules that do.
    """
    place = country_name(verdict.rules.country if verdict.rules else country)
    match verdict.reason:
        case Reason.NO_RULE if place:
            return _(
                "Not known which hours apply in %(country)s: nobody may be called there until hours are entered."
            ) % {"country": place}
        case Reason.NO_RULE:
            return _("Not known in which country this number belongs, and so not which hours apply.")
        case Reason.NO_ZONE:
            return _("It is not known what time it is where this number belongs.")
        case Reason.NO_HOLIDAYS:
            return _(
                "Not known which days are public holidays in %(country)s: nobody may be called there until its "
                "hours say what to do without."
            ) % {"country": place}
        case Reason.NEVER_OPEN:
            return _("There is no time within the next two weeks at which this number may be called.")
        case Reason.OPEN:
            return _open(verdict, console_zone)
        case _:
            return _closed(verdict, console_zone)


def _open(verdict: HoursVerdict, console_zone: str) -> str:
    if verdict.closes_at is None:
        return _("May be called now, and at any time in the next two weeks.")
    here = _moment(verdict.closes_at, console_zone, verdict)
    if len(verdict.zones) > 1:
        return _("May be called now; until %(here)s your time, when the first of its time zones closes.") % {
            "here": here
        }
    there = _moment(verdict.closes_at, verdict.zones[0], verdict)
    return _("May be called now; until %(there)s there.") % {"there": there}


def _closed(verdict: HoursVerdict, console_zone: str) -> str:
    if verdict.opens_at is None:
        raise ValueError("closed, but never to open: that is another reason")
    holiday = verdict.reason is Reason.HOLIDAY
    here = _moment(verdict.opens_at, console_zone, verdict)
    if len(verdict.zones) > 1:
        words = (
            _(
                "Public holiday there: closed until %(here)s your time, when all of its possible time zones allow."
            )
            if holiday
            else _("Closed until %(here)s your time, when all of its possible time zones allow.")
        )
        return words % {"here": here}
    words = (
        _("Public holiday there: closed until %(there)s there (%(here)s your time).")
        if holiday
        else _("Closed until %(there)s there (%(here)s your time).")
    )
    return words % {
        "there": _moment(verdict.opens_at, verdict.zones[0], verdict),
        "here": _moment(verdict.opens_at, console_zone, verdict, short=True),
    }


def _moment(at: datetime, zone: str, verdict: HoursVerdict, *, short: bool = False) -> str:
    """Return "19:00" today, "Monday 09:00" this week, else "Monday 7 Dec, 09:00"."""
    local = at.astimezone(ZoneInfo(zone))
    now = (verdict.at or at).astimezone(ZoneInfo(zone))
    clock, weekday = f"{local:%H:%M}", date_format(local, "D" if short else "l")
    if local.date() == now.date() and verdict.allowed:
        return clock
    if local - now < _WEEKDAY_ALONE:
        return f"{weekday} {clock}"
    return f"{weekday} {date_format(local, 'j M')}, {clock}"
