"""Step "Start": pace, who rings again, now or later, what has to be confirmed, and the button."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calls.admin.addresses import own_address
from calls.admin.fields import LimitedInteger
from calls.admin.list_context import (
    START,
    ListAdmin,
    Rows,
    address,
    look,
    page_context,
    past_the_steps,
    steps,
)
from calls.admin.list_dry_run import FIELDS, pace_form, result
from calls.admin.list_pace import LATER, PaceForm
from calls.admin.permissions import person_of
from calls.choices import OUTCOME_LABELS, RETRY_CAUSES, RetryOwner
from calls.models import CallList
from calls.services import list_launch, list_retries
from calls.services.list_launch import LaunchSettings
from calls.templatetags.call_display import exact
from calls.templatetags.exports import grouped

# Cause → (how often again, minutes before each), as the page begins.
_USUAL_RULES = {"not_picked": (2, 60), "busy": (2, 15), "voicemail": (1, 180), "failed": (1, 30)}
# The same for OSVI, which knows one rule for all causes.
_USUAL_AT_OSVI = {"retry_max_attempts": 2, "retry_interval_minutes": 60}


@dataclass(frozen=True)
class Rule:
    """How often this console rings again after one cause, as two fields of the form."""

    cause: str
    label: str | Promise
    times: forms.BoundField
    minutes: forms.BoundField


class LaunchForm(PaceForm):
    """Everything that a start asks for. After is_valid(), settings() is complete."""

    people = forms.IntegerField(widget=forms.HiddenInput)
    retry_owner = forms.ChoiceField(
        label=_("Who rings again when somebody was not reached"),
        choices=RetryOwner.choices,
        widget=forms.RadioSelect,
    )

    def __init__(self, call_list: CallList, to_call: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(call_list, *args, **kwargs)
        self.to_call = to_call
        self.warnings = list_launch.warnings(call_list)
        self.fields["people"].initial = to_call
        self.fields["retry_owner"].initial = call_list.retry_owner
        self._add_rules()
        self._add_rule_of_osvi()
        for warning in self.warnings:
            self.fields[f"confirm_{warning.code}"] = forms.BooleanField(
                label=warning.sentence,
                error_messages={"required": _now("Please read this and tick it, if it is meant so.")},
            )

    def _add_rules(self) -> None:
        """Begin with the rules of the list, which one made of another list has already, or with the usual ones."""
        kept = self.call_list.retry_rules
        for cause in RETRY_CAUSES:
            times, minutes = _USUAL_RULES[cause]
            if kept:
                times, minutes = (
                    kept.get(cause, {}).get("times", 0),
                    kept.get(cause, {}).get("minutes", minutes),
                )
            self.fields[f"times_{cause}"] = _number(_("times"), 0, list_retries.MOST_TIMES, times)
            self.fields[f"minutes_{cause}"] = _number(_("minutes"), 1, list_retries.MOST_MINUTES, minutes)

    def _add_rule_of_osvi(self) -> None:
        labels = {
            "retry_max_attempts": _("Ring again at most (times)"),
            "retry_interval_minutes": _("Wait between tries (minutes)"),
        }
        for name, label in labels.items():
            field = LimitedInteger(f"RetryConfig.{name.removeprefix('retry_')}", label=label)
            # The agent's own setting does not count here: the list decides.
            field.widget.attrs.pop("placeholder")
            field.initial = getattr(self.call_list, name) or _USUAL_AT_OSVI[name]
            self.fields[name] = field

    @property
    def rules(self) -> list[Rule]:
        return [
            Rule(cause, OUTCOME_LABELS[cause], self[f"times_{cause}"], self[f"minutes_{cause}"])
            for cause in RETRY_CAUSES
        ]

    @property
    def confirmations(self) -> list[forms.BoundField]:
        return [self[f"confirm_{warning.code}"] for warning in self.warnings]

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._forget_what_does_not_count()
        if self.cleaned_data.get("people") not in {None, self.to_call}:
            self.add_error(
                None,
                ngettext(
                    "The list changed meanwhile: %(count)s person would be called now. "
                    "Please look it over and press the button again.",
                    "The list changed meanwhile: %(count)s people would be called now. "
                    "Please look it over and press the button again.",
                    self.to_call,
                )
                % {"count": grouped(self.to_call)},
            )
        return self.cleaned_data

    def _forget_what_does_not_count(self) -> None:
        """What stands in the fields of a side that does not ring again is not looked at."""
        owner = self.cleaned_data.get("retry_owner")
        for name in self.fields:
            of_console = name.startswith(("times_", "minutes_"))
            of_osvi = name in {"retry_max_attempts", "retry_interval_minutes"}
            if (of_console and owner != RetryOwner.CONSOLE) or (of_osvi and owner != RetryOwner.OSVI):
                self.errors.pop(name, None)
                self.cleaned_data.pop(name, None)

    def settings(self) -> LaunchSettings:
        """Return what was chosen."""
        typed = self.cleaned_data
        return LaunchSettings(
            pace_per_minute=typed["pace_per_minute"],
            at_once=typed["at_once"],
            retry_owner=RetryOwner(typed["retry_owner"]),
            retry_rules=dict(self._rules()),
            retry_max_attempts=typed.get("retry_max_attempts"),
            retry_interval_minutes=typed.get("retry_interval_minutes"),
            start_at=typed["moment"],
        )

    def _rules(self) -> Iterator[tuple[str, dict[str, int]]]:
        for cause in RETRY_CAUSES:
            if times := self.cleaned_data.get(f"times_{cause}"):
                yield cause, {"times": times, "minutes": self.cleaned_data[f"minutes_{cause}"]}

    def confirmed(self) -> list[str]:
        """Return the codes of the warnings that were ticked."""
        return [warning.code for warning in self.warnings if self.cleaned_data.get(f"confirm_{warning.code}")]

    def add_launch_errors(self, error: ValidationError) -> None:
        """Put what the start refused beside the field it belongs to."""
        for place, sentences in error.message_dict.items():
            self.add_error(place if place in self.fields else None, sentences)


def _number(label: Any, least: int, most: int, initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        initial=initial,
        error_messages={
            "required": _("Please enter a number."),
            "invalid": _("Please enter a whole number."),
        },
    )


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the address of the step."""
    return [own_address(model_admin, "<int:pk>/start/", page, "launch")]


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the step, or start the list. Raises PermissionDenied without calls.run_calllist."""
    call_list = look(request, pk, "run_calllist")
    if elsewhere := past_the_steps(request, call_list):
        return elsewhere
    rows = Rows.of(call_list)
    if request.method == "POST":
        form = LaunchForm(call_list, rows.to_call, request.POST)
        if form.is_valid() and (answer := _launch(request, call_list, form)):
            return answer
    else:
        asked = {name: request.GET[name] for name in FIELDS if name in request.GET}
        form = LaunchForm(call_list, rows.to_call, initial=asked)
    return _show(model_admin, request, call_list, form, rows)


def _launch(request: HttpRequest, call_list: CallList, form: LaunchForm) -> HttpResponse | None:
    """Start the list and go to its page; None if something stands against it, which the form says then."""
    chosen = form.settings()
    try:
        list_launch.launch(call_list.pk, chosen, by=person_of(request), confirmed=form.confirmed())
    except ValidationError as error:
        form.add_launch_errors(error)
        return None
    if chosen.start_at:
        words = _now("The list starts at %(time)s. Until then it can be cancelled here.")
        messages.success(request, words % {"time": exact(chosen.start_at)})
    else:
        messages.success(request, _now("The list has started. This page shows how far it is."))
    return HttpResponseRedirect(address("change", call_list.pk))


def _show(
    model_admin: ListAdmin, request: HttpRequest, call_list: CallList, form: LaunchForm, rows: Rows
) -> HttpResponse:
    pace = PaceForm(call_list, form.data) if form.is_bound else pace_form(call_list, request)
    context = {
        **page_context(model_admin, request, call_list, title=_now("Start")),
        **result(pace),
        "form": form,
        "problems": _problems(form),
        "is_later": form["when"].value() == LATER,
        "steps": steps(request, call_list, START, rows),
        "rows": rows,
    }
    return TemplateResponse(request, "console/lists/launch.html", context)


def _problems(form: LaunchForm) -> list[tuple[str, str, str]]:
    """Return (address within the page, label, sentence) of each error, for the summary on top."""
    return [
        (form[name].id_for_label or f"id_{name}", _label(form, name), str(sentence))
        for name in form.fields
        for sentence in form.errors.get(name, [])
    ]


def _label(form: LaunchForm, name: str) -> str:
    for prefix, words in (("times_", _now("How often again")), ("minutes_", _now("Minutes between"))):
        if name.startswith(prefix):
            return f"{OUTCOME_LABELS[name.removeprefix(prefix)]}, {words}"
    return str(form[name].label)
