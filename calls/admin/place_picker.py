"""The choice of a template: each with its agent and its last use, for a list that a script makes searchable."""

from typing import Any

from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls.models import CallLog, CallTemplate
from calls.templatetags.call_display import relative


def templates_to_choose(*, with_last_use: bool) -> QuerySet[CallTemplate]:
    """Return the templates that may be used, with `last_use` if it is to be told."""
    templates = CallTemplate.objects.usable()
    if not with_last_use:
        return templates
    newest = CallLog.objects.filter(template=OuterRef("pk")).order_by("-pk").values("requested_at")
    return templates.annotate(last_use=Subquery(newest[:1]))


class TemplateSelect(forms.Select):
    """A select whose options carry name and details apart, for the script."""

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        template = getattr(value, "instance", None)
        if template is not None:
            option["attrs"] |= {"data-name": template.name, "data-about": _about(template)}
        return option


class TemplateChoice(forms.ModelChoiceField):
    """One of the templates that may be used, or none."""

    widget = TemplateSelect

    def __init__(self) -> None:
        super().__init__(
            CallTemplate.objects.none(),
            label=_("Template"),
            required=False,
            empty_label=_("No template: the agent's own words"),
            help_text=_("Brings its words, agent and settings. What you typed about the person stays."),
            error_messages={
                "invalid_choice": _(
                    "This template is archived or its agent is no longer active. Choose another one."
                )
            },
        )

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name} · {_about(obj)}"


def _about(template: CallTemplate) -> str:
    """Agent and last use in few words; the use only where it was looked up."""
    if not hasattr(template, "last_use"):
        return template.agent.name
    if template.last_use is None:
        return _now("%(agent)s · never used") % {"agent": template.agent.name}
    words = {"agent": template.agent.name, "time": relative(template.last_use)}
    return _now("%(agent)s · last used %(time)s") % words
