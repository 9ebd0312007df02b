"""Exports of the list of calls: the page that asks for one, the page of one, and its file."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from calls.admin.addresses import own_address
from calls.admin.call_export_form import ExportForm
from calls.admin.call_page import STOP_POLLING, CallAdmin
from calls.admin.call_selection import in_words, query_of
from calls.admin.permissions import person_of, require_verb
from calls.choices import ExportFormat, ExportStatus
from calls.models import CallExport
from calls.services import export_store, exports, sending
from calls.services.export_files import CONTENT_TYPES

# The latest exports of a person that the page shows.
MOST_SHOWN = 20
LOOK_EVERY = 2


def addresses(model_admin: CallAdmin) -> list[URLPattern]:
    """Return the addresses of exports, below the list of calls."""

    @never_cache
    def live_view(request: HttpRequest, reference: UUID) -> HttpResponse:
        return live(model_admin, request, reference)

    return [
        own_address(model_admin, "export/", ask, "export"),
        own_address(model_admin, "export/<uuid:reference>/", page, "export_page"),
        own_address(model_admin, "export/<uuid:reference>/again/", again, "export_again"),
        own_address(model_admin, "export/<uuid:reference>/file/", download, "export_file"),
        # Not behind admin_view: a redirect to the login page would be put into the middle of this one.
        path("export/<uuid:reference>/live/", live_view, name="calls_calllog_export_live"),
    ]


def _require(request: HttpRequest) -> None:
    require_verb(request, "view_calllog")
    require_verb(request, "export_calls")


# --- Asking for an export ---------------------------------------------------------------------


def ask(model_admin: CallAdmin, request: HttpRequest) -> HttpResponseBase:
    """Say what would be exported; on POST export it, at once or in the background."""
    _require(request)
    query = query_of(request.GET)
    person = person_of(request)
    try:
        selected = exports.select(query, person)
        words = in_words(query, person)
        rows, are_more = exports.counted(selected.calls)
        form = ExportForm(request, query, request.POST if request.method == "POST" else None)
        if form.is_valid() and rows:
            return _export(form.export, selected, rows, in_background=are_more)
    except exports.NotPossible as reason:
        messages.error(request, str(reason))
        return HttpResponseRedirect(reverse("admin:calls_calllog_changelist"))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Export calls"),
        "form": form,
        "rows": rows,
        "are_more": are_more,
        "words": words,
        "query": query,
        "zone": timezone.get_default_timezone_name(),
        "own_exports": CallExport.objects.filter(by=person)[:MOST_SHOWN],
    }
    return TemplateResponse(request, "console/export.html", context)


def _export(
    export: CallExport, selected: exports.Selected, rows: int, *, in_background: bool
) -> HttpResponseBase:
    if in_background:
        exports.begin(export)
        return HttpResponseRedirect(_page_of(export))
    content = exports.at_once(export, selected, rows)
    answer: StreamingHttpResponse
    if export.format == ExportFormat.CSV:
        answer = StreamingHttpResponse(content)
        answer["Content-Disposition"] = f'attachment; filename="{_file_name(export)}"'
    else:
        answer = FileResponse(content, as_attachment=True, filename=_file_name(export))
    return _never_kept(answer, export)


def _never_kept(answer: StreamingHttpResponse, export: CallExport) -> StreamingHttpResponse:
    answer["Content-Type"] = CONTENT_TYPES[ExportFormat(export.format)]
    answer["Cache-Control"] = "no-store"
    return answer


def _file_name(export: CallExport) -> str:
    return f"calls-{timezone.localdate(export.requested_at):%Y-%m-%d}.{export.format}"


# --- One export -------------------------------------------------------------------------------


def _page_of(export: CallExport) -> str:
    return reverse("admin:calls_calllog_export_page", args=[export.reference])


def _own(request: HttpRequest, reference: UUID) -> CallExport:
    """Return an export of this person's own. Raises Http404 for those of others, as if there were none."""
    export = CallExport.objects.filter(by=person_of(request), reference=reference).first()
    if export is None:
        raise Http404("There is no such export.")
    return export


def page(model_admin: CallAdmin, request: HttpRequest, reference: UUID) -> HttpResponse:
    """Show one export: how far it is, then its file."""
    _require(request)
    export = _own(request, reference)
    context = {
        **model_admin.admin_site.each_context(request),
        **_live_context(request, export),
        "opts": model_admin.opts,
        "title": _("Export of %(day)s")
        % {"day": formats.date_format(timezone.localtime(export.requested_at), "j M Y")},
        "words": _words(export, request),
    }
    return TemplateResponse(request, "console/export_page.html", context)


def live(model_admin: CallAdmin, request: HttpRequest, reference: UUID) -> HttpResponse:
    """Answer the page's question how far it is.

    Status 286 when it is finished; 401 with a reload for people who were logged out.
    """
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    _require(request)
    context = _live_context(request, _own(request, reference))
    status = 200 if context["look_every"] else STOP_POLLING
    return TemplateResponse(request, "console/export_live.html", context, status=status)


def _live_context(request: HttpRequest, export: CallExport) -> dict[str, Any]:
    """What changes while the page is open. Whoever is shown the end of an export needs no notice of it."""
    under_way = export.status in exports.UNDER_WAY
    if not under_way and export.seen_at is None:
        CallExport.objects.filter(pk=export.pk).update(seen_at=timezone.now())
    kept_until = export_store.kept_until(export)
    return {
        "export": export,
        "look_every": LOOK_EVERY if under_way else None,
        "worker_is_silent": under_way and sending.worker_is_silent(),
        "has_file": export.status == ExportStatus.READY and export_store.file_of(export) is not None,
        "kept_until": kept_until,
        "is_over": kept_until is not None and kept_until <= timezone.now(),
        "may_have": exports.may_have(person_of(request), export),
    }


def _words(export: CallExport, request: HttpRequest) -> list[tuple[str, str]]:
    try:
        return in_words(export.query, person_of(request))
    except exports.NotPossible as reason:
        return [(_("Filters"), str(reason))]


def again(model_admin: CallAdmin, request: HttpRequest, reference: UUID) -> HttpResponse:
    """Write an export anew that failed."""
    _require(request)
    export = _own(request, reference)
    if request.method == "POST":
        if exports.try_again(export):
            messages.success(request, _("The export is written again."))
        else:
            messages.info(request, _("This export has not failed, so nothing was changed."))
    return HttpResponseRedirect(_page_of(export))


def download(model_admin: CallAdmin, request: HttpRequest, reference: UUID) -> HttpResponseBase:
    """Hand out the file to its owner: 403 unless they still hold what it needs, 404 for anybody else."""
    _require(request)
    export = _own(request, reference)
    for asked, verb in (
        (export.full_numbers, "reveal_number"),
        (export.with_conversation, "view_conversation"),
    ):
        if asked:
            require_verb(request, verb)
    file = export_store.file_of(export) if export.status == ExportStatus.READY else None
    if file is None:
        messages.warning(request, _("There is no file of this export, or not any more."))
        return HttpResponseRedirect(_page_of(export))
    answer = FileResponse(file.open("rb"), as_attachment=True, filename=_file_name(export))
    return _never_kept(answer, export)
