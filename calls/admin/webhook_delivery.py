"""The screen "Deliveries": what OSVI sent, what became of it, and replaying or matching it by hand."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from calls.admin import delivery_actions, delivery_page
from calls.admin.addresses import own_address
from calls.admin.call_filters import ReceivedFilter, RouteFilter, VerdictFilter
from calls.admin.paginator import CappedPaginator
from calls.admin.permissions import has_verb
from calls.models import WebhookDelivery
from calls.templatetags.call_display import moment, verdict_badge


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(admin.ModelAdmin):
    """Messages as they arrived: evidence, so never added, changed or deleted by hand."""

    list_display = ("when", "what_became", "about", "route", "size", "replays")
    list_display_links = None
    list_filter = (VerdictFilter, RouteFilter, ReceivedFilter)
    ordering = ("-pk",)
    sortable_by = ("when",)
    list_per_page = 50
    list_max_show_all = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("replay",)

    # --- Who may ------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        return False

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """For the action "Replay"."""
        return has_verb(request, "replay_delivery")

    # --- The list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        wide = ("request", "summary", "extracted", "analysis", "provenance")
        narrow = WebhookDelivery.objects.narrow().select_related("call")
        return narrow.defer("body", "headers", "error", *(f"call__{field}" for field in wide))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "title": _("Deliveries")})

    @admin.display(description=_("received"), ordering="pk")
    def when(self, delivery: WebhookDelivery) -> SafeString:
        address = reverse("admin:calls_webhookdelivery_change", args=[delivery.pk])
        return format_html('<a class="delivery-link" href="{}">{}</a>', address, moment(delivery.received_at))

    @admin.display(description=_("what became of it"))
    def what_became(self, delivery: WebhookDelivery) -> SafeString:
        return verdict_badge(delivery)

    @admin.display(description=_("call"), empty_value="–")
    def about(self, delivery: WebhookDelivery) -> SafeString | None:
        if delivery.call is None:
            return None
        address = reverse("admin:calls_calllog_change", args=[delivery.call.pk])
        return format_html('<a href="{}">{}</a>', address, delivery.call)

    @admin.display(description=_("size"))
    def size(self, delivery: WebhookDelivery) -> str:
        return filesizeformat(delivery.body_size)

    @admin.display(description=_("replayed"))
    def replays(self, delivery: WebhookDelivery) -> str:
        return str(delivery.replay_count) if delivery.replay_count else "–"

    @admin.action(description=_("Replay…"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> HttpResponse | None:
        return delivery_actions.ask_replay(self, request, queryset)

    # --- One delivery -------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = partial(own_address, self)
        return [
            own("replay-many/", delivery_actions.replay_many, "replay_many"),
            own("<int:pk>/replay/", delivery_actions.replay_one, "replay"),
            own("<int:pk>/match/", delivery_actions.match_one, "match"),
            own("<int:pk>/change/", delivery_page.page, "change"),
            *super().get_urls(),
        ]
