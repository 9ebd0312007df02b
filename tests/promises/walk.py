"""Every address of the admin, found in the resolver and filled with rows, so that new pages are walked too."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from calls.choices import ListStatus
from calls.models import (
    AnswerCorrection,
    CallExport,
    CallList,
    CallLog,
    CallNote,
    CallTemplate,
    CallTemplateVersion,
    CampaignUpload,
    Contact,
    Disclosure,
    DoNotCall,
    Notice,
    SavedView,
    StaffPreference,
)
from tests.browser.cast import Cast, make_cast

# Addresses that Django gives to every site and model; all others of the admin are our own.
SITE = {
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "autocomplete",
    "jsi18n",
    "view_on_site",
}
SITE |= {"index", "app_list"}
OF_A_MODEL = ("changelist", "add", "history", "delete", "change", "password_change")
# Rows that an address under a model's admin is about, where they are not of that model: part of the route → model.
OTHER_ROWS: dict[str, type[Model]] = {
    "export/": CallExport,
    "views/": SavedView,
    "version": CallTemplateVersion,
    "part/": CampaignUpload,
    "sample/": CallTemplate,
    "notices/": Notice,
    "person/": Contact,
}
# Rows of a kind that are walked, the newest; of calls and lists, one in each status.
ROWS_OF_A_KIND = 3
LISTS_WALKED = (ListStatus.MAPPING, ListStatus.CHECKED, ListStatus.RUNNING)


@dataclass(frozen=True)
class Pattern:
    """One named address of the admin, with the names of what is filled in."""

    name: str
    route: str
    parameters: tuple[str, ...]

    @property
    def model(self) -> type[Model] | None:
        """The model whose admin it belongs to."""
        parts = self.name.split("_", 2)
        if len(parts) < 3:
            return None
        try:
            return apps.get_model(parts[0], parts[1])
        except LookupError:
            return None

    @property
    def is_own(self) -> bool:
        """Whether it is ours and not one that Django makes for every site and model."""
        return self.name not in SITE and not (self.model and self.name.split("_", 2)[2] in OF_A_MODEL)

    def paths(self) -> Iterator[str]:
        """The address, filled with rows of its kind."""
        for values in self._values():
            yield reverse(f"admin:{self.name}", kwargs=values)

    def _values(self) -> Iterator[dict[str, Any]]:
        if not self.parameters:
            yield {}
            return
        for row in self._rows():
            values: dict[str, Any] = {}
            for parameter in self.parameters:
                if parameter == "pk" and isinstance(row, CallTemplateVersion):
                    values[parameter] = row.template_id
                elif parameter in {"pk", "id", "object_id"} or parameter.endswith(("_pk", "_id")):
                    values[parameter] = row.pk
                elif parameter == "app_label":
                    values[parameter] = "calls"
                else:
                    values[parameter] = getattr(row, parameter)
            yield values

    def _rows(self) -> list[Any]:
        other = next((model for part, model in OTHER_ROWS.items() if f"/{part}" in self.route), None)
        model: Any = other or self.model
        if model is None:
            return [User.objects.order_by("pk").first()]
        rows = list(model._default_manager.order_by("pk"))
        if model is CallList:
            # Not started and started: between them they show every screen of a list.
            rows = [row for row in rows if row.status in LISTS_WALKED]
        if model in {CallLog, CallList}:
            return list({row.status: row for row in rows}.values())
        return rows[-ROWS_OF_A_KIND:]


def patterns() -> list[Pattern]:
    """Every named address of the admin, once: of two with one name the first is in use."""
    found: dict[str, Pattern] = {}
    for name, route, pattern in _named(get_resolver()):
        parameters = tuple(pattern.converters) or tuple(re.findall(r"\?P<(\w+)>", route))
        found.setdefault(name, Pattern(name, route, parameters))
    return list(found.values())


def _named(resolver: Any, prefix: str = "", inside: bool = False) -> Iterator[tuple[str, str, Any]]:
    for part in resolver.url_patterns:
        route = f"{prefix}{part.pattern}"
        if isinstance(part, URLResolver):
            yield from _named(part, route, inside or part.namespace == "admin")
        elif isinstance(part, URLPattern) and inside and part.name:
            yield part.name, f"/{route}", part.pattern


def person(name: str, *permissions: str, app: str = "calls") -> User:
    """Return a new member of staff with exactly these permissions of an app."""
    user = User.objects.create_user(name, is_staff=True)
    found = Permission.objects.filter(content_type__app_label=app, codename__in=permissions)
    assert found.count() == len(set(permissions)), permissions
    user.user_permissions.set(found)
    return user


def person_with_all_but(name: str, *permissions: str) -> User:
    """Return a new member of staff with every permission of the console except these."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.exclude(codename__in=permissions))
    return user


def make_rows(cast: Cast | None = None) -> Cast:
    """Write one row of every kind that a page can show, beside the cast's. The number is the same everywhere."""
    cast = cast or make_cast(many_calls=1)
    call = cast.finished
    CallNote.objects.create(call=call, by=cast.boss, text="Wants to come earlier.")
    AnswerCorrection.objects.create(
        call=call, key="confirmed", original="yes", corrected="no", by=cast.colleague
    )
    Disclosure.objects.create(call=call, by=cast.colleague, what="number")
    SavedView.objects.create(name="Mine", owner=cast.boss, query="status=finished")
    SavedView.objects.create(name="Shared", owner=cast.colleague, is_shared=True, query="outcome=picked")
    CallExport.objects.create(by=cast.boss, format="csv", query="status=finished", status="ready")
    people = CallList.objects.create(
        name="Monday's reminders",
        template=cast.template,
        country="IN",
        header=["Mobile", "Name"],
        mapping={"0": "number", "1": "name"},
    )
    CampaignUpload.objects.create(
        call_list=people, campaign_id=7, part=1, first_row=2, last_row=2, status="unconfirmed"
    )
    Notice.objects.create(person=cast.boss, call_list=people, kind="paused")
    Contact.objects.create(
        call_list=people, row=2, person_name=call.person_name, phone_number=call.phone_number.as_e164
    )
    DoNotCall.objects.create(
        phone_number=call.phone_number,
        status="active",
        source="call",
        reason="Said so.",
        call=call,
        words="No more.",
    )
    DoNotCall.objects.create(phone_number=call.phone_number, status="lifted", decision_reason="Rang us.")
    StaffPreference.objects.create(user=cast.colleague, test_number="+919812345678")
    LogEntry.objects.create(
        user=cast.boss, content_type_id=None, object_id="1", object_repr=str(call), action_flag=2
    )
    return cast


def snapshot() -> dict[str, str]:
    """Return the content of every table that a person could change."""
    models: list[Any] = [*apps.get_app_config("calls").get_models(), LogEntry, User, Group]
    rows = {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}
    for row in rows["auth.User"]:
        row.pop("last_login")
    return {label: json.dumps(values, cls=_Encoder, sort_keys=True) for label, values in rows.items()}


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        return bytes(o).hex() if isinstance(o, (bytes, memoryview)) else str(o)


_BETWEEN_DIGITS = re.compile(r"(?<=\d)(?:[\s().\-\u2010-\u2015\u00a0\u202f]|<[^>]*>|%20)+(?=[\d(])")


def has_number(page: str, national_number: str) -> bool:
    """Whether a page shows a number in any written form: with or without country code, blanks, brackets, tags."""
    return national_number in _BETWEEN_DIGITS.sub("", unescape(page).replace("(", " ").replace(")", " "))
