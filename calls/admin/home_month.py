"""The last 30 days as Home shows them: a picture of the days, its table, and bars by agent and by template."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.choices import OUTCOME_LABELS
from calls.services.overview import KINDS, OTHER, Day, Figures, Month, Share

LABELS: dict[str, str | Promise] = {**OUTCOME_LABELS, OTHER: _("Everything else")}
# The picture is drawn in units: one per day across, this many down.
HEIGHT = 100
# Least height of a bar, so that one call beside thousands is still seen.
_LEAST = 1.0
_ROUND = (1, 2, 5)


@dataclass(frozen=True)
class Bar:
    """One rectangle of the picture, as SVG wants its numbers: with a point in every language."""

    kind: str
    y: str
    height: str


@dataclass(frozen=True)
class Column:
    """One day: its place in the picture, its bars from the ground up, and its counts in the order of KINDS."""

    x: str
    day: date
    placed: int
    bars: list[Bar]
    counts: list[int]


@dataclass(frozen=True)
class Chart:
    """The picture of the days."""

    columns: list[Column]
    top: int
    width: int
    height: int
    legend: list[tuple[str, str | Promise, int]]

    @property
    def middle(self) -> Column:
        return self.columns[len(self.columns) // 2]


@dataclass(frozen=True)
class Row:
    """One agent or template: `bar` is its share of the biggest one, 0 to 100."""

    name: str
    url: str
    figures: Figures
    bar: int


@dataclass(frozen=True)
class MonthPage:
    """All that the template needs."""

    total: Figures
    chart: Chart
    agents: list[Row]
    templates: list[Row]


def month(figures: Month) -> MonthPage:
    """Return the last 30 days ready to be shown."""
    return MonthPage(
        total=figures.total,
        chart=_chart(figures.days),
        agents=_rows(figures.agents, "agent"),
        templates=_rows(figures.templates, "template"),
    )


def _chart(days: list[Day]) -> Chart:
    top = _round_up(max(day.placed for day in days))
    counts = sum((day.counts for day in days), start=Counter())
    return Chart(
        columns=[
            Column(
                x=f"{number + 0.1:.1f}",
                day=day.day,
                placed=day.placed,
                bars=list(_bars(day, top)),
                counts=[day.counts[kind] for kind in KINDS],
            )
            for number, day in enumerate(days)
        ],
        top=top,
        width=len(days),
        height=HEIGHT,
        legend=[(kind, LABELS[kind], counts[kind]) for kind in KINDS],
    )


def _bars(day: Day, top: int) -> Iterator[Bar]:
    ground = float(HEIGHT)
    for kind in KINDS:
        if day.counts[kind]:
            height = max(HEIGHT * day.counts[kind] / top, _LEAST)
            ground = max(ground - height, 0)
            yield Bar(kind, f"{ground:.2f}", f"{height:.2f}")


def _round_up(number: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 …"""
    power = 1
    while True:
        for step in _ROUND:
            if step * power >= number:
                return step * power
        power *= 10


def _rows(shares: list[Share], parameter: str) -> list[Row]:
    biggest = max((share.figures.placed for share in shares), default=0)
    address = reverse("admin:calls_calllog_changelist")
    return [
        Row(
            name=_name(share),
            url=f"{address}?{parameter}={share.pk}&when=30" if share.pk is not None else "",
            figures=share.figures,
            bar=round(100 * share.figures.placed / biggest) if biggest else 0,
        )
        for share in shares
    ]


def _name(share: Share) -> str:
    if share.is_rest:
        return _now("All others")
    return share.name if share.pk is not None else _now("Without a template")
