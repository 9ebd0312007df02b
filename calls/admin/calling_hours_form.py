"""The form of a country's calling hours and the rows of its windows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.admin.countries import country_choices
from calls.admin.permissions import has_verb
from calls.choices import Purpose
from calls.models import CallingRule, CallingWindow

EVERY_PURPOSE = _("Every other purpose")


class CallingRuleForm(forms.ModelForm):
    """The hours of one country. Whoever saves them says where they stand and when that was looked at."""

    country = forms.ChoiceField(label=_("Country"), choices=country_choices)
    purpose = forms.ChoiceField(
        label=_("Purpose"), choices=lambda: [("", EVERY_PURPOSE), *Purpose.choices], required=False
    )
    source = forms.CharField(
        label=_("Source"),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        help_text=_(
            "Who says that these are the hours: the law and its paragraph, an authority, your counsel."
        ),
        error_messages={"required": _("Please say where these hours come from.")},
    )
    source_url = forms.URLField(
        label=_("Where to read it"),
        max_length=CallingRule._meta.get_field("source_url").max_length,
        required=False,
        assume_scheme="https",
    )
    reviewed_on = forms.DateField(
        label=_("Last reviewed"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("When somebody last looked at the source."),
    )

    class Meta:
        model = CallingRule
        fields = (
            "country",
            "purpose",
            "holidays",
            "disclosure_required",
            "consent_note",
            "source",
            "source_url",
            "confidence",
            "reviewed_on",
        )
        widgets = {
            "consent_note": forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
            "confidence": forms.TextInput(attrs={"dir": "auto"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            # Hours stay those of their country and purpose; for others there is another row.
            del self.fields["country"], self.fields["purpose"]

    def clean_reviewed_on(self) -> Any:
        day = self.cleaned_data["reviewed_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This day has not come yet."))
        return day


class CallingWindowForm(forms.ModelForm):
    """One window. Times are whole minutes."""

    opens = forms.TimeField(
        label=_("From"),
        input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    closes = forms.TimeField(
        label=_("To"), input_formats=["%H:%M"], widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    class Meta:
        model = CallingWindow
        fields = ("weekday", "opens", "closes")


class CallingWindowInline(admin.TabularInline):
    model = CallingWindow
    form = CallingWindowForm
    extra = 1

    # The windows are part of the hours: who may change these may change them, and nobody needs more for it.

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_verb(request, "view_callingrule") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_verb(request, "change_callingrule" if obj else "add_callingrule")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)
