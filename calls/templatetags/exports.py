"""Exports on any page: the notice to their owner until they have seen what became of them; and long numbers."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils import formats

from calls.choices import ExportStatus
from calls.models import CallExport

register = template.Library()


@register.inclusion_tag("console/export_notice.html", takes_context=True)
def export_notices(context: Context) -> dict[str, Any]:
    """The person's exports that are ready or failed since they last looked; nothing for anybody else."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not (user.is_authenticated and user.has_perm("calls.export_calls")):
        return {}
    ended = CallExport.objects.filter(by=user, status__in=[ExportStatus.READY, ExportStatus.FAILED])
    return {"exports": list(ended.filter(seen_at=None)[:5])}


@register.filter
def grouped(number: int) -> str:
    """A number with its thousands set apart as the reader's language does."""
    return formats.number_format(number, use_l10n=True, force_grouping=True)
