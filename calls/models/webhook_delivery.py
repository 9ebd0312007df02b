import hashlib

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.choices import REFUSED_VERDICTS, Verdict, WebhookRoute
from calls.models.call_log import CallLog


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def refused(self) -> "WebhookDeliveryQuerySet":
        return self.filter(verdict__in=REFUSED_VERDICTS)

    def waiting(self) -> "WebhookDeliveryQuerySet":
        """Stored, but not yet looked at."""
        return self.filter(verdict=Verdict.RECEIVED)

    def narrow(self) -> "WebhookDeliveryQuerySet":
        return self.defer("body", "headers", "error")


class WebhookDelivery(models.Model):
    """One message as it arrived, its verdict, and what it changed. Stored before anything is done with it."""

    route = models.CharField(_("came to"), max_length=10, choices=WebhookRoute)
    received_at = models.DateTimeField(_("received"), default=timezone.now, db_index=True)
    source_address = models.GenericIPAddressField(_("from address"), null=True, blank=True)
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict, default=Verdict.RECEIVED)
    call = models.ForeignKey(
        CallLog,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("call"),
    )
    matched_by = models.CharField(_("matched by"), max_length=100, blank=True)
    matched_by_person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed = models.JSONField(_("what it changed"), default=list, blank=True)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    replay_count = models.PositiveIntegerField(_("times replayed"), default=0)
    body_digest = models.CharField(_("fingerprint"), max_length=64, blank=True)
    body_size = models.PositiveIntegerField(_("size"), default=0)
    error = models.TextField(_("error"), blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    body = models.BinaryField(_("body"), default=b"")

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        permissions = [
            ("replay_delivery", _("Can replay deliveries")),
            ("match_delivery", _("Can match deliveries to calls by hand")),
        ]
        constraints = [
            # The database itself refuses to apply the same message to the same call twice.
            models.UniqueConstraint(
                fields=["call", "body_digest"], condition=Q(verdict=Verdict.APPLIED), name="applied_once"
            ),
        ]
        indexes = [
            models.Index(fields=["verdict", "-id"], name="delivery_verdict_list"),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()} {self.received_at:%Y-%m-%d %H:%M:%S}"

    @staticmethod
    def digest(body: bytes) -> str:
        """Return the fingerprint by which repeated messages are recognised."""
        return hashlib.sha256(body).hexdigest()
