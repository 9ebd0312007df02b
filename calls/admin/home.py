"""The Home page: what needs me, today, the latest calls, and the last 30 days. Its upper part keeps itself fresh."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from calls.admin import home_attention, home_month, home_start
from calls.admin.permissions import has_verb, require_verb
from calls.choices import MOVING
from calls.models import CallLog
from calls.services import overview

RECENT = 8
# Seconds between two looks: while a recent call is under way, and otherwise.
LOOK_OFTEN, LOOK_SELDOM = 4, 20
# People who work with calls are told about pauses and a silent worker; to others it would say nothing.
WORKERS = ("view_calllog", "view_webhookdelivery", "place_call", "resume_sending")


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows besides the admin's own context: only what this person may see."""
    may_view = has_verb(request, "view_calllog")
    return {
        **live_context(request),
        "start": home_start.steps(request),
        "month": home_month.month(overview.last_month()) if may_view and CallLog.objects.exists() else None,
        "may_place": has_verb(request, "place_call"),
        "may_view": may_view,
    }


def live_context(request: HttpRequest) -> dict[str, Any]:
    """Return what changes while the page is open."""
    works_here = any(has_verb(request, verb) for verb in WORKERS)
    signs = overview.signs_of_life() if works_here else None
    recent = _recent() if has_verb(request, "view_calllog") else None
    moving = any(call.status in MOVING for call in recent or ())
    return {
        "signs": signs,
        "state": signs.paused if signs else None,
        "attention": home_attention.lines(request, signs) if signs else None,
        "may_resume": has_verb(request, "resume_sending"),
        "here": reverse("admin:index"),
        "recent": recent,
        "today": overview.today() if recent is not None else None,
        "look_every": (LOOK_OFTEN if moving else LOOK_SELDOM) if signs else None,
    }


def _recent() -> list[CallLog]:
    narrow = CallLog.objects.narrow().select_related("agent", "template")
    narrow = narrow.defer("template__greeting", "template__prompt", "template__additional_data")
    return list(narrow.order_by("-pk")[:RECENT])


@never_cache
def live(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Answer the page's question "anything new?" with its changing part; 401 with a reload after a logout."""
    if not site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    if not any(has_verb(request, verb) for verb in WORKERS):
        require_verb(request, WORKERS[0])
    context = {**live_context(request), "console_world": site.each_context(request)["console_world"]}
    return TemplateResponse(request, "console/home/live.html", context)
