"""The page's call to one's own telephone first: the same words and values, marked as a test."""

import uuid
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from calls.admin.place_form import PlaceForm
from calls.services import duplicates, preferences
from calls.services.orders import CallOrder

# What is said about the person's own call means nothing for a test.
_UNUSED = (
    "phone_number",
    "country",
    "again",
    "number_of",
    "scheduled_for",
    "scheduled_zone",
    "time_zone",
    "override_reason",
    duplicates.FIELD,
)
# Field of the order → field of the page, where they differ for a test.
_PLACES = {"phone_number": "test_number", "country": "test_number", duplicates.FIELD: "confirmed_test"}


def token_of_test(form_token: uuid.UUID) -> uuid.UUID:
    """Return the token of the test of a page: a test and the call itself are two calls, each placed once."""
    return uuid.uuid5(form_token, "test")


class OwnPhoneForm(PlaceForm):
    """The page as sent by "Test on my phone". After is_valid(), order() rings one's own telephone now."""

    def __init__(self, *args: Any, remembered: PhoneNumber | None, **kwargs: Any) -> None:
        """`remembered` is rung unless another number was typed for it."""
        super().__init__(*args, **kwargs)
        self.remembered = remembered

    @cached_property
    def typed_number(self) -> PhoneNumber | None:
        """One's own number if it was typed just now and can be called."""
        try:
            return preferences.read_test_number(self.text("test_number").strip())
        except ValidationError:
            return None

    def clean_test_number(self) -> str:
        typed = self.text("test_number").strip()
        if typed:
            return preferences.read_test_number(typed).as_e164
        if self.remembered is None:
            raise ValidationError(_("Please enter your own number once. Test calls ring it from then on."))
        return self.remembered.as_e164

    def clean(self) -> dict[str, Any]:
        for name in _UNUSED:
            self.errors.pop(name, None)
        return super().clean()

    def chosen_moment(self) -> None:
        """A test rings at once."""

    def order(self) -> CallOrder:
        order = super().order()
        return replace(
            order,
            phone_number=self.cleaned_data.get("test_number", ""),
            form_token=token_of_test(order.form_token) if order.form_token else None,
            again_of=None,
            is_test=True,
            time_zone="",
            override_reason="",
            confirmed_duplicate=self.cleaned_data.get("confirmed_test") or False,
        )

    def add_order_errors(self, error: ValidationError) -> None:
        places = {_PLACES.get(place, place): sentences for place, sentences in error.message_dict.items()}
        super().add_order_errors(ValidationError(places))
