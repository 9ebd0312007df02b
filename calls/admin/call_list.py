"""The list of calls behind its page: tabs, filters as chips, saved views, and rows that keep themselves fresh."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from calls.admin import call_columns, call_tabs, paginator, saved_views
from calls.admin.call_dates import DateFilter
from calls.admin.call_page import STOP_POLLING
from calls.admin.keys import primary_keys
from calls.admin.permissions import person_of, require_verb
from calls.models import CallLog, SavedView
from calls.services.overview import Capped

if TYPE_CHECKING:
    from calls.admin.call_log import CallLogAdmin

# Seconds between two looks at rows that may still change.
LOOK_EVERY = 10
# Names the rows that a page shows already, so that they are shown again and no others.
SHOWN = "shown"


@dataclass(frozen=True)
class TabLink:
    """A tab as it is shown; `count` is None where it is not known."""

    label: str | Promise
    url: str
    is_current: bool
    count: Capped | None


@dataclass(frozen=True)
class Chip:
    """One filter that is set; `url` is the list without it."""

    label: Any
    words: str
    url: str


class CallChangeList(ChangeList):
    """Django's list with a tab on top of filters and search. `of_all_tabs` are the calls without the tab."""

    of_all_tabs: QuerySet[CallLog]
    request: HttpRequest

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        found = super().get_filters_params(params)
        return {name: values for name, values in found.items() if name != call_tabs.PARAMETER}

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[CallLog]:
        if any("\x00" in value for name, value in request.GET.items() if name != SEARCH_VAR):
            # PostgreSQL takes no such text, not even to look for it.
            raise IncorrectLookupParameters
        self.request = request
        self.of_all_tabs = super().get_queryset(request, exclude_parameters)
        self.tab = call_tabs.find(self.params.get(call_tabs.PARAMETER, ""))
        return self.of_all_tabs.filter(self.tab.condition())

    @property
    def is_filtered(self) -> bool:
        """Whether a filter or a search is set; a tab is neither."""
        return bool(self.query) or bool(self.has_active_filters)

    @cached_property
    def tab_counts(self) -> dict[str, Capped]:
        """The numbers on the tabs, which honour the filters and the search."""
        return call_tabs.counts(self.of_all_tabs, filtered=self.is_filtered)

    def get_results(self, request: HttpRequest) -> None:
        shown = self.tab_counts.get(self.tab.key) if self.is_filtered else None
        if shown is not None and (not shown.more or shown.number == paginator.MOST_COUNTED):
            # No index helps to count these, so once has to do.
            self.queryset.known_count = shown.number + shown.more
        super().get_results(request)
        # Keys first: sorting whole rows, or stepping over them, is what takes long in a big table. One page
        # needs no order to be found in, so that the database may find it by any index.
        page = self.result_list if self.multi_page else self.result_list.order_by()
        keys = list(page.prefetch_related(None).values_list("pk", flat=True))
        self.result_list = self.root_queryset.filter(pk__in=keys).order_by(*self.queryset.query.order_by)

    def log_answers(self) -> None:
        """Log whose answers are about to be shown."""
        call_columns.log_answers(self.request, self.list_display, self.result_list)

    @cached_property
    def tabs(self) -> list[TabLink]:
        """The tabs with their numbers."""
        return [
            TabLink(
                label=tab.label,
                url=self.get_query_string({call_tabs.PARAMETER: tab.key or None}),
                is_current=tab == self.tab,
                count=self.tab_counts.get(tab.key),
            )
            for tab in call_tabs.TABS
        ]

    @cached_property
    def chips(self) -> list[Chip]:
        """The search and the filters that are set, in words."""
        chips = [Chip(title, words, self._without(names)) for title, words, names in self._filters_in_words()]
        if self.query:
            chips.insert(0, Chip(_("Search"), self.query, self._without([SEARCH_VAR])))
        return chips

    def _filters_in_words(self) -> Iterator[tuple[Any, str, list[str]]]:
        for spec in self.filter_specs:
            names = [name for name in spec.expected_parameters() or [] if name]
            values = [self.params[name] for name in names if self.params.get(name)]
            if isinstance(spec, DateFilter):
                words = spec.words()
            else:
                chosen = [choice["display"] for choice in list(spec.choices(self))[1:] if choice["selected"]]
                # A value that no choice has comes from an old or a mistyped address.
                words = ", ".join(str(word) for word in chosen or values)
            if words:
                yield spec.title, words, names

    def _without(self, names: list[str]) -> str:
        return self.get_query_string(dict.fromkeys(names))

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with the filters in the address, in words."""
        return [
            words for spec in self.filter_specs if isinstance(spec, DateFilter) for words in spec.problems
        ]

    # --- Saved views --------------------------------------------------------------------------

    @cached_property
    def view_query(self) -> str:
        """The present tab, filters and search as a saved view keeps them."""
        return saved_views.clean(self.request.GET)

    @cached_property
    def saved_views(self) -> list[SavedView]:
        """The views this person may choose."""
        return list(SavedView.objects.for_person(person_of(self.request)))

    @cached_property
    def current_view(self) -> SavedView | None:
        """The view that shows what is shown now."""
        return next((view for view in self.saved_views if view.query == self.view_query), None)

    @property
    def save_address(self) -> str:
        return f"{reverse('admin:calls_calllog_save_view')}?{self.view_query}"

    # --- Rows that keep themselves fresh ------------------------------------------------------

    @property
    def may_still_change(self) -> bool:
        """Whether something that is shown may change by itself."""
        return any(call.may_still_change for call in self.result_list)

    @property
    def look_every(self) -> int | None:
        """Seconds until the rows should be looked at again; None if nothing changes by itself."""
        return LOOK_EVERY if self.may_still_change else None

    @property
    def live_address(self) -> str:
        shown = ",".join(str(call.pk) for call in self.result_list)
        query = urlencode([*self.filter_params.items(), (SHOWN, shown)], doseq=True)
        return f"{reverse('admin:calls_calllog_list_live')}?{query}"

    def show_again(self, pks: list[int]) -> None:
        """Show these calls, in this order, whether or not they still belong to the tab."""
        rows = {call.pk: call for call in self.root_queryset.filter(pk__in=pks)}
        # Django's view of the list sets it: nothing can be edited in the rows.
        self.formset = None
        self.result_list = [rows[pk] for pk in pks if pk in rows]


def live(model_admin: "CallLogAdmin", request: HttpRequest) -> HttpResponse:
    """Answer the list's question "anything new?": its rows as they are now, and the numbers of the tabs.

    Rows neither come nor go, so that nothing moves under a reader's hand. Status 286 when nothing more will
    happen by itself; 401 with a reload for people who were logged out; 404 for filters that cannot be read.
    """
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    require_verb(request, "view_calllog")
    address = request.GET.copy()
    shown = primary_keys("".join(address.pop(SHOWN, [])).split(","))
    request.GET = QueryDict(address.urlencode())
    try:
        changelist = cast(CallChangeList, model_admin.get_changelist_instance(request))
    except IncorrectLookupParameters as error:
        raise Http404("The list has no such filters.") from error
    changelist.show_again(shown[: model_admin.list_per_page])
    changelist.log_answers()
    context = {"cl": changelist, "opts": model_admin.opts, "is_live": True}
    status = 200 if changelist.may_still_change else STOP_POLLING
    return TemplateResponse(request, "admin/calls/calllog/live.html", context, status=status)
