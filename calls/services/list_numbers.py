"""Telephone numbers of a list, as people write them in spreadsheets: one look at each, and what was mended.

A number that is only probably meant is refused: a row can be corrected, a call to a stranger cannot be taken back.
"""

import re
from dataclasses import dataclass
from functools import cache

import phonenumbers
from django.conf import settings
from phonenumbers.tzdata import TIMEZONE_DATA

from calls.countries import country_names
from calls.osvi import contract
from calls.spreadsheets.cells import looks_mangled

# What was done to a number, in the order in which it is told (see contact_words).
PUNCTUATION, DECIMAL, PLUS, PREFIX, COUNTRY_CODE, LEADING_ZERO, REWRITTEN = (
    "punctuation",
    "decimal",
    "plus",
    "prefix",
    "country_code",
    "leading_zero",
    "rewritten",
)
# Why a text is no number that can be called.
EMPTY, MANGLED, LETTERS, EXTENSION, TOO_SHORT, TOO_LONG, UNREADABLE, NO_COUNTRY, UNKNOWN = (
    "empty",
    "mangled",
    "letters",
    "extension",
    "too_short",
    "too_long",
    "unreadable",
    "no_country",
    "unknown",
)

_NO_DIGIT = re.compile("[^0-9]")
# "9876543210.0": a number that a program took for an amount. Read as it stands it would gain a digit.
_DECIMAL = re.compile(r"(\+?\d{6,})[.,]0+")
_WHY_UNREADABLE = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: NO_COUNTRY,
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: TOO_SHORT,
    phonenumbers.NumberParseException.TOO_SHORT_NSN: TOO_SHORT,
    phonenumbers.NumberParseException.TOO_LONG: TOO_LONG,
}
_PLUS_SIGNS = ("+", "＋")


@dataclass(frozen=True, slots=True)
class ReadNumber:
    """A number in E.164, its country code and country, and what was mended; or why there is no number."""

    number: str = ""
    code: str = ""
    country: str = ""
    how: tuple[str, ...] = ()
    why: str = ""


def is_international(text: str) -> bool:
    """Tell whether a number brings its country code along, so that the country of its row does not matter."""
    return text.lstrip(" (").startswith(_PLUS_SIGNS)


def read(text: str, country: str) -> ReadNumber:
    """Read a number that belongs to `country` (ISO) unless it says otherwise itself."""
    text = text.strip()
    if not text:
        return ReadNumber(why=EMPTY)
    if looks_mangled(text):
        return ReadNumber(why=MANGLED)
    if any(letter.isalpha() for letter in text):
        return ReadNumber(why=LETTERS)
    decimal = _DECIMAL.fullmatch(text)
    digits = decimal[1] if decimal else text
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException as error:
        return ReadNumber(why=_WHY_UNREADABLE.get(error.error_type, UNREADABLE))
    if number.extension:
        return ReadNumber(why=EXTENSION)
    region = phonenumbers.region_code_for_number(number)
    if not region or not phonenumbers.is_valid_number_for_region(number, region):
        return ReadNumber(why=_why_not(number))
    if not contract.is_country(region):
        return ReadNumber(why=NO_COUNTRY)
    national = phonenumbers.national_significant_number(number)
    how = _how(digits, str(number.country_code), national)
    code = f"+{number.country_code}"
    return ReadNumber(code + national, code, region, (DECIMAL, *how) if decimal else how)


def _why_not(number: phonenumbers.PhoneNumber) -> str:
    match phonenumbers.is_possible_number_with_reason(number):
        case phonenumbers.ValidationResult.TOO_SHORT:
            return TOO_SHORT
        case phonenumbers.ValidationResult.TOO_LONG:
            return TOO_LONG
        case phonenumbers.ValidationResult.INVALID_COUNTRY_CODE:
            return NO_COUNTRY
    return UNKNOWN


def _how(text: str, code: str, national: str) -> tuple[str, ...]:
    """Tell what distinguishes `text` from the number in E.164."""
    whole = code + national
    if text == f"+{whole}":
        return ()
    digits = _NO_DIGIT.sub("", text) if text.isascii() else phonenumbers.normalize_digits_only(text)
    has_signs = not all(sign.isdigit() for sign in text.lstrip("+＋"))
    found = [PUNCTUATION] if has_signs else []
    if is_international(text):
        if digits != whole:
            found.append(LEADING_ZERO if digits == f"{code}0{national}" else REWRITTEN)
    elif digits == whole:
        found.append(PLUS)
    elif digits.endswith(whole):
        found.append(PREFIX)
    elif digits == national:
        found.append(COUNTRY_CODE)
    elif digits == f"0{national}":
        found += [LEADING_ZERO, COUNTRY_CODE]
    else:
        found.append(REWRITTEN)
    return tuple(found)


# --- Zones ------------------------------------------------------------------------------------


def only_zone(number: str) -> str:
    """Return the zone of a valid number (E.164) if all numbers with its country code share it, otherwise nothing.

    Nothing depends on it but time: looking for the zone of one number takes as long as reading it.
    """
    for length in (1, 2, 3):
        if int(number[1 : 1 + length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return _only_zone_of(number[1 : 1 + length])
    return ""


@cache
def _only_zone_of(code: str) -> str:
    names = {name for prefix, zones in TIMEZONE_DATA.items() if prefix.startswith(code) for name in zones}
    return names.pop() if len(names) == 1 else ""


# --- Countries --------------------------------------------------------------------------------


def country_of(text: str) -> str:
    """Return the ISO code of a country as people write it: "IN", "india", "Indien"; empty if it is none."""
    wanted = text.strip().casefold()
    if contract.is_country(wanted.upper()):
        return wanted.upper()
    return _country_names().get(wanted, "")


# As people write them, where CLDR's English has another name or a longer one.
_OTHER_NAMES = {
    "burma": "MM",
    "czech republic": "CZ",
    "england": "GB",
    "great britain": "GB",
    "hong kong": "HK",
    "ivory coast": "CI",
    "macao": "MO",
    "macau": "MO",
    "myanmar": "MM",
    "palestine": "PS",
    "turkey": "TR",
    "u.s.": "US",
    "u.s.a.": "US",
    "uae": "AE",
    "uk": "GB",
    "united states of america": "US",
    "usa": "US",
    "vatican": "VA",
}


@cache
def _country_names() -> dict[str, str]:
    """Return the codes of countries by their names in the console's languages."""
    names = dict(_OTHER_NAMES)
    for language in ("en", *(code for code, _name in settings.LANGUAGES)):
        for code, name in country_names(language).items():
            if contract.is_country(code):
                names.setdefault(name.casefold(), code)
    return names
