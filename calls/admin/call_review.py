"""What people add to a call on its page: notes, corrected answers, a follow-up, the mark "reviewed". POST only."""

from collections.abc import Callable
from functools import wraps

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from calls.admin import call_page
from calls.admin.call_page import CallAdmin
from calls.admin.call_review_forms import CorrectionForm, FollowUpForm, NoteForm
from calls.admin.permissions import person_of, require_verb
from calls.models import CallLog
from calls.services import answers, review

# A form that was refused, under the name that the page's template knows it by; None: done.
Refused = dict[str, forms.Form] | None
Act = Callable[[HttpRequest, CallLog], Refused]
View = Callable[[CallAdmin, HttpRequest, int], HttpResponse]


def _by_reviewers(anchor: str, *also: str) -> Callable[[Act], View]:
    """Turn an act into a view that only POST runs, for people who may review and have `also`.

    After it the page is shown at `anchor`; a refused form is shown again as it was sent.
    """

    def decorate(act: Act) -> View:
        @wraps(act)
        def view(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
            for verb in ("view_calllog", "review_call", *also):
                require_verb(request, verb)
            call = call_page.find_call(pk)
            refused = act(request, call) if request.method == "POST" else None
            if refused:
                return call_page.render(model_admin, request, call, forms=refused)
            return HttpResponseRedirect(reverse("admin:calls_calllog_change", args=[pk]) + anchor)

        return view

    return decorate


@_by_reviewers("#call-notes", "view_conversation")
def add_note(request: HttpRequest, call: CallLog) -> Refused:
    """Add a note."""
    form = NoteForm(request.POST, auto_id="id_note_%s")
    if form.is_valid():
        try:
            review.add_note(call, form.cleaned_data["text"], by=person_of(request))
        except ValidationError as error:
            form.add_error("text", error)
        else:
            return None
    return {"note_form": form}


@_by_reviewers("#call-answers", "view_conversation")
def correct_answer(request: HttpRequest, call: CallLog) -> Refused:
    """Keep a corrected answer beside what OSVI understood."""
    form = CorrectionForm(request.POST, auto_id="id_correction_%s")
    if form.is_valid():
        typed = form.cleaned_data
        try:
            answers.correct(call, typed["key"], typed["value"], by=person_of(request))
        except ValidationError as error:
            if error.code == answers.UNKNOWN:
                # There is no row to say it beside.
                messages.warning(request, " ".join(error.messages))
                return None
            form.add_error("value", error)
        else:
            messages.success(request, _("The answer is corrected. What OSVI understood is kept beside it."))
            return None
    return {"correction_form": form}


@_by_reviewers("#call-review")
def assign_follow_up(request: HttpRequest, call: CallLog) -> Refused:
    """Say who follows the call up, and until when."""
    form = FollowUpForm(request.POST, auto_id="id_follow_up_%s")
    if form.is_valid():
        try:
            review.assign_follow_up([call.pk], **form.cleaned_data, by=person_of(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The follow-up is noted. It appears on Home when it is due."))
            return None
    return {"follow_up_form": form}


@_by_reviewers("#call-review")
def finish_follow_up(request: HttpRequest, call: CallLog) -> Refused:
    """Say that the follow-up is done."""
    review.finish_follow_up([call.pk], by=person_of(request))
    return None


@_by_reviewers("#call-review")
def mark_reviewed(request: HttpRequest, call: CallLog) -> Refused:
    """Mark the call as reviewed, or say that it has not ended yet."""
    if not review.mark_reviewed([call.pk], by=person_of(request)) and call.reviewed_at is None:
        messages.warning(request, _("Only a finished call can be marked as reviewed."))
    return None


@_by_reviewers("#call-review")
def unmark_reviewed(request: HttpRequest, call: CallLog) -> Refused:
    """Take the mark back."""
    review.unmark_reviewed([call.pk], by=person_of(request))
    return None
