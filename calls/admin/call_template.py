"""The screen "Templates": reusable wording and settings for calls."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.forms.models import fields_for_model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls import rendering
from calls.admin.countries import country_choices
from calls.admin.fields import GREETING_LIMIT, OVERRIDE_NAMES, SpokenText, override_fields
from calls.admin.permissions import has_verb, person_of
from calls.admin.rows import FactsField
from calls.models import Agent, CallTemplate, DataPoint
from calls.templatetags.console import badge

VERSIONS_SHOWN = 20
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
            "is_archived",
            "greeting",
            "prompt",
            "additional_data",
            *OVERRIDE_NAMES,
        )

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

    def clean_position(self) -> int:
        """Return the order typed; a row without one goes to the end."""
        position = self.cleaned_data["position"]
        return LAST if position is None else position


class DataPointInline(admin.TabularInline):
    model = DataPoint
    form = DataPointForm
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


@admin.register(CallTemplate)
class CallTemplateAdmin(admin.ModelAdmin):
    """Saving keeps a version; a template that calls used is archived and never deleted."""

    form = CallTemplateForm
    inlines = (DataPointInline,)
    list_display = ("name", "agent", "country_code", "asks_for", "version", "updated_at", "state")
    list_filter = ("is_archived", "agent")
    list_select_related = ("agent",)
    search_fields = ("name", "greeting", "prompt")
    search_help_text = _("Name, or words of the greeting or the prompt")
    actions = ("place_with_template",)
    readonly_fields = ("history_of_versions",)
    change_list_template = "admin/calls/calltemplate/change_list.html"
    change_form_template = "admin/calls/calltemplate/change_form.html"
    fieldsets = (
        (None, {"fields": ("name", "agent", "country")}),
        (
            _("What the agent says"),
            {
                "fields": ("greeting", "prompt"),
                "description": _(
                    "Write {{ person_name }} where the person's name belongs. Make up other names as you need "
                    "them, such as {{ appointment_date }}: whoever places the call is asked for them."
                ),
            },
        ),
        (
            _("Facts for the agent"),
            {
                "fields": ("additional_data",),
                "description": _("Names and values the agent may refer to, for example clinic: City Dental."),
            },
        ),
        (
            _("Settings for the call"),
            {
                "fields": (
                    ("max_call_duration_seconds", "enable_callback"),
                    ("retry_enabled", "retry_max_attempts", "retry_interval_minutes"),
                ),
                "description": _("What is left empty stays as the agent is set up at OSVI."),
            },
        ),
        (_("Archive and versions"), {"fields": ("is_archived", "history_of_versions")}),
    )

    class Media:
        css = {"all": ("css/place.css",)}
        js = ("js/rows.js", "js/template_editor.js")

    # --- Who may ------------------------------------------------------------------------------

    def has_place_call_permission(self, request: HttpRequest) -> bool:
        return has_verb(request, "place_call")

    def has_delete_permission(self, request: HttpRequest, obj: CallTemplate | None = None) -> bool:
        """Only one by one, and only a template that no call used; others are archived."""
        if obj is None or obj.calls.exists():
            return False
        return super().has_delete_permission(request, obj)

    # --- The list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallTemplate]:
        return super().get_queryset(request).annotate(newest_version=Max("versions__number"))

    @admin.display(description=_("country"), ordering="country")
    def country_code(self, template: CallTemplate) -> str:
        return template.country

    @admin.display(description=_("asks for"))
    def asks_for(self, template: CallTemplate) -> str:
        try:
            names = [placeholder.name for placeholder in template.placeholders()]
        except rendering.TemplateTextError:
            return _now("(text cannot be read)")
        return ", ".join(name.replace("_", " ").strip() for name in names) or _now("nothing")

    @admin.display(description=_("version"), ordering="newest_version")
    def version(self, template: CallTemplate) -> int | None:
        newest: int | None = getattr(template, "newest_version", None)
        return newest

    @admin.display(description=_("state"))
    def state(self, template: CallTemplate) -> SafeString:
        if template.is_archived:
            return badge("neutral", _now("Archived"))
        if not template.agent.is_active:
            return badge("warning", _now("Agent not active"))
        return badge("success", _now("Ready"))

    @admin.action(description=_("Place a call with this template"), permissions=["place_call"])
    def place_with_template(
        self, request: HttpRequest, queryset: QuerySet[CallTemplate]
    ) -> HttpResponse | None:
        chosen = list(queryset.select_related("agent")[:2])
        if len(chosen) != 1:
            messages.error(request, _now("Please choose exactly one template to place a call with."))
            return None
        if not _is_usable(chosen[0]):
            messages.error(request, _why_unusable(chosen[0]))
            return None
        return HttpResponseRedirect(_place_address(chosen[0]))

    # --- The form -----------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: CallTemplate | None = None) -> Any:
        """A new template has no history and cannot be archived yet."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj else fieldsets[:-1]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: CallTemplate | None = None,
    ) -> HttpResponse:
        if obj and self.has_place_call_permission(request):
            context["place_address"] = _place_address(obj) if _is_usable(obj) else ""
            context["why_unusable"] = "" if _is_usable(obj) else _why_unusable(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("versions"))
    def history_of_versions(self, template: CallTemplate) -> SafeString:
        versions = template.versions.select_related("saved_by").defer("content")[:VERSIONS_SHOWN]
        return format_html(
            '<ol class="timeline">{}</ol>',
            format_html_join(
                "",
                '<li class="timeline__item"><p class="timeline__title">{}</p>'
                '<p class="timeline__meta"><time datetime="{}">{}</time> · {}</p></li>',
                (
                    (
                        _now("Version %(number)d") % {"number": version.number},
                        version.saved_at.isoformat(),
                        date_format(timezone.localtime(version.saved_at), "DATETIME_FORMAT"),
                        version.saved_by or _now("by the console"),
                    )
                    for version in versions
                ),
            ),
        )

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows, number them in their order, and keep what the template says now as a version."""
        super().save_related(request, form, formsets, change)
        template: CallTemplate = form.instance
        points = list(template.data_points.order_by("position", "pk"))
        for position, point in enumerate(points, start=1):
            point.position = position
        DataPoint.objects.bulk_update(points, ["position"])
        template.record_version(person_of(request))

    # --- Deleting one that no call used -------------------------------------------------------

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return what goes along. The versions protect a template from deletion anywhere but here."""
        listed = [str(template) for template in objs]
        return listed, {self.opts.verbose_name_plural: len(listed)}, set(), []

    def delete_model(self, request: HttpRequest, obj: CallTemplate) -> None:
        with transaction.atomic():
            obj.versions.all().delete()
            obj.delete()


def _is_usable(template: CallTemplate) -> bool:
    return template.agent.is_active and not template.is_archived


def _why_unusable(template: CallTemplate) -> str:
    if template.is_archived:
        return _now("“%(name)s” is archived, so no new call can use it.") % {"name": template.name}
    return _now("The agent of “%(name)s” is not active at OSVI. Choose another agent for it first.") % {
        "name": template.name
    }


def _place_address(template: CallTemplate) -> str:
    return f"{reverse('admin:calls_calllog_add')}?template={template.pk}"
