import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.choices import ExportFormat, ExportStatus


class CallExport(models.Model):
    """One export of the list of calls: who asked for what, how far it is, and where the file lies."""

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="call_exports"
    )
    requested_at = models.DateTimeField(_("requested"), default=timezone.now)
    format = models.CharField(_("format"), max_length=10, choices=ExportFormat)
    # The list's own query string: what was filtered and searched for.
    query = models.CharField(_("filters"), max_length=3_000, blank=True)
    full_numbers = models.BooleanField(_("with full numbers"), default=False)
    with_conversation = models.BooleanField(_("with summaries and answers"), default=False)
    status = models.CharField(_("status"), max_length=10, choices=ExportStatus, default=ExportStatus.WAITING)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows written"), default=0)
    # Relative to the folder of exports in DATA_DIR; empty until the file is whole, and after it was deleted.
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    # While it is being written, when it last got on.
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)
    # When its owner was told that it is ready.
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_format_display()} {self.requested_at:%Y-%m-%d %H:%M}"
