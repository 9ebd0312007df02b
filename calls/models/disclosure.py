from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.choices import Disclosed
from calls.models.call_log import CallLog


class Disclosure(models.Model):
    """Somebody was shown what is hidden from others: who, of which call, what, and when. Never changed."""

    call = models.ForeignKey(CallLog, on_delete=models.PROTECT, related_name="disclosures")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, verbose_name=_("who")
    )
    what = models.CharField(_("what"), max_length=20, choices=Disclosed)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["call", "by", "what", "-at"], name="disclosure_latest")]

    def __str__(self) -> str:
        return f"{self.get_what_display()}: {self.by}"
