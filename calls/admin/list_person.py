"""One person of a list: what the check said, the words of the call, what happened; edit, take out, add."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.admin.addresses import own_address
from calls.admin.countries import country_choices
from calls.admin.list_context import ListAdmin, address, find_list, look, page_context
from calls.admin.list_preview import hear
from calls.admin.list_question import Question, ask
from calls.admin.permissions import person_of, require_verb
from calls.admin.place_form import VALUE_PREFIX, placeholders_of, spoken
from calls.choices import LIST_ENDED, ContactStatus
from calls.models import CallList, CallLog, Contact
from calls.services import contact_words, list_check, list_run
from calls.services.list_change import can_be_changed, change_person
from calls.services.orders import NAME_PLACEHOLDER
from calls.templatetags.list_display import masked_contact

MOST_CALLS, MOST_HISTORY = 20, 30


def addresses(model_admin: ListAdmin) -> list[URLPattern]:
    """Return the addresses of one person's screens, and of the form that adds one."""
    return [
        own_address(model_admin, "<int:pk>/people/add/", add, "add_person"),
        own_address(model_admin, "person/<int:pk>/", page, "person"),
        own_address(model_admin, "person/<int:pk>/edit/", edit, "edit_person"),
        own_address(model_admin, "person/<int:pk>/remove/", remove, "remove_person"),
    ]


def _find(request: HttpRequest, pk: int, *verbs: str) -> Contact:
    for verb in ("view_calllist", *verbs):
        require_verb(request, verb)
    contact = Contact.objects.select_related("last_call").filter(pk=pk).first()
    if contact is None:
        raise Http404("There is no such person.")
    contact.call_list = find_list(contact.call_list_id)
    return contact


def can_be_removed(contact: Contact) -> bool:
    """Tell whether the person may be taken out: they wait, and the list is not over."""
    return contact.status == ContactStatus.WAITING and contact.call_list.status not in LIST_ENDED


# --- Looking ----------------------------------------------------------------------------------


def page(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show one person: 403 without the permission to see lists, 404 without the person."""
    contact = _find(request, pk)
    call_list = contact.call_list
    calls = CallLog.objects.filter(contact=contact).narrow().order_by("-pk")
    context = {
        **page_context(model_admin, request, call_list, title=str(contact)),
        "tab": "people",
        "contact": contact,
        "person": hear(contact),
        "words": contact_words.words(contact),
        "country": dict(country_choices()).get(contact.country, contact.country),
        "values": [(spoken(name), value) for name, value in contact.values.items()],
        "calls": list(calls[:MOST_CALLS]),
        "history": list(contact.events.select_related("by").order_by("-pk")[:MOST_HISTORY]),
        "can_change": can_be_changed(contact),
        "can_remove": can_be_removed(contact),
    }
    return TemplateResponse(request, "console/lists/person.html", context)


# --- Writing ----------------------------------------------------------------------------------


class PersonForm(forms.Form):
    """A person as staff type them: number, country, name, and what the template says about them."""

    phone_number = forms.CharField(
        label=_("Number"),
        max_length=100,
        help_text=_("With or without spaces, +91 or a leading 0."),
        error_messages={"required": _("Please enter the number to call.")},
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "dir": "ltr"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
        help_text=_("Where a number without a country code belongs."),
    )
    person_name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    time_zone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        required=False,
        help_text=_("Empty: as the number says. For example Asia/Kolkata."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr"}),
    )

    def __init__(self, call_list: CallList, contact: Contact | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contact = contact
        self.hidden_number = masked_contact(contact) if contact else ""
        version = call_list.template_version
        said = version.content if version else call_list.template.content()
        for placeholder in placeholders_of(said["greeting"], said["prompt"]):
            if placeholder.name != NAME_PLACEHOLDER:
                self.fields[f"{VALUE_PREFIX}{placeholder.name}"] = _value_field(
                    placeholder.name, placeholder.fallback
                )
            elif placeholder.fallback is None:
                self.fields["person_name"].required = True

    @classmethod
    def begin(cls, call_list: CallList, contact: Contact | None) -> "PersonForm":
        """Return the form as the page begins with it; the number stays masked."""
        if contact is None:
            return cls(call_list, None, initial={"country": call_list.country})
        initial = {
            "phone_number": masked_contact(contact),
            "country": contact.country or call_list.country,
            "person_name": contact.person_name,
            "time_zone": contact.time_zone,
            **{f"{VALUE_PREFIX}{name}": value for name, value in contact.values.items()},
        }
        return cls(call_list, contact, initial=initial)

    def clean_phone_number(self) -> str:
        """Return the number as typed, or the one for which a masked one stands."""
        typed: str = self.cleaned_data["phone_number"].strip()
        if self.contact and typed == self.hidden_number:
            return self.contact.phone_number
        return typed

    def typed(self) -> dict[str, Any]:
        """Return what was typed as the services take it."""
        typed = self.cleaned_data
        return {
            "phone_number": typed["phone_number"],
            "country": typed["country"],
            "person_name": typed["person_name"],
            "time_zone": typed["time_zone"],
            "values": self.values(),
        }

    def add_errors(self, error: ValidationError) -> None:
        """Put what the check found beside the field it belongs to."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error.messages)
            return
        for place, sentences in error.message_dict.items():
            name = place.replace("values.", VALUE_PREFIX, 1)
            self.add_error(name if name in self.fields else None, sentences)

    def values(self) -> dict[str, str]:
        """Return what was typed for the placeholders, by placeholder."""
        return {
            name.removeprefix(VALUE_PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(VALUE_PREFIX)
        }


def _value_field(name: str, fallback: str | None) -> forms.CharField:
    return forms.CharField(
        label=spoken(name),
        required=fallback is None,
        error_messages={"required": _now("Please fill this in: the agent says it during the call.")},
        help_text=_now("Empty: the agent says “%(words)s”.") % {"words": fallback} if fallback else "",
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )


def edit(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show or save the form of one person who was not called yet: 403 without calls.change_calllist."""
    contact = _find(request, pk, "change_calllist")
    call_list, person = contact.call_list, person_of(request)
    if not can_be_changed(contact):
        messages.warning(
            request, _now("This person was called already, or the list is over. Nothing was changed.")
        )
        return HttpResponseRedirect(address("person", pk))
    if request.method != "POST":
        return _form_page(model_admin, request, PersonForm.begin(call_list, contact), call_list)
    form = PersonForm(call_list, contact, request.POST)
    changed = _save(form, lambda typed: change_person(pk, **typed, by=person))
    if changed is None:
        return _form_page(model_admin, request, form, call_list)
    _tell(request, changed, _now("Saved."))
    return HttpResponseRedirect(address("person", pk))


def add(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Show or save the form of a new person: 403 without calls.change_calllist."""
    call_list, person = look(request, pk, "change_calllist"), person_of(request)
    if call_list.status not in list_check.MAY_GROW:
        messages.warning(request, _now("Nobody can be added to this list."))
        return HttpResponseRedirect(address("change", pk))
    if request.method != "POST":
        return _form_page(model_admin, request, PersonForm.begin(call_list, None), call_list)
    form = PersonForm(call_list, None, request.POST)
    added = _save(form, lambda typed: list_check.add_person(call_list, **typed, by=person))
    if added is None:
        return _form_page(model_admin, request, form, call_list)
    _tell(request, added, _now("Added."))
    return HttpResponseRedirect(address("person", added.pk))


def _save(form: PersonForm, deed: Callable[[dict[str, Any]], Contact]) -> Contact | None:
    """Do it with what was typed; None if something is wrong with that, which the form says then."""
    if not form.is_valid():
        return None
    try:
        return deed(form.typed())
    except ValidationError as error:
        form.add_errors(error)
        return None


def _tell(request: HttpRequest, contact: Contact, words: str) -> None:
    say = messages.success if contact.status == ContactStatus.WAITING else messages.warning
    say(request, f"{words} {contact_words.words(contact)}")


def _form_page(
    model_admin: ListAdmin, request: HttpRequest, form: PersonForm, call_list: CallList
) -> HttpResponse:
    title = _now("Edit %(person)s") % {"person": form.contact} if form.contact else _now("Add a person")
    context = {
        **page_context(model_admin, request, call_list, title=title),
        "tab": "people",
        "form": form,
        "contact": form.contact,
        "back": address("person", form.contact.pk) if form.contact else address("people", call_list.pk),
    }
    return TemplateResponse(request, "console/lists/person_form.html", context)


def remove(model_admin: ListAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take a person out who was not called yet: 403 without calls.change_calllist."""
    contact = _find(request, pk, "change_calllist")
    if not can_be_removed(contact):
        messages.warning(request, _now("This person does not wait to be called. Nothing was changed."))
        return HttpResponseRedirect(address("person", pk))
    if request.method == "POST":
        try:
            list_run.remove(contact.pk, by=person_of(request))
        except list_run.TooLate as error:
            messages.warning(request, str(error))
            return HttpResponseRedirect(address("person", pk))
        messages.success(request, _now("%(person)s is not called.") % {"person": contact})
        return HttpResponseRedirect(address("people", contact.call_list_id))
    question = Question(
        title=_now("Take %(person)s out?") % {"person": contact},
        sentences=[_now("This person is not called with this list. All others are.")],
        button=_now("Take out"),
        icon="x",
        is_dangerous=True,
        back=address("person", pk),
    )
    return ask(model_admin, request, contact.call_list, question)
