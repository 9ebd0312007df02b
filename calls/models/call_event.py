from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.choices import CallStatus, EventSource


class AppendOnly(Exception):
    """Somebody tried to change or delete a step of a call's life."""


class CallEventQuerySet(models.QuerySet["CallEvent"]):
    def update(self, **_fields: Any) -> NoReturn:
        raise AppendOnly("Steps of a call are evidence and are never changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Steps of a call are evidence and are never deleted.")


class CallEvent(models.Model):
    """One step in a call's life: a move from one status to another, or something learned. Append-only."""

    call = models.ForeignKey("calls.CallLog", on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("when"), default=timezone.now)
    source = models.CharField(_("source"), max_length=20, choices=EventSource)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("who")
    )
    # Both empty: nothing moved, something was learned.
    from_status = models.CharField(_("from"), max_length=20, choices=CallStatus, blank=True)
    to_status = models.CharField(_("to"), max_length=20, choices=CallStatus, blank=True)
    why = models.TextField(_("what happened"))
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)

    objects = CallEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("call event")
        verbose_name_plural = _("call events")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.why

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnly("Steps of a call are evidence and are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Steps of a call are evidence and are never deleted.")
