"""What countries are called, by the names of CLDR that Babel brings."""

from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language

# Unions, "outlying Oceania", pseudo-languages and "unknown".
_NO_COUNTRIES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def country_name(code: str) -> str:
    """Return what a country (ISO code) is called in the reader's language; at worst the code, "" for no country."""
    return country_names(get_language() or "en").get(code, code)


@cache
def country_names(language: str) -> Mapping[str, str]:
    """Return the names of all countries by ISO code, in a language by Django's code of it ("en", "pt-br").

    In English where CLDR lacks a name or the language.
    """
    english = Locale("en").territories
    try:
        own = Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        own = english
    return {code: own.get(code, name) for code, name in english.items() if _is_country(code)}


def _is_country(code: str) -> bool:
    # Codes of three digits are those of continents and the like.
    return code.isalpha() and code not in _NO_COUNTRIES
