from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import CharField, ExpressionWrapper, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from calls.choices import MirrorStatus, SuppressionSource, SuppressionStatus
from calls.models.agent import Agent

# The number as plain text: reading thousands of numbers as telephone numbers would take seconds.
NUMBER_AS_TEXT = ExpressionWrapper(F("phone_number"), output_field=CharField())


class DoNotCallQuerySet(models.QuerySet["DoNotCall"]):
    def in_force(self, now: datetime) -> Self:
        """Entries that forbid calls at this moment."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), status=SuppressionStatus.ACTIVE)

    def undecided(self) -> Self:
        """Proposals that wait for a person."""
        return self.filter(status=SuppressionStatus.PROPOSED)

    def ended(self, now: datetime) -> Self:
        """Entries whose time is over and that nobody has closed yet."""
        return self.filter(status=SuppressionStatus.ACTIVE, expires_at__lte=now)

    def with_text(self) -> Self:
        """Entries with their number in `e164`."""
        return self.annotate(e164=NUMBER_AS_TEXT)

    def numbered(self, numbers: Collection[str]) -> Self:
        """Entries for these numbers (E.164), of any scope."""
        return self.with_text().filter(e164__in=numbers)

    def for_agent(self, agent_pk: int | None) -> Self:
        """Entries that concern calls of this agent; None: of every agent."""
        return self.filter(Q(agent=None) if agent_pk is None else Q(agent=None) | Q(agent_id=agent_pk))

    def about(self, numbers: Collection[str], agent_pk: int | None) -> Self:
        """Entries for these numbers (E.164) that concern calls of this agent; None: of every agent."""
        return self.numbered(numbers).for_agent(agent_pk)


class DoNotCall(models.Model):
    """A number that must not be called, by any agent or by one: why, since when, who said so, until when.

    Entries are never deleted: a lifted one says who lifted it and why.
    """

    phone_number = PhoneNumberField(_("number"))
    # Empty: no agent may call it.
    agent = models.ForeignKey(
        Agent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="do_not_call",
        verbose_name=_("only for agent"),
    )
    status = models.CharField(
        _("status"), max_length=20, choices=SuppressionStatus, default=SuppressionStatus.ACTIVE
    )
    source = models.CharField(
        _("source"), max_length=20, choices=SuppressionSource, default=SuppressionSource.STAFF
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # In which call it was said, and the words that say so.
    call = models.ForeignKey(
        "calls.CallLog", on_delete=models.SET_NULL, null=True, blank=True, related_name="do_not_call"
    )
    words = models.TextField(_("what was said"), blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    added_at = models.DateTimeField(_("since"), default=timezone.now)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_reason = models.CharField(_("reason of the decision"), max_length=300, blank=True)

    objects = DoNotCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("do-not-call entry")
        verbose_name_plural = _("do-not-call entries")
        ordering = ["-pk"]
        default_permissions = ("add", "view")
        permissions = [
            ("lift_donotcall", _("Can lift do-not-call entries")),
            ("import_donotcall", _("Can import do-not-call lists")),
            ("export_donotcall", _("Can export the do-not-call list")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=SuppressionStatus.values), name="do_not_call_status_known"
            ),
            # One entry in force for a number and an agent (or all agents).
            models.UniqueConstraint(
                fields=["phone_number", "agent"],
                condition=Q(status=SuppressionStatus.ACTIVE, agent__isnull=False),
                name="do_not_call_once_agent",
            ),
            models.UniqueConstraint(
                fields=["phone_number"],
                condition=Q(status=SuppressionStatus.ACTIVE, agent__isnull=True),
                name="do_not_call_once_all",
            ),
            # What one call says is proposed once.
            models.UniqueConstraint(
                fields=["call"],
                condition=Q(status=SuppressionStatus.PROPOSED),
                name="do_not_call_proposed_once",
            ),
        ]
        indexes = [
            models.Index(fields=["phone_number", "status"], name="do_not_call_number"),
            models.Index(fields=["status", "-id"], name="do_not_call_status"),
            # The sweep: whose time is over.
            models.Index(
                fields=["expires_at"],
                condition=Q(status=SuppressionStatus.ACTIVE, expires_at__isnull=False),
                name="do_not_call_expiry",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Do-not-call entry %(number)d") % {"number": self.pk or 0})

    def is_in_force(self, now: datetime) -> bool:
        """Whether it forbids calls at this moment (the rule of DoNotCallQuerySet.in_force for one row)."""
        over = self.expires_at is not None and self.expires_at <= now
        return self.status == SuppressionStatus.ACTIVE and not over


class DoNotCallMirror(models.Model):
    """Whether OSVI's own list of one agent holds what an entry of ours asks for."""

    entry = models.ForeignKey(DoNotCall, on_delete=models.CASCADE, related_name="mirrors")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    # True: the number belongs on OSVI's list; False: it has to be taken off.
    wanted = models.BooleanField(default=True)
    status = models.CharField(max_length=20, choices=MirrorStatus, default=MirrorStatus.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("entry at OSVI")
        verbose_name_plural = _("entries at OSVI")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["entry", "agent"], name="do_not_call_mirror_once")]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="do_not_call_mirror_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry} / {self.agent}"
