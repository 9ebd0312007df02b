"""The forms of the do-not-call list."""

from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.phonenumber import PhoneNumber

from calls.admin.countries import country_choices
from calls.models import Agent, DoNotCall
from calls.services import do_not_call, orders

LONGEST_REASON = DoNotCall._meta.get_field("reason").max_length


class ScopeField(forms.ModelChoiceField):
    """All agents, or the one that is chosen."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            queryset=Agent.objects.all(),
            required=False,
            empty_label=_("No agent may call"),
            label=_("Who must not call"),
            **more,
        )

    def label_from_instance(self, agent: Any) -> str:
        return str(_("Only %(agent)s must not") % {"agent": agent.name})


def reason_field(*, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        required=required,
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        error_messages={"required": _("Please say why.")},
    )


class TermsForm(forms.Form):
    """For whom and until when a number is not called, and why."""

    agent = ScopeField()
    reason = reason_field()
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The last day on which it is not called. Empty: for good."),
        error_messages={"invalid": _("Please enter a day, such as 2030-05-20.")},
    )

    def clean_until(self) -> date | None:
        until: date | None = self.cleaned_data["until"]
        if until is not None and until < timezone.localdate():
            raise forms.ValidationError(_("This day has passed. Please choose today or a later day."))
        return until

    @property
    def expires_at(self) -> datetime | None:
        until = self.cleaned_data["until"]
        return do_not_call.end_of(until) if until else None


class NumberForm(TermsForm):
    """A number that is typed in."""

    phone_number = forms.CharField(
        label=_("Telephone number"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        error_messages={"required": _("Please enter a telephone number.")},
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
        help_text=_("Where a number without country code belongs."),
    )
    field_order = ("phone_number", "country", "agent", "reason", "until")
    number: PhoneNumber

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].initial = settings.DEFAULT_COUNTRY

    def clean(self) -> None:
        text, country = self.cleaned_data.get("phone_number"), self.cleaned_data.get("country")
        if not text or not country:
            return
        errors: dict[str, list[str]] = {}
        number = orders.read_number(text.replace("\x00", ""), country, errors)
        for field, sentences in errors.items():
            self.add_error(field, sentences)
        if number is not None:
            self.number = number


class FromCallForm(TermsForm):
    """The number of a call: for all agents, or for the agent of the call."""

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(ScopeField, self.fields["agent"]).queryset = Agent.objects.filter(pk=agent.pk)


class ReasonForm(forms.Form):
    """Why an entry is lifted."""

    reason = reason_field()


class ImportForm(forms.Form):
    """A file with numbers, and what holds for those of its rows that say nothing else."""

    file = forms.FileField(
        label=_("File"),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}),
        help_text=_(
            "CSV or Excel, with a column “number”. Columns “reason” and “until” are taken, too; days are written as "
            "2030-05-20, 20.05.2030 or 20/05/2030."
        ),
        error_messages={
            "required": _("Please choose a file."),
            "empty": _("The file is empty. Choose a file with a row for each number."),
        },
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
        help_text=_("Where a number without country code belongs."),
    )
    agent = ScopeField()
    reason = reason_field(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].initial = settings.DEFAULT_COUNTRY
        self.fields["reason"].help_text = _("For rows that have none.")
