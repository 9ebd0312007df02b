import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.choices import (
    BAD_ROW_VERDICTS,
    CALLABLE_VERDICTS,
    LIST_DRAFTS,
    LIST_ENDED,
    LIST_UNDER_WAY,
    ContactStatus,
    ContactVerdict,
    ListStatus,
    RetryOwner,
)
from calls.models.call_template import CallTemplate, CallTemplateVersion
from calls.models.validators import WithinContract

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class CallList(models.Model):
    """People to be called with one template: the file they came from, how fast, who rings again, how far it is.

    `status` moves only in services, under the lock of this row.
    """

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    template = models.ForeignKey(
        CallTemplate, on_delete=models.PROTECT, related_name="lists", verbose_name=_("template")
    )
    # What everybody of the list hears; fixed when the list starts.
    template_version = models.ForeignKey(
        CallTemplateVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="lists"
    )
    country = models.CharField(_("country"), max_length=2)
    status = models.CharField(_("status"), max_length=20, choices=ListStatus, default=ListStatus.MAPPING)
    status_reason = models.TextField(_("why"), blank=True)
    cloned_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="clones"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    # The uploaded file: its own name, and under which one it lies in DATA_DIR/lists.
    file_name = models.CharField(_("file"), max_length=255, blank=True)
    stored_name = models.CharField(max_length=100, blank=True, editable=False)
    has_header = models.BooleanField(_("first row holds headings"), default=True)
    header = models.JSONField(default=list, blank=True)
    # Number of the column, as text, → its role (see calls.spreadsheets.columns).
    mapping = models.JSONField(default=dict, blank=True)
    total = models.PositiveIntegerField(_("rows"), default=0)
    done = models.PositiveIntegerField(_("rows checked"), default=0)
    # While it is checked, when that last got on; then when it was finished.
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    # Names of the warnings that a person has confirmed before the start.
    confirmed = models.JSONField(default=list, blank=True)

    pace_per_minute = models.PositiveIntegerField(_("calls per minute"), default=10)
    at_once = models.PositiveIntegerField(_("calls at the same time"), default=5)
    retry_owner = models.CharField(
        _("who rings again"), max_length=10, choices=RetryOwner, default=RetryOwner.NOBODY
    )
    # OSVI's word → {"times": how often again, "minutes": wait before each}; only if this console rings again.
    retry_rules = models.JSONField(default=dict, blank=True)
    # Only if OSVI rings again.
    retry_max_attempts = models.PositiveIntegerField(
        _("ring again at most (times)"),
        null=True,
        blank=True,
        validators=[WithinContract("RetryConfig.max_attempts")],
    )
    retry_interval_minutes = models.PositiveIntegerField(
        _("wait between tries (minutes)"),
        null=True,
        blank=True,
        validators=[WithinContract("RetryConfig.interval_minutes")],
    )

    start_at = models.DateTimeField(_("starts"), null=True, blank=True)
    launched_at = models.DateTimeField(_("started"), null=True, blank=True)
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The breaker looks only at what happened after a person resumed the list.
    resumed_at = models.DateTimeField(_("resumed"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # The next moment at which the pace allows a call.
    next_slot_at = models.DateTimeField(null=True, blank=True)
    # When a worker will look at the list next; later than a while ago means that nobody does any more.
    next_tick_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("call list")
        verbose_name_plural = _("call lists")
        ordering = ["-pk"]
        default_permissions = ("add", "change", "view")
        permissions = [
            ("run_calllist", _("Can start, pause, resume and cancel call lists")),
            ("export_calllist", _("Can export call lists with outcomes and answers")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ListStatus.values), name="list_status_known")
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="list_status"),
            models.Index(fields=["template", "-id"], name="list_template"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.status in LIST_DRAFTS

    @property
    def is_under_way(self) -> bool:
        return self.status in LIST_UNDER_WAY

    @property
    def has_ended(self) -> bool:
        return self.status in LIST_ENDED

    def note(
        self,
        what: str,
        *,
        by: "User | None" = None,
        contact: "Contact | None" = None,
        evidence: dict[str, Any] | None = None,
    ) -> None:
        """Leave a line in the list's history. `what` is a sentence in English, translated when shown."""
        ListEvent.objects.create(call_list=self, by=by, contact=contact, what=what, evidence=evidence or {})

    note.alters_data = True  # type: ignore[attr-defined]


class ContactQuerySet(models.QuerySet["Contact"]):
    def to_call(self) -> Self:
        """People who are called, or will be when their time comes."""
        return self.filter(status=ContactStatus.WAITING)

    def due(self, now: datetime) -> Self:
        """People whose next call may be placed now, as far as their own waits go."""
        return self.to_call().filter(Q(next_attempt_at=None) | Q(next_attempt_at__lte=now))

    def callable(self) -> Self:
        """People whom the check lets through."""
        return self.filter(verdict__in=CALLABLE_VERDICTS)

    def bad_rows(self) -> Self:
        """Rows that can be corrected and uploaded again."""
        return self.filter(verdict__in=BAD_ROW_VERDICTS).exclude(status=ContactStatus.REMOVED)


class Contact(models.Model):
    """One row of a call list: the person, what the check said, and how far the calls to them are."""

    call_list = models.ForeignKey(CallList, on_delete=models.CASCADE, related_name="contacts")
    # As a person sees it in the file, counting the headings; people added later follow on.
    row = models.PositiveIntegerField(_("row"))
    person_name = models.CharField(_("name"), max_length=200, blank=True)
    # E.164, or empty if the row has no number that can be called.
    phone_number = models.CharField(_("number"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    verdict = models.CharField(
        _("check"), max_length=20, choices=ContactVerdict, default=ContactVerdict.UNCHECKED
    )
    status = models.CharField(
        _("status"), max_length=20, choices=ContactStatus, default=ContactStatus.SKIPPED
    )
    attempts = models.PositiveIntegerField(_("calls"), default=0)
    next_attempt_at = models.DateTimeField(_("next call"), null=True, blank=True)
    last_call = models.ForeignKey(
        "calls.CallLog", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Placeholder → text.
    values = models.JSONField(_("values"), default=dict, blank=True)
    # What the sentence of the verdict needs; which keys, services.contact_words says.
    detail = models.JSONField(default=dict, blank=True)
    # The row as it stood in the file, for the download of rows to be corrected.
    cells = models.JSONField(default=list, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("person of a list")
        verbose_name_plural = _("people of lists")
        ordering = ["call_list", "row"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["call_list", "row"], name="contact_row_once"),
            models.CheckConstraint(condition=Q(status__in=ContactStatus.values), name="contact_status_known"),
        ]
        indexes = [
            # The engine: who is next.
            models.Index(fields=["call_list", "status", "next_attempt_at", "row"], name="contact_next"),
            # The page of a list: people by verdict.
            models.Index(fields=["call_list", "verdict", "row"], name="contact_verdict"),
            models.Index(fields=["phone_number"], condition=~Q(phone_number=""), name="contact_number"),
        ]

    def __str__(self) -> str:
        return self.person_name or _("Row %(row)d") % {"row": self.row}


class ListEvent(models.Model):
    """One line in the history of a list, or of one person in it. Append-only."""

    call_list = models.ForeignKey(CallList, on_delete=models.CASCADE, related_name="events")
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="events"
    )
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    what = models.TextField(_("what"))
    evidence = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("line of a list's history")
        verbose_name_plural = _("history of lists")
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return self.what
