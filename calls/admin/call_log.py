"""The screen "Calls": the history as a list, the page of one call, and what can be done there."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from calls.admin import (
    call_actions,
    call_again,
    call_bulk,
    call_columns,
    call_evidence,
    call_export,
    call_list,
    call_page,
    call_recording,
    call_review,
    do_not_call_add,
    place_live,
    saved_views,
)
from calls.admin.addresses import own_address
from calls.admin.call_dates import DateFilter
from calls.admin.call_filters import (
    AgentFilter,
    FollowUpFilter,
    ListFilter,
    MissingAnswerFilter,
    OutcomeFilter,
    PlacedByFilter,
    StatusFilter,
    TemplateFilter,
    TestCallFilter,
)
from calls.admin.call_search import help_text, search_for
from calls.admin.paginator import CappedPaginator
from calls.admin.permissions import has_verb
from calls.admin.place_view import place_call
from calls.admin.staff import name_of
from calls.models import CallLog
from calls.templatetags.call_display import length, moment


@admin.register(CallLog)
class CallLogAdmin(admin.ModelAdmin):
    """Records of fact: placed through their own page, never changed or deleted by hand."""

    list_display = ("person", "what_happened", "when", "how_long", "template_name", "agent_name", "who")
    list_display_links = None
    list_filter = (
        StatusFilter,
        OutcomeFilter,
        DateFilter,
        AgentFilter,
        TemplateFilter,
        ListFilter,
        PlacedByFilter,
        FollowUpFilter,
        MissingAnswerFilter,
        TestCallFilter,
    )
    search_fields = ("person_name",)  # Shows the search box; what is searched is get_search_results.
    ordering = ("-pk",)
    sortable_by = ("when",)
    list_per_page = 50
    list_max_show_all = 50
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("call_again", "cancel_calls", "mark_reviewed", "assign_follow_up")

    # --- Who may ------------------------------------------------------------------------------

    def has_add_permission(self, request: HttpRequest) -> bool:
        return has_verb(request, "place_call")

    def has_change_permission(self, request: HttpRequest, obj: CallLog | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: CallLog | None = None) -> bool:
        return False

    def has_place_permission(self, request: HttpRequest) -> bool:
        """For the action "Call again"."""
        return has_verb(request, "place_call")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """For the action "Cancel"."""
        return has_verb(request, "cancel_call")

    def has_review_permission(self, request: HttpRequest) -> bool:
        """For the actions "Mark as reviewed" and "Assign follow-up"."""
        return has_verb(request, "review_call")

    # --- The list -----------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[call_list.CallChangeList]:
        return call_list.CallChangeList

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns: list[Any] = list(self.list_display)
        if answers := call_columns.answer_columns(request):
            # All calls are of one template then.
            place = columns.index("template_name")
            columns[place : place + 1] = answers
        return columns

    def get_queryset(self, request: HttpRequest) -> QuerySet[CallLog]:
        with_answers = call_columns.shows_answers(request)
        calls = call_columns.calls_with_answers() if with_answers else CallLog.objects.narrow()
        related = calls.select_related("agent", "template", "placed_by")
        return related.defer("template__greeting", "template__prompt", "template__additional_data")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CallLog], search_term: str
    ) -> tuple[QuerySet[CallLog], bool]:
        return search_for(request, queryset, search_term), False

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        changes = super().get_changelist_instance(request)
        changes.search_help_text = help_text(request)
        return changes

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, {**(extra_context or {}), "title": _("Calls")})
        shown = (getattr(response, "context_data", None) or {}).get("cl")
        if shown is not None:
            shown.log_answers()
        return response

    @admin.display(description=_("person"))
    def person(self, call: CallLog) -> SafeString:
        return call_columns.person(call)

    @admin.display(description=_("what happened"))
    def what_happened(self, call: CallLog) -> SafeString:
        return call_columns.what_happened(call)

    @admin.display(description=_("template"))
    def template_name(self, call: CallLog) -> str:
        return call.template.name if call.template else call_columns.NONE

    @admin.display(description=_("agent"))
    def agent_name(self, call: CallLog) -> str:
        return call.agent.name

    @admin.display(description=_("when"), ordering="pk")
    def when(self, call: CallLog) -> SafeString | str:
        return moment(call.requested_at)

    @admin.display(description=_("length"))
    def how_long(self, call: CallLog) -> str:
        return call_columns.NONE if call.duration_seconds is None else length(call.duration_seconds)

    @admin.display(description=_("placed by"))
    def who(self, call: CallLog) -> str:
        person = call.placed_by
        return name_of(person) if person else call_columns.NONE

    @admin.action(description=_("Call again…"), permissions=["place"])
    def call_again(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> HttpResponse | None:
        return call_again.ask_call_again(self, request, queryset)

    @admin.action(description=_("Cancel, if not sent yet…"), permissions=["cancel"])
    def cancel_calls(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> HttpResponse | None:
        return call_again.ask_cancel(self, request, queryset)

    @admin.action(description=_("Mark as reviewed…"), permissions=["review"])
    def mark_reviewed(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> HttpResponse | None:
        return call_bulk.ask_reviewed(self, request, queryset)

    @admin.action(description=_("Assign follow-up…"), permissions=["review"])
    def assign_follow_up(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> HttpResponse | None:
        return call_bulk.ask_follow_up(self, request, queryset)

    @method_decorator(never_cache)
    def list_live_view(self, request: HttpRequest) -> HttpResponse:
        return call_list.live(self, request)

    # --- One call -----------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return place_call(self, request)

    def get_urls(self) -> list[URLPattern]:
        own = partial(own_address, self)
        return [
            own("again/", call_again.call_again, "again"),
            own("cancel-many/", call_again.cancel_many, "cancel_many"),
            own("reviewed-many/", call_bulk.mark_reviewed, "reviewed_many"),
            own("reviewed-many/undo/", call_bulk.unreview, "unreview_many"),
            own("follow-up-many/", call_bulk.assign_follow_up, "follow_up_many"),
            own("views/save/", saved_views.save_view, "save_view"),
            own("views/<int:pk>/", saved_views.change_view, "change_view"),
            own("views/<int:pk>/delete/", saved_views.delete_view, "delete_view"),
            *call_export.addresses(self),
            own("resume-sending/", call_actions.resume_sending, "resume_sending"),
            # Not behind admin_view: a redirect to the login page would be put into the middle of this one.
            path("live/", self.list_live_view, name="calls_calllog_list_live"),
            path("add/live/", self.place_live_view, name="calls_calllog_place_live"),
            path("<int:pk>/live/", self.live_view, name="calls_calllog_live"),
            own("<int:pk>/cancel/", call_actions.cancel_call, "cancel"),
            own("<int:pk>/it-rang/", call_actions.it_rang, "it_rang"),
            own("<int:pk>/it-did-not-ring/", call_actions.it_did_not_ring, "it_did_not_ring"),
            own("<int:pk>/ask-osvi/", call_actions.ask_osvi, "ask_osvi"),
            own("<int:pk>/do-not-call/", do_not_call_add.from_call, "do_not_call"),
            own("<int:pk>/recording/", call_recording.play, "recording"),
            own("<int:pk>/reveal-number/", call_actions.reveal_number, "reveal_number"),
            own("<int:pk>/technical/", call_page.technical, "technical"),
            own("<int:pk>/evidence/", call_evidence.download, "evidence"),
            own("<int:pk>/note/", call_review.add_note, "add_note"),
            own("<int:pk>/correct/", call_review.correct_answer, "correct_answer"),
            own("<int:pk>/follow-up/", call_review.assign_follow_up, "assign_follow_up"),
            own("<int:pk>/follow-up/done/", call_review.finish_follow_up, "finish_follow_up"),
            own("<int:pk>/reviewed/", call_review.mark_reviewed, "mark_reviewed"),
            own("<int:pk>/not-reviewed/", call_review.unmark_reviewed, "unmark_reviewed"),
            own("<int:pk>/change/", call_page.page, "change"),
            *super().get_urls(),
        ]

    @method_decorator(never_cache)
    def place_live_view(self, request: HttpRequest) -> HttpResponse:
        return place_live.live(self, request)

    @method_decorator(never_cache)
    def live_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return call_page.live(self, request, pk)
