"""What people do with one call from its page. Each is a POST with a permission of its own; a GET changes nothing."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin.call_page import CallAdmin, find_call
from calls.admin.permissions import person_of, require_verb
from calls.choices import Disclosed, EventSource
from calls.models import CallLog
from calls.services import ask_now, cancel, disclosure, resolve, sending

Act = Callable[[HttpRequest, CallLog], HttpResponse | None]
View = Callable[[CallAdmin, HttpRequest, int], HttpResponse]


def call_url(call_pk: int) -> str:
    """Return the address of a call's page."""
    return reverse("admin:calls_calllog_change", args=[call_pk])


def _on_post(*verbs: str) -> Callable[[Act], View]:
    """Turn an act on a call into a view: 403 without each of `verbs`, 404 without the call, and only POST acts."""

    def decorate(act: Act) -> View:
        @wraps(act)
        def view(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
            for verb in verbs:
                require_verb(request, verb)
            call = find_call(pk)
            answer = act(request, call) if request.method == "POST" else None
            return answer or HttpResponseRedirect(call_url(pk))

        return view

    return decorate


@_on_post("cancel_call")
def cancel_call(request: HttpRequest, call: CallLog) -> None:
    """Cancel, or say that it is too late."""
    try:
        cancel.cancel(call.pk, source=EventSource.PERSON, by=person_of(request))
    except cancel.TooLate as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The call was cancelled. Nobody was rung."))


@_on_post("resolve_call")
def it_rang(request: HttpRequest, call: CallLog) -> None:
    """Take a person's word that an unconfirmed call rang."""
    try:
        resolve.it_rang(call.pk, by=person_of(request))
    except resolve.NotUnconfirmed as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Noted that it rang. The console goes on asking OSVI what came of it."))


@_on_post("resolve_call")
def it_did_not_ring(request: HttpRequest, call: CallLog) -> None:
    """Take a person's word that an unconfirmed call did not ring."""
    try:
        resolve.it_did_not_ring(call.pk, by=person_of(request))
    except resolve.NotUnconfirmed as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Noted that it did not ring. You can call again."))


@_on_post("view_calllog", "reveal_number")
def reveal_number(request: HttpRequest, call: CallLog) -> None:
    """Show this person the full number for an hour, and log it."""
    if call.phone_number:
        disclosure.note(call, person_of(request), Disclosed.NUMBER)


@_on_post("view_calllog")
def ask_osvi(request: HttpRequest, call: CallLog) -> None:
    """Have the worker ask OSVI now; what it says appears on the page."""
    try:
        ask_now.ask_now(call.pk)
    except ask_now.NothingToAsk as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, _("OSVI is being asked. What it says appears here."))


def resume_sending(model_admin: CallAdmin, request: HttpRequest) -> HttpResponse:
    """Resume sending for the whole console and go back to where the button was."""
    require_verb(request, "resume_sending")
    if request.method == "POST":
        waiting = sending.resume(person_of(request))
        sentence = ngettext(
            "Sending is resumed; %(count)d waiting call goes out now.",
            "Sending is resumed; %(count)d waiting calls go out now.",
            waiting,
        ) % {"count": waiting}
        messages.success(request, sentence if waiting else _("Sending is resumed."))
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("admin:calls_calllog_changelist")
    return HttpResponseRedirect(back)
