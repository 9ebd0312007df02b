"""The page "Place a call": the add page of calls."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from calls.admin import place_draft, place_prefill
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.admin.place_earlier import as_shown, recent_people
from calls.admin.place_form import PlaceForm
from calls.admin.place_live import live_context
from calls.admin.place_own_phone import OwnPhoneForm, token_of_test
from calls.admin.place_sections import sections
from calls.admin.rows import FactsField
from calls.choices import EventSource
from calls.models import Agent, CallLog, CallTemplate, ConsoleState
from calls.services import duplicates, numbers, place, preferences, sending
from calls.services.again import reasons_against
from calls.templatetags.call_display import exact

# The button "Test on my phone", and the key Enter.
OWN_PHONE, ENTER = "_own_phone", "_enter"


def place_call(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Show the page, take another template on request, or place the call.

    GET takes ?template=, ?agent=, ?again= (primary keys) and ?is_test=1. Raises PermissionDenied without
    calls.place_call, Http404 for a row that is not there.
    """
    require_verb(request, "place_call")
    if request.method != "POST":
        return _page(model_admin, request, _begin(model_admin, request))
    form = _sent_form(request)
    already = _placed_with(request.POST.get("form_token", ""), is_test=isinstance(form, OwnPhoneForm))
    if already is not None:
        return _already_placed(model_admin, request, form, already)
    return place_draft.answer(request) or _place(model_admin, request, form)


def _sent_form(request: HttpRequest) -> PlaceForm:
    """Return the form as it was sent. Enter beside one's own number never rings anybody else."""
    typed, may_see_calls = request.POST, has_verb(request, "view_calllog")
    is_own = OWN_PHONE in typed or (ENTER in typed and typed.get("test_number", "").strip())
    if not is_own:
        return PlaceForm(typed, may_see_calls=may_see_calls)
    remembered = preferences.test_number(person_of(request))
    return OwnPhoneForm(typed, may_see_calls=may_see_calls, remembered=remembered)


def _place(model_admin: ModelAdmin, request: HttpRequest, form: PlaceForm) -> HttpResponse:
    is_valid = form.is_valid()
    if isinstance(form, OwnPhoneForm) and form.typed_number:
        preferences.remember_test_number(person_of(request), form.typed_number)
        form.replace_typed("test_number", "")
    if not is_valid:
        return _page(model_admin, request, _with_new_token(form))
    try:
        call, is_new = place.place(form.order(), source=EventSource.PERSON, by=person_of(request))
    except ValidationError as error:
        form.add_order_errors(error)
        return _page(model_admin, request, form)
    if not is_new:
        return _already_placed(model_admin, request, form, call)
    if isinstance(form, OwnPhoneForm):
        words = _("Your telephone, %(number)s, rings soon.") % {"number": numbers.masked(call.phone_number)}
        return _to_test(model_admin, request, call, words)
    if call.scheduled_for and call.status_reason:
        words = _("Outside calling hours there, so the call waits until %(time)s.")
        messages.warning(request, words % {"time": exact(call.scheduled_for)})
    elif call.scheduled_for:
        messages.success(
            request, _("The call is scheduled for %(time)s.") % {"time": exact(call.scheduled_for)}
        )
    else:
        messages.success(request, _("The call is on its way. This page shows what comes of it."))
    return _to_call(model_admin, request, call)


def _placed_with(token: str, *, is_test: bool) -> CallLog | None:
    """Return the call that this very page placed before, if any: double click, reload, back, second tab."""
    try:
        form_token = uuid.UUID(token)
    except ValueError:
        return None
    return CallLog.objects.filter(form_token=token_of_test(form_token) if is_test else form_token).first()


def _already_placed(
    model_admin: ModelAdmin, request: HttpRequest, form: PlaceForm, call: CallLog
) -> HttpResponse:
    if isinstance(form, OwnPhoneForm):
        return _to_test(
            model_admin, request, call, _("This test was placed already, and is not placed twice.")
        )
    messages.info(request, _("This call was already placed. For another one, press “Place a call” again."))
    return _to_call(model_admin, request, call)


def _to_call(model_admin: ModelAdmin, request: HttpRequest, call: CallLog) -> HttpResponse:
    """Go to the call's page, or back to an empty form for people who may place calls but not read them."""
    if model_admin.has_view_permission(request, call):
        return HttpResponseRedirect(reverse("admin:calls_calllog_change", args=[call.pk]))
    return HttpResponseRedirect(reverse("admin:calls_calllog_add"))


def _to_test(model_admin: ModelAdmin, request: HttpRequest, call: CallLog, words: str) -> HttpResponse:
    """Go to a test's page with a way back to the page as it was filled in; straight back without its page."""
    draft = place_draft.whole(request.POST)
    # A page of its own: what it places is neither this test nor a repetition of it.
    del draft["form_token"], draft["test_number"]
    address = place_draft.keep(request, draft)
    if not model_admin.has_view_permission(request, call):
        messages.success(request, words)
        return HttpResponseRedirect(address)
    link = format_html('<a href="{}">{}</a>', address, _("Back to the call as you filled it in"))
    messages.success(request, format_html("{} {}", words, link))
    return _to_call(model_admin, request, call)


def _with_new_token(form: PlaceForm) -> PlaceForm:
    """Give a page whose own token is missing or broken a new one, so that a second press can succeed."""
    if "form_token" in form.errors:
        form.take_new_token()
        form.add_error(None, _("This page was out of date. Please look it over and press the button again."))
    return form


def _begin(model_admin: ModelAdmin, request: HttpRequest) -> PlaceForm:
    wanted = request.GET
    if "again" in wanted:
        initial = place_prefill.from_call(_earlier_call(model_admin, request, wanted["again"]))
    elif wanted.get("template"):
        initial = place_prefill.from_template(_row(CallTemplate.objects.usable(), wanted["template"]))
    else:
        agent = _row(Agent.objects.usable(), wanted["agent"]) if wanted.get("agent") else _only_agent()
        initial = place_prefill.from_nothing(agent)
    initial["form_token"] = uuid.uuid4()
    initial |= place_draft.take(request)
    initial["phone_number"] = as_shown(request, initial)
    if wanted.get("is_test") == "1":
        initial["is_test"] = True
    return PlaceForm(initial=initial, may_see_calls=has_verb(request, "view_calllog"))


def _only_agent() -> Agent | None:
    """Return the one agent that can be chosen; None when there is a choice, or none."""
    found = list(Agent.objects.usable()[:2])
    return found[0] if len(found) == 1 else None


def _row(queryset: Any, pk: str) -> Any:
    """Return the row with this key, as typed into an address. Raises Http404 if there is none to be used."""
    row = queryset.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
    if row is None:
        raise Http404
    return row


def _earlier_call(model_admin: ModelAdmin, request: HttpRequest, pk: str) -> CallLog:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    calls = CallLog.objects.select_related("agent", "template__agent", "template_version")
    call: CallLog = _row(calls, pk)
    return call


def _page(model_admin: ModelAdmin, request: HttpRequest, form: PlaceForm) -> HttpResponse:
    state = ConsoleState.current()
    context = {
        **model_admin.admin_site.each_context(request),
        **live_context(request, form),
        "title": _("Place a call"),
        "opts": model_admin.opts,
        "form": form,
        "problems": _problems(form),
        "sections": sections(form),
        "contacts": recent_people(request),
        "own_phone": _own_phone(request, form),
        "inherited": _inherited(form),
        "has_agents": Agent.objects.usable().exists(),
        "may_see_calls": model_admin.has_view_permission(request),
        "may_sync": has_verb(request, "sync_agents"),
        "again": form["again"].value(),
        "against_again": _against_again(form),
        "sending_paused": state.sending_paused_reason if state.sending_paused_at else "",
        "is_paused": state.sending_paused_at is not None,
        "worker_silent": sending.worker_is_silent(),
        "given_up_after_minutes": settings.CALL_QUEUE_DEADLINE // 60,
    }
    return TemplateResponse(request, "console/place_call.html", context)


def _problems(form: PlaceForm) -> list[tuple[str, str, str]]:
    """Return (address within the page, label, sentence) of each error, for the summary on top."""
    return [
        (form[name].id_for_label or f"id_{name}", str(form[name].label), str(sentence))
        for name in _in_reading_order(form)
        for sentence in form.errors.get(name, [])
    ]


def _in_reading_order(form: PlaceForm) -> list[str]:
    """Return the names of the fields as the page shows them: the placeholders' follow the person's name."""
    values = form.value_names()
    names = [name for name in form.fields if name not in values]
    after = names.index("person_name") + 1
    return [*names[:after], *values, *names[after:]]


def _against_again(form: PlaceForm) -> str:
    """Return why the person of the earlier call should not be rung again now, or an empty text."""
    call = form.row("again")
    return " ".join(reasons_against([call]).values()) if call else ""


def _own_phone(request: HttpRequest, form: PlaceForm) -> dict[str, Any]:
    """Return one's own number, masked, and what has to be confirmed before a test that was asked for rings it."""
    number = preferences.test_number(person_of(request))
    calls = duplicates.earlier_calls(number) if number and "confirmed_test" in form.errors else []
    return {
        "number": numbers.masked(number),
        "is_open": any(name in form.errors for name in ("test_number", "confirmed_test")),
        "duplicate": {"calls": calls, "sentence": duplicates.sentence(calls[0])} if calls else None,
    }


def _inherited(form: PlaceForm) -> list[tuple[str, str]]:
    """Return the facts that the chosen template passes to the agent in any case."""
    version = form.row("version")
    rows = FactsField().prepare_value(version.content["additional_data"] if version else {})
    return [(row["name"], row["value"]) for row in rows]
