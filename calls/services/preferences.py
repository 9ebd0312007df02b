"""Preferences: what the console remembers of one member of staff."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from phonenumber_field.phonenumber import PhoneNumber

from calls.models import StaffPreference
from calls.services import numbers

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def test_number(person: "User") -> PhoneNumber | None:
    """Return the number that this person's test calls ring, None if none is remembered."""
    preference = StaffPreference.objects.filter(user=person).first()
    return preference.test_number or None if preference else None


def read_test_number(text: str) -> PhoneNumber:
    """Read one's own number as people write it. Raises ValidationError with sentences if it cannot be called."""
    try:
        return numbers.read(text, settings.DEFAULT_COUNTRY, timezone.now()).number
    except ValidationError as error:
        raise ValidationError(error.messages) from error


def remember_test_number(person: "User", number: PhoneNumber) -> None:
    """Let test calls of this person ring `number` from now on."""
    StaffPreference.objects.update_or_create(user=person, defaults={"test_number": number})


def forget_test_number(person: "User") -> None:
    """Remember no number for test calls of this person."""
    StaffPreference.objects.filter(user=person).update(test_number="")
