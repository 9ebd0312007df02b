"""What can be done with a list that was started: pause, resume, cancel, and a new list of those not reached."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.admin.addresses import own_address
from calls.admin.list_context import ListAdmin, Rows, address, look, people_words
from calls.admin.list_question import Question, ask
from calls.admin.permissions import person_of
from calls.choices import LIST_UNDER_WAY, ContactStatus, ListStatus
from calls.models import CallList
from calls.services import list_run

# Button → the states of a list in which it makes sense.
MAY_PAUSE = frozenset({ListStatus.SCHEDULED, ListStatus.RUNNING})
MAY_RESUME = frozenset({ListStatus.PAUSED})
MAY_CANCEL = LIST_UNDER_WAY | {ListStatus.CHECKED}
# Not while it is paused: people who wait could be called by both.
MAY_CLONE = frozenset({ListStatus.FINISHED, ListStatus.CANCELLED})


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the addresses of the deeds. GET asks, POST does; pausing is urgent and does not ask."""
    return [
        own_address(model_admin, "<int:pk>/pause/", pause, "pause"),
        own_address(model_admin, "<int:pk>/resume/", resume, "resume"),
        own_address(model_admin, "<int:pk>/cancel/", cancel, "cancel"),
        own_address(model_admin, "<int:pk>/clone/", clone, "clone"),
    ]


Deed = Callable[[HttpRequest, CallList], HttpResponse | None]


def _too_late(request: HttpRequest, call_list: CallList) -> HttpResponse:
    words = _("This list is “%(state)s” by now, so nothing was changed.")
    messages.warning(request, words % {"state": call_list.get_status_display()})
    return HttpResponseRedirect(address("change", call_list.pk))


def _do(request: HttpRequest, call_list: CallList, deed: Deed) -> HttpResponse:
    """Do it and go where it leads, or back to the list with the words of the service that refused."""
    try:
        answer = deed(request, call_list)
    except ValidationError as error:
        for sentence in error.messages:
            messages.warning(request, sentence)
        answer = None
    return answer or HttpResponseRedirect(address("change", call_list.pk))


def _ask_or_do(
    model_admin: ListAdmin,
    request: HttpRequest,
    call_list: CallList,
    states: frozenset[ListStatus],
    question: Callable[[CallList], Question],
    deed: Deed,
) -> HttpResponse:
    """Ask on GET, do it on POST; say so if the list has moved on meanwhile."""
    if call_list.status not in states:
        return _too_late(request, call_list)
    if request.method != "POST":
        return ask(model_admin, request, call_list, question(call_list))
    return _do(request, call_list, deed)


# --- Pause ------------------------------------------------------------------------------------


def pause(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Pause at once and say how many calls were on their way: 403 without calls.run_calllist."""
    call_list = look(request, pk, "run_calllist")
    if request.method != "POST":
        return HttpResponseRedirect(address("change", pk))
    if call_list.status not in MAY_PAUSE:
        return _too_late(request, call_list)
    return _do(request, call_list, _pause)


def _pause(request: HttpRequest, call_list: CallList) -> None:
    done = list_run.pause(call_list.pk, by=person_of(request))
    messages.success(request, f"{_('Paused.')} {went_out(done.on_their_way, done.taken_back)}")


def went_out(on_their_way: int, taken_back: int) -> str:
    """Say how many calls could not be stopped any more, and how many were taken back before they left."""
    parts = [
        ngettext(
            "%(count)d call was already on its way.",
            "%(count)d calls were already on their way.",
            on_their_way,
        )
        % {"count": on_their_way}
        if on_their_way
        else _("No call was on its way.")
    ]
    if taken_back:
        words = ngettext("%(count)d was taken back.", "%(count)d were taken back.", taken_back)
        parts.append(words % {"count": taken_back})
    return " ".join(parts)


# --- Resume -----------------------------------------------------------------------------------


def resume(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then go on calling: 403 without calls.run_calllist."""
    call_list = look(request, pk, "run_calllist")
    return _ask_or_do(model_admin, request, call_list, MAY_RESUME, _ask_resume, _resume)


def _ask_resume(call_list: CallList) -> Question:
    waiting = Rows.of(call_list).to_call
    words = ngettext(
        "%(people)s is still to be called, at %(pace)d calls a minute.",
        "%(people)s are still to be called, at %(pace)d calls a minute.",
        waiting,
    )
    sentences = [words % {"people": people_words(waiting), "pace": call_list.pace_per_minute}]
    return Question(title=_("Resume calling?"), sentences=sentences, button=_("Resume calling"), icon="play")


def _resume(request: HttpRequest, call_list: CallList) -> None:
    list_run.resume(call_list.pk, by=person_of(request))
    messages.success(request, _("The list goes on."))


# --- Cancel -----------------------------------------------------------------------------------


def cancel(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then end the list for good: 403 without calls.run_calllist."""
    call_list = look(request, pk, "run_calllist")
    return _ask_or_do(model_admin, request, call_list, MAY_CANCEL, _ask_cancel, _cancel)


def _ask_cancel(call_list: CallList) -> Question:
    rows = Rows.of(call_list)
    waiting, calling = rows.to_call, rows.count(ContactStatus.CALLING)
    sentences = [
        ngettext("%(people)s will not be called.", "%(people)s will not be called.", waiting)
        % {"people": people_words(waiting)}
    ]
    if calling:
        sentences.append(
            ngettext(
                "%(count)d call may be on its way already and cannot be taken back.",
                "%(count)d calls may be on their way already and cannot be taken back.",
                calling,
            )
            % {"count": calling}
        )
    if call_list.is_under_way:
        sentences.append(_("A cancelled list cannot be started again. To stop for a while, pause it."))
        title, button = _("Cancel this list?"), _("Cancel the list for good")
    else:
        sentences.append(_("A dropped list stays here as a record, but cannot be started any more."))
        title, button = _("Drop this list?"), _("Drop the list for good")
    return Question(title=title, sentences=sentences, button=button, icon="x", is_dangerous=True)


def _cancel(request: HttpRequest, call_list: CallList) -> None:
    was_under_way = call_list.is_under_way
    done = list_run.cancel(call_list.pk, by=person_of(request))
    if not was_under_way:
        messages.success(request, _("The list is dropped. Nobody was called."))
        return
    messages.success(request, f"{_('The list is cancelled.')} {went_out(done.on_their_way, done.taken_back)}")


# --- A new list -------------------------------------------------------------------------------


def clone(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then make a list of those who were not reached: 403 without calls.add_calllist."""
    call_list = look(request, pk, "add_calllist")
    return _ask_or_do(model_admin, request, call_list, MAY_CLONE, _ask_clone, _clone)


def _ask_clone(call_list: CallList) -> Question:
    return Question(
        title=_("New list of those not reached?"),
        sentences=[
            _("The new list holds everybody of this list who was not reached, or not called at all."),
            _(
                "Left out is who said that they do not want to be called, and who may still be ringing. "
                "Everybody is checked again."
            ),
            _("Nobody is called yet: the new list has to be started like any other."),
        ],
        button=_("Make the new list"),
        icon="plus",
    )


def _clone(request: HttpRequest, call_list: CallList) -> HttpResponse:
    made = list_run.clone_not_reached(call_list.pk, by=person_of(request))
    messages.success(request, _("This is the new list. Nobody is called until you start it."))
    return HttpResponseRedirect(address("change", made.pk))
