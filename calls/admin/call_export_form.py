"""The form of an export: the kind of file, and what more than masked numbers and outcomes it says."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.admin.permissions import has_verb, person_of, require_verb
from calls.choices import ExportFormat
from calls.models import CallExport

# A choice of the form, and the permission without which it is not offered.
CHOICES = {"full_numbers": "reveal_number", "with_conversation": "view_conversation"}


class ExportForm(forms.Form):
    """What is to be exported how. Raises PermissionDenied for a posted choice that was not offered."""

    format = forms.ChoiceField(
        label=_("Kind of file"),
        choices=[
            (ExportFormat.XLSX, _("Excel, for reading and sorting")),
            (ExportFormat.CSV, _("CSV, for other programs")),
        ],
        initial=ExportFormat.XLSX,
        widget=forms.RadioSelect,
    )
    full_numbers = forms.BooleanField(
        label=_("Full telephone numbers"),
        required=False,
        help_text=_("Without this they are masked. That you took them is kept on record."),
    )
    with_conversation = forms.BooleanField(
        label=_("Summaries and answers"),
        required=False,
        help_text=_("What people said, as OSVI understood it or as it was corrected."),
    )

    def __init__(self, request: HttpRequest, query: str, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.query = query
        for name, verb in CHOICES.items():
            if data and name in data:
                require_verb(request, verb)
            if not has_verb(request, verb):
                del self.fields[name]

    def clean(self) -> None:
        longest = CallExport._meta.get_field("query").max_length
        if longest and len(self.query) > longest:
            raise forms.ValidationError(_("These filters are too long to be exported. Choose fewer."))

    @property
    def export(self) -> CallExport:
        """The export that a valid form asks for, not saved."""
        return CallExport(
            by=person_of(self.request),
            query=self.query,
            format=self.cleaned_data["format"],
            **{name: self.cleaned_data.get(name, False) for name in CHOICES},
        )
