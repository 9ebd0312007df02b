"""The filter of calls by the day they were requested: quick choices, or any two days."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.models import CallLog
from calls.services.overview import midnight

WHEN, FIRST, LAST = "when", "from", "to"
# Days outside of these years are slips of the pen, and some of them cannot be told as a time.
_YEARS = range(1990, 2100)
_DAYS_BACK = {"today": (0, 0), "yesterday": (1, 1), "7": (6, 0), "30": (29, 0)}


class DateFilter(admin.ListFilter):
    """Whole days in the console's zone. `problems` says in words what is wrong with the days in the address."""

    title = gettext_lazy("date")
    template = "admin/calls/calllog/date_filter.html"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]
        self.problems: list[str] = []
        self.first, self.last = self._day(FIRST), self._day(LAST)
        if self.first and self.last and self.first > self.last:
            self.problems.append(
                _("The first day lies after the last day, so the days were left out. Choose them again.")
            )
            self.first = self.last = None
        self.others: list[tuple[str, str]] = []

    def _day(self, name: str) -> date | None:
        text = self._sent(name)
        try:
            day = parse_date(text)
        except ValueError:
            day = None
        if day is not None and day.year in _YEARS:
            return day
        if text:
            self.problems.append(
                _("“%(text)s” is not a day, so it was left out. Write it like %(example)s.")
                % {"text": text[:40], "example": timezone.localdate().isoformat()}
            )
        return None

    def _sent(self, name: str) -> str:
        return str(self.used_parameters.get(name, ""))

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [WHEN, FIRST, LAST]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CallLog]) -> QuerySet[CallLog]:
        first, last = self.first, self.last
        if quick := _DAYS_BACK.get(self._sent(WHEN)):
            today = timezone.localdate()
            first, last = (today - timedelta(days=ago) for ago in quick)
        if first:
            queryset = queryset.filter(requested_at__gte=midnight(first))
        if last:
            queryset = queryset.filter(requested_at__lt=midnight(last + timedelta(days=1)))
        return queryset

    def quick_choices(self) -> list[tuple[str, str]]:
        return [
            ("today", _("Today")),
            ("yesterday", _("Yesterday")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
        ]

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """The quick choices. The two days are a form of their own, which keeps the rest of the address."""
        kept = {name: values for name, values in changelist.filter_params.items() if name not in _OWN}
        self.others = [(name, value) for name, values in kept.items() for value in values]
        chosen = self._sent(WHEN)
        none: dict[str, Any] = dict.fromkeys(_OWN)
        yield {
            "selected": not self.used_parameters,
            "query_string": changelist.get_query_string(none),
            "display": _("All"),
        }
        for value, words in self.quick_choices():
            yield {
                "selected": value == chosen,
                "query_string": changelist.get_query_string({**none, WHEN: value}),
                "display": words,
            }

    def words(self) -> str:
        """Return the chosen days in words; empty if there are none."""
        if quick := dict(self.quick_choices()).get(self._sent(WHEN)):
            return quick
        first, last = (_short(day) for day in (self.first, self.last))
        if first and last:
            return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}
        if first:
            return _("since %(first)s") % {"first": first}
        return _("until %(last)s") % {"last": last} if last else ""


_OWN = (WHEN, FIRST, LAST)


def _short(day: date | datetime | None) -> str:
    return formats.date_format(day, "j M Y") if day else ""
