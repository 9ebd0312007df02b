"""Giving a checked list to a campaign at OSVI: the page that asks, and how far OSVI is with it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from calls.admin.addresses import own_address
from calls.admin.call_page import STOP_POLLING
from calls.admin.list_context import look, page_context
from calls.admin.permissions import person_of, require_verb
from calls.choices import OUTCOME_LABELS, ListStatus, UploadStatus
from calls.models import CallList, CampaignUpload
from calls.services import campaigns

LOOK_EVERY = 5


class HandOverForm(forms.Form):
    """Which campaign, and whether OSVI rings at once."""

    campaign_id = forms.IntegerField(
        label=gettext_lazy("Number of the campaign"),
        min_value=1,
        help_text=gettext_lazy("OSVI's dashboard shows it: Campaigns, in the address of the campaign."),
    )
    release = forms.BooleanField(
        label=gettext_lazy("OSVI may ring these people at once"),
        required=False,
        help_text=gettext_lazy("Otherwise somebody releases them in OSVI's dashboard."),
    )
    understood = forms.BooleanField(
        label=gettext_lazy("I know that this console can neither pause nor take back these calls"),
        error_messages={
            "required": gettext_lazy("Please confirm this: from then on only OSVI is in control.")
        },
    )


def addresses(model_admin: ModelAdmin) -> list[URLPattern]:
    """Return the addresses of handing a list over."""

    @never_cache
    def live_view(request: HttpRequest, pk: int) -> HttpResponse:
        return live(model_admin, request, pk)

    return [
        own_address(model_admin, "<int:pk>/hand-over/", page, "hand_over"),
        own_address(model_admin, "hand-over/part/<int:pk>/", decide, "hand_over_decide"),
        # Not behind admin_view: a redirect to the login page would be put into the middle of this one.
        path("<int:pk>/hand-over/live/", live_view, name="calls_calllist_hand_over_live"),
    ]


def _require(request: HttpRequest) -> None:
    require_verb(request, "view_calllist")
    require_verb(request, "run_calllist")


def page(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Say what handing over means; on POST do it. Afterwards show how far OSVI is."""
    call_list = look(request, pk, "run_calllist")
    form = HandOverForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            campaigns.hand_over(
                pk,
                form.cleaned_data["campaign_id"],
                release=form.cleaned_data["release"],
                by=person_of(request),
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The list is being handed over. This page shows how far it is."))
            return HttpResponseRedirect(request.path)
    context = {
        **page_context(model_admin, request, call_list, title=_("Hand over to OSVI")),
        **_live_context(call_list),
        "form": form,
        "people": call_list.contacts.to_call().count(),
        "may_hand_over": call_list.status == ListStatus.CHECKED,
        "is_handed_over": call_list.status == ListStatus.HANDED_OVER,
    }
    return TemplateResponse(request, "console/lists/hand_over.html", context)


def live(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the page's question how far it is; status 286 when nothing more is expected."""
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    _require(request)
    call_list = get_object_or_404(CallList, pk=pk)
    context = _live_context(call_list)
    status = 200 if context["look_every"] else STOP_POLLING
    return TemplateResponse(request, "console/lists/hand_over_live.html", context, status=status)


def _live_context(call_list: CallList) -> dict[str, Any]:
    uploads = list(call_list.campaign_uploads.order_by("part"))
    arrived = [upload for upload in uploads if upload.status == UploadStatus.ACCEPTED and upload.contacts]
    standing, trouble = campaigns.standing(arrived[0].campaign_id) if arrived else (None, "")
    under_way = any(upload.status in {UploadStatus.WAITING, UploadStatus.SENDING} for upload in uploads)
    return {
        "call_list": call_list,
        "uploads": uploads,
        "standing": standing,
        "by_status": _in_words(standing.by_status) if standing else [],
        "trouble": trouble,
        "look_every": LOOK_EVERY if under_way or (standing and not campaigns.is_over(standing)) else None,
    }


def _in_words(by_status: dict[str, int]) -> list[tuple[str, int]]:
    return [(str(OUTCOME_LABELS.get(word, word)), number) for word, number in sorted(by_status.items())]


def decide(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """A person says whether a part arrived of which nobody knows."""
    _require(request)
    part = get_object_or_404(CampaignUpload, pk=pk)
    if request.method == "POST":
        by = person_of(request)
        if "arrived" in request.POST:
            changed = campaigns.arrived(part.pk, by=by)
        else:
            changed = campaigns.did_not_arrive(part.pk, by=by)
        if changed:
            messages.success(request, _("Noted."))
        else:
            messages.info(request, _("This part is not unclear any more, so nothing was changed."))
    return HttpResponseRedirect(reverse("admin:calls_calllist_hand_over", args=[part.call_list_id]))
