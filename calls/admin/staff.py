"""Members of staff: how they are named, and the field that chooses one who can work in the console."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import QuerySet


def name_of(person: User) -> str:
    """Return the full name, or the user name of somebody who has none."""
    return person.get_full_name() or person.get_username()


def active_staff() -> QuerySet[User]:
    """Return the people who can work in the console."""
    return User.objects.filter(is_active=True, is_staff=True)


class StaffField(forms.ModelChoiceField):
    """Chooses a member of staff by name."""

    def label_from_instance(self, person: Any) -> str:
        return name_of(person)
