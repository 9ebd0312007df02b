"""The screen "Lists": all call lists, and where the addresses of one list's own screens come together."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern

from calls.admin import list_hand_over, list_notices, list_results
from calls.models import CallList

# Modules of the screens of one list; each has `addresses(model_admin) -> list[URLPattern]`.
SCREENS: tuple[Any, ...] = (list_results, list_hand_over, list_notices)


@admin.register(CallList)
class CallListAdmin(admin.ModelAdmin):
    """Lists of people to call. A list is a record of what was done, so it is never deleted by hand."""

    list_display = ("name", "template", "status", "created_at")
    list_select_related = ("template",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_delete_permission(self, request: HttpRequest, obj: CallList | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = [address for screen in SCREENS for address in screen.addresses(self)]
        return [*own, *super().get_urls()]
