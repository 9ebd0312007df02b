"""The forms of a review on a call's page: a note, a follow-up, a corrected answer."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.admin.permissions import has_verb, person_of
from calls.admin.staff import StaffField, active_staff
from calls.models import CallLog
from calls.services import answers, review


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("New note"),
        max_length=review.LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
        error_messages={"required": _("Please write something.")},
    )


class FollowUpForm(forms.Form):
    owner = StaffField(
        active_staff().order_by("first_name", "last_name", "username"),
        label=_("Who"),
        empty_label=None,
        error_messages={"invalid_choice": _("This person can no longer work in the console.")},
    )
    due = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": _("Please choose a day."),
            "invalid": _("Please enter a day, such as 2030-05-20."),
        },
    )


class CorrectionForm(forms.Form):
    key = forms.CharField(widget=forms.HiddenInput)
    value = forms.CharField(
        label=_("Correct answer"),
        max_length=answers.LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 1, "dir": "auto"}),
        error_messages={"required": _("Please write the correct answer.")},
    )


def context(request: HttpRequest, call: CallLog, refused: dict[str, Any]) -> dict[str, Any]:
    """Return the forms for people who may review; those that were refused stand as they were sent."""
    if not has_verb(request, "review_call"):
        return {}
    start = {
        "owner": call.follow_up_owner or person_of(request),
        "due": call.follow_up_on or timezone.localdate(),
    }
    return {
        "note_form": NoteForm(auto_id="id_note_%s"),
        "follow_up_form": FollowUpForm(initial=start, auto_id="id_follow_up_%s"),
        **refused,
    }
