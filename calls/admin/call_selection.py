"""What the list of calls shows for a query string, without the page: for exports, which hold the same rows."""

import re
from typing import Any

from django.contrib import admin
from django.contrib.admin import options
from django.contrib.admin.views import main
from django.contrib.auth.models import User
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from calls.models import CallLog, CallTemplate
from calls.services.exports import NotPossible, Selected, selected_by

# What says how the list is shown, not what is in it.
_SHOWN = (
    main.PAGE_VAR,
    main.ORDER_VAR,
    main.ALL_VAR,
    main.ERROR_FLAG,
    options.IS_FACETS_VAR,
    options.IS_POPUP_VAR,
    options.TO_FIELD_VAR,
)
_TEMPLATE = "template"
# All digits of a number but its last three.
_LEADING_DIGIT = re.compile(r"\d(?=(?:\D{0,2}\d){3})")
_LONGEST_PLAIN = 6


def query_of(parameters: QueryDict) -> str:
    """Return the part of the list's query string that says which calls it shows."""
    kept = parameters.copy()
    for name in _SHOWN:
        kept.pop(name, None)
    return kept.urlencode()


def list_of(query: str, person: User) -> main.ChangeList:
    """Return the list as the page builds it for this query string and person. Raises NotPossible."""
    request = HttpRequest()
    request.method = "GET"
    request.user = person
    request.GET = QueryDict(query)
    try:
        # The page says in a message what cannot be searched for; here nobody would see it.
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            raise SuspiciousOperation("A query string with a null character.")
        return admin.site.get_model_admin(CallLog).get_changelist_instance(request)
    except (options.IncorrectLookupParameters, SuspiciousOperation) as error:
        raise NotPossible(_("These filters cannot be read. Choose them again in the list.")) from error


@selected_by
def select(query: str, person: User) -> Selected:
    """Return the calls that the list shows for this query string, all pages of it. Raises NotPossible."""
    shown = list_of(query, person)
    template = shown.params.get(_TEMPLATE, "")
    found = CallTemplate.objects.filter(pk=int(template)).first() if template.isdecimal() else None
    return Selected(shown.queryset, found)


def in_words(query: str, person: User) -> list[tuple[str, str]]:
    """Return the filters and the search that are set, each with its name. Raises NotPossible."""
    shown = list_of(query, person)
    words = [(str(spec.title), _chosen(spec, shown)) for spec in shown.filter_specs if spec.used_parameters]
    named = {name for spec in shown.filter_specs for name in spec.expected_parameters()}
    words += [(name, value) for name, value in shown.params.items() if name not in {*named, main.SEARCH_VAR}]
    if shown.query.strip():
        words.append((_("Search"), _without_number(shown.query.strip())))
    return [(name[:1].upper() + name[1:], value) for name, value in words]


def _chosen(spec: Any, shown: main.ChangeList) -> str:
    """The words of the chosen value, or the values themselves where they are no choice."""
    chosen = [str(choice["display"]) for choice in spec.choices(shown) if choice.get("selected")]
    values = [str(value) for value in spec.used_parameters.values()]
    return ", ".join(chosen or values)


def _without_number(term: str) -> str:
    digits = sum(letter.isdecimal() for letter in term)
    return _LEADING_DIGIT.sub("•", term) if digits > _LONGEST_PLAIN else term
