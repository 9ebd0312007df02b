"""The tabs of the list "Do not call", and what stands around its rows."""

from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.admin import paginator
from calls.admin.permissions import has_verb, person_of
from calls.choices import Disclosed, SuppressionStatus
from calls.models import Agent, DoNotCall
from calls.models.do_not_call import DoNotCallQuerySet
from calls.services import disclosure, overview

UNDECIDED, IN_FORCE, ENDED = "undecided", "in_force", "ended"
ENDED_STATUSES = (SuppressionStatus.LIFTED, SuppressionStatus.DISMISSED)
_LABELS = {
    IN_FORCE: _("Not to be called"),
    UNDECIDED: _("To be decided"),
    ENDED: _("Lifted or ended"),
}


class TabFilter(admin.SimpleListFilter):
    """One of the three groups of entries; without a word in the address, those in force."""

    title = _("group")
    parameter_name = "tab"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(_LABELS.items())

    @property
    def tab(self) -> str:
        value = self.value()
        return value if value in _LABELS else IN_FORCE

    def queryset(self, request: HttpRequest, queryset: QuerySet[DoNotCall]) -> QuerySet[DoNotCall]:
        return _of(self.tab, cast(DoNotCallQuerySet, queryset))

    def choices(self, changelist: Any) -> Iterator[Any]:
        for key, label in _LABELS.items():
            count = overview.proposals_undecided(paginator.MOST_COUNTED) if key == UNDECIDED else None
            query = changelist.get_query_string({self.parameter_name: key}, remove=["p"])
            yield {"label": label, "url": query, "is_current": key == self.tab, "count": count}


def _of(tab: str, entries: DoNotCallQuerySet) -> QuerySet[DoNotCall]:
    now = timezone.now()
    match tab:
        case "undecided":
            return entries.undecided()
        case "ended":
            over = Q(status=SuppressionStatus.ACTIVE, expires_at__lte=now)
            return entries.filter(over | Q(status__in=ENDED_STATUSES))
    return entries.in_force(now)


def of_list(request: HttpRequest, changelist: ChangeList) -> dict[str, Any]:
    """Return the tabs and the one that is shown. That people read what was said in calls is logged here."""
    spec = cast(TabFilter, changelist.filter_specs[0])
    if spec.tab == UNDECIDED and has_verb(request, "view_conversation"):
        calls = [entry.call for entry in changelist.result_list if entry.call]
        disclosure.note_all(calls, person_of(request), Disclosed.CONVERSATION)
    return {"tab": spec.tab, "tabs": list(spec.choices(changelist))}


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what the list shows besides its rows."""
    return {
        "may_add": has_verb(request, "add_donotcall"),
        "may_turn_down": has_verb(request, "lift_donotcall"),
        "may_import": has_verb(request, "import_donotcall"),
        "may_export": has_verb(request, "export_donotcall"),
        "may_reveal": has_verb(request, "reveal_number"),
        "may_see_words": has_verb(request, "view_conversation"),
        "may_see_calls": has_verb(request, "view_calllog"),
        "agents": Agent.objects.usable(),
    }
