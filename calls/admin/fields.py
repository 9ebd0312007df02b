"""Form fields that the place page and the template form share; their limits come from the contract."""

from typing import Any

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.models.validators import WithinContract
from calls.osvi import contract

GREETING_LIMIT = contract.limits("CallRequest.initial_greeting").max_length


class LimitedInteger(forms.IntegerField):
    """An optional whole number within the limits of one field of the contract; empty: the agent's default."""

    def __init__(self, limited_by: str, **kwargs: Any) -> None:
        limits = contract.limits(limited_by)
        attrs = {"min": limits.minimum, "max": limits.maximum, "placeholder": _("agent's default")}
        super().__init__(
            required=False,
            widget=forms.NumberInput(attrs=attrs),
            validators=[WithinContract(limited_by)],
            error_messages={"invalid": _("Please enter a whole number.")},
            help_text=lazystr(_LimitsInWords(limits)),
            **kwargs,
        )


class _LimitsInWords:
    """The limits as help text, put into words when it is shown, in the reader's language."""

    def __init__(self, limits: contract.Limits) -> None:
        self.limits = limits

    def __str__(self) -> str:
        return _now("From %(minimum)d to %(maximum)d.") % {
            "minimum": self.limits.minimum,
            "maximum": self.limits.maximum,
        }


class AgentDefaultSelect(forms.NullBooleanSelect):
    """Yes, no, or what the agent is set to."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.choices = [("unknown", _("Agent's default")), ("true", _("Yes")), ("false", _("No"))]


class AgentDefaultBoolean(forms.NullBooleanField):
    """A setting that may be left to the agent; None means its default."""

    widget = AgentDefaultSelect


def override_fields() -> dict[str, forms.Field]:
    """Return one new form field for each of the five settings, by the keys of a template's overrides."""
    return {
        "max_call_duration_seconds": LimitedInteger(
            "CallConfigOverrides.max_call_duration_seconds", label=_("Hang up after (seconds)")
        ),
        "enable_callback": AgentDefaultBoolean(label=_("Person may ask for a callback"), required=False),
        "retry_enabled": AgentDefaultBoolean(label=_("Ring again when not answered"), required=False),
        "retry_max_attempts": LimitedInteger(
            "RetryConfig.max_attempts", label=_("Ring again at most (times)")
        ),
        "retry_interval_minutes": LimitedInteger(
            "RetryConfig.interval_minutes", label=_("Wait between tries (minutes)")
        ),
    }


OVERRIDE_NAMES: tuple[str, ...] = tuple(override_fields())


class SpokenText(forms.CharField):
    """A greeting or a prompt. Line ends become "\n", whatever the browser sends: they count as characters."""

    def __init__(self, *, rows: int, limit: int | None = None, **kwargs: Any) -> None:
        attrs: dict[str, Any] = {"rows": rows, "dir": "auto"}
        if limit is not None:
            attrs["data-limit"] = limit
        super().__init__(required=False, strip=False, widget=forms.Textarea(attrs=attrs), **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")
