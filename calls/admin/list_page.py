"""The page of one call list: the check before the start, how far it is while it runs, what came of it after."""

from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from calls.admin import list_mapping, list_running
from calls.admin.addresses import own_address
from calls.admin.call_page import STOP_POLLING
from calls.admin.list_context import (
    CHECK,
    ListAdmin,
    Rows,
    address,
    find_list,
    history,
    look,
    page_context,
    steps,
)
from calls.admin.permissions import has_verb, require_verb
from calls.choices import (
    BAD_ROW_VERDICTS,
    CALLABLE_VERDICTS,
    ContactStatus,
    ContactVerdict,
    ListStatus,
)
from calls.models import CallList
from calls.services import list_check, list_files, sending
from calls.templatetags.list_display import Part

LOOK_EVERY = 1
MOST_HISTORY = 10
# What will happen to the people of each verdict, in the order in which the page says it.
_SENTENCES: dict[ContactVerdict, str | Promise] = {
    ContactVerdict.READY: _("Nothing stands against calling them now."),
    ContactVerdict.FIXED: _("Something small was mended, such as a missing country code. Please look."),
    ContactVerdict.OUTSIDE_HOURS: _(
        "Too early or too late where they are. They wait until they may be called."
    ),
    ContactVerdict.DUPLICATE: _("The number stands in this list more than once. It is rung once."),
    ContactVerdict.RECENT: _("They were called a short time ago."),
    ContactVerdict.DO_NOT_CALL: _("They do not want to be called, or somebody has to decide about it."),
    ContactVerdict.OVER_CAP: _("They were called as often as is allowed for now."),
    ContactVerdict.BAD_NUMBER: _("The number cannot be called."),
    ContactVerdict.MISSING_VALUE: _("Something that the agent says is empty in the file."),
    ContactVerdict.BAD_VALUE: _("A value cannot be used, for example because the greeting becomes too long."),
    ContactVerdict.NO_HOURS: _("Nobody knows at which hours these people may be called."),
    ContactVerdict.UNCHECKED: _("Not looked at yet."),
}


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the addresses of the page and of its changing part."""

    @never_cache
    def live_view(request: HttpRequest, pk: int) -> HttpResponse:
        return live(model_admin, request, pk)

    return [
        own_address(model_admin, "<int:pk>/change/", page, "change"),
        # Not behind admin_view: a redirect to the login page would be put into the middle of this one.
        path("<int:pk>/live/", live_view, name="calls_calllist_live"),
    ]


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the list as it stands: 403 without the permission to see lists, 404 without the list."""
    call_list = look(request, pk)
    match call_list.status:
        case ListStatus.MAPPING if list_mapping.may_choose(request, call_list):
            return HttpResponseRedirect(address("columns", pk))
        case ListStatus.MAPPING | ListStatus.CHECKING | ListStatus.FAILED:
            return _unchecked(model_admin, request, call_list)
        case ListStatus.CHECKED:
            return _checked(model_admin, request, call_list)
        case _:
            return _started(model_admin, request, call_list)


def _unchecked(model_admin: ListAdmin, request: HttpRequest, call_list: CallList) -> HttpResponse:
    context = {
        **page_context(model_admin, request, call_list),
        **_checking_context(call_list),
        "may_choose": list_mapping.may_choose(request, call_list),
        "gone": "" if list_files.has_file(call_list) else _(list_files.GONE),
        "history": history(call_list, MOST_HISTORY),
    }
    return TemplateResponse(request, "console/lists/unchecked.html", context)


def _checking_context(call_list: CallList) -> dict[str, Any]:
    is_checking = call_list.status == ListStatus.CHECKING
    return {
        "look_every": LOOK_EVERY if is_checking else None,
        "worker_is_silent": is_checking and sending.worker_is_silent(),
    }


# --- Before the start: what the check found ---------------------------------------------------


def _checked(model_admin: ListAdmin, request: HttpRequest, call_list: CallList) -> HttpResponse:
    rows = Rows.of(call_list)
    context = {
        **page_context(model_admin, request, call_list),
        **found(call_list, rows),
        "steps": steps(request, call_list, CHECK, rows),
        "rows": rows,
        "may_choose": list_mapping.may_choose(request, call_list),
        "may_download": has_verb(request, "reveal_number"),
        "history": history(call_list, MOST_HISTORY),
    }
    return TemplateResponse(request, "console/lists/check.html", context)


def found(call_list: CallList, rows: Rows) -> dict[str, Any]:
    """Return what the check found, in groups whose numbers add up to the rows of the list."""
    counts = counts_of(call_list)

    def group(verdicts: frozenset[ContactVerdict]) -> list[tuple[Part, str | Promise]]:
        return [
            (_part(call_list, verdict, counts[verdict]), sentence)
            for verdict, sentence in _SENTENCES.items()
            if verdict in verdicts and counts.get(verdict)
        ]

    left_out = frozenset(ContactVerdict) - CALLABLE_VERDICTS - BAD_ROW_VERDICTS
    to_call, left, bad = group(CALLABLE_VERDICTS), group(left_out), group(BAD_ROW_VERDICTS)
    return {
        "to_call": to_call,
        "left_out": left,
        "bad": bad,
        "left_out_count": sum(part.count for part, _words in left),
        "bad_count": sum(part.count for part, _words in bad),
        "removed": rows.count(ContactStatus.REMOVED),
        "verdict_parts": [part for part, _words in (*to_call, *left, *bad)],
    }


def counts_of(call_list: CallList) -> dict[ContactVerdict, int]:
    """Return how many rows have each verdict, without those that somebody took out."""
    gone = call_list.contacts.filter(status=ContactStatus.REMOVED).order_by().values_list("verdict")
    without = dict(gone.annotate(rows=Count("pk")))
    return {verdict: rows - without.get(verdict, 0) for verdict, rows in list_check.counts(call_list).items()}


def _part(call_list: CallList, verdict: ContactVerdict, count: int) -> Part:
    url = f"{address('people', call_list.pk)}?verdict={verdict}"
    return Part(verdict.value, verdict.label, count, url)


# --- From the start on ------------------------------------------------------------------------


def _started(model_admin: ListAdmin, request: HttpRequest, call_list: CallList) -> HttpResponse:
    context = {
        **page_context(model_admin, request, call_list),
        **list_running.live_context(request, call_list),
        "tab": "page",
    }
    return TemplateResponse(request, "console/lists/running.html", context)


def live(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the page's question "anything new?" with its changing part.

    Status 286 when nothing more will happen by itself; 401 with a reload for people who were logged out.
    """
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    require_verb(request, "view_calllist")
    call_list = find_list(pk)
    if call_list.is_draft:
        return _live_check(request, call_list)
    context = {
        **page_context(model_admin, request, call_list),
        **list_running.live_context(request, call_list),
    }
    status = 200 if context["look_every"] else STOP_POLLING
    return TemplateResponse(request, "console/lists/running_live.html", context, status=status)


def _live_check(request: HttpRequest, call_list: CallList) -> HttpResponse:
    """Say how far the check is; once it is over, the whole page is another one."""
    context = _checking_context(call_list)
    if not context["look_every"]:
        return HttpResponse(status=STOP_POLLING, headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "console/lists/checking.html", {**context, "call_list": call_list})
