"""The words of a template as they will be said, beside the editor: rendered by the server while somebody types."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from calls import rendering
from calls.admin import place_settings
from calls.admin.fields import GREETING_LIMIT, OVERRIDE_NAMES, override_fields
from calls.admin.place_form import placeholders_of, spoken
from calls.admin.place_live import Text
from calls.models.call_template import default_country
from calls.services import ai_disclosure
from calls.services.orders import NAME_PLACEHOLDER

SAMPLE_PREFIX = "sample_"


@dataclass(frozen=True)
class Found:
    """A placeholder that the texts ask for, where, and the value that the preview fills in."""

    name: str
    title: str
    fallback: str | None
    where: str
    sample: str

    @property
    def field(self) -> str:
        return f"{SAMPLE_PREFIX}{self.name}"

    @property
    def when_empty(self) -> str:
        """What happens without a value."""
        return _("required") if self.fallback is None else _("empty: “%(words)s”") % {"words": self.fallback}


def live(model_admin: "ModelAdmin[Any]", request: HttpRequest) -> HttpResponse:
    """Answer with the preview of what stands in the editor; 401 with a reload after a log-out. Writes nothing."""
    if not model_admin.admin_site.has_permission(request):
        return HttpResponse(status=401, headers={"HX-Refresh": "true"})
    if not (model_admin.has_add_permission(request) or model_admin.has_change_permission(request)):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return TemplateResponse(
        request, "console/template_preview.html", {**context(request.POST), "may_edit": True}
    )


def context(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the preview shows; `typed` by the names of the form's fields, samples with their prefix."""
    texts = {name: _text(typed, name) for name in ("greeting", "prompt")}
    found = [
        Found(
            name=placeholder.name,
            title=spoken(placeholder.name),
            fallback=placeholder.fallback,
            where=_where(placeholder.name, texts),
            sample=str(typed.get(f"{SAMPLE_PREFIX}{placeholder.name}") or ""),
        )
        for placeholder in placeholders_of(*texts.values())
    ]
    values = {placeholder.name: placeholder.sample for placeholder in found}
    return {
        "preview_greeting": _rendered(texts["greeting"], values, GREETING_LIMIT),
        "preview_prompt": _rendered(texts["prompt"], values),
        "placeholders": found,
        "has_name": any(placeholder.name == NAME_PLACEHOLDER for placeholder in found),
        "settings_words": place_settings.in_words(_overrides(typed)),
        "disclosure_missing": ai_disclosure.warning(
            country=str(typed.get("country") or default_country()),
            purpose=str(typed.get("purpose") or ""),
            greeting=texts["greeting"],
            discloses_ai=bool(typed.get("discloses_ai")),
        ),
    }


def _text(typed: Mapping[str, Any], name: str) -> str:
    return str(typed.get(name) or "").replace("\r\n", "\n")


def _where(name: str, texts: Mapping[str, str]) -> str:
    """Say which of the two texts asks for it."""
    in_greeting, in_prompt = (
        name in {placeholder.name for placeholder in placeholders_of(text, "")} for text in texts.values()
    )
    if in_greeting and in_prompt:
        return _("in greeting and prompt")
    return _("in the greeting") if in_greeting else _("in the prompt")


def _rendered(text: str, values: Mapping[str, str], limit: int | None = None) -> Text:
    try:
        pieces = rendering.render_marked(text, values)
    except rendering.TemplateTextError as error:
        return Text([], problem=" ".join(error.sentences), limit=limit)
    missing = rendering.PieceKind.MISSING
    shown = [replace(piece, text=spoken(piece.name)) if piece.kind is missing else piece for piece in pieces]
    return Text(shown, limit=limit)


def _overrides(typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as far as they can be understood; what cannot is refused when it is saved."""
    fields = override_fields()
    values: dict[str, Any] = {}
    for name in OVERRIDE_NAMES:
        try:
            values[name] = fields[name].clean(typed.get(name))
        except ValidationError:
            values[name] = None
    return values
