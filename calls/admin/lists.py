"""The screen "Lists": all call lists, and where the addresses of one list's own screens come together."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from calls.admin import (
    list_actions,
    list_corrections,
    list_dry_run,
    list_hand_over,
    list_launch,
    list_mapping,
    list_notices,
    list_page,
    list_people,
    list_person,
    list_preview,
    list_results,
    list_test,
    list_upload,
)
from calls.admin.call_columns import NONE
from calls.admin.list_changelist import ListChangeList, StateFilter
from calls.admin.permissions import has_verb
from calls.admin.staff import name_of
from calls.models import CallList
from calls.templatetags.call_display import moment
from calls.templatetags.list_display import list_badge

# Modules of the screens of one list; each has `addresses(model_admin) -> list[URLPattern]`.
SCREENS: tuple[Any, ...] = (
    list_upload,
    list_mapping,
    list_corrections,
    list_page,
    list_preview,
    list_test,
    list_dry_run,
    list_launch,
    list_actions,
    list_people,
    list_person,
    list_results,
    list_hand_over,
    list_notices,
)


@admin.register(CallList)
class CallListAdmin(admin.ModelAdmin):
    """Lists of people to call. A list is a record of what was done, so it is never deleted by hand."""

    list_display = ("list_name", "state", "progress", "template_name", "made")
    list_display_links = None
    list_filter = (StateFilter,)
    list_select_related = ("template", "created_by")
    list_per_page = 25
    search_fields = ("name", "template__name", "file_name")
    search_help_text = _("Name, template or file")
    ordering = ("-pk",)
    sortable_by = ("made",)
    actions = None
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "console/lists/change_list.html"

    def has_delete_permission(self, request: HttpRequest, obj: CallList | None = None) -> bool:
        return False

    # --- The list of lists --------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ListChangeList]:
        return ListChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallList]:
        lists = CallList.objects.defer(
            "template__greeting", "template__prompt", "template__additional_data", "header", "mapping"
        )
        return lists.order_by("-pk")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        about = {
            "title": _("Lists"),
            "has_lists": CallList.objects.exists(),
            "may_view_templates": has_verb(request, "view_calltemplate"),
        }
        return super().changelist_view(request, {**about, **(extra_context or {})})

    @admin.display(description=_("list"))
    def list_name(self, call_list: CallList) -> SafeString:
        return format_html(
            '<a class="list-name" href="{}" dir="auto">{}</a><span class="list-file" dir="auto">{}</span>',
            reverse("admin:calls_calllist_change", args=[call_list.pk]),
            call_list.name,
            call_list.file_name,
        )

    @admin.display(description=_("state"))
    def state(self, call_list: CallList) -> SafeString:
        return list_badge(call_list)

    @admin.display(description=_("progress"))
    def progress(self, call_list: CallList) -> SafeString:
        figures: Any = getattr(call_list, "figures", None)
        return figures.shown(call_list) if figures else NONE

    @admin.display(description=_("template"))
    def template_name(self, call_list: CallList) -> str:
        return call_list.template.name

    @admin.display(description=_("made"), ordering="pk")
    def made(self, call_list: CallList) -> SafeString:
        person = call_list.created_by
        who = format_html('<span class="list-by" dir="auto">{}</span>', name_of(person)) if person else ""
        return format_html("{}{}", moment(call_list.created_at), who)

    # --- One list -----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [address for screen in SCREENS for address in screen.addresses(self)]
        return [*own, *super().get_urls()]
