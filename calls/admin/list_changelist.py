"""The list of lists behind its page: tabs by state, and how far each list is, counted for all rows at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calls.admin.call_columns import NONE
from calls.choices import LIST_DRAFTS, LIST_ENDED, ContactStatus, ListStatus
from calls.models import CallList, Contact
from calls.templatetags.exports import grouped
from calls.templatetags.list_display import Part, parts_bar

PARAMETER = "state"
# Tab → its words and the states of lists in it.
TABS: dict[str, tuple[str | Promise, frozenset[str]]] = {
    "draft": (_("Not started"), frozenset(LIST_DRAFTS)),
    "under_way": (_("Under way"), frozenset({ListStatus.SCHEDULED, ListStatus.RUNNING})),
    "paused": (_("Paused"), frozenset({ListStatus.PAUSED})),
    "ended": (_("Ended"), frozenset(LIST_ENDED)),
}


class StateFilter(admin.SimpleListFilter):
    """The tab, as a filter of the address."""

    title = _("state")
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, label) for key, (label, _states) in TABS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallList]) -> QuerySet[CallList]:
        tab = TABS.get(self.value() or "")
        return queryset.filter(status__in=tab[1]) if tab else queryset


@dataclass(frozen=True)
class TabLink:
    """A tab as it is shown."""

    label: str | Promise
    url: str
    is_current: bool
    count: int


@dataclass(frozen=True)
class ListFigures:
    """The people of one list by where they stand; those left out are not called and not counted here."""

    waiting: int = 0
    calling: int = 0
    done: int = 0

    @property
    def total(self) -> int:
        return self.waiting + self.calling + self.done

    def shown(self, call_list: CallList) -> SafeString:
        """Return the cell of a list: how many are to be called, or a bar with how many were."""
        if call_list.status in {ListStatus.MAPPING, ListStatus.FAILED}:
            return NONE
        if call_list.status == ListStatus.CHECKING:
            return _bar(call_list.done, 0, call_list.total, _("%(done)s of %(total)s rows checked"))
        if call_list.is_draft or call_list.status == ListStatus.HANDED_OVER:
            words = ngettext("%(count)s person to call", "%(count)s people to call", self.total)
            return format_html(
                '<span class="list-progress">{}</span>', words % {"count": grouped(self.total)}
            )
        return _bar(self.done, self.calling, self.total, _("%(done)s of %(total)s done"))


def _bar(done: int, calling: int, total: int, words: str | Promise) -> SafeString:
    parts = (
        Part("done", "", done),
        Part("calling", "", calling),
        Part("waiting", "", max(total - done - calling, 0)),
    )
    said = str(words) % {"done": grouped(done), "total": grouped(total)}
    return format_html('<span class="list-progress">{}{}</span>', parts_bar(parts), said)


class ListChangeList(ChangeList):
    """Django's list with a tab for each group of states."""

    @property
    def current_tab(self) -> str:
        return str(self.params.get(PARAMETER) or "")

    @cached_property
    def tabs(self) -> list[TabLink]:
        """The tabs with their numbers, which honour the search."""
        counts = dict(self.root_queryset.order_by().values_list("status").annotate(rows=Count("pk")))

        def link(key: str, label: str | Promise, states: frozenset[str] | None) -> TabLink:
            count = sum(rows for status, rows in counts.items() if states is None or status in states)
            url = self.get_query_string({PARAMETER: key or None}, ["p"])
            return TabLink(label, url, self.current_tab == key, count)

        return [
            link("", _("All"), None),
            *(link(key, label, states) for key, (label, states) in TABS.items()),
        ]

    @property
    def is_searched(self) -> bool:
        return bool(self.query)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        lists: list[Any] = list(self.result_list)
        figures = counted([call_list.pk for call_list in lists])
        for call_list in lists:
            call_list.figures = figures.get(call_list.pk, ListFigures())
        self.result_list = lists

    @property
    def empty_words(self) -> str:
        """What an empty tab says."""
        return {
            "draft": _now("No list waits to be started"),
            "under_way": _now("No list is under way"),
            "paused": _now("No list is paused"),
            "ended": _now("No list has ended yet"),
        }.get(self.current_tab, _now("Nothing matches"))


def counted(lists: list[int]) -> dict[int, ListFigures]:
    """Return the figures of these lists, read from one index and no row of a person."""
    people = Contact.objects.filter(call_list__in=lists).order_by()
    found: dict[int, dict[str, int]] = {}
    for pk, status, count in people.values_list("call_list", "status").annotate(rows=Count("pk")):
        found.setdefault(pk, {})[status] = count
    return {pk: ListFigures(**dict(_counts(counts))) for pk, counts in found.items()}


def _counts(counts: dict[str, int]) -> Iterator[tuple[str, int]]:
    for status in (ContactStatus.WAITING, ContactStatus.CALLING, ContactStatus.DONE):
        yield status.value, counts.get(status, 0)
