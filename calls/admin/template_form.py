"""The form of a template and the rows of what its calls should find out."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.forms.models import BaseInlineFormSet, fields_for_model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.admin.countries import country_choices
from calls.admin.fields import GREETING_LIMIT, OVERRIDE_NAMES, SpokenText, override_fields
from calls.admin.permissions import has_verb
from calls.admin.rows import FactsField
from calls.models import Agent, CallTemplate, DataPoint

# Any number beyond those people type; such rows go to the end.
LAST = 1_000_000


class CallTemplateForm(forms.ModelForm):
    country = forms.ChoiceField(choices=country_choices)
    greeting = SpokenText(rows=4, limit=GREETING_LIMIT)
    prompt = SpokenText(rows=10)
    additional_data = FactsField(required=False)

    class Meta:
        model = CallTemplate
        fields = (
            "name",
            "agent",
            "country",
            "greeting",
            "prompt",
            "additional_data",
            *OVERRIDE_NAMES,
            "purpose",
            "consent_basis",
            "discloses_ai",
        )
        widgets = {"consent_basis": forms.TextInput(attrs={"dir": "auto"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in override_fields().items():
            if name in self.fields:
                self.fields[name] = field
        if "agent" in self.fields:
            self._offer_agents(cast(forms.ModelChoiceField, self.fields["agent"]))
        for name in ("country", "greeting", "prompt", "additional_data"):
            if name in self.fields:
                described = fields_for_model(CallTemplate, fields=[name])[name]
                self.fields[name].label = described.label
                self.fields[name].help_text = described.help_text

    def _offer_agents(self, field: forms.ModelChoiceField) -> None:
        """Offer active agents and the present one, without links to change agents from here."""
        field.queryset = Agent.objects.filter(Q(is_active=True) | Q(pk=self.instance.agent_id))
        for link in ("can_add_related", "can_change_related", "can_view_related", "can_delete_related"):
            setattr(field.widget, link, False)


class DataPointForm(forms.ModelForm):
    position = forms.IntegerField(
        label=_("Order"), required=False, min_value=0, max_value=LAST, widget=forms.NumberInput()
    )

    class Meta:
        model = DataPoint
        fields = ("position", "key", "description", "required", "output_format")
        widgets = {
            "description": forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
            "key": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.initial["position"] = None

    def validate_unique(self) -> None:
        """Nothing: rows may exchange names. The formset, which knows all rows, tells names that are there twice."""

    def validate_constraints(self) -> None:
        """Nothing, for the same reason."""

    def clean_position(self) -> int:
        """Return the order typed; a row without one goes to the end."""
        position = self.cleaned_data["position"]
        return LAST if position is None else position


class DataPointFormSet(BaseInlineFormSet):
    """Says beside the row itself that its name is there twice."""

    def clean(self) -> None:
        super().clean()
        shown = [form.instance.pk for form in self.initial_forms]
        rows = DataPoint.objects.filter(template_id=self.instance.pk).exclude(pk__in=shown)
        # A row that somebody else added meanwhile is not on this page, but has its name all the same.
        seen = set(rows.values_list("key", flat=True)) if self.instance.pk else set()
        for form in self.forms:
            key = form.cleaned_data.get("key") if form.is_valid() else None
            if not key or form.cleaned_data.get("DELETE"):
                continue
            if key in seen:
                form.add_error("key", _("Another row has this name already. Please choose another one."))
            seen.add(key)

    def validate_unique(self) -> None:
        """Said by clean() beside the row."""

    def save(self, commit: bool = True) -> Any:
        # Rows may exchange names, and the database refuses two equal ones even for a moment.
        for form in self.initial_forms:
            if form.has_changed() or form in self.deleted_forms:
                # No name that people can choose has this character.
                DataPoint.objects.filter(pk=form.instance.pk).update(key=f"~{form.instance.pk}")
        return super().save(commit)


class DataPointInline(admin.TabularInline):
    model = DataPoint
    form = DataPointForm
    formset = DataPointFormSet
    extra = 1
    verbose_name = _("answer to collect")
    verbose_name_plural = _("answers to collect")

    # The rows are part of the template: who may change it may change them, and nobody needs more for it.

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_verb(request, "view_calltemplate") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_verb(request, "change_calltemplate" if obj else "add_calltemplate")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)
