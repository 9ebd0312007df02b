"""Guards: may this number be called, asked when a call is placed and again right before it is dialled.

Do-not-call holds always. Calling hours and caps do not hold for tests on one's own telephone, nor where a person
with the permission gave a reason. The day's hard stop of the whole console holds always.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, gettext_noop

from calls.choices import CallStatus
from calls.hours.verdict import HoursVerdict, Reason
from calls.models import CallLog, CallTemplate, DoNotCall, StaffPreference
from calls.services import caps, do_not_call, duplicates
from calls.services.hours import book

SUPPRESSED, HOURS, UNKNOWN_HOURS, CAP, CONSOLE_CAP = (
    "suppressed",
    "hours",
    "unknown_hours",
    "cap",
    "console_cap",
)
# The key of a refusal in the evidence of the step that it led to.
_KEY = "guard"

_ON_LIST = gettext_noop("This number is on the do-not-call list since %(day)s.")
_UNDECIDED = gettext_noop(
    "This person may have asked not to be called. Until somebody decides, lists leave them alone."
)
_CLOSED = gettext_noop("Outside calling hours until %(time)s (%(zone)s).")
_WAITS = gettext_noop("Outside calling hours: the call waits until %(time)s (%(zone)s).")
_NEVER_OPEN = gettext_noop("There is no time within two weeks at which this number may be called.")
_UNKNOWN = {
    Reason.NO_RULE: gettext_noop("It is not known at which hours people of this country may be called."),
    Reason.NO_ZONE: gettext_noop("It is not known what time it is where this number belongs."),
    Reason.NO_HOLIDAYS: gettext_noop("It is not known which days are public holidays in this country."),
}
_DAY_CAP = gettext_noop("This number was called %(count)d times within 24 hours, as often as it may be.")
_WEEK_CAP = gettext_noop("This number was called %(count)d times within seven days, as often as it may be.")
_CONSOLE_CAP = gettext_noop("The console sent %(count)d calls today, which is all it may send on one day.")


@dataclass(frozen=True)
class Refusal:
    """Why a number is not called now: `sentence` is English, with the places that `values` fill.

    `kind` is one of the names at the top of this module; `opens_at` when that may change, if it is known.
    """

    kind: str
    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)
    opens_at: datetime | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """The sentence as it is kept, in English."""
        return self.sentence % self.values

    @property
    def words(self) -> str:
        """The sentence in the reader's language."""
        return gettext(self.sentence) % self.values

    def as_evidence(self) -> dict[str, Any]:
        """Return what the step keeps that this refusal led to; refusal_of() reads it again."""
        opens_at = self.opens_at.isoformat() if self.opens_at else None
        return {**self.evidence, _KEY: {"kind": self.kind, "opens_at": opens_at}}


@dataclass(frozen=True)
class Subject:
    """Whom a call would ring and for what: all that the guards look at. `number` as E.164."""

    number: str
    country: str
    agent_pk: int | None
    purpose: str = ""
    time_zone: str = ""
    is_of_list: bool = False


@dataclass(frozen=True)
class Look:
    """What was found: the refusal, if any, and the evidence of what was looked at."""

    refusal: Refusal | None
    evidence: dict[str, Any]


def before_dialling(call: CallLog, now: datetime) -> Refusal | None:
    """Return why this call must not be sent at this moment, or None. Asks all guards and changes nothing."""
    subject = subject_of(call)
    refusal = suppression(subject, now)
    if refusal is None and not _is_exempt(call, subject):
        refusal = closed(hours_of(subject, now)) or over_cap(subject.number, now)
    if refusal is None and caps.day_is_full(now):
        refusal = day_is_full(now)
    return refusal


def before_claim(call: CallLog, now: datetime) -> Look:
    """Ask about the hours, before a worker claims the call. The rest is asked by the claim itself."""
    subject = subject_of(call)
    if call.override_reason:
        return Look(None, {"override": call.override_reason})
    if _is_exempt(call, subject):
        return Look(None, {"own_telephone": True})
    verdict = hours_of(subject, now)
    refusal = closed(verdict)
    if refusal is not None:
        # Who is on the list is not kept waiting for calling hours.
        refusal = suppression(subject, now) or refusal
    return Look(refusal, hours_evidence(verdict))


def not_suppressed(call: CallLog, now: datetime) -> Q:
    """Return, as a condition of the very update that claims the call, that nobody forbids it at that moment."""
    subject = subject_of(call)
    entries = DoNotCall.objects.in_force(now).about([subject.number], subject.agent_pk)
    allowed = Q(~Exists(entries.order_by()))
    if subject.is_of_list:
        allowed &= Q(~Exists(DoNotCall.objects.undecided().numbered([subject.number]).order_by()))
    return allowed


def has_room(call: CallLog, now: datetime) -> bool:
    """Tell whether the caps of the number allow the call. For the transaction of the claim.

    Workers with other calls to the number wait until it ends, so that each sees what those before it have sent.
    """
    if not caps.per_number():
        return True
    duplicates.lock(call.phone_number)
    subject = subject_of(call)
    return _is_exempt(call, subject) or over_cap(subject.number, now) is None


def _is_exempt(call: CallLog, subject: Subject) -> bool:
    """Whether neither hours nor caps hold: a reason was given for it, or somebody tests on their own telephone."""
    if call.override_reason:
        return True
    return call.is_test and is_own_telephone(subject.number, call.placed_by_id)


def refusal_of(call: CallLog) -> Refusal | None:
    """Return why a guard kept this call from being sent, as its history tells; None if none did."""
    event = call.events.filter(to_status__in=[CallStatus.BLOCKED, CallStatus.SCHEDULED]).last()
    told = (event.evidence.get(_KEY) if event else None) or {}
    if event is None or not told.get("kind"):
        return None
    evidence = {name: value for name, value in event.evidence.items() if name != _KEY}
    opens_at = parse_datetime(told["opens_at"]) if told.get("opens_at") else None
    return Refusal(told["kind"], event.why.replace("%", "%%"), {}, opens_at, evidence)


def refusal_in(error: ValidationError) -> Refusal | None:
    """Return the refusal for which services.place raised this error; None if it was for something else."""
    for problems in getattr(error, "error_dict", {}).values():
        for problem in problems:
            refusal = (problem.params or {}).get("refusal")
            if isinstance(refusal, Refusal):
                return refusal
    return None


# --- One by one -------------------------------------------------------------------------------


def subject_of(call: CallLog) -> Subject:
    """Return whom this call would ring."""
    number = call.phone_number.as_e164 if call.phone_number else ""
    is_of_list = call.contact_id is not None
    return Subject(number, call.country, call.agent_id, call.purpose, call.time_zone, is_of_list)


def is_own_telephone(number: str, person_pk: int | None) -> bool:
    """Tell whether test calls of this person ring this number."""
    if person_pk is None:
        return False
    return StaffPreference.objects.filter(user=person_pk, test_number=number).exists()


def suppression(subject: Subject, now: datetime) -> Refusal | None:
    """Return the refusal if the number is on the do-not-call list of the agent or of all.

    Lists also leave alone whoever may have asked for that, until somebody decides.
    """
    entry = do_not_call.entries([subject.number], subject.agent_pk, now).get(subject.number)
    if entry is not None:
        return listed(entry)
    if subject.is_of_list and do_not_call.undecided([subject.number]):
        return Refusal(SUPPRESSED, _UNDECIDED)
    return None


def listed(entry: DoNotCall) -> Refusal:
    """Return the refusal of an entry that is in force."""
    day = timezone.localdate(entry.added_at).isoformat()
    return Refusal(SUPPRESSED, _ON_LIST, {"day": day}, entry.expires_at, {"entry": entry.pk})


def hours_of(subject: Subject, at: datetime) -> HoursVerdict:
    """Return what the calling hours say about this moment."""
    rules = book([subject.country])
    return rules.verdict(at, subject.number, subject.country, subject.purpose, subject.time_zone)


def closed(verdict: HoursVerdict) -> Refusal | None:
    """Return the refusal if the hours do not allow a call, or are not known."""
    if verdict.allowed:
        return None
    evidence = hours_evidence(verdict)
    if verdict.reason in _UNKNOWN:
        return Refusal(UNKNOWN_HOURS, _UNKNOWN[verdict.reason], evidence=evidence)
    if verdict.opens_at is None:
        return Refusal(HOURS, _NEVER_OPEN, evidence=evidence)
    return Refusal(HOURS, _CLOSED, _clock(verdict), verdict.opens_at, evidence)


def waiting(refusal: Refusal) -> Refusal:
    """Return a refusal that can wait, as the sentence of a call that does wait."""
    return Refusal(refusal.kind, _WAITS, refusal.values, refusal.opens_at, refusal.evidence)


def over_cap(number: str, now: datetime) -> Refusal | None:
    """Return the refusal if the number was called as often as it may be."""
    if not caps.per_number():
        return None
    day, week = caps.used([number], now)[number]
    which = caps.over_cap(day, week)
    if not which:
        return None
    sentence, count = (_DAY_CAP, day) if which == "day" else (_WEEK_CAP, week)
    evidence = {"calls": {"day": day, "week": week}}
    return Refusal(CAP, sentence, {"count": count}, caps.free_again_at(number, now), evidence)


def day_is_full(now: datetime) -> Refusal:
    """Return the refusal when the console sent as many calls as it may on this day."""
    return Refusal(CONSOLE_CAP, _CONSOLE_CAP, {"count": settings.CALLS_A_DAY}, caps.next_day(now))


def _clock(verdict: HoursVerdict) -> dict[str, str]:
    """Return when it opens: by the console's clock, or by the one there if it is certain that it shows another time."""
    console = timezone.get_default_timezone_name()
    assert verdict.opens_at is not None  # noqa: S101  # the sentence needs it
    here = verdict.opens_at.astimezone(ZoneInfo(console))
    there = [verdict.opens_at.astimezone(ZoneInfo(name)) for name in verdict.zones]
    if len(there) != 1 or there[0].utcoffset() == here.utcoffset():
        return {"time": f"{here:%Y-%m-%d %H:%M}", "zone": console}
    return {"time": f"{there[0]:%Y-%m-%d %H:%M}", "zone": verdict.zones[0]}


# --- The evidence -----------------------------------------------------------------------------


def hours_evidence(verdict: HoursVerdict) -> dict[str, Any]:
    """Return by which rule, zones and clocks the hours were judged, as JSON."""
    if not settings.CALLING_HOURS_APPLY:
        return {"hours": "do not apply on this console"}
    at = verdict.at or timezone.now()
    rule = verdict.rules
    found: dict[str, Any] = {
        "verdict": verdict.reason.value,
        "zones": {
            name: at.astimezone(ZoneInfo(name)).isoformat(timespec="minutes") for name in verdict.zones
        },
        "opens_at": verdict.opens_at.isoformat() if verdict.opens_at else None,
        "closes_at": verdict.closes_at.isoformat() if verdict.closes_at else None,
    }
    if rule is not None:
        found["rule"] = {
            "country": rule.country,
            "purpose": rule.purpose,
            "source": rule.source,
            "reviewed_on": rule.reviewed_on.isoformat(),
        }
    return {"hours": found}


def consent_evidence(template: CallTemplate | None) -> dict[str, Any]:
    """Return on what basis people are called with this template, as JSON."""
    if template is None:
        return {"consent": None}
    return {"consent": {"basis": template.consent_basis, "discloses_ai": template.discloses_ai}}
