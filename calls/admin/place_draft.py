"""What was typed on the page "Place a call", kept in the session while the page is built anew.

An address would put the number into logs and histories, and a page that answers a POST breaks the back button.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from calls.admin.permissions import person_of, require_verb
from calls.admin.place_earlier import reveal, visible_calls
from calls.admin.place_form import VALUE_PREFIX, PlaceForm
from calls.admin.rows import FactsWidget
from calls.models import CallTemplate
from calls.services import numbers, preferences

USE_TEMPLATE, USE_CONTACT = "_use_template", "_use_contact"
SHOW_NUMBER, FORGET = "_show_number", "_forget_test_number"
DRAFT = "place_call_draft"
KEPT_IN_SESSION = "kept"
# What stays as typed when another template is taken; everything else comes from the template.
KEPT = (
    "form_token",
    "again",
    "number_of",
    "phone_number",
    "person_name",
    "scheduled_for",
    "scheduled_zone",
    "time_zone",
    "override_reason",
    "is_test",
    "test_number",
)

Draft = dict[str, Any]


def answer(request: HttpRequest) -> HttpResponse | None:
    """Answer a press that only changes what the page shows; None if another button was pressed."""
    typed = request.POST
    if USE_TEMPLATE in typed:
        return _use_template(request)
    if USE_CONTACT in typed:
        return _use_contact(request)
    if SHOW_NUMBER in typed:
        require_verb(request, "reveal_number")
        reveal(request, typed.get("number_of"))
        return _back(request, whole(typed))
    if FORGET in typed:
        preferences.forget_test_number(person_of(request))
        messages.success(request, _("Your number is no longer remembered."))
        return _back(request, whole(typed))
    return None


def whole(typed: QueryDict) -> Draft:
    """Return everything that was typed, as a page begins with it."""
    form = PlaceForm(typed)
    return {
        name: field.widget.value_from_datadict(typed, {}, name)
        for name, field in form.fields.items()
        if name != "confirmed_duplicate" and name != "confirmed_test"
    }


def keep(request: HttpRequest, draft: Draft) -> str:
    """Keep a draft and return the address that shows it."""
    request.session[DRAFT] = draft
    return f"{reverse('admin:calls_calllog_add')}?{KEPT_IN_SESSION}=1"


def take(request: HttpRequest) -> Draft:
    """Return what was typed before, once, and only to the page that asks for it."""
    draft: Draft = request.session.pop(DRAFT, {}) if DRAFT in request.session else {}
    if KEPT_IN_SESSION not in request.GET:
        return {}
    return {name: value for name, value in draft.items() if value not in (None, "")}


def _back(request: HttpRequest, draft: Draft) -> HttpResponse:
    return HttpResponseRedirect(keep(request, draft))


def _use_template(request: HttpRequest) -> HttpResponse:
    """Go to the page that the chosen template fills, with what was typed about the person kept."""
    typed = request.POST
    draft: Draft = {name: typed[name] for name in KEPT if name in typed}
    draft |= {name: value for name, value in typed.items() if name.startswith(VALUE_PREFIX)}
    draft["additional_data"] = FactsWidget().value_from_datadict(typed, {}, "additional_data")
    template = typed.get("template", "")
    if _may_be_used(template):
        return HttpResponseRedirect(f"{keep(request, draft)}&{urlencode({'template': template})}")
    if template:
        messages.warning(request, PlaceForm.base_fields["template"].error_messages["invalid_choice"])
    return _back(request, draft | {"agent": typed.get("agent"), "country": typed.get("country")})


def _may_be_used(template: str) -> bool:
    return template.isdecimal() and CallTemplate.objects.usable().filter(pk=template).exists()


def _use_contact(request: HttpRequest) -> HttpResponse:
    """Fill in name and masked number of somebody called before. Raises Http404 for a call nobody may see."""
    key = request.POST[USE_CONTACT]
    known = key.isdecimal() and len(key) < 19
    call = visible_calls(request).narrow().filter(pk=key).first() if known else None
    if call is None:
        raise Http404
    person = {
        "person_name": call.person_name,
        "phone_number": numbers.masked(call.phone_number),
        "number_of": call.pk,
        "country": call.country,
        "again": None,
    }
    return _back(request, whole(request.POST) | person)
