"""Filters of the call and delivery lists in staff words."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.admin.keys import primary_key
from calls.admin.permissions import person_of
from calls.choices import (
    OUTCOME_LABELS,
    REFUSED_VERDICTS,
    CallStatus,
    Verdict,
    WebhookRoute,
)
from calls.models import Agent, CallList, CallLog, CallTemplate
from calls.services import overview

Lookup = tuple[str, Any]


class StatusFilter(admin.SimpleListFilter):
    """Where calls stand. The groups that matter are tabs (see calls.admin.call_tabs)."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        return list(CallStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> QuerySet[CallLog]:
        value = self.value()
        return queryset if value is None else queryset.filter(status=value)


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
        pk = primary_key(value)
        return queryset.none() if pk is None else queryset.filter(**{self.field: pk})


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


class ListFilter(_RowFilter):
    """Calls to the people of one call list; to choose from are the lists that were started last."""

    title = _("call list")
    parameter_name = "list"
    field = "contact__call_list"
    most = 30

    def rows(self, request: HttpRequest) -> Iterable[tuple[int, Any]]:
        started = CallList.objects.filter(launched_at__isnull=False)
        return started.order_by("-pk").values_list("pk", "name")[: self.most]


class PlacedByFilter(_RowFilter):
    """Only people who placed calls; oneself first."""

    title = _("placed by")
    parameter_name = field = "placed_by"

    def rows(self, request: HttpRequest) -> Iterable[tuple[int, Any]]:
        me = person_of(request).pk
        users = get_user_model().objects.filter(Exists(CallLog.objects.filter(placed_by=OuterRef("pk"))))
        others = users.exclude(pk=me).order_by("username").values_list("pk", "username")
        return [(me, _("Me")), *others]


class FollowUpFilter(_RowFilter):
    """Calls that somebody promised to follow up and has not done yet; one's own first."""

    title = _("follow-up by")
    parameter_name = "follow_up"
    field = "follow_up_owner"

    def rows(self, request: HttpRequest) -> Iterable[tuple[int, Any]]:
        open_ones = CallLog.objects.filter(follow_up_owner=OuterRef("pk"), follow_up_on__isnull=False)
        users = get_user_model().objects.filter(Exists(open_ones)).exclude(pk=person_of(request).pk)
        return users.order_by("username").values_list("pk", "username")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        # Not the key, so that a shared view means whoever looks at it.
        return [("mine", _("Me")), *super().lookups(request, model_admin)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> QuerySet[CallLog]:
        if self.value() is None:
            return queryset
        queryset = queryset.filter(follow_up_on__isnull=False)
        if self.value() == "mine":
            return queryset.filter(follow_up_owner=person_of(request))
        return super().queryset(request, queryset)


class TestCallFilter(admin.SimpleListFilter):
    """Calls to somebody's own telephone, to try something out."""

    title = _("test calls")
    parameter_name = "test"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        return [("no", _("Without test calls")), ("yes", _("Only test calls"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> QuerySet[CallLog]:
        known = {"yes": True, "no": False}
        return queryset.filter(is_test=known[value]) if (value := self.value()) in known else queryset


class MissingAnswerFilter(admin.SimpleListFilter):
    """Answered calls in which something that had to be found out was not."""

    title = _("required answer")
    parameter_name = "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[Lookup]:
        return [("yes", _("Missing"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[CallLog]:
        return queryset.required_answer_missing() if self.value() == "yes" else queryset


class ReceivedFilter(admin.SimpleListFilter):
    """The day deliveries came, in the console's zone."""

    title = _("date")
    parameter_name = "when"

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
                return queryset.filter(received_at__gte=_midnight(0))
            case "yesterday":
                return queryset.filter(received_at__gte=_midnight(1), received_at__lt=_midnight(0))
            case "7" | "30" as days:
                return queryset.filter(received_at__gte=_midnight(int(days) - 1))
            case _:
                return queryset


def _midnight(days_ago: int) -> datetime:
    return overview.midnight(timezone.localdate() - timedelta(days=days_ago))


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
