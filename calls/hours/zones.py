"""What time it may be where a telephone number belongs.

A number tells where it was issued, not where its owner is. Where it can belong to several zones all of them
count, and a zone that somebody entered goes before what the number says.

phonenumbers' data say which zones a prefix belongs to, but not always the whole truth. They are read strictly:
- A prefix with exceptions below it stands for whatever is not listed: +1 850 is New York's time except for the
  exchanges known to keep Chicago's. So for a number that is no listed exception, the exceptions count as well.
- Where only the country is known (most mobile and all free numbers), all of its zones count, as the tz database
  lists them (zone.tab).
- So they do where a zone keeps a time that is kept nowhere in the country: the data give the Canaries' time for
  Morocco.
- An area code that was laid over an older one covers the same places: it has the older one's zones.
"""

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_COUNTRY_CODE = 3
_NO_REGION = frozenset({"", "001", "ZZ"})
# Names in the zone data that are no place: a placeholder, and whatever this machine is set to.
_NO_ZONE = frozenset({"Factory", "localtime"})

# Area code laid over an older one that spans several zones → the older one (North American Numbering Plan).
_LAID_OVER = {
    "1236": "1250",  # British Columbia
    "1364": "1270",  # Kentucky
    "1448": "1850",  # Florida
    "1458": "1541",  # Oregon
    "1672": "1250",
    "1778": "1250",
    "1930": "1812",  # Indiana
}

# Clocks are compared from the first to the last of these. 28 years hold every calendar, so clocks that agree
# through them agree after them: what is known of the future are rules such as "the last Sunday in March".
_COMPARED_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_COMPARED_UNTIL = datetime(2048, 1, 1, tzinfo=UTC)
# No clock is known to be put forward and back within a week.
_STEP = timedelta(days=7)


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_ZONE


def is_zone(name: str) -> bool:
    """Whether this is the exact IANA name of a zone that this machine has data of."""
    return name in _names()


def country_of(number_e164: str) -> str:
    """Return the country whose law applies to a number, "" if it belongs to none: that of the number."""
    number = _parsed(number_e164)
    region = (phonenumbers.region_code_for_number(number) if number else "") or ""
    return "" if region in _NO_REGION else region


def zones_of(number_e164: str, own_zone: str = "") -> tuple[str, ...]:
    """Return the zones that a number may belong to, one for each different clock; () if that is not known.

    `own_zone` is what somebody entered for this person, and then the only one. If it is not a zone, nothing
    is known: who wrote it meant something, so guessing from the number would be a guess against their word.
    The number is a whole one, as "+919876543210"; () if it is not valid.
    """
    if own_zone:
        return (own_zone,) if is_zone(own_zone) else ()
    return _zones_of_number(number_e164)


@lru_cache(maxsize=10_000)
def _zones_of_number(number_e164: str) -> tuple[str, ...]:
    number = _parsed(number_e164)
    if number is None or number.country_code is None:
        return ()
    kind = phonenumbers.number_type(number)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        return ()
    country_code = str(number.country_code)
    has_place = is_number_type_geographical(kind, number.country_code)
    prefix = _known_prefix(number_e164[1:]) if has_place else country_code
    return _zones_of_prefix(prefix, country_code)


def _known_prefix(digits: str) -> str:
    """Return the longest beginning of a number that the data know, "" if there is none."""
    digits = _LAID_OVER.get(digits[:4], digits)
    beginnings = (digits[:length] for length in range(TIMEZONE_LONGEST_PREFIX, 0, -1))
    return next((prefix for prefix in beginnings if prefix in TIMEZONE_DATA), "")


@cache
def _zones_of_prefix(prefix: str, country_code: str) -> tuple[str, ...]:
    if prefix not in TIMEZONE_DATA:
        return ()
    names = (*TIMEZONE_DATA[prefix], *_below()[prefix])
    everywhere = _zones_of_countries(int(country_code))
    kept_there = _different_clocks((*names, *everywhere))
    if not kept_there:
        return ()
    clocks = {_clock(name) for name in everywhere}
    if prefix == country_code or any(_clock(name) not in clocks for name in names):
        return kept_there
    return _different_clocks(names)


@cache
def _below() -> dict[str, tuple[str, ...]]:
    """Return, for each prefix, the zones of all longer ones that begin with it."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for prefix, names in TIMEZONE_DATA.items():
        for length in range(1, len(prefix)):
            found[prefix[:length]] |= dict.fromkeys(names)
    return defaultdict(tuple, {prefix: tuple(sorted(names)) for prefix, names in found.items()})


def _zones_of_countries(country_code: int) -> list[str]:
    """Return the zones of all countries that share a country code; none for a code of no country."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code]
    return [name for region in regions for name in _zone_table().get(region, ())]


@cache
def _zone_table() -> dict[str, list[str]]:
    """Return the zones of each country, by its ISO code."""
    table: dict[str, list[str]] = defaultdict(list)
    for line in files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _coordinates, name, *_comment = line.split("\t")
            table[country].append(name)
    return table


def _parsed(number_e164: str) -> phonenumbers.PhoneNumber | None:
    """Return the number. Unlike phonenumbers.parse, which takes longer than all the rest, it reads E.164 only."""
    if not _E164.fullmatch(number_e164):
        return None
    for length in range(1, _LONGEST_COUNTRY_CODE + 1):
        code, national = number_e164[1 : 1 + length], number_e164[1 + length :]
        if int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return _with_leading_zeros(int(code), national)
    return None


def _with_leading_zeros(code: int, national: str) -> phonenumbers.PhoneNumber:
    # In Italy, for one, zeros in front belong to the number; the last digit is never "in front".
    zeros = len(national) - len(national[:-1].lstrip("0")) - 1
    return phonenumbers.PhoneNumber(
        country_code=code,
        national_number=int(national),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


@cache
def _different_clocks(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first name of each clock; () if one of the names is unknown, as it might be the one."""
    if not all(is_zone(name) for name in names):
        return ()
    by_clock: dict[tuple[tuple[datetime, timedelta], ...], str] = {}
    for name in names:
        by_clock.setdefault(_clock(name), name)
    return tuple(by_clock.values())


@cache
def _clock(name: str) -> tuple[tuple[datetime, timedelta], ...]:
    """Return since when a zone has which offset from UTC, each change to the minute."""
    zone = ZoneInfo(name)
    at, offset = _COMPARED_FROM, _offset(zone, _COMPARED_FROM)
    changes = [(at, offset)]
    while at < _COMPARED_UNTIL:
        later = at + _STEP
        if (new := _offset(zone, later)) != offset:
            changes.append((_change(zone, at, later), new))
        at, offset = later, new
    return tuple(changes)


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first minute at which the offset is what it is `after`."""
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()
