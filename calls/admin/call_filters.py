"""Filters of the call and delivery lists in staff words."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.admin.permissions import person_of
from calls.choices import (
    MOVING,
    NEEDS_ATTENTION,
    OUTCOME_LABELS,
    REFUSED_VERDICTS,
    CallStatus,
    Verdict,
    WebhookRoute,
)
from calls.models import Agent, CallLog, CallTemplate

Lookup = tuple[str, Any]


class StatusFilter(admin.SimpleListFilter):
    """Where calls stand, with the two groups that matter first."""

    title = _("status")
    parameter_name = "status"
    groups = {"attention": NEEDS_ATTENTION, "under_way": MOVING}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        groups = [("attention", _("Needs attention")), ("under_way", _("Under way (all)"))]
        return [*groups, *CallStatus.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> QuerySet[CallLog]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(status__in=self.groups.get(value, {value}))


class OutcomeFilter(admin.SimpleListFilter):
    """What came of calls; words that OSVI alone knows are one group."""

    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        return [*OUTCOME_LABELS.items(), ("other", _("Something else")), ("none", _("Not known yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> QuerySet[CallLog]:
        match self.value():
            case None:
                return queryset
            case "other":
                return queryset.exclude(outcome__in=["", *OUTCOME_LABELS])
            case "none":
                return queryset.filter(outcome="")
            case value:
                return queryset.filter(outcome=value)


class _RowFilter(admin.SimpleListFilter):
    """Calls that point to one row of another table, chosen by its primary key."""

    field: str

    def rows(self, request: HttpRequest) -> Iterable[tuple[int, Any]]:
        """Return primary key and name of every row to choose from."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        return [(str(pk), name) for pk, name in self.rows(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> QuerySet[CallLog]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(**{self.field: int(value)}) if value.isdecimal() else queryset.none()


class AgentFilter(_RowFilter):
    title = _("agent")
    parameter_name = field = "agent"

    def rows(self, request: HttpRequest) -> Iterable[tuple[int, Any]]:
        return Agent.objects.values_list("pk", "name")


class TemplateFilter(_RowFilter):
    title = _("template")
    parameter_name = field = "template"

    def rows(self, request: HttpRequest) -> Iterable[tuple[int, Any]]:
        return CallTemplate.objects.values_list("pk", "name")


class PlacedByFilter(_RowFilter):
    """Only people who placed calls; oneself first."""

    title = _("placed by")
    parameter_name = field = "placed_by"

    def rows(self, request: HttpRequest) -> Iterable[tuple[int, Any]]:
        me = person_of(request).pk
        users = get_user_model().objects.filter(Exists(CallLog.objects.filter(placed_by=OuterRef("pk"))))
        others = users.exclude(pk=me).order_by("username").values_list("pk", "username")
        return [(me, _("Me")), *others]


class _DayFilter(admin.SimpleListFilter):
    """Whole days in the console's zone."""

    title = _("date")
    parameter_name = "when"
    field: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        return [
            ("today", _("Today")),
            ("yesterday", _("Yesterday")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "today":
                return queryset.filter(**{f"{self.field}__gte": _midnight(0)})
            case "yesterday":
                return queryset.filter(
                    **{f"{self.field}__gte": _midnight(1), f"{self.field}__lt": _midnight(0)}
                )
            case "7" | "30" as days:
                return queryset.filter(**{f"{self.field}__gte": _midnight(int(days) - 1)})
            case _:
                return queryset


def _midnight(days_ago: int) -> datetime:
    day = timezone.localdate() - timedelta(days=days_ago)
    return timezone.make_aware(datetime.combine(day, time.min))


class RequestedFilter(_DayFilter):
    field = "requested_at"


class ReceivedFilter(_DayFilter):
    field = "received_at"


class VerdictFilter(admin.SimpleListFilter):
    """What became of deliveries, with those that a person should look at first."""

    title = _("verdict")
    parameter_name = "verdict"
    groups = {
        "attention": frozenset({Verdict.UNMATCHED, Verdict.FAILED}),
        "refused": REFUSED_VERDICTS,
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        groups = [("attention", _("Needs attention")), ("refused", _("Refused (all)"))]
        return [*groups, *Verdict.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.filter(verdict__in=self.groups.get(value, {value}))


class RouteFilter(admin.SimpleListFilter):
    """Which of the two addresses deliveries came to."""

    title = _("came to")
    parameter_name = "route"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        return list(WebhookRoute.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset if value is None else queryset.filter(route=value)
