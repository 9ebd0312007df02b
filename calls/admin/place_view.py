"""The page "Place a call": the add page of calls."""

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from calls.admin import place_prefill
from calls.admin.fields import OVERRIDE_NAMES
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.admin.place_form import VALUE_PREFIX, PlaceForm
from calls.admin.place_live import live_context
from calls.admin.rows import FactsField, FactsWidget
from calls.choices import EventSource
from calls.models import Agent, CallLog, CallTemplate, ConsoleState
from calls.services import place, sending
from calls.services.again import reasons_against
from calls.templatetags.call_display import exact

USE_TEMPLATE = "_use_template"
DRAFT = "place_call_draft"
KEPT_IN_SESSION = "kept"
# What stays as typed when another template is taken; everything else comes from the template.
KEPT = ("form_token", "again", "phone_number", "person_name", "scheduled_for", "scheduled_zone", "is_test")


def place_call(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Show the page, take another template on request, or place the call.

    GET takes ?template=, ?agent=, ?again= (primary keys) and ?is_test=1. Raises PermissionDenied without
    calls.place_call, Http404 for a row that is not there.
    """
    require_verb(request, "place_call")
    if request.method != "POST":
        return _page(model_admin, request, _begin(model_admin, request))
    already = _placed_with(request.POST.get("form_token", ""))
    if already is not None:
        return _already_placed(model_admin, request, already)
    if USE_TEMPLATE in request.POST:
        return _take_template(request)
    return _place(model_admin, request)


def _place(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    form = PlaceForm(request.POST, earlier_calls=_earlier_calls(model_admin, request))
    if not form.is_valid():
        return _page(model_admin, request, _with_new_token(form))
    try:
        call, is_new = place.place(form.order(), source=EventSource.PERSON, by=person_of(request))
    except ValidationError as error:
        form.add_order_errors(error)
        return _page(model_admin, request, form)
    if not is_new:
        return _already_placed(model_admin, request, call)
    if call.scheduled_for:
        messages.success(
            request, _("The call is scheduled for %(time)s.") % {"time": exact(call.scheduled_for)}
        )
    else:
        messages.success(request, _("The call is on its way. This page shows what comes of it."))
    return _to_call(model_admin, request, call)


def _placed_with(token: str) -> CallLog | None:
    """Return the call that this very page placed before, if any: double click, reload, back, second tab."""
    try:
        return CallLog.objects.filter(form_token=uuid.UUID(token)).first()
    except ValueError:
        return None


def _already_placed(model_admin: ModelAdmin, request: HttpRequest, call: CallLog) -> HttpResponse:
    messages.info(request, _("This call was already placed. For another one, press “Place a call” again."))
    return _to_call(model_admin, request, call)


def _to_call(model_admin: ModelAdmin, request: HttpRequest, call: CallLog) -> HttpResponse:
    """Go to the call's page, or back to an empty form for people who may place calls but not read them."""
    if model_admin.has_view_permission(request, call):
        return HttpResponseRedirect(reverse("admin:calls_calllog_change", args=[call.pk]))
    return HttpResponseRedirect(reverse("admin:calls_calllog_add"))


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
    initial |= _draft(request)
    if wanted.get("is_test") == "1":
        initial["is_test"] = True
    return PlaceForm(initial=initial, earlier_calls=_earlier_calls(model_admin, request))


def _only_agent() -> Agent | None:
    """Return the one agent that can be chosen; None when there is a choice, or none."""
    found = list(Agent.objects.usable()[:2])
    return found[0] if len(found) == 1 else None


def _take_template(request: HttpRequest) -> HttpResponse:
    """Go to the page that the chosen template fills, with what was typed about the person kept.

    What was typed travels in the session: an address would put the number into logs and histories, and a page
    that answers a POST breaks the back button.
    """
    typed = request.POST
    draft: dict[str, Any] = {name: typed[name] for name in KEPT if name in typed}
    draft |= {name: value for name, value in typed.items() if name.startswith(VALUE_PREFIX)}
    draft["additional_data"] = FactsWidget().value_from_datadict(typed, {}, "additional_data")
    query = {KEPT_IN_SESSION: "1"}
    if _may_be_used(typed.get("template", "")):
        query["template"] = typed["template"]
    else:
        draft |= {"agent": typed.get("agent"), "country": typed.get("country")}
        if typed.get("template"):
            refusal = PlaceForm.base_fields["template"].error_messages["invalid_choice"]
            messages.warning(request, refusal)
    request.session[DRAFT] = draft
    return HttpResponseRedirect(f"{reverse('admin:calls_calllog_add')}?{urlencode(query)}")


def _may_be_used(template: str) -> bool:
    return template.isdecimal() and CallTemplate.objects.usable().filter(pk=template).exists()


def _draft(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed before a template was taken, once, and only to the page that asks for it."""
    draft: dict[str, Any] = request.session.pop(DRAFT, {}) if DRAFT in request.session else {}
    if KEPT_IN_SESSION not in request.GET:
        return {}
    return {name: value for name, value in draft.items() if value not in (None, "")}


def _row(queryset: Any, pk: str) -> Any:
    """Return the row with this key, as typed into an address. Raises Http404 if there is none to be used."""
    row = queryset.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
    if row is None:
        raise Http404
    return row


def _earlier_calls(model_admin: ModelAdmin, request: HttpRequest) -> Any:
    """Return the calls this person may call again: those they may read."""
    if model_admin.has_view_permission(request):
        return CallLog.objects.all()
    return CallLog.objects.none()


def _earlier_call(model_admin: ModelAdmin, request: HttpRequest, pk: str) -> CallLog:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    calls = CallLog.objects.select_related("agent", "template__agent", "template_version")
    call: CallLog = _row(calls, pk)
    return call


@dataclass(frozen=True)
class Section:
    """A folded part of the page: its heading, what it holds in a word, and its fields."""

    name: str
    title: str
    hint: str
    fields: list[Any]
    is_open: bool


def _sections(form: PlaceForm) -> list[Section]:
    def section(name: str, title: str, hint: str, *fields: str) -> Section:
        is_open = any(field in form.errors for field in fields) or (
            name == "when" and bool(form["scheduled_for"].value())
        )
        return Section(name, title, hint, [form[field] for field in fields], is_open)

    return [
        section(
            "words",
            _("What the agent says"),
            _("Greeting and prompt, for this call only"),
            "greeting",
            "prompt",
        ),
        section("answers", _("Answers to collect"), _("What the agent should find out"), "data_points"),
        section("settings", _("Settings for this call"), _("Length, callback, ringing again"), *SETTINGS),
        section("when", _("When"), _("Now, or later"), "scheduled_for", "scheduled_zone"),
        section("facts", _("Facts for the agent"), _("Names and values it may refer to"), "additional_data"),
    ]


SETTINGS = (*OVERRIDE_NAMES, "is_test")


def _page(model_admin: ModelAdmin, request: HttpRequest, form: PlaceForm) -> HttpResponse:
    state = ConsoleState.current()
    context = {
        **model_admin.admin_site.each_context(request),
        **live_context(request, form),
        "title": _("Place a call"),
        "opts": model_admin.opts,
        "form": form,
        "problems": _problems(form),
        "sections": _sections(form),
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


def _inherited(form: PlaceForm) -> list[tuple[str, str]]:
    """Return the facts that the chosen template passes to the agent in any case."""
    version = form.row("version")
    rows = FactsField().prepare_value(version.content["additional_data"] if version else {})
    return [(row["name"], row["value"]) for row in rows]
