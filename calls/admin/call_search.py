"""The search for calls: what a term looks like decides where it is looked for."""

import re
import uuid
from typing import cast

import phonenumbers
from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from calls.admin.permissions import has_verb
from calls.models import CallLog
from calls.models.call_log import CallLogQuerySet

# Digits of the longest possible number (E.164).
_MOST_DIGITS = 15
# Shorter pieces of an id would fit too many calls.
_SHORTEST_ID = 6
# Longer than any id or number.
_LONGEST = 300
_NUMBER = re.compile(r"[+(\d][\d\s().\-/]{2,}")
_HEX = re.compile(r"[0-9a-f]+")

# (may reveal numbers, may view conversations) → what is searched, in words.
_HELP: dict[tuple[bool, bool], str | Promise] = {
    (False, False): _("Name, whole number, our reference or OSVI id"),
    (True, False): _("Name, number or its beginning, our reference or OSVI id"),
    (False, True): _("Name, whole number, ids, and words in summary, answers, notes and transcript"),
    (True, True): _("Name, number, ids, and words in summary, answers, notes and transcript"),
}


def search_for(request: HttpRequest, queryset: QuerySet[CallLog], term: str) -> QuerySet[CallLog]:
    """Return the calls that a term means to the person of this request, who may know some things only."""
    return search_calls(
        queryset,
        term,
        whole_numbers_only=not has_verb(request, "reveal_number"),
        with_conversation=has_verb(request, "view_conversation"),
    )


def help_text(request: HttpRequest) -> str:
    """Return in words what search_for() looks at for this person."""
    return str(_HELP[has_verb(request, "reveal_number"), has_verb(request, "view_conversation")])


def search_calls(
    queryset: QuerySet[CallLog],
    term: str,
    *,
    whole_numbers_only: bool = False,
    with_conversation: bool = False,
) -> QuerySet[CallLog]:
    """Return the calls that a search means: a number in any form, an id or its beginning, or words.

    Words are looked for in names and, `with_conversation`, also in what was said, understood and noted. With
    `whole_numbers_only` the beginning of a number finds nothing, so that nobody guesses hidden digits.
    """
    # PostgreSQL takes no NUL, whatever it is to be compared with.
    term = term.replace("\x00", " ").strip()
    if not term:
        return queryset
    if looks_like_number(term):
        meant = by_number(term, whole=whole_numbers_only) | _by_id(term) | _by_reference(term)
        # Keys first: the list keeps its own order, however many calls share the beginning of a number.
        return queryset.filter(pk__in=CallLog.objects.filter(meant).order_by().values("pk"))
    if len(term) <= _LONGEST and " " not in term:
        by_id = CallLog.objects.filter(_by_id(term) | _by_reference(term))
        if by_id.exists():
            return queryset.filter(pk__in=by_id.order_by().values("pk"))
    return cast(CallLogQuerySet, queryset).search(term, with_conversation=with_conversation)


def looks_like_number(term: str) -> bool:
    """Whether a search term is written like a telephone number or the beginning of one."""
    return len(term) <= _LONGEST and _NUMBER.fullmatch(term) is not None


def by_number(term: str, *, whole: bool) -> Q:
    """Rows with this number, or (not `whole`) with one that begins so.

    E.164 begins with the digits, read with and without the console's own country code.
    """
    digits = re.sub(r"\D", "", term)
    country_code = str(phonenumbers.country_code_for_region(settings.DEFAULT_COUNTRY))
    if term.startswith("+"):
        beginnings = {digits}
    elif digits.startswith("00"):
        beginnings = {digits[2:]}
    elif digits.startswith("0"):
        beginnings = {country_code + digits.lstrip("0")}
    else:
        beginnings = {digits, country_code + digits}
    found = Q(pk__in=[])
    # Brackets and noughts alone begin every number.
    for beginning in beginnings if digits.strip("0") else ():
        last = beginning if whole else beginning.ljust(_MOST_DIGITS, "9")
        found |= Q(phone_number__gte=f"+{beginning}", phone_number__lte=f"+{last}")
    return found


def _by_id(term: str) -> Q:
    """OSVI's ids, whole; or their beginning, if it could be that of an id."""
    found = Q(pk__in=[])
    for field in ("call_id", "call_log_id"):
        if len(term) >= _SHORTEST_ID and any(letter.isdigit() for letter in term):
            # "gte" follows from "startswith"; there is an index for it.
            meant = Q(**{f"{field}__gte": term, f"{field}__startswith": term})
        else:
            meant = Q(**{field: term})
        # The indexes leave out rows without an id, and are taken only if the question does so too.
        found |= meant & ~Q(**{field: ""})
    return found


def _by_reference(term: str) -> Q:
    """Our own reference, whole or its beginning, with or without dashes."""
    digits = term.replace("-", "").lower()
    if not _HEX.fullmatch(digits) or not _SHORTEST_ID <= len(digits) <= 32:
        return Q(pk__in=[])
    first, last = uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
    return Q(reference__range=(first, last))
