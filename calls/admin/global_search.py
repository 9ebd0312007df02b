"""Search everywhere: pages, calls, templates and agents, only those that this person may see.

What is typed is sent by POST, so that no number stands in an address. The dialog of every page asks `live`; the
page of its own works without JavaScript.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from calls.admin.call_search import help_text, search_for
from calls.admin.permissions import has_verb
from calls.models import Agent, CallLog, CallTemplate

if TYPE_CHECKING:
    from calls.admin.site import ConsoleAdminSite

MOST_HITS = 6
# A single letter would fit too many calls.
SHORTEST_FOR_CALLS = 2
LONGEST = 200


@dataclass(frozen=True)
class Hit:
    """One thing that was found; `call` where it is a call."""

    name: str
    url: str
    icon: str
    detail: str = ""
    call: CallLog | None = None


@dataclass(frozen=True)
class Group:
    """Things of one kind. With `more_url` there are more of them than are shown, and a page that lists them."""

    key: str
    title: str | Promise
    hits: list[Hit]
    has_more: bool = False
    more_url: str = ""


@never_cache
def page(request: HttpRequest, site: "ConsoleAdminSite") -> HttpResponse:
    """The page of its own: empty when it is opened, with what was found when its form is sent."""
    context = {**site.each_context(request), "title": _("Search"), **found(request, site, enter_opens=False)}
    return TemplateResponse(request, "console/search.html", context)


@never_cache
@require_POST
def live(request: HttpRequest, site: "ConsoleAdminSite") -> HttpResponse:
    """What was found, for the dialog; 401 after a logout."""
    if not site.has_permission(request):
        return HttpResponse(status=401)
    return TemplateResponse(request, "console/search_results.html", found(request, site, enter_opens=True))


def found(request: HttpRequest, site: "ConsoleAdminSite", *, enter_opens: bool) -> dict[str, object]:
    """Return what the templates need: the term, groups of hits, and a sentence that says how many there are.

    `enter_opens` tells whether the Enter key opens the first one, which the sentence then says too.
    """
    # PostgreSQL takes no NUL, whatever it is to be compared with.
    term = request.POST.get("q", "")[:LONGEST].replace("\x00", " ").strip()
    groups = [group for group in _groups(request, site, term) if group.hits]
    return {
        "term": term,
        "groups": groups,
        "status": _status(term, groups, enter_opens=enter_opens),
        "search_help": help_text(request) if has_verb(request, "view_calllog") else "",
    }


def _status(term: str, groups: list[Group], *, enter_opens: bool) -> str:
    number = sum(len(group.hits) for group in groups)
    if not term:
        return _("Type to search, or choose a page.")
    if not number:
        return _("Nothing found. Try other words.")
    if enter_opens:
        words = ngettext(
            "%(count)d found. Enter opens it.", "%(count)d found. Enter opens the first one.", number
        )
    else:
        words = ngettext("%(count)d found.", "%(count)d found.", number)
    return words % {"count": number}


def _groups(request: HttpRequest, site: "ConsoleAdminSite", term: str) -> Iterator[Group]:
    yield Group("pages", gettext_lazy("Pages"), list(_pages(request, site, term)))
    if not term:
        return
    if has_verb(request, "view_calllog") and len(term) >= SHORTEST_FOR_CALLS:
        yield _calls(request, term)
    if has_verb(request, "view_calltemplate"):
        templates = (
            CallTemplate.objects.filter(_named(term))
            .order_by("is_archived", "name")
            .only("name", "is_archived")
        )
        yield _rows("templates", gettext_lazy("Templates"), templates, "template")
    if has_verb(request, "view_agent"):
        agents = Agent.objects.filter(_named(term)).order_by("-is_active", "name").only("name", "is_active")
        yield _rows("agents", gettext_lazy("Agents"), agents, "headset")


def _pages(request: HttpRequest, site: "ConsoleAdminSite", term: str) -> Iterator[Hit]:
    """Pages of the sidebar in whose names every word that was typed begins a word."""
    navigation = site.navigation(request)
    primary = [navigation["primary"]] if navigation["primary"] else []
    links = [
        *primary,
        navigation["home"],
        *(link for _heading, links in navigation["sections"] for link in links),
    ]
    wanted = term.casefold().split()
    for link in links:
        words = str(link.label).casefold().split()
        if all(any(word.startswith(begun) for word in words) for begun in wanted):
            yield Hit(str(link.label), link.url, link.icon)


def _calls(request: HttpRequest, term: str) -> Group:
    newest = search_for(request, CallLog.objects.narrow(), term).order_by("-pk")
    calls = list(newest.select_related("agent").only(*_SHOWN)[: MOST_HITS + 1])
    hits = [
        Hit(
            call.person_name or _("No name"),
            reverse("admin:calls_calllog_change", args=[call.pk]),
            "phone",
            call=call,
        )
        for call in calls[:MOST_HITS]
    ]
    has_more = len(calls) > MOST_HITS
    # Digits may be those of a number, which belongs in no address.
    more_url = "" if any(letter.isdigit() for letter in term) else _list_of_calls(term)
    return Group("calls", gettext_lazy("Calls"), hits, has_more, more_url if has_more else "")


_SHOWN = ("person_name", "phone_number", "status", "outcome", "requested_at", "agent__name")


def _list_of_calls(term: str) -> str:
    return f"{reverse('admin:calls_calllog_changelist')}?{urlencode({'q': term})}"


def _named(term: str) -> Q:
    named = Q()
    for word in term.split():
        named &= Q(name__icontains=word)
    return named


def _rows(key: str, title: str | Promise, rows: QuerySet[CallTemplate] | QuerySet[Agent], icon: str) -> Group:
    found: list[CallTemplate | Agent] = [*rows[: MOST_HITS + 1]]
    hits = [
        Hit(row.name, reverse(f"admin:calls_{row._meta.model_name}_change", args=[row.pk]), icon, _state(row))
        for row in found[:MOST_HITS]
    ]
    return Group(key, title, hits, has_more=len(found) > MOST_HITS)


def _state(row: CallTemplate | Agent) -> str:
    if isinstance(row, CallTemplate):
        return _("Archived") if row.is_archived else ""
    return "" if row.is_active else _("Not active at OSVI")
