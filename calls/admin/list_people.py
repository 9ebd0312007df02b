"""The people of a list: a table by row, narrowed by what the check said, where they stand, or a search.

Pages go on from a row and never skip over rows, so the last page of a long list is as quick as the first.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from calls.admin import list_states
from calls.admin.addresses import own_address
from calls.admin.keys import primary_key
from calls.admin.list_context import ListAdmin, look, page_context
from calls.admin.list_states import STATES, State
from calls.choices import ContactStatus, ContactVerdict
from calls.models import CallList, Contact
from calls.models.call_list import ContactQuerySet
from calls.services import contact_words, list_check, list_figures, numbers
from calls.services.list_figures import Progress

PAGE = 50
AFTER, BEFORE, SEARCH = "after", "before", "q"
# What of a call the table does not show.
_WIDE = tuple(f"last_call__{name}" for name in ("request", "summary", "extracted", "analysis", "provenance"))
# Longer than any name or number.
_LONGEST_SEARCH = 200


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the address of the table."""
    return [own_address(model_admin, "<int:pk>/people/", page, "people")]


@dataclass(frozen=True)
class Choice:
    """One value of a filter with the number of its people; `url` chooses it, or takes it away again."""

    label: str | Promise
    count: int
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class PersonRow:
    """One line of the table."""

    contact: Contact
    words: str


@dataclass(frozen=True)
class PeoplePage:
    """One page of the table. An empty address means that there is nothing in that direction."""

    rows: list[PersonRow]
    previous: str
    next: str


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the people: 403 without the permission to see lists, 404 without the list."""
    call_list = look(request, pk)
    progress = list_figures.progress(call_list)
    verdict, state = chosen(request.GET)
    term = request.GET.get(SEARCH, "").strip()
    people = narrowed(call_list.contacts.all(), verdict, state)
    if term:
        people = search(people, term, call_list)
    context = {
        **page_context(model_admin, request, call_list, title=_("People")),
        "tab": "people",
        "progress": progress,
        "verdicts": _verdicts(call_list, request.GET, verdict),
        "states": _states(progress, request.GET, state),
        "term": term,
        "kept": [(name, value) for name, value in request.GET.items() if name in {"verdict", "state"}],
        "is_narrowed": bool(verdict or state or term),
        "people": _page(people, request.GET),
    }
    return TemplateResponse(request, "console/lists/people.html", context)


def chosen(query: QueryDict) -> tuple[ContactVerdict | None, State | None]:
    """Return the filters of an address; what is no verdict or state is none."""
    verdict = query.get("verdict", "")
    return (
        ContactVerdict(verdict) if verdict in ContactVerdict.values else None,
        list_states.find(query.get("state", "")),
    )


def narrowed(people: ContactQuerySet, verdict: ContactVerdict | None, state: State | None) -> ContactQuerySet:
    """Return the people of these filters. Those who were taken out are shown only when they are asked for."""
    people = people.filter(state.condition) if state else people.exclude(status=ContactStatus.REMOVED)
    return people.filter(verdict=verdict) if verdict else people


def search(people: ContactQuerySet, term: str, call_list: CallList) -> ContactQuerySet:
    """Return the people whose name holds `term`, whose row it is, or whose whole number it is.

    The beginning of a number finds nothing, so that nobody guesses hidden digits.
    """
    # PostgreSQL takes no NUL, whatever it is to be compared with.
    term = term.replace("\x00", " ").strip()[:_LONGEST_SEARCH]
    meant = Q(person_name__icontains=term)
    row = primary_key(term)
    if row is not None and row < 2**31:
        meant |= Q(row=row)
    with suppress(ValidationError):
        meant |= Q(phone_number=numbers.read(term, call_list.country, timezone.now()).number.as_e164)
    return people.filter(meant)


# --- Filters ----------------------------------------------------------------------------------


def _verdicts(call_list: CallList, query: QueryDict, current: ContactVerdict | None) -> list[Choice]:
    counts = list_check.counts(call_list)
    return [
        _choice(query, "verdict", verdict, verdict.label, counts.get(verdict, 0), verdict == current)
        for verdict in ContactVerdict
        if counts.get(verdict) or verdict == current
    ]


def _states(progress: Progress, query: QueryDict, current: State | None) -> list[Choice]:
    return [
        _choice(query, "state", state.key, state.label, state.count(progress), state == current)
        for state in STATES
        if state.count(progress) or state == current
    ]


def _choice(
    query: QueryDict, name: str, value: str, label: str | Promise, count: int, is_chosen: bool
) -> Choice:
    return Choice(label, count, address_with(query, **{name: "" if is_chosen else value}), is_chosen)


def address_with(query: QueryDict, **changes: str) -> str:
    """Return the query with some values changed, from the first page on; an empty value takes one away."""
    changed = query.copy()
    for name in (AFTER, BEFORE, *changes):
        changed.pop(name, None)
    for name, value in changes.items():
        if value:
            changed[name] = value
    return f"?{changed.urlencode()}"


# --- One page ---------------------------------------------------------------------------------


def _page(people: ContactQuerySet, query: QueryDict) -> PeoplePage:
    after, before = primary_key(query.get(AFTER, "")), primary_key(query.get(BEFORE, ""))
    wanted = people.select_related("last_call").defer("cells", "values", *_WIDE)
    if before is not None:
        found = list(wanted.filter(row__lt=before).order_by("-row")[: PAGE + 1])
        shown, has_earlier, has_later = found[:PAGE][::-1], len(found) > PAGE, True
    else:
        found = list(wanted.filter(row__gt=after or 0).order_by("row")[: PAGE + 1])
        shown, has_earlier, has_later = found[:PAGE], bool(after), len(found) > PAGE
    return PeoplePage(
        rows=_rows(shown),
        previous=address_with(query, **{BEFORE: str(shown[0].row)}) if shown and has_earlier else "",
        next=address_with(query, **{AFTER: str(shown[-1].row)}) if shown and has_later else "",
    )


def _rows(people: Iterable[Contact]) -> list[PersonRow]:
    return [PersonRow(contact, contact_words.words(contact)) for contact in people]


def first(people: ContactQuerySet) -> Contact | None:
    """Return the person of the lowest row."""
    found: Any = people.order_by("row").first()
    return found
