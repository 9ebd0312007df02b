"""What people do with one template: duplicate it, archive it, and use an earlier version again. POST only."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from calls.admin import template_difference
from calls.admin.permissions import person_of, require_verb
from calls.models import CallTemplate, CallTemplateVersion
from calls.services import templates

VERSIONS_SHOWN = 20
Act = Callable[[HttpRequest, CallTemplate], CallTemplate | None]


def _template(pk: int) -> CallTemplate:
    found = CallTemplate.objects.select_related("agent").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such template.")
    return found


def _address(template: CallTemplate) -> str:
    return reverse("admin:calls_calltemplate_change", args=[template.pk])


def _on_post(*verbs: str) -> Callable[[Act], Callable[..., HttpResponse]]:
    """Turn an act into a view that only POST runs; it leads to the template that the act returns, or back."""

    def decorate(act: Act) -> Callable[..., HttpResponse]:
        @wraps(act)
        def view(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
            for verb in verbs:
                require_verb(request, verb)
            template = _template(pk)
            result = act(request, template) if request.method == "POST" else None
            return HttpResponseRedirect(_address(result or template))

        return view

    return decorate


@_on_post("view_calltemplate", "add_calltemplate")
def duplicate(request: HttpRequest, template: CallTemplate) -> CallTemplate:
    """Make a copy and go there."""
    copy = templates.duplicate(template, by=person_of(request))
    messages.success(request, _("This is the copy. Give it a name of its own."))
    return copy


@_on_post("change_calltemplate")
def archive(request: HttpRequest, template: CallTemplate) -> None:
    """Archive the template: no new call can use it."""
    if templates.set_archived(template, True):
        messages.success(request, _("The template is archived. Calls that used it keep their words."))


@_on_post("change_calltemplate")
def bring_back(request: HttpRequest, template: CallTemplate) -> None:
    """Bring an archived template back."""
    if templates.set_archived(template, False):
        messages.success(request, _("The template can be used again."))


def versions(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the versions of a template, newest first, each with what changed in it and against today."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    template = _template(pk)
    found = list(template.versions.select_related("saved_by")[: VERSIONS_SHOWN + 1])
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Versions"),
        "template": template,
        "rows": _rows(found),
        "may_change": model_admin.has_change_permission(request),
    }
    return TemplateResponse(request, "console/template_versions.html", context)


def _rows(found: list[CallTemplateVersion]) -> list[dict[str, Any]]:
    """Return the versions with their differences; the last one read only serves to compare the one before."""
    rows = []
    for place, version in enumerate(found[:VERSIONS_SHOWN]):
        older = found[place + 1] if place + 1 < len(found) else None
        rows.append(
            {
                "version": version,
                "changes": template_difference.between(older.content, version.content) if older else None,
                "against_now": (
                    template_difference.between(found[0].content, version.content) if place else None
                ),
            }
        )
    return rows


def use_again(model_admin: Any, request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Have the template say again what it said in one of its versions."""
    require_verb(request, "change_calltemplate")
    version = CallTemplateVersion.objects.filter(template_id=pk, number=number).first()
    if version is None:
        raise Http404("There is no such version.")
    if request.method == "POST":
        try:
            made = templates.use_again(version, by=person_of(request))
        except templates.CannotUseVersion as error:
            messages.warning(request, str(error))
        else:
            words = _("Version %(old)d is used again, as version %(new)d.")
            messages.success(request, words % {"old": version.number, "new": made.number})
    return HttpResponseRedirect(reverse("admin:calls_calltemplate_versions", args=[pk]))
