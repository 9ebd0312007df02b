"""The form of the page "Place a call": what was typed, as a CallOrder, with the order's errors beside fields."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from calls import rendering
from calls.admin.countries import country_choices
from calls.admin.fields import GREETING_LIMIT, OVERRIDE_NAMES, SpokenText, override_fields
from calls.admin.place_guards import guard_fields, own_zone
from calls.admin.place_picker import TemplateChoice, templates_to_choose
from calls.admin.place_schedule import CONSOLE, ClockTime, moment_of, zone_field
from calls.admin.rows import DataPointsField, FactsField
from calls.models import Agent, CallLog, CallTemplateVersion
from calls.services import numbers, orders
from calls.services.orders import NAME_PLACEHOLDER, CallOrder

VALUE_PREFIX = "value_"


def placeholders_of(greeting: str, prompt: str) -> list[rendering.Placeholder]:
    """Return the placeholders of both texts, the person's name included; a text that cannot be read has none."""
    found: dict[str, rendering.Placeholder] = {}
    for text in (greeting, prompt):
        try:
            asked = rendering.placeholders(text)
        except rendering.TemplateTextError:
            continue  # The same text is refused, in words, when the order is checked.
        for placeholder in asked:
            known = found.setdefault(placeholder.name, placeholder)
            if placeholder.fallback is None and known.fallback is not None:
                found[placeholder.name] = placeholder
    return list(found.values())


def spoken(placeholder: str) -> str:
    """Return "Appointment date" for "appointment_date"."""
    return placeholder.replace("_", " ").strip().capitalize() or placeholder


class PlaceForm(forms.Form):
    """One call to be placed.

    The placeholders of greeting and prompt, as given in `data` or else in `initial`, become fields named
    "value_<placeholder>". After is_valid(), order() is complete and OSVI should accept it.
    """

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.ModelChoiceField(
        CallTemplateVersion.objects.select_related("template"), required=False, widget=forms.HiddenInput
    )
    again = forms.ModelChoiceField(CallLog.objects.none(), required=False, widget=forms.HiddenInput)
    # The call whose number stands masked in phone_number.
    number_of = forms.ModelChoiceField(
        CallLog.objects.none(),
        label=_("Number"),
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": _("The number of the earlier call cannot be read. Please type it.")
        },
    )
    template = TemplateChoice()
    agent = forms.ModelChoiceField(
        Agent.objects.none(),
        label=_("Agent"),
        empty_label=_("Choose an agent"),
        help_text=_("The voice that speaks. These are active at OSVI."),
        error_messages={
            "required": _("Please choose an agent."),
            "invalid_choice": _("OSVI no longer lists this agent as active. Please choose another one."),
        },
    )
    phone_number = forms.CharField(
        label=_("Number"),
        max_length=100,
        help_text=_("With or without spaces, +91 or a leading 0."),
        error_messages={"required": _("Please enter the number to call.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "dir": "ltr"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
        help_text=_("Where a number without a country code belongs."),
        error_messages={"invalid_choice": _("Please choose a country from the list.")},
    )
    person_name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    greeting = SpokenText(
        label=_("Greeting"),
        rows=4,
        limit=GREETING_LIMIT,
        help_text=_(
            "The first words the person hears. {{ person_name }} stands for the name. "
            "Empty: the agent's own greeting."
        ),
    )
    prompt = SpokenText(
        label=_("Prompt"),
        rows=8,
        help_text=_("What the agent should do in this call. Empty: the agent's own prompt."),
    )
    data_points = DataPointsField(label=_("Answers to collect"), required=False)
    additional_data = FactsField(label=_("Facts for the agent"), required=False)
    scheduled_for = ClockTime(
        label=_("Call at"), required=False, help_text=_("Empty: as soon as you press the button.")
    )
    scheduled_zone = zone_field()
    # Shown as a checkbox of its own, for the call that stands in the way.
    confirmed_duplicate = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        label=_("Call again all the same"),
        error_messages={"invalid": _("Please confirm once more.")},
    )
    is_test = forms.BooleanField(
        label=_("This is a test call"),
        required=False,
        help_text=_("It rings like any other call; it is only marked as a test."),
    )
    # For a test on one's own telephone (place_own_phone); a call to the person does not look at them.
    test_number = forms.CharField(
        label=_("My telephone"),
        max_length=100,
        required=False,
        help_text=_("Remembered for you alone. Begin with + and the country code if it is abroad."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "dir": "ltr"}),
    )
    confirmed_test = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        label=_("Ring my telephone again all the same"),
        error_messages={"invalid": _("Please confirm once more.")},
    )

    def __init__(self, *args: Any, may_see_calls: bool = False, **kwargs: Any) -> None:
        """Without `may_see_calls` no call can be called again, and no number taken from one."""
        super().__init__(*args, **kwargs)
        self._rows: dict[str, Any] = {}
        self._choice("template").queryset = templates_to_choose(with_last_use=may_see_calls)
        self._choice("agent").queryset = Agent.objects.usable()
        if may_see_calls:
            self._choice("again").queryset = CallLog.objects.all()
            self._choice("number_of").queryset = CallLog.objects.narrow()
        self.fields.update(override_fields() | guard_fields())
        self.placeholders = placeholders_of(self.text("greeting"), self.text("prompt"))
        version = self.row("version")
        self._usual = version.content.get("additional_data", {}) if version else {}
        for placeholder in self.placeholders:
            if placeholder.name == NAME_PLACEHOLDER:
                self._ask(self.fields["person_name"], placeholder)
            else:
                self.fields[f"{VALUE_PREFIX}{placeholder.name}"] = self._value_field(placeholder)

    def _choice(self, name: str) -> forms.ModelChoiceField:
        return cast(forms.ModelChoiceField, self.fields[name])

    def _value_field(self, placeholder: rendering.Placeholder) -> forms.CharField:
        attrs = {"autocomplete": "off", "dir": "auto", "data-placeholder": placeholder.name}
        field = forms.CharField(
            label=spoken(placeholder.name), required=False, widget=forms.TextInput(attrs=attrs)
        )
        self._ask(field, placeholder)
        return field

    def _ask(self, field: forms.Field, placeholder: rendering.Placeholder) -> None:
        """Ask for the value, or say what is heard without it; give the template's own value as an example."""
        usual = self._usual.get(placeholder.name)
        if isinstance(usual, str) and usual:
            field.widget.attrs["placeholder"] = _now("For example: %(value)s") % {"value": usual}
        if placeholder.fallback is None:
            field.required = field.widget.is_required = True
            field.error_messages["required"] = _now("Please fill this in: the agent says it during the call.")
        else:
            field.help_text = _now("Empty: the agent says “%(words)s”.") % {"words": placeholder.fallback}

    def row(self, name: str) -> Any:
        """Return the row that a field of choices stands at, or None. Looked up by key, valid or not otherwise."""
        if name not in self._rows:
            self._rows[name] = self._look_up(name)
        return self._rows[name]

    def _look_up(self, name: str) -> Any:
        pk = str(self[name].value() or "")
        rows = self._choice(name).queryset
        return rows.filter(pk=pk).first() if rows is not None and pk.isdecimal() and len(pk) < 19 else None

    def take_new_token(self) -> None:
        """Give a page whose own token is missing or broken a new one, so that a second press can succeed."""
        self.errors.pop("form_token", None)
        self.replace_typed("form_token", str(uuid.uuid4()))

    def replace_typed(self, name: str, value: str) -> None:
        """Let the page show another value than the one that was sent."""
        data = cast(QueryDict, self.data).copy()
        data[name] = value
        self.data = data

    def text(self, name: str) -> str:
        """Return the text of a field as typed, or as the page begins with."""
        return str((self.data.get(name) if self.is_bound else self.initial.get(name)) or "")

    @property
    def hidden_number(self) -> PhoneNumber | None:
        """The number of an earlier call, as long as the page shows it masked; None once another one is typed."""
        call = self.row("number_of")
        is_masked = call is not None and self.text("phone_number").strip() == numbers.masked(
            call.phone_number
        )
        return call.phone_number if is_masked else None

    def number(self) -> str:
        """Return the number to call: as typed, or the one for which a masked one stands."""
        hidden = self.hidden_number
        return hidden.as_e164 if hidden else self.text("phone_number").strip()

    def e164(self) -> str:
        """Return the number to call as E.164, an empty text while it cannot be called."""
        try:
            return numbers.read(self.number(), self.text("country"), timezone.now()).number.as_e164
        except ValidationError:
            return ""

    def as_shown(self, number: PhoneNumber) -> str:
        """Return the number that is called as the page may show it: in full only if it was typed."""
        return numbers.masked(number) if self.hidden_number else number.as_international

    def overrides(self) -> dict[str, Any]:
        """Return the settings as they stand, None for what is left to the agent or cannot be read."""
        found: dict[str, Any] = {}
        for name in OVERRIDE_NAMES:
            try:
                found[name] = self.fields[name].clean(self[name].value())
            except ValidationError:
                found[name] = None
        return found

    def value_names(self) -> list[str]:
        return [name for name in self.fields if name.startswith(VALUE_PREFIX)]

    def values(self) -> dict[str, str]:
        """Return what was typed for the placeholders, by placeholder."""
        return {name.removeprefix(VALUE_PREFIX): self.text(name) for name in self.value_names()}

    def preview(self, name: str) -> list[rendering.Piece]:
        """Return greeting or prompt with the values filled in, in pieces; what is missing reads as its label.

        Raises TemplateTextError if the text cannot be read.
        """
        values = {key: value.strip() for key, value in self.values().items()}
        values[NAME_PLACEHOLDER] = self.text("person_name").strip()
        pieces = rendering.render_marked(self.text(name).replace("\r\n", "\n"), values)
        return [
            replace(piece, text=spoken(piece.name)) if piece.kind is rendering.PieceKind.MISSING else piece
            for piece in pieces
        ]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self._version_is_foreign():
            self.cleaned_data["version"] = None
        # What was typed has no zone yet.
        self.cleaned_data["scheduled_for"] = None
        try:
            self.cleaned_data["scheduled_for"] = self.chosen_moment()
        except ValidationError as error:
            self.add_order_errors(error)
        if "agent" in self.cleaned_data:
            try:
                orders.check(self.order())
            except ValidationError as error:
                self.add_order_errors(error)
        return self.cleaned_data

    def chosen_moment(self) -> datetime | None:
        """Return the moment for which the call is asked, None for now. Raises ValidationError by field."""
        try:
            clock = self.fields["scheduled_for"].clean(self["scheduled_for"].value())
        except ValidationError as error:
            raise ValidationError({"scheduled_for": error.messages}) from error
        if clock is None:
            return None
        try:
            facts = numbers.read(self.number(), self.text("country"), timezone.now())
        except ValidationError:
            # Said beside the number; until it is known the console's clock will do.
            return moment_of(clock, CONSOLE, None)
        return moment_of(clock, self.text("scheduled_zone"), facts.zone)

    def _version_is_foreign(self) -> bool:
        """Tell whether the version belongs to another template than the one chosen."""
        version, template = self.cleaned_data.get("version"), self.cleaned_data.get("template")
        return version is not None and (template is None or version.template_id != template.pk)

    def add_order_errors(self, error: ValidationError) -> None:
        """Put the errors of an order beside the fields they belong to; a field keeps its own error, if any."""
        for place, sentences in error.message_dict.items():
            name = place.replace("values.", VALUE_PREFIX, 1) if place.startswith("values.") else place
            if name not in self.fields:
                self.add_error(None, sentences)
            elif name not in self.errors:
                self.add_error(name, sentences)

    def order(self) -> CallOrder:
        """Return what was asked for. Fields that were refused count as empty."""
        typed = self.cleaned_data
        return CallOrder(
            agent=typed["agent"],
            phone_number=self.number() if "phone_number" in typed else "",
            country=typed.get("country", settings.DEFAULT_COUNTRY),
            person_name=typed.get("person_name", ""),
            template=typed.get("template"),
            template_version=typed.get("version"),
            values={name.removeprefix(VALUE_PREFIX): typed.get(name, "") for name in self.value_names()},
            greeting=typed.get("greeting", ""),
            prompt=typed.get("prompt", ""),
            additional_data=typed.get("additional_data", {}),
            overrides={name: typed.get(name) for name in OVERRIDE_NAMES},
            data_points=typed.get("data_points", []),
            form_token=typed.get("form_token", None) or uuid.uuid4(),
            again_of=typed.get("again"),
            is_test=typed.get("is_test", False),
            scheduled_for=typed.get("scheduled_for"),
            time_zone=own_zone(self),
            override_reason=typed.get("override_reason", ""),
            confirmed_duplicate=typed.get("confirmed_duplicate") or False,
        )
