"""What the page "Place a call" says while somebody types: the number, the words, a review, the button.

The page holds these parts from the start; with scripts it fetches them anew, by POST, so that no number
stands in an address. Nothing is written or logged.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls import rendering
from calls.admin import place_guards
from calls.admin.countries import country_choices
from calls.admin.fields import GREETING_LIMIT
from calls.admin.permissions import has_verb, require_verb
from calls.admin.place_form import VALUE_PREFIX, PlaceForm
from calls.admin.place_sections import hints_of
from calls.models import CallLog
from calls.services import duplicates, numbers
from calls.services.numbers import NumberFacts
from calls.templatetags.call_display import exact

LOOK_BACK = timedelta(days=7)
SHOWN = 3
# More calls to one number within a week than anybody counts.
MOST = 50


def live(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Answer with the parts of the page that depend on what is typed; 401 with a reload after a log-out."""
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    require_verb(request, "place_call")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    # As what a page begins with, not as what was sent: nobody is told of errors while typing.
    form = PlaceForm(initial=request.POST.dict(), may_see_calls=has_verb(request, "view_calllog"))
    context = live_context(request, form)
    # Only fields that the page does not have yet: what somebody is typing in must stay as it is.
    asked = {name for name in request.POST if name.startswith(VALUE_PREFIX)}
    context["values_changed"] = asked != set(form.value_names())
    return TemplateResponse(request, "console/place_call_live.html", context)


def live_context(request: HttpRequest, form: PlaceForm) -> dict[str, Any]:
    """Return everything the parts show for what stands in the form, checked or not."""
    now = timezone.now()
    facts, problem = _number(form, now)
    may_see_calls = has_verb(request, "view_calllog")
    asked_for = _scheduled(form)
    may_override = has_verb(request, "override_guards")
    guard = place_guards.words(form, facts, asked_for, may_override=may_override, now=now)
    at = asked_for or guard.waits_until
    return {
        "form": form,
        "values": [form[name] for name in form.value_names()],
        "number": _number_words(form, facts, problem, now)
        | {"is_hidden": form.hidden_number is not None, "may_reveal": has_verb(request, "reveal_number")}
        | {"guards": guard.lines, "has_zones": place_guards.offer_zones(form, now)},
        "greeting": Text.of(form, "greeting", GREETING_LIMIT),
        "prompt": Text.of(form, "prompt"),
        "review": _review(form, facts, may_see_calls=may_see_calls, now=now)
        | {"when": _when(at, facts), "guards": guard.lines},
        "duplicate": _duplicate(form, facts, at or now),
        "may_see_calls": may_see_calls,
        "may_override": may_override,
        "button_words": _button_words(form, facts, at),
        "settings_words": hints_of(form)["settings"],
    }


# --- The number -------------------------------------------------------------------------------


def _number(form: PlaceForm, now: datetime) -> tuple[NumberFacts | None, str]:
    text = form.number()
    if not text:
        return None, ""
    try:
        return numbers.read(text, str(form["country"].value() or ""), now), ""
    except ValidationError as error:
        return None, " ".join(error.messages)


def _number_words(form: PlaceForm, facts: NumberFacts | None, problem: str, now: datetime) -> dict[str, Any]:
    if facts is None:
        return {"problem": problem}
    return {
        "written": form.as_shown(facts.number),
        "country": dict(country_choices()).get(facts.country, facts.country).rpartition(" (")[0],
        "time": _time_there(facts, now),
        "is_day": facts.is_day(now),
    }


def _time_there(facts: NumberFacts, now: datetime) -> str:
    times = [f"{at:%H:%M}" for at in facts.local_times(now)]
    if not times:
        return ""
    if len(times) == 1:
        return _("It is %(time)s there now.") % {"time": times[0]}
    return _("It is between %(first)s and %(last)s there now, depending on the place.") % {
        "first": times[0],
        "last": times[-1],
    }


# --- The words --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """A greeting or prompt with the values filled in, as far as it can be read."""

    pieces: list[rendering.Piece]
    problem: str = ""
    limit: int | None = None

    @classmethod
    def of(cls, form: PlaceForm, name: str, limit: int | None = None) -> "Text":
        try:
            return cls(form.preview(name), limit=limit)
        except rendering.TemplateTextError as error:
            return cls([], problem=" ".join(error.sentences), limit=limit)

    @property
    def is_missing_values(self) -> bool:
        return any(piece.kind is rendering.PieceKind.MISSING for piece in self.pieces)

    @property
    def length(self) -> int:
        """How many characters the person hears; what is still missing does not count."""
        said = (piece.text for piece in self.pieces if piece.kind is not rendering.PieceKind.MISSING)
        return len("".join(said).strip())

    @property
    def is_too_long(self) -> bool:
        return self.limit is not None and self.length > self.limit


# --- The review -------------------------------------------------------------------------------


def _review(
    form: PlaceForm, facts: NumberFacts | None, *, may_see_calls: bool, now: datetime
) -> dict[str, Any]:
    """What is about to happen. Who was called before is shown only to people who may read calls."""
    review: dict[str, Any] = {
        "person": form.text("person_name").strip(),
        "number": form.as_shown(facts.number) if facts else "",
        "agent": form.row("agent"),
        "version": form.row("version") if form["template"].value() else None,
        "most": _most_calls(form),
    }
    if facts is not None and may_see_calls:
        review |= _recent(facts, now)
    return review


def _duplicate(form: PlaceForm, facts: NumberFacts | None, at: datetime) -> dict[str, Any] | None:
    """Return what has to be confirmed before this number is rung again, None if nothing has."""
    calls = duplicates.earlier_calls(facts.number, at) if facts else []
    if not calls:
        return None
    return {
        "calls": calls,
        "sentence": duplicates.sentence(calls[0]),
        "is_confirmed": str(form[duplicates.FIELD].value() or "") == str(calls[0].reference),
    }


def _recent(facts: NumberFacts, now: datetime) -> dict[str, Any]:
    wanted = CallLog.objects.filter(phone_number=facts.number, requested_at__gte=now - LOOK_BACK)
    calls = list(wanted.narrow().select_related("placed_by").order_by("-requested_at")[:MOST])
    count = len(calls)
    if not count:
        words = _("None in the last 7 days")
    elif count == MOST:
        words = _("%(count)d or more in the last 7 days") % {"count": count}
    else:
        words = ngettext("%(count)d in the last 7 days", "%(count)d in the last 7 days", count) % {
            "count": count
        }
    return {"recent": calls[:SHOWN], "recent_words": words}


def _most_calls(form: PlaceForm) -> str:
    """Say how often the telephone may ring in all."""
    rings_again = form.overrides()["retry_enabled"]
    if rings_again is None:
        return _("One call, unless the agent is set to ring again.")
    if not rings_again:
        return _("One call. It does not ring again.")
    again = form.overrides()["retry_max_attempts"]
    if not again:
        return _("OSVI rings again when nobody answers, as often as the agent is set to.")
    most = 1 + again
    return ngettext(
        "At most %(count)d call, as OSVI rings again when nobody answers.",
        "At most %(count)d calls, as OSVI rings again when nobody answers.",
        most,
    ) % {"count": most}


def _scheduled(form: PlaceForm) -> datetime | None:
    """Return the moment chosen, None for now or while it cannot be understood."""
    try:
        return form.chosen_moment()
    except ValidationError:
        return None


def _when(at: datetime | None, facts: NumberFacts | None) -> str:
    """Say when the telephone rings, by the console's clock and, where it differs, by the person's."""
    if at is None:
        return _("Now")
    words = exact(at)
    zone = facts.zone if facts else None
    if zone is not None and at.astimezone(zone).utcoffset() != timezone.localtime(at).utcoffset():
        there = at.astimezone(zone)
        words = _("%(time)s; there it is %(there)s then") % {"time": words, "there": f"{there:%H:%M}"}
    return words


def _button_words(form: PlaceForm, facts: NumberFacts | None, at: datetime | None) -> str:
    """Name the person and the number on the button, as soon as it is known who is called."""
    if facts is None:
        return _("Place call") if at is None else _("Schedule call")
    who = (form.text("person_name").strip(), form.as_shown(facts.number))
    words = _("Call %(who)s") if at is None else _("Schedule the call to %(who)s")
    return words % {"who": ", ".join(part for part in who if part)}
