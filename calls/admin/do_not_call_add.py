"""Entering one number: typed in, or that of a call."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.admin.call_page import CallAdmin, find_call
from calls.admin.do_not_call_forms import FromCallForm, NumberForm
from calls.admin.do_not_call_page import page_of
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.choices import SuppressionSource
from calls.models import CallLog, DoNotCall
from calls.services import do_not_call

if TYPE_CHECKING:
    DoNotCallAdmin = ModelAdmin[DoNotCall]
else:
    DoNotCallAdmin = ModelAdmin


def add(model_admin: DoNotCallAdmin, request: HttpRequest) -> HttpResponse:
    """Enter a number that is typed in."""
    require_verb(request, "add_donotcall")
    form = NumberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        now = timezone.now()
        entry = do_not_call.suppress(
            form.number,
            agent=form.cleaned_data["agent"],
            reason=form.cleaned_data["reason"],
            source=SuppressionSource.STAFF,
            by=person_of(request),
            expires_at=form.expires_at,
        )
        if entry.added_at < now:
            messages.info(request, _("This number stands on the list already. Nothing was changed."))
        else:
            messages.success(
                request, _("This number is not called any more. What waited for it was taken back.")
            )
        if not has_verb(request, "view_donotcall"):
            return HttpResponseRedirect(request.path)
        return HttpResponseRedirect(page_of(entry.pk))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Enter a number"),
        "form": form,
    }
    return TemplateResponse(request, "console/do_not_call/add.html", context)


def from_call(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Enter the number of a call. A proposal from this call becomes the entry."""
    require_verb(request, "view_calllog")
    require_verb(request, "add_donotcall")
    call = find_call(pk)
    reason = _("Asked not to be called again.")
    form = FromCallForm(
        request.POST if request.method == "POST" else None, agent=call.agent, initial={"reason": reason}
    )
    if form.is_valid():
        do_not_call.suppress(
            call.phone_number,
            agent=form.cleaned_data["agent"],
            reason=form.cleaned_data["reason"],
            source=SuppressionSource.CALL,
            by=person_of(request),
            call=call,
            expires_at=form.expires_at,
        )
        messages.success(request, _("This number is not called any more. What waited for it was taken back."))
        return HttpResponseRedirect(_call_page(call))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Do not call again"),
        "form": form,
        "call": call,
    }
    return TemplateResponse(request, "console/do_not_call/from_call.html", context)


def _call_page(call: CallLog) -> str:
    return reverse("admin:calls_calllog_change", args=[call.pk])
