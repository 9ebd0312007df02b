"""Countries by name, for people to choose from."""

from functools import lru_cache

import phonenumbers
from django.conf import settings
from phonenumbers.geodata.locale import LOCALE_DATA

# Codes with telephone numbers that the table of names does not have.
_UNNAMED = {"AC": "Ascension Island", "TA": "Tristan da Cunha", "XK": "Kosovo"}


@lru_cache(maxsize=1)
def country_choices() -> list[tuple[str, str]]:
    """Return (ISO code, "India (+91)") of every country with telephone numbers, the console's own first."""
    named = sorted((_label(code), code) for code in phonenumbers.SUPPORTED_REGIONS)
    own_first = sorted(named, key=lambda item: item[1] != settings.DEFAULT_COUNTRY)
    return [(code, label) for label, code in own_first]


def _label(code: str) -> str:
    names = LOCALE_DATA.get(code, {})
    name = names.get("en") or _UNNAMED.get(code, code)
    # "*hi" means: written as in that language.
    name = names.get(name[1:], code) if name.startswith("*") else name
    return f"{name} (+{phonenumbers.country_code_for_region(code)})"
