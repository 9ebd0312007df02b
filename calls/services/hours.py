"""Calling hours: the rules that people keep in the console, read once and asked about as often as needed."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, time
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from calls.hours import presets
from calls.hours.rules import Rules, Window, find
from calls.hours.verdict import SEARCHED, HoursVerdict, Reason, may_call
from calls.hours.zones import zones_of
from calls.models import CallingRule, CallingWindow

# What a rule says besides its windows, by the names that rows and the pure core share.
_ABOUT = (
    "country",
    "purpose",
    "holidays",
    "source",
    "source_url",
    "reviewed_on",
    "disclosure_required",
    "consent_note",
    "confidence",
)


class Book:
    """The rules of all countries, or of some, as they were when it was opened (see book())."""

    def __init__(self, rules: Iterable[Rules]) -> None:
        self._by_country: dict[str, list[Rules]] = {}
        for rule in rules:
            self._by_country.setdefault(rule.country, []).append(rule)

    def rules(self, country: str, purpose: str) -> list[Rules]:
        """Return the rules that all have to allow a call: that of the purpose; without one, all of the country."""
        of_country = self._by_country.get(country, [])
        if not purpose:
            return of_country
        rule = find(of_country, country, purpose)
        return [rule] if rule else []

    def verdict(
        self, now: datetime, number_e164: str, country: str, purpose: str, own_zone: str = ""
    ) -> HoursVerdict:
        """Say whether this number may be called at this moment. Unknown country, hours or zone: no.

        `country` is that of the number; `own_zone` what is known of the person besides. Where calling hours
        do not apply every moment is open.
        """
        if not settings.CALLING_HOURS_APPLY:
            return HoursVerdict(True, Reason.OPEN, now, None, None, (), now)
        # Rules change at whole minutes only (see _windows), so that what was found holds for the minute.
        now = now.replace(second=0, microsecond=0)
        zones = zones_of(number_e164, own_zone)
        rules = self.rules(country, purpose)
        if not rules:
            return may_call(now, zones, None)
        return _all_of(now, zones, rules)


def book(countries: Collection[str] | None = None) -> Book:
    """Read the rules of these countries, or of all, in one query; none where calling hours do not apply."""
    if not settings.CALLING_HOURS_APPLY:
        return Book(())
    stored = CallingRule.objects.order_by("country", "purpose", "windows__weekday", "windows__opens")
    if countries is not None:
        stored = stored.filter(country__in=countries)
    rows = stored.values_list(*_ABOUT, "windows__weekday", "windows__opens", "windows__closes")
    by_rule = groupby(rows, key=lambda row: row[: len(_ABOUT)])
    return Book(_rules(about, (row[len(_ABOUT) :] for row in found)) for about, found in by_rule)


def as_rules(rule: CallingRule) -> Rules:
    """Return a stored rule as the pure core takes it."""
    windows = ((window.weekday, window.opens, window.closes) for window in rule.windows.all())
    return _rules(tuple(getattr(rule, name) for name in _ABOUT), windows)


def _rules(about: tuple[Any, ...], windows: Iterable[tuple[Any, ...]]) -> Rules:
    return Rules(**dict(zip(_ABOUT, about, strict=True)), windows=tuple(_windows(windows)))


def _windows(rows: Iterable[tuple[Any, ...]]) -> Iterator[Window]:
    """Yield the windows; one that does not begin and end at a whole minute was not entered here and opens nothing."""
    for weekday, opens, closes in rows:
        # A rule without windows has one row of nothing.
        if weekday is not None and _is_whole(opens) and _is_whole(closes):
            yield Window(weekday, opens, closes)


def _is_whole(clock: time) -> bool:
    return not (clock.second or clock.microsecond)


def _all_of(now: datetime, zones: tuple[str, ...], rules: list[Rules]) -> HoursVerdict:
    """Return the verdict when every one of the rules has to allow: that of the strictest one at each moment."""
    verdicts = [may_call(now, zones, rule) for rule in rules]
    closing = [verdict for verdict in verdicts if not verdict.allowed]
    if not closing:
        # The first that closes; one that does not close in the days searched comes last.
        return min(verdicts, key=lambda verdict: verdict.closes_at or now + 2 * SEARCHED)
    strictest = min(closing, key=lambda verdict: verdict.opens_at is not None)
    if strictest.opens_at is None or len(rules) == 1:
        return strictest
    return _opens_together(now, zones, rules, closing)


def _opens_together(
    now: datetime, zones: tuple[str, ...], rules: list[Rules], closing: list[HoursVerdict]
) -> HoursVerdict:
    """Look for the first moment at which all rules allow, from one opening to the next."""
    at, last = now, closing[0]
    while closing:
        last = max(closing, key=lambda verdict: verdict.opens_at or now)
        at = max(at, last.opens_at or now)
        verdicts = [may_call(at, zones, rule) for rule in rules]
        closing = [verdict for verdict in verdicts if not verdict.allowed]
        if at - now > SEARCHED or any(verdict.opens_at is None for verdict in closing):
            return HoursVerdict(False, Reason.NEVER_OPEN, None, None, last.rules, zones, now)
    return HoursVerdict(False, last.reason, at, None, last.rules, zones, now)


# --- What the console begins with -------------------------------------------------------------


def ensure_presets(using: str, **_of_signal: Any) -> None:
    """Enter the hours shipped with the console where a country and purpose has none, after a migration or a flush.

    A row that nobody changed is renewed when a later release reviewed it; a changed one stays as it is.
    """
    if CallingWindow._meta.db_table not in connections[using].introspection.table_names():
        return
    known = {(rule.country, rule.purpose): rule for rule in CallingRule.objects.using(using)}
    for preset in presets.load():
        rule = known.get((preset.country, preset.purpose))
        is_outdated = rule is not None and rule.is_preset and rule.reviewed_on < preset.reviewed_on
        if rule is None or is_outdated:
            _enter(preset, rule, using)


def is_shipped(rule: CallingRule) -> bool:
    """Tell whether the console comes with hours for this country and purpose, which would return if deleted."""
    return any((preset.country, preset.purpose) == (rule.country, rule.purpose) for preset in presets.load())


def _enter(preset: Rules, rule: CallingRule | None, using: str) -> None:
    with transaction.atomic(using=using):
        rule = rule or CallingRule(is_preset=True)
        for name in _ABOUT:
            setattr(rule, name, getattr(preset, name))
        rule.save(using=using)
        CallingWindow.objects.using(using).filter(rule=rule).delete()
        CallingWindow.objects.using(using).bulk_create(
            CallingWindow(rule=rule, weekday=window.weekday, opens=window.opens, closes=window.closes)
            for window in preset.windows
        )
