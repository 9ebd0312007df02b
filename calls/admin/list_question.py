"""The page between the wish to change a list and the deed: what will happen, and the button that names it."""

from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from calls.admin.list_context import ListAdmin, address, page_context
from calls.models import CallList


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the page says. `sentences` say what will happen; `back` is the list's page unless it is given."""

    title: str
    button: str
    sentences: list[str] = field(default_factory=list)
    icon: str = "check"
    is_dangerous: bool = False
    back: str = ""


def ask(
    model_admin: ListAdmin, request: HttpRequest, call_list: CallList, question: Question
) -> HttpResponse:
    """Show the page. Its button posts to the address that asked."""
    context = {
        **page_context(model_admin, request, call_list, title=question.title),
        "question": question,
        "back": question.back or address("change", call_list.pk),
    }
    return TemplateResponse(request, "console/lists/confirm.html", context)
