"""The screen "Templates": reusable wording and settings for calls."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Max, QuerySet
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from calls import rendering
from calls.admin import template_actions, template_preview
from calls.admin.addresses import own_address
from calls.admin.permissions import has_verb, person_of
from calls.admin.template_filters import ArchivedFilter
from calls.admin.template_form import CallTemplateForm, DataPointInline
from calls.models import CallTemplate, DataPoint
from calls.services import ai_disclosure, templates
from calls.templatetags.console import badge


@admin.register(CallTemplate)
class CallTemplateAdmin(admin.ModelAdmin):
    """Saving keeps a version; a template that calls used is archived and never deleted."""

    form = CallTemplateForm
    inlines = (DataPointInline,)
    list_display = ("name", "agent", "country_code", "asks_for", "version", "updated_at", "state")
    list_filter = (ArchivedFilter, "agent")
    list_select_related = ("agent",)
    search_fields = ("name", "greeting", "prompt")
    search_help_text = _("Name, or words of the greeting or the prompt")
    actions = ("place_with_template", "archive", "bring_back")
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
        (
            _("Law and consent"),
            {
                "fields": ("purpose", "consent_basis", "discloses_ai"),
                "description": _(
                    "What the calls are for decides at which hours people may be called. Why they may be called is "
                    "kept with every call, as evidence."
                ),
            },
        ),
    )

    class Media:
        css = {"all": ("css/place.css", "css/editor.css")}
        js = ("js/rows.js", "js/template_rows.js", "js/template_editor.js")

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

    @admin.action(description=_("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[CallTemplate]) -> None:
        count = sum(templates.set_archived(template, True) for template in queryset)
        words = ngettext("%(count)d template was archived.", "%(count)d templates were archived.", count)
        messages.success(request, words % {"count": count})

    @admin.action(description=_("Bring back from the archive"), permissions=["change"])
    def bring_back(self, request: HttpRequest, queryset: QuerySet[CallTemplate]) -> None:
        count = sum(templates.set_archived(template, False) for template in queryset)
        words = ngettext(
            "%(count)d template can be used again.", "%(count)d templates can be used again.", count
        )
        messages.success(request, words % {"count": count})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        about = {"has_templates": CallTemplate.objects.exists()}
        return super().changelist_view(request, {**about, **(extra_context or {})})

    # --- The form -----------------------------------------------------------------------------

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
        if obj:
            context |= self._about(request, obj)
        context["may_edit"] = self.has_change_permission(request, obj) if obj else True
        # What was typed and refused is shown as it will be said, too.
        start = model_to_dict(obj) if obj else context["adminform"].form.initial
        context |= template_preview.context(request.POST if request.method == "POST" else start)
        return super().render_change_form(request, context, add, change, form_url, obj)

    @staticmethod
    def _about(request: HttpRequest, template: CallTemplate) -> dict[str, Any]:
        """Return how calls with this template went, for people who may see calls."""
        if not has_verb(request, "view_calllog"):
            return {}
        may_read = has_verb(request, "view_conversation")
        return {
            "figures": templates.figures(template),
            "answers_given": templates.answers_given(template) if may_read else [],
            "answers_read": templates.ANSWERS_READ,
        }

    def get_urls(self) -> list[URLPattern]:
        own = partial(own_address, self)
        return [
            # Not behind admin_view: a redirect to the login page would be put into the middle of this one.
            path("preview/", never_cache(self.preview_view), name="calls_calltemplate_preview"),
            own("<int:pk>/duplicate/", template_actions.duplicate, "duplicate"),
            own("<int:pk>/archive/", template_actions.archive, "archive"),
            own("<int:pk>/bring-back/", template_actions.bring_back, "bring_back"),
            own("<int:pk>/versions/", template_actions.versions, "versions"),
            own("<int:pk>/versions/<int:number>/use/", template_actions.use_again, "use_again"),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        return template_preview.live(self, request)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows, number them in their order, and keep what the template says now as a version."""
        super().save_related(request, form, formsets, change)
        template: CallTemplate = form.instance
        points = list(template.data_points.order_by("position", "pk"))
        for position, point in enumerate(points, start=1):
            point.position = position
        DataPoint.objects.bulk_update(points, ["position"])
        template.record_version(person_of(request))
        missing = ai_disclosure.warning_of(template)
        if missing:
            messages.warning(request, missing)

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
