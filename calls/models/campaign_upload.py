from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.choices import UploadStatus
from calls.models.call_list import CallList
from calls.osvi.values import SHORT_TEXT


class CampaignUpload(models.Model):
    """One part of a list, given to a campaign at OSVI, at most once: "sending" is saved before the request."""

    call_list = models.ForeignKey(CallList, on_delete=models.PROTECT, related_name="campaign_uploads")
    campaign_id = models.PositiveBigIntegerField(_("campaign"))
    part = models.PositiveIntegerField(_("part"))
    # Which people: rows from the first to the last of the list that were waiting then.
    first_row = models.PositiveIntegerField()
    last_row = models.PositiveIntegerField()
    contacts = models.PositiveIntegerField(_("people"), default=0)
    release = models.BooleanField(_("ring at once"), default=False)
    status = models.CharField(_("status"), max_length=20, choices=UploadStatus, default=UploadStatus.WAITING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    upload_id = models.CharField(_("OSVI upload id"), max_length=SHORT_TEXT, blank=True)
    # OSVI's figures as it gave them.
    answer = models.JSONField(default=dict, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("part given to a campaign")
        verbose_name_plural = _("parts given to campaigns")
        ordering = ["call_list", "part"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["call_list", "part"], name="campaign_part_once")]

    def __str__(self) -> str:
        return f"{self.call_list} / {self.part}"
