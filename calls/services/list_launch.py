"""Starting a list: how it is to run, what a person has to confirm, and the start itself."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from calls.choices import ContactStatus, ListStatus, Purpose, RetryOwner
from calls.hours.presets import disclosure_rule
from calls.models import CallingRule, CallList
from calls.osvi import contract
from calls.services import list_advance, list_retries, list_status

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# So many numbers that follow one upon the other were made up, or bought.
SEQUENTIAL = 250


@dataclass(frozen=True)
class LaunchWarning:
    """Something that a person has to confirm before a list starts: its name, and a sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class LaunchSettings:
    """How a list runs. `retry_rules`: OSVI's word → {"times", "minutes"}; `start_at` None: now."""

    pace_per_minute: int
    at_once: int
    retry_owner: str = RetryOwner.NOBODY
    retry_rules: dict[str, dict[str, int]] = field(default_factory=dict)
    retry_max_attempts: int | None = None
    retry_interval_minutes: int | None = None
    start_at: datetime | None = None


def warnings(call_list: CallList) -> list[LaunchWarning]:
    """Return what has to be confirmed before this list starts."""
    return [
        *_size(call_list),
        *_sequential(call_list),
        *_left_out(call_list),
        *_undisclosed(call_list),
        *_without_consent(call_list),
    ]


def _size(call_list: CallList) -> Iterator[LaunchWarning]:
    people = call_list.contacts.to_call().count()
    if people > settings.LIST_EXPECTED_ROWS:
        sentence = _("%(people)s people are more than usual here. Is this really the list you mean to call?")
        yield LaunchWarning("size", sentence % {"people": number_format(people, force_grouping=True)})


def _sequential(call_list: CallList) -> Iterator[LaunchWarning]:
    longest = longest_run(call_list.contacts.to_call().values_list("phone_number", flat=True).iterator())
    if longest >= SEQUENTIAL:
        sentence = _(
            "%(longest)s telephone numbers follow one upon the other. Such numbers are mostly made up; people "
            "who did not give you their number must not be called."
        )
        yield LaunchWarning("sequential", sentence % {"longest": number_format(longest, force_grouping=True)})


def longest_run(numbers: Collection[str] | Iterator[str]) -> int:
    """Return how many of these numbers (E.164) follow one upon the other at most."""
    ordered = sorted({int(number[1:]) for number in numbers if number[1:].isdecimal()})
    longest = run = int(bool(ordered))
    for before, after in pairwise(ordered):
        run = run + 1 if after == before + 1 else 1
        longest = max(longest, run)
    return longest


def _left_out(call_list: CallList) -> Iterator[LaunchWarning]:
    rows = call_list.contacts.exclude(status=ContactStatus.REMOVED).count()
    bad = call_list.contacts.bad_rows().count()
    if bad * 2 > rows:
        yield LaunchWarning(
            "bad_rows", _("More than half of the rows cannot be called. Were the columns chosen rightly?")
        )


def _undisclosed(call_list: CallList) -> Iterator[LaunchWarning]:
    """The agent does not say that it is an AI, where people have to be told."""
    template = call_list.template
    if template.discloses_ai:
        return
    countries = call_list.contacts.to_call().order_by().values_list("country", flat=True).distinct()
    rules = CallingRule.objects.filter(country__in=list(countries), purpose__in=["", template.purpose])
    # The rule of the purpose comes after the one for every purpose, and counts instead of it.
    asked = {rule.country: rule.disclosure_required for rule in rules.order_by("country", "purpose")}
    asking = [country for country, required in asked.items() if required]
    if asking:
        words = [_("According to the template, the agent does not say that it is an AI.")]
        words += dict.fromkeys(_(rule) for rule in map(disclosure_rule, asking) if rule)
        yield LaunchWarning("disclosure", " ".join(words))


def _without_consent(call_list: CallList) -> Iterator[LaunchWarning]:
    template = call_list.template
    if template.purpose != Purpose.SERVICE and not template.consent_basis.strip():
        sentence = _("The template does not say why these people may be called for %(purpose)s.")
        yield LaunchWarning("consent", sentence % {"purpose": template.get_purpose_display()})


# --- The start --------------------------------------------------------------------------------


def launch(
    list_pk: int, how: LaunchSettings, *, by: "User | None", confirmed: Collection[str] = ()
) -> CallList:
    """Start a checked list, now or at `how.start_at`. Pressing twice starts it once.

    Raises ValidationError with a dictionary of field → sentences: of `how`, "confirmed" for warnings that were
    not confirmed, or "__all__".
    """
    now = timezone.now()
    checked = _checked(how, now)
    with transaction.atomic():
        call_list = list_status.locked(list_pk)
        if call_list.is_under_way:
            return call_list
        if call_list.status != ListStatus.CHECKED:
            raise ValidationError({"__all__": _("Only a list that has been checked can be started.")})
        if not call_list.contacts.to_call().exists():
            raise ValidationError(
                {"__all__": _("Nobody of this list may be called, so it cannot be started.")}
            )
        if not call_list.template.agent.is_active:
            raise ValidationError(
                {"__all__": _("OSVI no longer lists the agent of this template as active.")}
            )
        missing = [warning for warning in warnings(call_list) if warning.code not in confirmed]
        if missing:
            raise ValidationError({"confirmed": [warning.sentence for warning in missing]})
        later = checked["start_at"] is not None
        list_advance.set_going(
            call_list,
            now,
            gettext_noop("Planned to start later.") if later else gettext_noop("Started."),
            by=by,
            evidence={"confirmed": sorted(confirmed)},
            template_version=call_list.template.current_version(),
            launched_at=None if later else now,
            launched_by=by,
            confirmed=sorted(confirmed),
            **checked,
        )
    return call_list


def _checked(how: LaunchSettings, now: datetime) -> dict[str, Any]:
    """Return the list's fields for these settings. Raises ValidationError by field."""
    errors: dict[str, Any] = {}
    _within(errors, "pace_per_minute", how.pace_per_minute, settings.LIST_CALLS_PER_MINUTE)
    _within(errors, "at_once", how.at_once, settings.LIST_CALLS_AT_ONCE)
    if how.start_at is not None and how.start_at <= now:
        errors["start_at"] = _("This time has passed. Choose a later one, or start now.")
    values = {
        "pace_per_minute": how.pace_per_minute,
        "at_once": how.at_once,
        "start_at": how.start_at,
        **_retries(how, errors),
    }
    if errors:
        raise ValidationError(errors)
    return values


def _within(errors: dict[str, Any], name: str, value: int, maximum: int) -> None:
    if not 1 <= value <= maximum:
        errors[name] = _("Please enter a number from 1 to %(maximum)d.") % {"maximum": maximum}


def _retries(how: LaunchSettings, errors: dict[str, Any]) -> dict[str, Any]:
    """Return who rings again and how; of the other side nothing is kept, so that only one can."""
    values: dict[str, Any] = {
        "retry_owner": how.retry_owner,
        "retry_rules": {},
        "retry_max_attempts": None,
        "retry_interval_minutes": None,
    }
    match how.retry_owner:
        case RetryOwner.NOBODY:
            pass
        case RetryOwner.CONSOLE:
            try:
                values["retry_rules"] = list_retries.checked(how.retry_rules)
            except ValidationError as error:
                errors["retry_rules"] = error.messages
            else:
                if not values["retry_rules"]:
                    errors["retry_rules"] = _("Say after what, how often and when to ring again.")
        case RetryOwner.OSVI:
            for name, value in (
                ("retry_max_attempts", how.retry_max_attempts),
                ("retry_interval_minutes", how.retry_interval_minutes),
            ):
                limits = contract.limits(f"RetryConfig.{name.removeprefix('retry_')}")
                if value is None or not (limits.minimum or 0) <= value <= (limits.maximum or 0):
                    errors[name] = _("Please enter a number from %(minimum)d to %(maximum)d.") % {
                        "minimum": limits.minimum,
                        "maximum": limits.maximum,
                    }
                values[name] = value
        case _:
            errors["retry_owner"] = _("Choose who rings again.")
    return values
