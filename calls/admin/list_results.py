"""What came of a call list: the page of its results, and its people as a file."""

from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.admin.addresses import own_address
from calls.admin.call_facts import label, readable
from calls.admin.home_month import LABELS
from calls.admin.list_context import look, page_context
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.choices import ContactVerdict, ExportFormat
from calls.services import export_store, list_results
from calls.services.export_files import CONTENT_TYPES, WRITERS, csv_pieces
from calls.services.list_export import ContactTable
from calls.services.overview import KINDS

_EXPORTED_FULL = gettext_noop("The people of this list were exported with full numbers.")
_EXPORTED_MASKED = gettext_noop("The people of this list were exported with masked numbers.")
# The picture of a stretch is drawn in units across.
WIDTH = 100


@dataclass(frozen=True)
class Bar:
    """One rectangle of a picture, as SVG wants its numbers: with a point in every language."""

    kind: str
    x: str
    width: str


def addresses(model_admin: ModelAdmin) -> list[URLPattern]:
    """Return the addresses of a list's results."""
    return [
        own_address(model_admin, "<int:pk>/results/", page, "results"),
        own_address(model_admin, "<int:pk>/file/", export, "export"),
    ]


def page(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show what came of a list so far."""
    call_list = look(request, pk)
    found = list_results.results(call_list)
    may_read = has_verb(request, "view_conversation")
    context = {
        **page_context(model_admin, request, call_list, title=_("Results")),
        "tab": "results",
        "results": found,
        "left_out": [
            (ContactVerdict(verdict).label, verdict, n) for verdict, n in found.rows.left_out.items()
        ],
        "legend": [(kind, LABELS[kind], sum(s.counts[kind] for s in found.stretches)) for kind in KINDS],
        "stretches": _drawn(found.stretches),
        "questions": _shares(found.questions) if may_read else [],
        "may_read": may_read,
        "change": list_results.changed(found.calls, found.before[1]) if found.before else None,
        "may_export": has_verb(request, "export_calllist"),
        "may_reveal": has_verb(request, "reveal_number"),
        "may_see_calls": has_verb(request, "view_calllog"),
    }
    return TemplateResponse(request, "console/lists/results.html", context)


def _drawn(stretches: list[list_results.Stretch]) -> list[dict[str, Any]]:
    most = max((stretch.sent for stretch in stretches), default=1)
    # Columns of zeros would only push the others off the page.
    shown = [kind for kind in KINDS if any(stretch.counts[kind] for stretch in stretches)]
    return [
        {
            "begins": timezone.localtime(stretch.begins),
            "sent": stretch.sent,
            "shown": [stretch.counts[kind] for kind in shown],
            "bars": _bars(stretch, most),
        }
        for stretch in stretches
    ]


def _bars(stretch: list_results.Stretch, most: int) -> list[Bar]:
    bars, start = [], 0.0
    for kind in KINDS:
        if stretch.counts[kind]:
            width = WIDTH * stretch.counts[kind] / most
            bars.append(Bar(kind, f"{start:.2f}", f"{width:.2f}"))
            start += width
    return bars


def _shares(questions: list[list_results.Question]) -> list[dict[str, Any]]:
    return [
        {
            "title": label(question.key),
            "answers": [(readable(answer), number) for answer, number in question.answers],
            "others": question.others,
            "without": question.without,
            "total": sum(number for _answer, number in question.answers) + question.others + question.without,
        }
        for question in questions
    ]


# --- The file ---------------------------------------------------------------------------------


def export(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out the people of a list with outcomes and answers, as far as the person may see them.

    Numbers in full only if they are asked for, by people who may reveal them (403 otherwise); summaries and
    answers only for people who may read conversations.
    """
    call_list = look(request, pk, "export_calllist")
    full_numbers = request.GET.get("full_numbers") == "1"
    if full_numbers:
        require_verb(request, "reveal_number")
    table = ContactTable(
        call_list, full_numbers=full_numbers, with_conversation=has_verb(request, "view_conversation")
    )
    kind = ExportFormat.XLSX if ExportFormat.XLSX in request.GET else ExportFormat.CSV
    call_list.note(_EXPORTED_FULL if full_numbers else _EXPORTED_MASKED, by=person_of(request))
    name = f"list-{call_list.pk}-{timezone.localdate():%Y-%m-%d}.{kind}"
    answer: StreamingHttpResponse
    if kind == ExportFormat.CSV:
        answer = StreamingHttpResponse(csv_pieces(table.headings, table.chunks()))
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
    else:
        content = TemporaryFile(dir=export_store.folder())  # noqa: SIM115 (the answer closes it)
        with export_store.workplace() as work:
            WRITERS[kind](content, table.headings, table.chunks(), str(work))
        content.seek(0)
        answer = FileResponse(content, as_attachment=True, filename=name)
    answer["Content-Type"] = CONTENT_TYPES[kind]
    answer["Cache-Control"] = "no-store"
    return answer
