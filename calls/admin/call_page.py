"""The page of one call, and its changing part, which the page fetches again while something may still happen."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from calls.admin import visibility
from calls.admin.call_context import live_context
from calls.admin.permissions import require_verb
from calls.models import CallLog, Disclosure, Transcript
from calls.templatetags.call_display import as_json

if TYPE_CHECKING:
    CallAdmin = ModelAdmin[CallLog]
else:
    CallAdmin = ModelAdmin

# htmx stops asking when it gets this status.
STOP_POLLING = 286
# Looks at a call that its page lists; more are of no use on a page.
MOST_LOOKS = 50


def find_call(pk: int) -> CallLog:
    """Return the call with all that its page shows of other rows. Raises Http404."""
    rows = CallLog.objects.select_related(
        "agent",
        "template",
        "template_version",
        "placed_by",
        "again_of",
        "contact__call_list",
        "transcript",
        "reviewed_by",
        "follow_up_owner",
    )
    call = rows.filter(pk=pk).first()
    if call is None:
        raise Http404("There is no such call.")
    return call


def page(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show one call: 403 without the permission to see calls, 404 without the call."""
    require_verb(request, "view_calllog")
    return render(model_admin, request, find_call(pk))


def render(
    model_admin: CallAdmin, request: HttpRequest, call: CallLog, *, forms: dict[str, Any] | None = None
) -> HttpResponse:
    """Return the page of a call; `forms` are those that were sent and refused."""
    context = {
        **model_admin.admin_site.each_context(request),
        **live_context(request, call, forms),
        "opts": model_admin.opts,
        "title": str(call),
    }
    return TemplateResponse(request, "console/call.html", context)


def live(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the page's question "anything new?" with its changing part.

    Status 286 when nothing more will happen by itself; 401 with a reload for people who were logged out.
    """
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    require_verb(request, "view_calllog")
    call = find_call(pk)
    status = 200 if call.may_still_change else STOP_POLLING
    return TemplateResponse(request, "console/call_live.html", live_context(request, call), status=status)


def technical(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was sent and received as it is stored, and who looked at the call. Looking is logged.

    The page of the call fetches it into its fold; without scripts it is a page of its own.
    """
    require_verb(request, "view_calllog")
    require_verb(request, "view_technical")
    call = find_call(pk)
    visible = visibility.of(request, call)
    visibility.note_technical(request, call)
    steps = call.events.exclude(evidence={}).order_by("-pk")
    transcript: Transcript | None = getattr(call, "transcript", None)
    context = {
        "call": call,
        "sent": visible.raw(as_json(call.request)) if visible.conversation else "",
        "evidence": [(step, visible.raw(as_json(step.evidence))) for step in steps],
        "raw_transcript": as_json(transcript.raw) if transcript and visible.conversation else "",
        "looks": Disclosure.objects.filter(call=call).select_related("by")[:MOST_LOOKS],
    }
    if "HX-Request" in request.headers:
        return TemplateResponse(request, "console/call_technical.html", context)
    context |= {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": str(call),
    }
    return TemplateResponse(request, "console/call_technical_page.html", context)
