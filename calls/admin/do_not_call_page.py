"""The page of one do-not-call entry, and what is done with it: decide, lift, pass on again."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin.do_not_call_forms import ReasonForm
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.choices import Disclosed, MirrorStatus, SuppressionStatus
from calls.models import DoNotCall, DoNotCallMirror
from calls.services import disclosure, dnc_mirror, do_not_call

if TYPE_CHECKING:
    DoNotCallAdmin = ModelAdmin[DoNotCall]
else:
    DoNotCallAdmin = ModelAdmin

Act = Callable[[HttpRequest, DoNotCall], None]
View = Callable[[DoNotCallAdmin, HttpRequest, int], HttpResponse]

TONES = {
    SuppressionStatus.PROPOSED: "warning",
    SuppressionStatus.ACTIVE: "danger",
    SuppressionStatus.DISMISSED: "neutral",
    SuppressionStatus.LIFTED: "neutral",
}
_MIRROR_TONES = {
    MirrorStatus.WAITING: "progress",
    MirrorStatus.DONE: "success",
    MirrorStatus.FAILED: "warning",
}


def page_of(pk: int) -> str:
    """Return the address of an entry's page."""
    return reverse("admin:calls_donotcall_change", args=[pk])


def scope_of(entry: DoNotCall) -> str:
    """Say who must not call."""
    return entry.agent.name if entry.agent else _("All agents")


def find(pk: int) -> DoNotCall:
    """Return the entry with all that its page shows of other rows. Raises Http404."""
    rows = DoNotCall.objects.select_related("agent", "call", "added_by", "decided_by")
    entry = rows.filter(pk=pk).first()
    if entry is None:
        raise Http404("There is no such entry.")
    return entry


def page(model_admin: DoNotCallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show one entry."""
    require_verb(request, "view_donotcall")
    return _render(model_admin, request, find(pk))


def _render(
    model_admin: DoNotCallAdmin,
    request: HttpRequest,
    entry: DoNotCall,
    *,
    form: ReasonForm | None = None,
    full_number: bool = False,
) -> HttpResponse:
    may_see_words = has_verb(request, "view_conversation")
    if may_see_words and entry.words and entry.call:
        disclosure.note(entry.call, person_of(request), Disclosed.CONVERSATION)
    mirrors = list(entry.mirrors.select_related("agent").order_by("agent__name", "pk"))
    is_in_force = entry.is_in_force(timezone.now())
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": str(entry),
        "entry": entry,
        "tone": TONES[SuppressionStatus(entry.status)],
        "is_in_force": is_in_force,
        "is_over": entry.status == SuppressionStatus.ACTIVE and not is_in_force,
        "is_undecided": entry.status == SuppressionStatus.PROPOSED,
        "scope": scope_of(entry),
        "until": do_not_call.last_moment(entry),
        "full_number": full_number,
        "may_reveal": has_verb(request, "reveal_number") and not full_number,
        "may_see_words": may_see_words,
        "may_see_calls": has_verb(request, "view_calllog"),
        "may_add": has_verb(request, "add_donotcall"),
        "may_lift": has_verb(request, "lift_donotcall"),
        "mirrors": [
            (mirror, _mirror_words(mirror), _MIRROR_TONES[MirrorStatus(mirror.status)]) for mirror in mirrors
        ],
        "may_try_again": any(mirror.next_try_at for mirror in mirrors) and has_verb(request, "add_donotcall"),
        "form": form or ReasonForm(),
    }
    return TemplateResponse(request, "console/do_not_call/entry.html", context)


def _mirror_words(mirror: DoNotCallMirror) -> str:
    match mirror.status, mirror.wanted:
        case MirrorStatus.DONE, True:
            return _("On OSVI's list")
        case MirrorStatus.DONE, False:
            return _("Off OSVI's list")
        case MirrorStatus.WAITING, True:
            return _("Not yet on OSVI's list")
        case MirrorStatus.WAITING, False:
            return _("Not yet off OSVI's list")
        case _, True:
            return _("Could not be put on OSVI's list")
    return _("Could not be taken off OSVI's list")


# --- What is done with it -------------------------------------------------------------------------


def _on_post(*verbs: str) -> Callable[[Act], View]:
    """Turn an act on an entry into a view: 403 without each of `verbs`, 404 without the entry; only POST acts."""

    def decorate(act: Act) -> View:
        @wraps(act)
        def view(model_admin: DoNotCallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
            for verb in ("view_donotcall", *verbs):
                require_verb(request, verb)
            entry = find(pk)
            if request.method == "POST":
                try:
                    act(request, entry)
                except do_not_call.CannotDecide as error:
                    messages.warning(request, str(error))
            return HttpResponseRedirect(_back(request, entry))

        return view

    return decorate


def _back(request: HttpRequest, entry: DoNotCall) -> str:
    """Whoever decides in the list, or at a call, goes on there."""
    if "to_list" in request.POST:
        return reverse("admin:calls_donotcall_changelist") + "?tab=undecided"
    if "to_call" in request.POST and entry.call_id:
        return reverse("admin:calls_calllog_change", args=[entry.call_id])
    return page_of(entry.pk)


@_on_post("add_donotcall")
def accept(request: HttpRequest, entry: DoNotCall) -> None:
    """Put a proposal in force."""
    do_not_call.accept(entry.pk, person_of(request))
    messages.success(request, _("This number is not called any more. What waited for it was taken back."))


@_on_post("lift_donotcall")
def turn_down(request: HttpRequest, entry: DoNotCall) -> None:
    """Turn a proposal down."""
    do_not_call.dismiss(
        entry.pk, person_of(request), request.POST.get("reason", "").replace("\x00", "").strip()
    )
    messages.success(request, _("Turned down. This number may be called."))


def lift(model_admin: DoNotCallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Allow calls again, with a reason."""
    require_verb(request, "view_donotcall")
    require_verb(request, "lift_donotcall")
    entry = find(pk)
    if request.method != "POST":
        return HttpResponseRedirect(page_of(pk))
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _render(model_admin, request, entry, form=form)
    try:
        do_not_call.lift(entry.pk, person_of(request), form.cleaned_data["reason"])
    except do_not_call.CannotDecide as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request, _("Lifted. Calls that were taken back stay so; place them again if you want.")
        )
    return HttpResponseRedirect(page_of(pk))


@_on_post("add_donotcall")
def try_again(request: HttpRequest, entry: DoNotCall) -> None:
    """Have OSVI told at once what could not be passed on."""
    agents = dnc_mirror.try_again_now(entry)
    sentence = ngettext(
        "OSVI is told again, for %(count)d agent.", "OSVI is told again, for %(count)d agents.", agents
    )
    messages.info(request, sentence % {"count": agents})


def reveal_number(model_admin: DoNotCallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the full number on the page that answers, and log it."""
    require_verb(request, "view_donotcall")
    require_verb(request, "reveal_number")
    entry = find(pk)
    if request.method != "POST":
        return HttpResponseRedirect(page_of(pk))
    model_admin.log_change(request, entry, _("The full number was shown."))
    return _render(model_admin, request, entry, full_number=True)


def read_back(model_admin: DoNotCallAdmin, request: HttpRequest) -> HttpResponse:
    """Have OSVI's own lists read at once."""
    require_verb(request, "view_donotcall")
    require_verb(request, "add_donotcall")
    if request.method == "POST":
        agents = dnc_mirror.read_soon()
        sentence = ngettext(
            "OSVI's list of %(count)d agent is read. New numbers appear here.",
            "OSVI's lists of %(count)d agents are read. New numbers appear here.",
            agents,
        )
        messages.info(request, sentence % {"count": agents})
    return HttpResponseRedirect(reverse("admin:calls_donotcall_changelist"))
