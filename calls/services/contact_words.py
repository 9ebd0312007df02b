"""What the check said of a person of a list, as a sentence for people.

Keys of `Contact.detail`, by verdict: `how` and `code` (what was mended of the number; kept beside every later
verdict), `row` (duplicate), `entry` `since` `until` `agent` `reason` or `undecided` (do not call), `why` `country`
(bad number, no hours), `names` (missing values), `field` with `value` or `length` `maximum` (bad value), `cap` `calls`
(over a cap), `call` `at` (called recently), `opens_at` `zone` `holiday` (outside hours). No sentence says a number.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.choices import ContactVerdict
from calls.countries import country_name
from calls.models import Agent, Contact, DoNotCall
from calls.services import do_not_call, list_numbers

_WEEK = timedelta(days=6)


def words(contact: Contact) -> str:
    """Return the verdict as whole sentences: what was found and, if there is something to do, what."""
    detail = contact.detail
    match contact.verdict:
        case ContactVerdict.UNCHECKED:
            return _("Not checked yet.")
        case ContactVerdict.READY:
            return _("Ready to be called.")
        case ContactVerdict.FIXED:
            return mended(detail) or _("The number was mended.")
        case ContactVerdict.OUTSIDE_HOURS:
            return " ".join(part for part in (_opening(detail), mended(detail)) if part)
        case ContactVerdict.DUPLICATE:
            return _("Same number as row %(row)s.") % {"row": detail.get("row", "")}
        case ContactVerdict.RECENT:
            return _recent(detail)
        case ContactVerdict.DO_NOT_CALL:
            return _suppressed(detail)
        case ContactVerdict.OVER_CAP:
            return _over_cap(detail)
        case ContactVerdict.NO_HOURS:
            return _no_hours(contact)
        case ContactVerdict.MISSING_VALUE:
            return _("No value for %(names)s: the agent says it during the call.") % {
                "names": ", ".join(_name_of(name) for name in detail.get("names", []))
            }
        case ContactVerdict.BAD_VALUE:
            return _bad_value(detail)
        case ContactVerdict.BAD_NUMBER:
            return _bad_number(detail)
    return str(contact.get_verdict_display())


def short(contact: Contact) -> str:
    """Return the verdict in a few words, for a badge."""
    if contact.verdict == ContactVerdict.OUTSIDE_HOURS and (opens := _opens(contact.detail)):
        return _("Opens %(time)s") % {"time": opens}
    if contact.verdict == ContactVerdict.DUPLICATE and (row := contact.detail.get("row")):
        return _("Same as row %(row)s") % {"row": row}
    return str(contact.get_verdict_display())


def problem(contact: Contact) -> dict[str, str]:
    """Return what is wrong with the row itself, by field of a form: phone_number, country, person_name, time_zone,
    values.<placeholder>; empty if nothing is.
    """
    sentence, detail = words(contact), contact.detail
    match contact.verdict:
        case ContactVerdict.BAD_NUMBER:
            return {"phone_number": sentence}
        case ContactVerdict.MISSING_VALUE:
            fill = _("Please fill this in: the agent says it during the call.")
            return {_field(name): fill for name in detail.get("names", [])}
        case ContactVerdict.BAD_VALUE:
            place = detail.get("field", "")
            return {place if place in {"country", "person_name", "time_zone"} else "__all__": sentence}
    return {}


def _field(name: str) -> str:
    return name if name == "person_name" else f"values.{name}"


def _name_of(name: str) -> str:
    return _("the name") if name == "person_name" else f"“{name}”"


# --- One function a verdict -------------------------------------------------------------------


def mended(detail: dict[str, Any]) -> str:
    """Say what was mended of the number; an empty text if nothing was."""
    parts = [part for how in detail.get("how", []) if (part := _mended_part(how, detail))]
    return _("Number mended: %(parts)s.") % {"parts": ", ".join(parts)} if parts else ""


def _mended_part(how: str, detail: dict[str, Any]) -> str:
    match how:
        case list_numbers.PUNCTUATION:
            return _("blanks and signs removed")
        case list_numbers.DECIMAL:
            return _("decimals removed")
        case list_numbers.PLUS:
            return _("“+” added")
        case list_numbers.PREFIX:
            return _("international prefix written as “+”")
        case list_numbers.LEADING_ZERO:
            return _("leading 0 removed")
        case list_numbers.COUNTRY_CODE:
            return _("country code %(code)s added") % {"code": detail.get("code", "")}
    return _("written in the international form")


def _recent(detail: dict[str, Any]) -> str:
    if at := _moment(detail.get("at")):
        return _(
            "A call to this number was asked for on %(time)s, so another one now would be one too many."
        ) % {"time": _told(at)}
    return _("This number was called a short while ago, so another call now would be one too many.")


def _suppressed(detail: dict[str, Any]) -> str:
    if detail.get("undecided"):
        return _("Somebody may have asked not to be called any more. A person has to decide that first.")
    since = _moment(detail.get("since"))
    if since is None:
        return _("This number must not be called any more.")
    entry = DoNotCall(
        added_at=since, expires_at=_moment(detail.get("until")), reason=str(detail.get("reason", ""))
    )
    if agent := detail.get("agent"):
        entry.agent = Agent(name=agent)
    return do_not_call.sentence(entry)


def _over_cap(detail: dict[str, Any]) -> str:
    calls = int(detail.get("calls", 0))
    sentence = (
        ngettext(
            "Called %(calls)d time within 24 hours; that is often enough.",
            "Called %(calls)d times within 24 hours; that is often enough.",
            calls,
        )
        if detail.get("cap") == "day"
        else ngettext(
            "Called %(calls)d time within seven days; that is often enough.",
            "Called %(calls)d times within seven days; that is often enough.",
            calls,
        )
    )
    return sentence % {"calls": calls}


def _no_hours(contact: Contact) -> str:
    place = country_name(contact.detail.get("country", ""))
    match contact.detail.get("why"):
        case "no_zone":
            return _(
                "It is not known what time it is where this number belongs. Enter the person's time zone."
            )
        case "no_holidays":
            return _("It is not known which days are public holidays in %(country)s.") % {"country": place}
        case "never_open":
            return _("There is no time within the next two weeks at which this number may be called.")
    return _("It is not known at which hours people in %(country)s may be called.") % {"country": place}


def _bad_value(detail: dict[str, Any]) -> str:
    value = detail.get("value", "")
    match detail.get("field"):
        case "country":
            return _("“%(value)s” is not a country. Write its name or its two letters, such as IN.") % {
                "value": value
            }
        case "time_zone":
            return _("“%(value)s” is not a time zone. Write one such as Asia/Kolkata, or leave it empty.") % {
                "value": value
            }
        case "person_name":
            return _("The name is %(length)s characters long; at most %(maximum)s are possible.") % detail
        case "greeting":
            return (
                _(
                    "With these values the greeting is %(length)s characters long; OSVI takes at most %(maximum)s."
                )
                % detail
            )
    return _("It contains characters that cannot be stored.")


def _bad_number(detail: dict[str, Any]) -> str:
    place = country_name(detail.get("country", ""))
    match detail.get("why"):
        case list_numbers.EMPTY:
            return _("There is no number.")
        case list_numbers.MANGLED:
            return _(
                "A spreadsheet program has destroyed the number. Format the column as text and enter it again."
            )
        case list_numbers.LETTERS:
            return _("The number holds letters. Write digits only, and one number only.")
        case list_numbers.EXTENSION:
            return _("A number with an extension cannot be called. Write a number that rings directly.")
        case list_numbers.TOO_SHORT:
            return _("The number has too few digits for %(country)s.") % {"country": place}
        case list_numbers.TOO_LONG:
            return _("The number has too many digits for %(country)s. Write one number only.") % {
                "country": place
            }
        case list_numbers.NO_COUNTRY:
            return _("The number belongs to no country, so it cannot be called through OSVI.")
        case list_numbers.UNKNOWN:
            return _("There is no such number in %(country)s. Check the digits and the country.") % {
                "country": place
            }
    return _("This is not a telephone number. Check the digits and the country.")


# --- Moments ----------------------------------------------------------------------------------


def _opening(detail: dict[str, Any]) -> str:
    opens = _opens(detail)
    if not opens:
        return _("Outside calling hours now.")
    values = {"time": opens}
    if detail.get("holiday"):
        return (
            _("Public holiday there. Opens %(time)s there.")
            if detail.get("zone")
            else _("Public holiday there. Opens %(time)s your time.")
        ) % values
    return (_("Opens %(time)s there.") if detail.get("zone") else _("Opens %(time)s your time.")) % values


def _opens(detail: dict[str, Any]) -> str:
    """Return when a number may be called, by the clock there if that is certain: "Monday 09:00"."""
    at = _moment(detail.get("opens_at"))
    if at is None:
        return ""
    local = at.astimezone(ZoneInfo(detail.get("zone") or settings.TIME_ZONE))
    if abs(at - timezone.now()) < _WEEK:
        return f"{formats.date_format(local, 'l')} {local:%H:%M}"
    return f"{formats.date_format(local, 'j M')}, {local:%H:%M}"


def _told(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{formats.date_format(local, 'j M Y')}, {local:%H:%M}"


def _moment(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
