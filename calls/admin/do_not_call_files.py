"""Files of the do-not-call list: import and export."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import ModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.admin.addresses import own_address
from calls.admin.do_not_call_forms import ImportForm
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.choices import ExportFormat
from calls.models import DoNotCall
from calls.services import do_not_call_export
from calls.services.do_not_call_import import Common, Imported, import_file
from calls.services.export_files import CONTENT_TYPES
from calls.spreadsheets.limits import MOST_BYTES, Unreadable

if TYPE_CHECKING:
    DoNotCallAdmin = ModelAdmin[DoNotCall]
else:
    DoNotCallAdmin = ModelAdmin

# More rows with something wrong than anybody reads on a page.
MOST_SHOWN = 100


def addresses(model_admin: DoNotCallAdmin) -> list[URLPattern]:
    """Return the addresses of files, below the list."""
    return [
        own_address(model_admin, "import/", take, "import"),
        own_address(model_admin, "export/", hand_out, "export"),
    ]


def take(model_admin: DoNotCallAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for a file; on POST enter its numbers and say what became of its rows."""
    require_verb(request, "view_donotcall")
    require_verb(request, "import_donotcall")
    form = ImportForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    done: Imported | None = None
    if form.is_valid():
        common = Common(
            form.cleaned_data["country"],
            form.cleaned_data["agent"],
            form.cleaned_data["reason"],
            person_of(request),
        )
        try:
            done = _import(form.cleaned_data["file"], common)
        except Unreadable as error:
            form.add_error("file", str(error))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Import numbers"),
        "form": form,
        "done": done,
        "most_shown": MOST_SHOWN,
    }
    return TemplateResponse(request, "console/do_not_call/import.html", context)


def _import(upload: UploadedFile, common: Common) -> Imported:
    # The readers want a file; one byte too much is enough for them to refuse it in words.
    with tempfile.NamedTemporaryFile() as file:
        written = 0
        for chunk in upload.chunks():
            file.write(chunk)
            written += len(chunk)
            if written > MOST_BYTES:
                break
        file.flush()
        return import_file(Path(file.name), upload.name or "", common)


def hand_out(model_admin: DoNotCallAdmin, request: HttpRequest) -> HttpResponseBase:
    """Hand out all numbers not to be called as CSV, in full only to people who may see them; that is logged."""
    require_verb(request, "view_donotcall")
    require_verb(request, "export_donotcall")
    if request.method != "POST":
        return HttpResponseRedirect(reverse("admin:calls_donotcall_changelist"))
    full_numbers = has_verb(request, "reveal_number")
    if full_numbers:
        LogEntry.objects.create(
            user=person_of(request),
            content_type=ContentType.objects.get_for_model(DoNotCall),
            object_repr=str(model_admin.opts.verbose_name_plural),
            action_flag=CHANGE,
            change_message=_("Exported with full numbers."),
        )
    answer = StreamingHttpResponse(do_not_call_export.csv(full_numbers=full_numbers))
    answer["Content-Type"] = CONTENT_TYPES[ExportFormat.CSV]
    answer["Content-Disposition"] = f'attachment; filename="do-not-call-{timezone.localdate():%Y-%m-%d}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
