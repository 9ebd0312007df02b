"""The page between "do this to many" and doing it: what will happen to each row, and why to some nothing will."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from calls.admin.keys import primary_keys

# People read the page of consequences; more rows than this nobody reads.
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Consequence:
    """One chosen row: what it is, and why nothing happens to it (empty: it happens)."""

    pk: int
    name: str
    detail: str
    why_not: str = ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the page says. `button` and `heading` carry the number already; `action_url` takes the POST.

    `form` asks for what the deed needs besides, on the same page.
    """

    title: str
    heading: str
    none: str
    button: str
    action_url: str
    consequences: list[Consequence]
    dangerous: bool = False
    form: Form | None = None

    @property
    def going(self) -> list[Consequence]:
        return [row for row in self.consequences if not row.why_not]

    @property
    def staying(self) -> list[Consequence]:
        return [row for row in self.consequences if row.why_not]


def show(model_admin: "ModelAdmin[Any]", request: HttpRequest, plan: Plan) -> HttpResponse:
    """Show the page of consequences. Its form carries a token of its own, so that sending it twice is noticed."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": plan.title,
        "plan": plan,
        "form_token": uuid.uuid4(),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "list_query": _list_query(request),
        "list_address": list_address(model_admin, request),
    }
    return TemplateResponse(request, "console/call_consequences.html", context)


def list_address(model_admin: "ModelAdmin[Any]", request: HttpRequest) -> str:
    """Return the list with the filters and the page from which the rows were chosen."""
    opts, query = model_admin.opts, _list_query(request)
    address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    return f"{address}?{query}" if query else address


def _list_query(request: HttpRequest) -> str:
    # An action is sent to the list's own address; the page of consequences carries it on.
    sent = request.POST.get("list_query")
    return (request.GET if sent is None else QueryDict(sent)).urlencode()


def too_many(request: HttpRequest, queryset: "QuerySet[Any]") -> bool:
    """Tell, and say in a message, whether more rows were chosen than one page of consequences can show."""
    if queryset.order_by()[: MOST_AT_ONCE + 1].count() <= MOST_AT_ONCE:
        return False
    messages.error(
        request,
        _("Please choose at most %(count)d at once, so that you can see what will happen to each.")
        % {"count": MOST_AT_ONCE},
    )
    return True


def chosen(request: HttpRequest) -> list[int]:
    """Return the primary keys that a page of consequences sent, each once."""
    return primary_keys(request.POST.getlist(ACTION_CHECKBOX_NAME)[:MOST_AT_ONCE])


def form_token(request: HttpRequest) -> uuid.UUID | None:
    """Return the token of the page of consequences, None if this is no such POST."""
    try:
        return uuid.UUID(request.POST.get("form_token", ""))
    except ValueError:
        return None


def tell_reasons(request: HttpRequest, reasons: Iterable[str]) -> None:
    """Say why nothing happened to some rows, each reason once with its number."""
    for reason, count in Counter(reasons).items():
        messages.warning(request, _("Left out %(count)d: %(reason)s") % {"count": count, "reason": reason})
