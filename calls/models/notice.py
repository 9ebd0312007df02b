from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.choices import NoticeKind
from calls.models.call_list import CallList


class Notice(models.Model):
    """One person is told about a list: on the next page they open, and by e-mail if they have an address."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    call_list = models.ForeignKey(CallList, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(_("kind"), max_length=20, choices=NoticeKind)
    # A sentence in English, translated when shown.
    why = models.TextField(_("why"), blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    seen_at = models.DateTimeField(_("seen"), null=True, blank=True)
    # Empty once it was sent, or if there is nothing to send.
    next_mail_at = models.DateTimeField(null=True, blank=True)
    mail_tries = models.PositiveIntegerField(default=0)
    mailed_at = models.DateTimeField(_("e-mail sent"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-pk"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["person", "-id"], name="notice_person"),
            models.Index(
                fields=["next_mail_at"], condition=Q(next_mail_at__isnull=False), name="notice_mail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.call_list}"
