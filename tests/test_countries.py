"""Names of countries, in the language of whoever reads them."""

import phonenumbers
import pytest
from django.utils import translation

from calls.countries import country_name, country_names

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("language", "code", "name"),
    [
        ("en", "FR", "France"),
        ("en", "XK", "Kosovo"),
        ("hi", "IN", "भारत"),
        ("pt-br", "DE", "Alemanha"),
        ("tlh", "IN", "India"),
        ("en", "ZZ", "ZZ"),
        ("en", "", ""),
    ],
)
def test_a_country_by_name(language: str, code: str, name: str) -> None:
    with translation.override(language):
        assert country_name(code) == name


@pytest.mark.parametrize("language", ["en", "hi"])
def test_every_country_with_telephone_numbers_has_a_name(language: str) -> None:
    names = country_names(language)

    assert [code for code in phonenumbers.SUPPORTED_REGIONS if names.get(code, code) == code] == []
