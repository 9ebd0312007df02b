"""What the console remembers of one member of staff."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from calls.services import preferences

pytestmark = pytest.mark.django_db


def test_a_number_is_remembered_replaced_and_forgotten_for_one_person_alone() -> None:
    asha, ravi = (User.objects.create_user(name) for name in ("asha", "ravi"))
    assert preferences.test_number(asha) is None

    for written in ("98765 43210", "+44 20 7946 0958"):
        number = preferences.read_test_number(written)
        preferences.remember_test_number(asha, number)
        assert preferences.test_number(asha) == number
    assert preferences.test_number(ravi) is None

    preferences.forget_test_number(ravi)
    assert preferences.test_number(asha) is not None
    preferences.forget_test_number(asha)
    assert preferences.test_number(asha) is None


@pytest.mark.parametrize("written", ["", "12", "my phone", "+91 98765 4321099999"])
def test_what_cannot_be_called_is_refused_in_sentences(written: str) -> None:
    with pytest.raises(ValidationError) as caught:
        preferences.read_test_number(written)

    assert caught.value.messages == [
        "This is not a telephone number that can be called. Check the digits and the country."
    ]
