"""Model-field validators that ask the OSVI contract, so that no limit is written twice."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

from calls import rendering
from calls.osvi import contract


@deconstructible
class WithinContract:
    """Refuses a number or a text outside the limits of one field of the contract.

    `field` is "Model.field", for example "RetryConfig.max_attempts".
    """

    def __init__(self, field: str) -> None:
        self.field = field

    def __call__(self, value: Any) -> None:
        limits = contract.limits(self.field)
        if limits.max_length is not None and len(value) > limits.max_length:
            raise ValidationError(
                _("This is %(length)d characters long; OSVI takes at most %(maximum)d. Please shorten it."),
                code="max_length",
                params={"length": len(value), "maximum": limits.max_length},
            )
        too_small = limits.minimum is not None and value < limits.minimum
        too_large = limits.maximum is not None and value > limits.maximum
        if too_small or too_large:
            raise ValidationError(
                _("Please enter a number from %(minimum)d to %(maximum)d."),
                code="out_of_range",
                params={"minimum": limits.minimum, "maximum": limits.maximum},
            )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WithinContract) and other.field == self.field

    def __hash__(self) -> int:
        return hash(self.field)


def validate_json_object(value: Any) -> None:
    """Refuse anything but a JSON object; OSVI takes neither lists nor single values here."""
    if not isinstance(value, dict):
        raise ValidationError(
            _('Please give names and values, like {"clinic": "City Dental"}.'), code="not_an_object"
        )


def validate_placeholders(text: str) -> None:
    """Refuse a greeting or prompt whose placeholders cannot be read."""
    try:
        rendering.check(text)
    except rendering.TemplateTextError as error:
        # Each sentence carries the code itself: a list given one code forgets it.
        raise ValidationError(
            [ValidationError(sentence, code="placeholder") for sentence in error.sentences]
        ) from error


def validate_country(code: str) -> None:
    """Refuse anything but a two-letter ISO country that has telephone numbers."""
    if not contract.is_country(code):
        raise ValidationError(
            _("Please enter the two-letter code of a country, such as IN."), code="unknown_country"
        )
