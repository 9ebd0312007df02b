"""A new list: which template, which file. And the sample files that say how such a file looks."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.admin.addresses import own_address
from calls.admin.list_context import ListAdmin
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.models import CallList, CallTemplate
from calls.services import list_columns, list_files
from calls.spreadsheets.limits import MOST_BYTES, MOST_ROWS, Unreadable
from calls.spreadsheets.writing import sample_file
from calls.templatetags.recorded import translated

_ACCEPTED = ".csv,.txt,.tsv,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


class UploadForm(forms.Form):
    """Template, file and, if one likes, a name."""

    template = forms.ModelChoiceField(
        CallTemplate.objects.none(),
        label=gettext_lazy("template"),
        empty_label=gettext_lazy("Choose a template…"),
        help_text=gettext_lazy("What the agent says, and what it asks, comes from it."),
        error_messages={"required": gettext_lazy("Please choose what the agent should say.")},
    )
    file = forms.FileField(
        label=gettext_lazy("file with the people"),
        widget=forms.FileInput(attrs={"accept": _ACCEPTED}),
        error_messages={
            "required": gettext_lazy("Please choose a file."),
            "empty": gettext_lazy("The file is empty. Choose a file with a row for each person."),
        },
    )
    name = forms.CharField(
        label=gettext_lazy("name of the list"),
        required=False,
        max_length=CallList._meta.get_field("name").max_length,
        help_text=gettext_lazy("Empty: the name of the file."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["template"]
        field.queryset = CallTemplate.objects.usable().order_by("name")


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the addresses of uploading: the form, and the sample file of each template."""
    return [
        own_address(model_admin, "add/", page, "add"),
        own_address(model_admin, "sample/<int:pk>/", sample, "sample"),
    ]


def page(model_admin: ListAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for a template and a file; on POST keep the file and lead on to its columns."""
    require_verb(request, "add_calllist")
    initial = {"template": request.GET.get("template", "")}
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = UploadForm(*sent, initial=initial)
    if form.is_valid():
        call_list = _begin(request, form)
        if call_list is not None:
            return HttpResponseRedirect(reverse("admin:calls_calllist_columns", args=[call_list.pk]))
    templates = form.fields["template"]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("New list"),
        "form": form,
        "templates": list(getattr(templates, "queryset", [])),
        "most_rows": MOST_ROWS,
        "most_megabytes": MOST_BYTES // 1024 // 1024,
        "may_view_lists": has_verb(request, "view_calllist"),
    }
    return TemplateResponse(request, "console/lists/upload.html", context)


def _begin(request: HttpRequest, form: UploadForm) -> CallList | None:
    """Keep the file; None with an error beside the field if it cannot be read."""
    file: UploadedFile = form.cleaned_data["file"]
    try:
        call_list = list_files.begin(
            form.cleaned_data["template"],
            file.name or "",
            file,
            person_of(request),
            name=form.cleaned_data["name"],
        )
    except Unreadable as reason:
        form.add_error("file", str(reason))
        return None
    sheet = list_files.sheet(call_list)
    for note in sheet.notes if sheet else []:
        messages.info(request, translated(note))
    return call_list


def sample(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Hand out a file with the headings that lists of a template need."""
    require_verb(request, "add_calllist")
    template = get_object_or_404(CallTemplate.objects.usable(), pk=pk)
    content = sample_file(list_columns.placeholders(template), template.country)
    name = _NOT_IN_NAMES.sub("-", template.name.lower()).strip("-") or "list"
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
