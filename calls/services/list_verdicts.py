"""What the check says about people of a list: each row by itself, then all that has to be asked, in bulk.

The order of the verdicts is the order of the questions: the first that has something to say is the verdict.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.db.models import Q

from calls import rendering
from calls.choices import CALLABLE_VERDICTS, ContactStatus, ContactVerdict
from calls.hours.verdict import HoursVerdict, Reason
from calls.hours.zones import is_zone
from calls.models import CallList, CallLog, Contact
from calls.osvi import contract
from calls.osvi.cleaning import clean_text
from calls.services import caps, do_not_call, duplicates, hours, list_numbers
from calls.services.orders import NAME_PLACEHOLDER

# Keys of `Contact.detail`; services.contact_words says what stands under each.
HOW = "how"
LONGEST_NAME = Contact._meta.get_field("person_name").max_length or 0
LONGEST_ZONE = Contact._meta.get_field("time_zone").max_length or 0
# Rows of which something is wrong that is kept nowhere but in their cells: only a corrected row mends that.
_ONLY_IN_CELLS = frozenset({"country", "person_name", "characters"})
# A row with such a verdict does not take its number away from a later one.
_TAKES_NO_NUMBER = (
    ContactVerdict.UNCHECKED,
    ContactVerdict.BAD_NUMBER,
    ContactVerdict.MISSING_VALUE,
    ContactVerdict.BAD_VALUE,
    ContactVerdict.DUPLICATE,
)
_HOURS_UNKNOWN = frozenset({Reason.NO_RULE, Reason.NO_ZONE, Reason.NO_HOLIDAYS, Reason.NEVER_OPEN})


@dataclass(slots=True)
class Fields:
    """What is known of one person, as written. An empty `country` is that of the list."""

    number: str
    country: str = ""
    name: str = ""
    time_zone: str = ""
    values: dict[str, str] = field(default_factory=dict)


def owners(call_list_pk: int) -> Q:
    """Which contacts of a list have a number for themselves: later rows with it are duplicates."""
    taken_out_unused = Q(status=ContactStatus.REMOVED, attempts=0)
    return Q(call_list_id=call_list_pk) & ~Q(verdict__in=_TAKES_NO_NUMBER) & ~taken_out_unused


class Checker:
    """The rules for the people of one list at one moment: of its template, of hours, of do-not-call, of caps."""

    def __init__(self, call_list: CallList, now: datetime) -> None:
        template = call_list.template
        self.now = now
        self.country = call_list.country
        self.agent_pk = template.agent_id
        self.purpose = template.purpose
        self.required = [asked.name for asked in template.placeholders() if asked.fallback is None]
        self.greeting = _Greeting(template.greeting)
        self.hours = hours.book()

    # --- One row by itself --------------------------------------------------------------------

    def read(self, contact: Contact, fields: Fields) -> None:
        """Fill a contact in from what was written; it has no verdict yet unless something is wrong with it."""
        contact.person_name = fields.name[:LONGEST_NAME]
        contact.time_zone = (_zone(fields.time_zone) or fields.time_zone)[:LONGEST_ZONE]
        contact.values = fields.values
        contact.phone_number = contact.country = ""
        contact.verdict, contact.detail = ContactVerdict.UNCHECKED, {}
        country = self._country(fields)
        if not country:
            _bad_value(contact, "country", value=fields.country)
            return
        found = list_numbers.read(fields.number, country)
        if found.why:
            contact.verdict = ContactVerdict.BAD_NUMBER
            contact.detail = {"why": found.why, "country": country}
            return
        contact.phone_number, contact.country = found.number, found.country
        if found.how:
            contact.detail = {HOW: list(found.how), "code": found.code}
        self._look_at_values(contact)
        if len(fields.name) > LONGEST_NAME:
            _bad_value(contact, "person_name", length=len(fields.name), maximum=LONGEST_NAME)
        elif not _can_be_kept(contact):
            _bad_value(contact, "characters")

    def _country(self, fields: Fields) -> str:
        if not fields.country or list_numbers.is_international(fields.number):
            return self.country
        return list_numbers.country_of(fields.country)

    def look_again(self, contact: Contact) -> None:
        """Take the verdict from a contact that was read before, unless its row is wrong by itself."""
        is_lost = (
            contact.verdict == ContactVerdict.BAD_VALUE and contact.detail.get("field") in _ONLY_IN_CELLS
        )
        if is_lost or not contact.phone_number:
            return
        contact.verdict = ContactVerdict.UNCHECKED
        contact.detail = {key: contact.detail[key] for key in (HOW, "code") if key in contact.detail}
        self._look_at_values(contact)

    def _look_at_values(self, contact: Contact) -> None:
        values = {**contact.values, NAME_PLACEHOLDER: contact.person_name}
        missing = [name for name in self.required if not values.get(name, "").strip()]
        if missing:
            contact.verdict = ContactVerdict.MISSING_VALUE
            contact.detail = {**contact.detail, "names": missing}
        elif contact.time_zone and not is_zone(contact.time_zone):
            _bad_value(contact, "time_zone", value=contact.time_zone)
        elif too_long := self.greeting.too_long(values):
            _bad_value(contact, "greeting", length=too_long, maximum=self.greeting.maximum)

    # --- What has to be asked -----------------------------------------------------------------

    def judge(self, contacts: Iterable[Contact], seen: dict[str, int]) -> None:
        """Give every contact its verdict and the status that follows from it.

        `seen` says which row has which number; the numbers of these contacts are added.
        A question is asked once for all of them, so at most some thousand at a time.
        """
        contacts = list(contacts)
        fine = [contact for contact in contacts if contact.verdict == ContactVerdict.UNCHECKED]
        first = []
        for contact in fine:
            row = seen.setdefault(contact.phone_number, contact.row)
            if row == contact.row:
                first.append(contact)
            else:
                _say(contact, ContactVerdict.DUPLICATE, row=row)
        answers = _Answers([contact.phone_number for contact in first], self.agent_pk, self.now)
        for contact in first:
            self._judge(contact, answers)
        for contact in contacts:
            may_be_called = contact.verdict in CALLABLE_VERDICTS
            contact.status = ContactStatus.WAITING if may_be_called else ContactStatus.SKIPPED

    def _judge(self, contact: Contact, answers: "_Answers") -> None:
        contact.next_attempt_at = None
        number = contact.phone_number
        if refused := answers.suppressed(number):
            _say(contact, ContactVerdict.DO_NOT_CALL, **refused)
            return
        zone = contact.time_zone or list_numbers.only_zone(number)
        verdict = self.hours.verdict(self.now, number, contact.country, self.purpose, zone)
        if verdict.reason in _HOURS_UNKNOWN:
            _say(contact, ContactVerdict.NO_HOURS, why=str(verdict.reason), country=contact.country)
        elif cap := answers.over_cap(number):
            _say(contact, ContactVerdict.OVER_CAP, **cap)
        elif call := answers.recent(number):
            _say(contact, ContactVerdict.RECENT, **call)
        elif not verdict.allowed:
            contact.next_attempt_at = verdict.opens_at
            _say(contact, ContactVerdict.OUTSIDE_HOURS, **_opening(verdict))
        else:
            _say(contact, ContactVerdict.FIXED if HOW in contact.detail else ContactVerdict.READY)


class _Answers:
    """What do-not-call, caps and the latest calls say about some numbers, each asked once for all."""

    def __init__(self, numbers: Collection[str], agent_pk: int, now: datetime) -> None:
        self._entries = do_not_call.entries(numbers, agent_pk, now) if numbers else {}
        self._undecided = do_not_call.undecided(numbers) if numbers else set()
        self._used = caps.used(numbers, now) if numbers else {}
        self._newest = duplicates.newest_by_number(numbers) if numbers else {}
        moments = CallLog.objects.filter(pk__in=self._newest.values()) if self._newest else None
        self._moments = dict(moments.values_list("pk", "requested_at")) if moments is not None else {}

    def suppressed(self, number: str) -> dict[str, Any] | None:
        if entry := self._entries.get(number):
            return {
                "entry": entry.pk,
                "since": entry.added_at.isoformat(),
                "until": entry.expires_at.isoformat() if entry.expires_at else "",
                "agent": entry.agent.name if entry.agent else "",
                "reason": entry.reason,
            }
        return {"undecided": True} if number in self._undecided else None

    def over_cap(self, number: str) -> dict[str, Any] | None:
        day, week = self._used.get(number, (0, 0))
        cap = caps.over_cap(day, week)
        return {"cap": cap, "calls": day if cap == "day" else week} if cap else None

    def recent(self, number: str) -> dict[str, Any] | None:
        call_pk = self._newest.get(number)
        if call_pk is None:
            return None
        at = self._moments.get(call_pk)
        return {"call": call_pk, "at": at.isoformat() if at else ""}


class _Greeting:
    """How long a greeting gets with values, without rendering it for everybody."""

    def __init__(self, text: str) -> None:
        self.maximum = contract.limits("CallRequest.initial_greeting").max_length or 0
        self._text = text
        pieces = rendering.render_marked(text, {})
        self._fixed = sum(len(piece.text) for piece in pieces if piece.kind is rendering.PieceKind.LITERAL)
        self._filled = [
            (piece.name, len(piece.text) if piece.kind is rendering.PieceKind.FALLBACK else 0)
            for piece in pieces
            if piece.name
        ]

    def too_long(self, values: Mapping[str, str]) -> int:
        """Return the length with these values if OSVI does not take it, otherwise 0."""
        longest = self._fixed + sum(max(len(values.get(name, "")), other) for name, other in self._filled)
        if longest <= self.maximum:
            return 0
        stripped = {name: value.strip() for name, value in values.items()}
        pieces = rendering.render_marked(self._text, stripped)
        length = len("".join(piece.text for piece in pieces).strip())
        return length if length > self.maximum else 0


def _can_be_kept(contact: Contact) -> bool:
    """Whether every database holds the texts as they are; files are clean already, forms may not be."""
    texts = "\n".join([contact.person_name, contact.time_zone, *contact.values.values()])
    return clean_text(texts) == texts


def _say(contact: Contact, verdict: ContactVerdict, **detail: Any) -> None:
    """Give a contact its verdict; that a number was mended is kept."""
    contact.verdict = verdict
    if detail:
        contact.detail = {**contact.detail, **detail}


def _bad_value(contact: Contact, field_name: str, **detail: Any) -> None:
    _say(contact, ContactVerdict.BAD_VALUE, field=field_name, **detail)


def _opening(verdict: HoursVerdict) -> dict[str, Any]:
    """When the person may be called, and in which zone that is told; none if it may be one of several."""
    return {
        "opens_at": verdict.opens_at.isoformat() if verdict.opens_at else "",
        "zone": verdict.zones[0] if len(verdict.zones) == 1 else "",
        "holiday": verdict.reason is Reason.HOLIDAY,
    }


def _zone(text: str) -> str:
    """Return the zone that is meant, however its capitals and blanks are written; empty if there is none."""
    if not text or is_zone(text):
        return text
    return _zones_by_name().get(text.strip().replace(" ", "_").casefold(), "")


@cache
def _zones_by_name() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() if is_zone(name)}
