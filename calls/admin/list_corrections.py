"""Rows that can be corrected: downloaded with their reasons, and uploaded again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from calls.admin.addresses import own_address
from calls.admin.list_context import CHECK, ListAdmin, address, look, page_context
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.models import CallList
from calls.services import list_check, list_corrections
from calls.services.list_corrections import Corrected
from calls.spreadsheets.limits import Unreadable


class CorrectionForm(forms.Form):
    """The corrected file."""

    file = forms.FileField(
        label=gettext_lazy("corrected file"),
        error_messages={"required": gettext_lazy("Please choose the corrected file.")},
    )


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the addresses of correcting rows."""
    return [
        own_address(model_admin, "<int:pk>/bad-rows/", download, "bad_rows"),
        own_address(model_admin, "<int:pk>/correct/", page, "correct"),
    ]


def download(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hand out the rows that can be corrected. They hold numbers in full: 403 without the permission to reveal."""
    call_list = look(request, pk, "change_calllist")
    require_verb(request, "reveal_number")
    answer = StreamingHttpResponse(
        list_corrections.bad_rows(call_list), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="list-{call_list.pk}-to-correct.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the corrected file; on POST take its rows over."""
    call_list = look(request, pk, "change_calllist")
    if call_list.status not in list_check.MAY_GROW:
        messages.warning(request, _("Rows of this list cannot be corrected any more."))
        return HttpResponseRedirect(address(CHECK, pk))
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = CorrectionForm(*sent)
    if form.is_valid() and (done := _correct(request, call_list, form)):
        messages.success(request, in_words(done))
        return HttpResponseRedirect(address(CHECK, pk))
    context = {
        **page_context(model_admin, request, call_list, title=_("Upload corrections")),
        "form": form,
        "bad_count": call_list.contacts.bad_rows().count(),
        "may_download": has_verb(request, "reveal_number"),
    }
    return TemplateResponse(request, "console/lists/correct.html", context)


def _correct(request: HttpRequest, call_list: CallList, form: CorrectionForm) -> Corrected | None:
    file: Any = form.cleaned_data["file"]
    try:
        return list_corrections.correct(call_list.pk, file.name or "", file, by=person_of(request))
    except Unreadable as reason:
        form.add_error("file", str(reason))
    except ValidationError as error:
        form.add_error("file", error)
    return None


def in_words(done: Corrected) -> str:
    """Say what became of the rows of a corrected file."""
    parts = [
        ngettext("%(count)d row was corrected.", "%(count)d rows were corrected.", done.replaced)
        % {"count": done.replaced},
        ngettext("%(count)d person was added.", "%(count)d people were added.", done.added)
        % {"count": done.added}
        if done.added
        else "",
        ngettext("%(count)d still cannot be called.", "%(count)d still cannot be called.", done.still_bad)
        % {"count": done.still_bad}
        if done.still_bad
        else "",
        ngettext(
            "%(count)d row was left as it is, since it is in order already.",
            "%(count)d rows were left as they are, since they are in order already.",
            done.unchanged,
        )
        % {"count": done.unchanged}
        if done.unchanged
        else "",
    ]
    return " ".join(part for part in parts if part)
