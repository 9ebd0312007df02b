"""Countries by name, for people to choose from."""

from functools import cache

import phonenumbers
from django.conf import settings
from django.utils.translation import get_language

from calls.countries import country_names


def country_choices() -> list[tuple[str, str]]:
    """Return (ISO code, "India (+91)") of every country with telephone numbers, the console's own first."""
    return _choices(get_language() or "en")


@cache
def _choices(language: str) -> list[tuple[str, str]]:
    names = country_names(language)
    named = sorted((names.get(code, code), code) for code in phonenumbers.SUPPORTED_REGIONS)
    own_first = sorted(named, key=lambda item: item[1] != settings.DEFAULT_COUNTRY)
    return [(code, f"{name} (+{phonenumbers.country_code_for_region(code)})") for name, code in own_first]
