"""Step "Preview": what people of the list will hear, three at a time, and anybody else by name or row."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _

from calls import rendering
from calls.admin.addresses import own_address
from calls.admin.fields import GREETING_LIMIT
from calls.admin.keys import primary_key
from calls.admin.list_context import PREVIEW, ListAdmin, Rows, look, page_context, past_the_steps, steps
from calls.admin.list_people import AFTER, BEFORE, SEARCH, address_with, search
from calls.admin.place_form import spoken
from calls.admin.place_live import Text
from calls.models import Contact
from calls.services import contact_words, list_orders

SHOWN = 3


@dataclass(frozen=True)
class Heard:
    """One person, and the words of the call to them."""

    contact: Contact
    greeting: Text
    prompt: Text
    verdict: str


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the address of the step."""
    return [own_address(model_admin, "<int:pk>/preview/", page, "preview")]


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show three people's words: 403 without the permission to see lists, 404 without the list."""
    call_list = look(request, pk)
    if elsewhere := past_the_steps(request, call_list):
        return elsewhere
    rows = Rows.of(call_list)
    term = request.GET.get(SEARCH, "").strip()
    people = call_list.contacts.to_call()
    if term:
        people = search(people, term, call_list)
    after, before = (primary_key(request.GET.get(name, "")) for name in (AFTER, BEFORE))
    if before is not None:
        found = list(people.filter(row__lt=before).order_by("-row")[: SHOWN + 1])
        shown, has_earlier, has_later = found[:SHOWN][::-1], len(found) > SHOWN, True
    else:
        found = list(people.filter(row__gt=after or 0).order_by("row")[: SHOWN + 1])
        shown, has_earlier, has_later = found[:SHOWN], bool(after), len(found) > SHOWN
    context = {
        **page_context(model_admin, request, call_list, title=_("Preview")),
        "steps": steps(request, call_list, PREVIEW, rows),
        "rows": rows,
        "term": term,
        "heard": [hear(contact) for contact in shown],
        "previous": address_with(request.GET, **{BEFORE: str(shown[0].row)}) if shown and has_earlier else "",
        "following": address_with(request.GET, **{AFTER: str(shown[-1].row)}) if shown and has_later else "",
    }
    return TemplateResponse(request, "console/lists/preview.html", context)


def hear(contact: Contact) -> Heard:
    """Return the words of the call to this person, with what is missing marked."""
    rendered = list_orders.rendered(contact)
    return Heard(
        contact=contact,
        greeting=_text(rendered.greeting_pieces, GREETING_LIMIT),
        prompt=_text(rendered.prompt_pieces),
        verdict=contact_words.words(contact),
    )


def _text(pieces: Any, limit: int | None = None) -> Text:
    missing = rendering.PieceKind.MISSING
    shown = [replace(piece, text=spoken(piece.name)) if piece.kind is missing else piece for piece in pieces]
    return Text(shown, limit=limit)
