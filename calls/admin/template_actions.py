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
from django.utils.translation import gettext_noop

from calls.admin.permissions import person_of, require_verb
from calls.admin.template_difference import between
from calls.models import Agent, CallTemplate, CallTemplateVersion
from calls.services import templates

VERSIONS_SHOWN = 20
Act = Callable[[HttpRequest, CallTemplate], tuple[CallTemplate, str] | None]


def _template(pk: int) -> CallTemplate:
    found = CallTemplate.objects.select_related("agent").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such template.")
    return found


def _address(template: CallTemplate) -> str:
    return reverse("admin:calls_calltemplate_change", args=[template.pk])


def _on_post(*verbs: str) -> Callable[[Act], Callable[..., HttpResponse]]:
    """Turn an act into a view that only POST runs.

    An act returns the template to go to and what the admin's history says of it, None if nothing was done.
    """

    def decorate(act: Act) -> Callable[..., HttpResponse]:
        @wraps(act)
        def view(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
            for verb in verbs:
                require_verb(request, verb)
            template = _template(pk)
            done = act(request, template) if request.method == "POST" else None
            if done:
                template, words = done
                model_admin.log_change(request, template, words)
            return HttpResponseRedirect(_address(template))

        return view

    return decorate


@_on_post("view_calltemplate", "add_calltemplate")
def duplicate(request: HttpRequest, template: CallTemplate) -> tuple[CallTemplate, str]:
    """Make a copy and go there."""
    copy = templates.duplicate(template, by=person_of(request))
    messages.success(request, _("This is the copy. Give it a name of its own."))
    return copy, gettext_noop("Made as a copy.")


@_on_post("change_calltemplate")
def archive(request: HttpRequest, template: CallTemplate) -> tuple[CallTemplate, str] | None:
    """Archive the template: no new call can use it."""
    if not templates.set_archived(template, True):
        return None
    messages.success(request, _("The template is archived. Calls that used it keep their words."))
    return template, gettext_noop("Archived.")


@_on_post("change_calltemplate")
def bring_back(request: HttpRequest, template: CallTemplate) -> tuple[CallTemplate, str] | None:
    """Bring an archived template back."""
    if not templates.set_archived(template, False):
        return None
    messages.success(request, _("The template can be used again."))
    return template, gettext_noop("Brought back from the archive.")


def versions(model_admin: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the versions of a template, newest first, each with what changed in it and against today."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    template = _template(pk)
    every = template.versions.select_related("saved_by")
    before = request.GET.get("before", "")
    older = every.filter(number__lt=before) if before.isdecimal() and len(before) < 10 else every
    found = list(older[: VERSIONS_SHOWN + 1])
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Versions"),
        "template": template,
        "rows": _rows(found, every.first()),
        "older_than": found[VERSIONS_SHOWN - 1].number if len(found) > VERSIONS_SHOWN else None,
        "may_change": model_admin.has_change_permission(request),
    }
    return TemplateResponse(request, "console/template_versions.html", context)


def _rows(found: list[CallTemplateVersion], newest: CallTemplateVersion | None) -> list[dict[str, Any]]:
    """Return the versions with their differences; the last one read only serves to compare the one before."""
    rows: list[dict[str, Any]] = []
    if newest is None:
        return rows
    agents = dict(Agent.objects.values_list("agent_uuid", "name"))
    for place, version in enumerate(found[:VERSIONS_SHOWN]):
        older = found[place + 1] if place + 1 < len(found) else None
        rows.append(
            {
                "version": version,
                "changes": between(older.content, version.content, agents) if older else None,
                "against_now": (
                    between(newest.content, version.content, agents) if version.pk != newest.pk else None
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
