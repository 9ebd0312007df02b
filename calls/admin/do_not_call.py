"""The screen "Do not call": proposals to be decided, numbers not to be called, and those that may be called again."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.admin import do_not_call_add, do_not_call_files, do_not_call_page, do_not_call_tabs
from calls.admin.addresses import own_address
from calls.admin.call_search import by_number, looks_like_number
from calls.admin.paginator import CappedPaginator
from calls.admin.permissions import has_verb
from calls.models import DoNotCall
from calls.services import do_not_call, numbers
from calls.templatetags.call_display import moment
from calls.templatetags.recorded import translated


@admin.register(DoNotCall)
class DoNotCallAdmin(admin.ModelAdmin):
    """Entries are records of fact: entered, decided and lifted through their own pages, never changed or deleted."""

    list_display = ("number", "why", "scope", "source", "since", "ends")
    list_display_links = None
    list_filter = (do_not_call_tabs.TabFilter,)
    search_fields = ("reason",)  # Shows the search box; what is searched is get_search_results.
    search_help_text = _("Whole number, or words of the reason")
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page = 50
    list_max_show_all = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    change_list_template = "admin/calls/donotcall/change_list.html"

    # --- Who may ------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: DoNotCall | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DoNotCall | None = None) -> bool:
        return False

    # --- The list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[DoNotCall]:
        wide = ("request", "summary", "extracted", "analysis", "provenance")
        rows = super().get_queryset(request).select_related("agent", "call")
        return rows.defer(*(f"call__{field}" for field in wide))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[DoNotCall], search_term: str
    ) -> tuple[QuerySet[DoNotCall], bool]:
        """A number in any form, only whole ones for people who may not see numbers; or words of a reason."""
        term = search_term.replace("\x00", " ").strip()
        if not term:
            return queryset, False
        if looks_like_number(term):
            return queryset.filter(by_number(term, whole=not has_verb(request, "reveal_number"))), False
        return queryset.filter(Q(reason__icontains=term) | Q(decision_reason__icontains=term)), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": _("Do not call"), **do_not_call_tabs.context(request), **(extra_context or {})}
        response = super().changelist_view(request, context)
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            shown |= do_not_call_tabs.of_list(request, shown["cl"])
        return response

    @admin.display(description=_("number"))
    def number(self, entry: DoNotCall) -> SafeString:
        address = reverse("admin:calls_donotcall_change", args=[entry.pk])
        masked = numbers.masked(entry.phone_number)
        return format_html('<a class="nowrap tabular" href="{}"><bdi>{}</bdi></a>', address, masked)

    @admin.display(description=_("why"), empty_value="–")
    def why(self, entry: DoNotCall) -> str:
        return translated(entry.reason)

    @admin.display(description=_("who must not call"))
    def scope(self, entry: DoNotCall) -> str:
        return do_not_call_page.scope_of(entry)

    @admin.display(description=_("source"))
    def source(self, entry: DoNotCall) -> str:
        return entry.get_source_display()

    @admin.display(description=_("since"))
    def since(self, entry: DoNotCall) -> SafeString | str:
        return moment(entry.added_at)

    @admin.display(description=_("until"))
    def ends(self, entry: DoNotCall) -> SafeString | str:
        if entry.status in do_not_call_tabs.ENDED_STATUSES:
            return moment(entry.decided_at)
        return moment(do_not_call.last_moment(entry)) if entry.expires_at else _now("for good")

    # --- One entry, and files -----------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return do_not_call_add.add(self, request)

    def get_urls(self) -> list[URLPattern]:
        own = partial(own_address, self)
        return [
            *do_not_call_files.addresses(self),
            own("read-back/", do_not_call_page.read_back, "read_back"),
            own("<int:pk>/accept/", do_not_call_page.accept, "accept"),
            own("<int:pk>/turn-down/", do_not_call_page.turn_down, "turn_down"),
            own("<int:pk>/lift/", do_not_call_page.lift, "lift"),
            own("<int:pk>/try-again/", do_not_call_page.try_again, "try_again"),
            own("<int:pk>/reveal-number/", do_not_call_page.reveal_number, "reveal_number"),
            own("<int:pk>/change/", do_not_call_page.page, "change"),
            *super().get_urls(),
        ]
