"""What the guards say on the page "Place a call", and the fields with which people answer them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.hours.sentences import sentence as hours_sentence
from calls.hours.verdict import HoursVerdict
from calls.hours.zones import is_zone, zones_of
from calls.models import CallLog
from calls.services import caps, do_not_call, guards
from calls.services.guards import Subject
from calls.services.numbers import NumberFacts

if TYPE_CHECKING:
    from calls.admin.place_form import PlaceForm

GOOD, WAITS, REFUSED = "good", "waits", "bad"


@dataclass(frozen=True)
class Line:
    """One sentence of a guard and how it is meant: "good", "waits" or "bad"."""

    words: str
    tone: str

    @property
    def icon(self) -> str:
        return {GOOD: "check", WAITS: "clock"}.get(self.tone, "alert")


@dataclass(frozen=True)
class GuardWords:
    """What the guards say to the page as it stands; `waits_until` if the call would wait, although asked for now."""

    lines: tuple[Line, ...] = ()
    waits_until: datetime | None = None


def guard_fields() -> dict[str, forms.Field]:
    """Return the fields of the form that answer guards."""
    return {
        "time_zone": forms.CharField(
            label=_("Time zone of the person"),
            max_length=64,
            required=False,
            widget=forms.Select,
            help_text=_(
                "The number may belong to several. If you do not know, all of them have to allow a call."
            ),
        ),
        "override_reason": forms.CharField(
            label=_("Why this person is called all the same"),
            max_length=CallLog._meta.get_field("override_reason").max_length,
            required=False,
            widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
            help_text=_(
                "Then neither calling hours nor the caps of the number hold for this call. The reason is kept "
                "with your name. It does not hold against the do-not-call list."
            ),
        ),
    }


# --- The zone ---------------------------------------------------------------------------------


def own_zone(form: "PlaceForm") -> str:
    """Return the zone that was chosen, if this number can belong to it; otherwise nothing is known of the person."""
    chosen = form.text("time_zone")
    return chosen if chosen in _possible_zones(form) else ""


def offer_zones(form: "PlaceForm", now: datetime) -> bool:
    """Let the field offer the zones of the number. Returns whether there is anything to choose."""
    zones = _possible_zones(form)
    clocks = {name: now.astimezone(ZoneInfo(name)) for name in zones}
    names = sorted(zones, key=lambda name: clocks[name].replace(tzinfo=None))
    widget = form.fields["time_zone"].widget
    widget.choices = [
        ("", _now("Not known")),
        *((name, f"{name.replace('_', ' ')} · {clocks[name]:%H:%M}") for name in names),
    ]
    return len(zones) > 1


def _possible_zones(form: "PlaceForm") -> list[str]:
    """Return the zones of the number, and the one that was known of the person of the earlier call."""
    number = form.e164()
    if not number:
        return []
    found = list(zones_of(number))
    earlier = form.row("again") or form.row("number_of")
    known = earlier.time_zone if earlier is not None and earlier.phone_number.as_e164 == number else ""
    return [*found, known] if known and known not in found and is_zone(known) else found


# --- The sentences ----------------------------------------------------------------------------


def words(
    form: "PlaceForm", facts: NumberFacts | None, at: datetime | None, *, may_override: bool, now: datetime
) -> GuardWords:
    """Return what the guards say about calling this number at `at`, None for now."""
    if facts is None:
        return GuardWords()
    subject = _subject(form, facts)
    entry = do_not_call.entries([subject.number], subject.agent_pk, now).get(subject.number)
    if entry is not None:
        return GuardWords((Line(do_not_call.sentence(entry), REFUSED),))
    if may_override and form.text("override_reason").strip():
        return GuardWords((Line(_now("Called all the same, for the reason given below."), WAITS),))
    found = [*_hours(subject, at, now), *_caps(subject, at or now)]
    lines = tuple(line for line, _until in found)
    is_refused = any(line.tone == REFUSED for line in lines)
    return GuardWords(lines, None if is_refused else next((until for _line, until in found if until), None))


def _subject(form: "PlaceForm", facts: NumberFacts) -> Subject:
    agent = form.row("agent")
    return Subject(
        number=facts.number.as_e164,
        country=facts.country,
        agent_pk=agent.pk if agent else None,
        purpose=_purpose(form) if settings.CALLING_HOURS_APPLY else "",
        time_zone=own_zone(form),
    )


def _purpose(form: "PlaceForm") -> str:
    """Return what the chosen template is for; "" without one."""
    chosen, version = str(form["template"].value() or ""), form.row("version")
    if not chosen:
        return ""
    if version is not None and str(version.template_id) == chosen:
        return str(version.template.purpose)
    template = form.row("template")
    return str(template.purpose) if template else ""


def _hours(subject: Subject, at: datetime | None, now: datetime) -> list[tuple[Line, datetime | None]]:
    if not settings.CALLING_HOURS_APPLY:
        return []
    verdict = guards.hours_of(subject, at or now)
    said = hours_sentence(verdict, timezone.get_current_timezone_name(), subject.country)
    if verdict.opens_at is None:
        return [(Line(said, REFUSED), None)]
    if at is None and not verdict.allowed:
        return [(Line(f"{said} {_now('The call will wait until then.')}", WAITS), verdict.opens_at)]
    return [(Line(said, GOOD), None) if at is None else (_at_chosen_time(verdict, said), None)]


def _at_chosen_time(verdict: HoursVerdict, said: str) -> Line:
    if verdict.allowed:
        return Line(_now("The time you chose lies within calling hours there."), GOOD)
    return Line(f"{_now('The time you chose lies outside calling hours there.')} {said}", REFUSED)


def _caps(subject: Subject, at: datetime) -> list[tuple[Line, datetime | None]]:
    refusals = [guards.over_cap(subject.number, at)]
    if caps.day_is_full(at):
        refusals.append(guards.day_is_full(at))
    return [(Line(refusal.words, REFUSED), None) for refusal in refusals if refusal]
