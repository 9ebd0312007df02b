"""The filter of templates: those in use, unless the archive is asked for."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from calls.models import CallTemplate


class ArchivedFilter(admin.SimpleListFilter):
    """Archived templates are out of the way until somebody looks for them."""

    title = _("archive")
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Archived")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the choices with what is shown by default in words."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("In use")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallTemplate]) -> QuerySet[CallTemplate]:
        match self.value():
            case "yes":
                return queryset.filter(is_archived=True)
            case "all":
                return queryset
        return queryset.filter(is_archived=False)
