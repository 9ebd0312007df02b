"""Saved views: tab, filters and search of the list of calls under a name, for oneself or shared with everybody."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.admin.call_page import CallAdmin
from calls.admin.permissions import has_verb, person_of, require_verb
from calls.models import SavedView

SEARCH = "q"
# What a view keeps of the list's address; not the page, nor the order, which names a column by its place.
KEPT = (
    "tab",
    SEARCH,
    "status",
    "outcome",
    "when",
    "from",
    "to",
    "agent",
    "template",
    "placed_by",
    "follow_up",
    "missing",
    "test",
)
# Five digits, however they are spaced, may be a piece of a telephone number; so may what begins with a plus.
_NUMBER = re.compile(r"(\d[\s().\-/]*){5}|^\s*\+\s*\d")


def clean(address: QueryDict) -> str:
    """Return what a view keeps of an address, always in the same order."""
    kept = QueryDict(mutable=True)
    for name in KEPT:
        value = address.get(name, "").strip()
        # No database keeps a null character, nor looks for one.
        if value and "\x00" not in value:
            kept[name] = value
    return kept.urlencode()


def has_number(query: str) -> bool:
    """Tell whether the search of a cleaned address looks like a telephone number, which no view keeps."""
    return bool(_NUMBER.search(QueryDict(query).get(SEARCH, "")))


class SavedViewForm(forms.ModelForm):
    """Name of a view, and whether it is shared, which takes a permission."""

    class Meta:
        model = SavedView
        fields = ("name", "is_shared")
        help_texts = {
            "name": gettext_lazy("For example: My follow-ups this week"),
            "is_shared": gettext_lazy("Everybody who sees calls finds this view in the menu."),
        }

    def __init__(self, *args: Any, owner: User, may_share: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.owner = owner
        if not may_share:
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        namesakes = SavedView.objects.filter(owner=self.instance.owner, name=name)
        if namesakes.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(self.taken(), code="taken")
        return name

    def clean(self) -> None:
        limit = SavedView._meta.get_field("query").max_length
        if not self.instance.query:
            self.add_error(None, _("Choose a tab, filter or search first: this view would show every call."))
        elif has_number(self.instance.query):
            self.add_error(None, _("Telephone numbers are not kept in views."))
        elif limit is not None and len(self.instance.query) > limit:
            self.add_error(None, _("These are too many filters for one view."))

    def save_or_refuse(self) -> bool:
        """Save the view; False, with the error at the name, if the same name was saved at this very moment."""
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError:
            self.add_error("name", self.taken())
            return False
        return True

    @staticmethod
    def taken() -> str:
        return _("You have a view of this name already. Choose another name.")


def save_view(model_admin: CallAdmin, request: HttpRequest) -> HttpResponse:
    """Keep the address as a new view: GET asks for its name, POST saves it and shows the list with it."""
    require_verb(request, "view_calllog")
    view = SavedView(query=clean(request.GET))
    return _form_page(model_admin, request, view, _("Save this view"))


def change_view(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Rename or share one's own view; somebody else's is a 404."""
    require_verb(request, "view_calllog")
    return _form_page(model_admin, request, _own_view(request, pk), _("Change view"))


def delete_view(model_admin: CallAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's own view; somebody else's is a 404."""
    require_verb(request, "view_calllog")
    view = _own_view(request, pk)
    if request.method == "POST":
        view.delete()
        messages.success(request, _("The view “%(name)s” was deleted.") % {"name": view.name})
    return HttpResponseRedirect(reverse("admin:calls_calllog_changelist"))


def _own_view(request: HttpRequest, pk: int) -> SavedView:
    view = SavedView.objects.filter(pk=pk, owner=person_of(request)).first()
    if view is None:
        raise Http404("There is no such view.")
    return view


def _form_page(model_admin: CallAdmin, request: HttpRequest, view: SavedView, title: str) -> HttpResponse:
    form = SavedViewForm(
        request.POST if request.method == "POST" else None,
        instance=view,
        owner=person_of(request),
        may_share=has_verb(request, "share_view"),
    )
    if form.is_valid() and form.save_or_refuse():
        messages.success(request, _("The view “%(name)s” was saved.") % {"name": view.name})
        return HttpResponseRedirect(f"{reverse('admin:calls_calllog_changelist')}?{view.query}")
    # The list itself says in words what the view shows.
    request.GET = QueryDict(view.query)
    without_search = QueryDict(view.query, mutable=True)
    without_search.pop(SEARCH, None)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "form": form,
        "view": view,
        "cl": model_admin.get_changelist_instance(request),
        "has_number": has_number(view.query),
        "without_search": without_search.urlencode(),
    }
    return TemplateResponse(request, "console/saved_view.html", context)
