"""What the columns of an uploaded list mean: guessed or remembered, shown beside the first rows, chosen by a person."""

import re
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.admin.addresses import own_address
from calls.admin.countries import country_choices
from calls.admin.list_context import CHECK, ListAdmin, address, look, page_context
from calls.admin.permissions import has_verb, person_of
from calls.models import CallList
from calls.services import list_check, list_columns, list_files
from calls.spreadsheets.cells import column_letters
from calls.spreadsheets.reading import Sheet

# Seven digits and more, as people write numbers; all but the last three are hidden.
_LIKE_A_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")


@dataclass(frozen=True)
class Column:
    """One column of the file as the page shows it: its letter, heading, choice and first cells."""

    letters: str
    heading: str
    choice: forms.BoundField
    cells: list[str]


class MappingForm(forms.Form):
    """One choice for each column, the country of numbers without a country code, and whether there are headings."""

    has_header = forms.BooleanField(label=gettext_lazy("The first row holds headings"), required=False)
    country = forms.ChoiceField(
        label=gettext_lazy("country"),
        help_text=gettext_lazy("Numbers without a country code belong to this country."),
    )

    def __init__(
        self, call_list: CallList, sheet: Sheet, *args: Any, hides_numbers: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.call_list, self.sheet, self.hides_numbers = call_list, sheet, hides_numbers
        country: Any = self.fields["country"]
        country.choices = country_choices()
        country.initial = call_list.country
        self.fields["has_header"].initial = call_list.has_header
        known = list_columns.mapping_of(call_list)
        roles = [(role, list_columns.label(role)) for role in list_columns.roles(call_list.template)]
        for number in range(sheet.width):
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=_("Column %(letters)s") % {"letters": column_letters(number)},
                choices=[("", _("Not used")), *roles],
                initial=known.get(number, ""),
                required=False,
            )

    @property
    def with_header(self) -> bool:
        return bool(self["has_header"].value())

    def columns(self) -> list[Column]:
        """Return the columns with their first cells."""
        header = self.sheet.header(self.with_header)
        rows = self.sheet.shown(self.with_header)
        return [
            Column(
                letters=column_letters(number),
                heading=header[number] if self.with_header else "",
                choice=self[f"column_{number}"],
                cells=[self._shown(row[number]) for row in rows],
            )
            for number in range(self.sheet.width)
        ]

    def _shown(self, cell: str) -> str:
        if not self.hides_numbers:
            return cell
        return _LIKE_A_NUMBER.sub(lambda found: f"••••• •{found[0][-3:]}", cell)

    def mapping(self) -> dict[int, str]:
        """Return the roles that were chosen, by column."""
        chosen = {number: self.cleaned_data[f"column_{number}"] for number in range(self.sheet.width)}
        return {number: role for number, role in chosen.items() if role}

    def missing(self) -> list[str]:
        """Return what the agent says and no column is filled in for yet."""
        known = list_columns.mapping_of(self.call_list)
        return _in_words(list_columns.unmapped(self.call_list.template, known))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            missing = _in_words(list_columns.unmapped(self.call_list.template, self.mapping()))
            if missing:
                raise ValidationError(
                    _(
                        "No column is chosen for %(names)s. The agent says it during the call, so nobody of this "
                        "list could be called. Choose a column, or take the placeholder out of the template."
                    )
                    % {"names": ", ".join(missing)}
                )
        return cleaned


def _in_words(placeholders: list[str]) -> list[str]:
    return [f"“{list_columns.label_of_placeholder(name)}”" for name in placeholders]


def may_choose(request: HttpRequest, call_list: CallList) -> bool:
    """Tell whether the columns of a list can be chosen, and by this person."""
    is_open = call_list.status in list_check.MAY_BEGIN and list_files.sheet(call_list) is not None
    return is_open and has_verb(request, "add_calllist")


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the address of choosing columns."""
    return [own_address(model_admin, "<int:pk>/columns/", page, "columns")]


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the first rows with a choice above each column; on POST begin the check."""
    call_list = look(request, pk, "add_calllist")
    sheet = list_files.sheet(call_list)
    if call_list.status not in list_check.MAY_BEGIN or sheet is None:
        return HttpResponseRedirect(address(CHECK, pk))
    # Whoever uploaded the file knows the numbers in it.
    is_theirs = call_list.created_by_id == person_of(request).pk
    hides_numbers = not is_theirs and not has_verb(request, "reveal_number")
    form = MappingForm(
        call_list, sheet, request.POST if request.method == "POST" else None, hides_numbers=hides_numbers
    )
    if form.is_valid() and _start(request, call_list, form):
        return HttpResponseRedirect(address(CHECK, pk))
    context = {
        **page_context(model_admin, request, call_list, title=_("Choose the columns")),
        "form": form,
        "columns": form.columns(),
        "missing": [] if form.is_bound else form.missing(),
        "people": sheet.people(form.with_header),
    }
    return TemplateResponse(request, "console/lists/columns.html", context)


def _start(request: HttpRequest, call_list: CallList, form: MappingForm) -> bool:
    try:
        list_check.start(
            call_list,
            form.mapping(),
            form.cleaned_data["has_header"],
            form.cleaned_data["country"],
            person_of(request),
        )
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True
