"""Putting away what one was told about a list."""

from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from calls.admin.addresses import own_address
from calls.admin.permissions import person_of, require_verb
from calls.models import Notice


def addresses(model_admin: ModelAdmin) -> list[URLPattern]:
    """Return the address of notices."""
    return [own_address(model_admin, "notices/<int:pk>/seen/", seen, "seen")]


def seen(model_admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Put a notice of one's own away, then open its list or go back. Raises Http404 for those of others."""
    require_verb(request, "view_calllist")
    found = Notice.objects.filter(pk=pk, person=person_of(request)).first()
    if found is None:
        raise Http404("There is no such notice.")
    if request.method == "POST":
        Notice.objects.filter(pk=found.pk, seen_at=None).update(seen_at=timezone.now())
    back = request.POST.get("next", "")
    if request.POST.get("open") or not url_has_allowed_host_and_scheme(back, None):
        back = reverse("admin:calls_calllist_change", args=[found.call_list_id])
    return HttpResponseRedirect(back)
