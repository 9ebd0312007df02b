"""Step "Test call": one's own telephone rings with the words and values of somebody in the list."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from phonenumber_field.phonenumber import PhoneNumber

from calls.admin.addresses import own_address
from calls.admin.call_page import STOP_POLLING
from calls.admin.keys import primary_key
from calls.admin.list_context import TEST, ListAdmin, Rows, address, look, page_context, past_the_steps, steps
from calls.admin.list_people import first
from calls.admin.list_preview import hear
from calls.admin.permissions import has_verb, person_of
from calls.choices import MOVING
from calls.models import CallList, Contact
from calls.services import duplicates, list_test_call, numbers, preferences

LOOK_EVERY = 2


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the addresses of the step and of its changing part."""

    @never_cache
    def live_view(request: HttpRequest, pk: int) -> HttpResponse:
        return live(model_admin, request, pk)

    return [
        own_address(model_admin, "<int:pk>/test/", page, "test"),
        # Not behind admin_view: a redirect to the login page would be put into the middle of this one.
        path("<int:pk>/test/live/", live_view, name="calls_calllist_test_live"),
    ]


class TestCallForm(forms.Form):
    """Whose data, and which telephone of one's own; the remembered one unless another is typed."""

    # Not a test case, whatever its name begins with.
    __test__ = False

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    contact = forms.ModelChoiceField(
        Contact.objects.none(),
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": _("This person is not called any more. Please choose somebody else."),
            "required": _("Please choose whose data the call uses."),
        },
    )
    test_number = forms.CharField(
        label=_("My telephone"),
        max_length=100,
        required=False,
        help_text=_("Remembered for you alone. Begin with + and the country code if it is abroad."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "dir": "ltr"}),
    )
    # Shown as a checkbox of its own, for the call that stands in the way.
    confirmed = forms.UUIDField(
        required=False,
        widget=forms.HiddenInput,
        label=_("Ring my telephone again all the same"),
        error_messages={"invalid": _("Please confirm once more.")},
    )

    def __init__(
        self, call_list: CallList, remembered: PhoneNumber | None, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.remembered = remembered
        choices: Any = self.fields["contact"]
        choices.queryset = call_list.contacts.to_call()

    def clean_test_number(self) -> PhoneNumber:
        typed = self.cleaned_data["test_number"].strip()
        if typed:
            return preferences.read_test_number(typed)
        if self.remembered is None:
            raise ValidationError(_now("Please enter your own number once. Test calls ring it from then on."))
        return self.remembered

    def add_order_errors(self, error: ValidationError) -> None:
        """Put what stands against the call beside the field it belongs to."""
        places = {"phone_number": "test_number", "country": "test_number", duplicates.FIELD: "confirmed"}
        for place, sentences in error.message_dict.items():
            self.add_error(places.get(place), sentences)


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the step, or ring one's own telephone. Raises PermissionDenied without calls.place_call."""
    call_list = look(request, pk, "place_call")
    if elsewhere := past_the_steps(request, call_list):
        return elsewhere
    remembered = preferences.test_number(person_of(request))
    if request.method == "POST":
        form = TestCallForm(call_list, remembered, request.POST)
        if form.is_valid() and (answer := _ring(request, call_list, form)):
            return answer
    else:
        form = TestCallForm(call_list, remembered, initial={"form_token": uuid.uuid4()})
    return _show(model_admin, request, call_list, form)


def _ring(request: HttpRequest, call_list: CallList, form: TestCallForm) -> HttpResponse | None:
    """Place the call and return to the page; None if something stands against it, which the form says then."""
    number, person = form.cleaned_data["test_number"], person_of(request)
    preferences.remember_test_number(person, number)
    contact: Contact = form.cleaned_data["contact"]
    try:
        call, is_new = list_test_call.ring(
            contact,
            number,
            form_token=form.cleaned_data["form_token"],
            by=person,
            confirmed=form.cleaned_data["confirmed"],
        )
    except ValidationError as error:
        form.add_order_errors(error)
        return None
    words = (
        _now("Your telephone, %(number)s, rings soon.") % {"number": numbers.masked(number)}
        if is_new
        else _now("This test was placed already, and is not placed twice.")
    )
    if has_verb(request, "view_calllog"):
        link = reverse("admin:calls_calllog_change", args=[call.pk])
        messages.success(request, format_html('{} <a href="{}">{}</a>', words, link, _now("Watch the call")))
    else:
        messages.success(request, words)
    return HttpResponseRedirect(f"{address(TEST, call_list.pk)}?contact={contact.pk}")


def _show(
    model_admin: ListAdmin, request: HttpRequest, call_list: CallList, form: TestCallForm
) -> HttpResponse:
    rows = Rows.of(call_list)
    number = preferences.test_number(person_of(request))
    contact = _contact(request, call_list)
    in_the_way = duplicates.earlier_calls(number) if number and "confirmed" in form.errors else []
    context = {
        **page_context(model_admin, request, call_list, title=_now("Test call")),
        **_live_context(request, call_list),
        "steps": steps(request, call_list, TEST, rows),
        "rows": rows,
        "form": form,
        "person": hear(contact) if contact else None,
        "own_number": numbers.masked(number),
        "duplicate": {"calls": in_the_way, "sentence": duplicates.sentence(in_the_way[0])}
        if in_the_way
        else None,
        "may_see_calls": has_verb(request, "view_calllog"),
    }
    return TemplateResponse(request, "console/lists/test.html", context)


def _contact(request: HttpRequest, call_list: CallList) -> Contact | None:
    """Return whose data is used: the person asked for, or the first of the list."""
    asked = request.POST.get("contact") if request.method == "POST" else request.GET.get("contact")
    key, people = primary_key(asked or ""), call_list.contacts.to_call()
    return (people.filter(pk=key).first() if key is not None else None) or first(people)


def live(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Answer the page's question what became of the test calls; 401 with a reload after a log-out."""
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    call_list = look(request, pk, "place_call")
    context = {
        "call_list": call_list,
        "may_view_calls": has_verb(request, "view_calllog"),
        **_live_context(request, call_list),
    }
    status = 200 if context["look_every"] else STOP_POLLING
    return TemplateResponse(request, "console/lists/test_live.html", context, status=status)


def _live_context(request: HttpRequest, call_list: CallList) -> dict[str, Any]:
    tests = list_test_call.latest(call_list)
    is_moving = any(call.status in MOVING for call in tests)
    return {"tests": tests, "look_every": LOOK_EVERY if is_moving else None}
