"""What people add to a call after it: notes and corrected answers. Owner and date of a follow-up are on CallLog."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models.call_log import CallLog
from calls.osvi.values import SHORT_TEXT


class CallNote(models.Model):
    """One note of a person about a call. Written once; a later note says what has changed."""

    call = models.ForeignKey(CallLog, on_delete=models.PROTECT, related_name="notes")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("who")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    text = models.TextField(_("note"), max_length=4_000)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:80]


class AnswerCorrection(models.Model):
    """A person's word against what OSVI understood. Both values are kept; the newest correction counts."""

    call = models.ForeignKey(CallLog, on_delete=models.PROTECT, related_name="corrections")
    key = models.CharField(_("answer"), max_length=SHORT_TEXT)
    # As OSVI gave it at that time; null if it gave none.
    original = models.JSONField(_("as OSVI understood it"), null=True, blank=True)
    corrected = models.TextField(_("correct answer"), max_length=3_000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("who")
    )
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("corrected answer")
        verbose_name_plural = _("corrected answers")
        ordering = ["pk"]
        indexes = [models.Index(fields=["call", "key", "-id"], name="correction_newest")]

    def __str__(self) -> str:
        return f"{self.key}: {self.corrected[:80]}"
