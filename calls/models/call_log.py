import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core import signing
from django.db import connections, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from calls.choices import (
    CANCELLABLE,
    MOVES,
    MOVING,
    NEEDS_ATTENTION,
    OUTCOME_LABELS,
    CallStatus,
    EventSource,
    Purpose,
)
from calls.models import call_words
from calls.models.agent import Agent
from calls.models.call_event import CallEvent
from calls.models.call_template import CallTemplate, CallTemplateVersion
from calls.osvi.values import SHORT_TEXT

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ImpossibleMove(Exception):
    """The state machine has no such move (see calls.choices.MOVES)."""


def _webhook_signer() -> signing.Signer:
    return signing.Signer(salt="calls.webhook", sep=".")


def _required_answer_missing() -> Q:
    return Q(required_missing=True, next_poll_at=None)


def _follow_up_is_due() -> Q:
    return Q(follow_up_on__lte=timezone.localdate())


class CallLogQuerySet(models.QuerySet["CallLog"]):
    def ready_to_send(self, now: datetime) -> Self:
        """Calls that a worker may send now: their time has come and has not passed."""
        return self.filter(
            Q(not_before=None) | Q(not_before__lte=now),
            Q(send_until=None) | Q(send_until__gt=now),
            status=CallStatus.QUEUED,
        )

    def due_for_poll(self, now: datetime) -> Self:
        """Calls about which OSVI should be asked now."""
        return self.filter(next_poll_at__lte=now)

    def needing_attention(self) -> Self:
        """Calls that a person has to look at."""
        return self.filter(Q(status__in=NEEDS_ATTENTION) | _required_answer_missing() | _follow_up_is_due())

    def required_answer_missing(self) -> Self:
        """Answered calls without a required answer, of which nothing more is expected by itself."""
        return self.filter(_required_answer_missing())

    def follow_up_due(self) -> Self:
        """Calls that somebody promised to follow up, today or before."""
        return self.filter(_follow_up_is_due())

    def open_at_osvi(self) -> Self:
        """Calls that left, or may have left, and whose end is not known."""
        return self.filter(
            status__in=[
                CallStatus.SENDING,
                CallStatus.ACCEPTED,
                CallStatus.UNCONFIRMED,
                CallStatus.NO_OUTCOME,
            ]
        )

    def search(self, words: str, *, with_conversation: bool) -> Self:
        """Calls that hold every one of these words, the last of them perhaps only begun.

        Looked at are the name and, with `with_conversation`, also summary, answers, corrected answers, notes
        and transcript. Any text is safe; one without a letter or digit finds nothing.
        """
        found = call_words.searched(words)
        if not found:
            return self.none()
        keys = call_words.matching(connections[self.db], found, with_conversation=with_conversation)
        return self.filter(pk__in=keys)

    def with_osvi_id(self, column: str, ids: Iterable[str]) -> Self:
        """Calls whose `column`, "call_id" or "call_log_id", is one of these ids."""
        # The index leaves out rows without an id; SQLite takes it only for a question that does so too.
        return self.filter(**{f"{column}__in": list(ids)}).exclude(**{column: ""})

    def from_webhook_token(self, token: str) -> "CallLog | None":
        """Return the call that `token` was made for, or None if it was not made by us."""
        try:
            reference = uuid.UUID(hex=_webhook_signer().unsign(token))
        except (signing.BadSignature, ValueError):
            return None
        return self.filter(reference=reference).first()

    def narrow(self) -> Self:
        """Leave out what lists do not show, so that pages of a big table read little."""
        return self.defer("request", "summary", "extracted", "analysis", "provenance")


class CallLog(models.Model):
    """One requested call: who, whom, exactly what was sent, where it stands, what came back.

    `status` is ours and moves only through move(); `outcome` is OSVI's word, an open set.
    """

    reference = models.UUIDField(_("reference"), default=uuid.uuid4, unique=True, editable=False)
    # One form submission is one call, however often the browser sends it.
    form_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="calls", verbose_name=_("agent"))
    template = models.ForeignKey(
        CallTemplate,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("template"),
    )
    template_version = models.ForeignKey(
        CallTemplateVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("template version"),
    )
    again_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="calls_again",
        verbose_name=_("call again of"),
    )
    # The person of a list for whom this call was placed.
    contact = models.ForeignKey(
        "calls.Contact",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("person of a list"),
    )
    is_test = models.BooleanField(_("test call"), default=False)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="placed_calls",
        verbose_name=_("placed by"),
    )
    person_name = models.CharField(_("name"), max_length=200, blank=True)
    phone_number = PhoneNumberField(_("number"))
    country = models.CharField(_("country"), max_length=2)
    # What the guards before dialling need (see services.guards). An unknown purpose needs every purpose's hours.
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, blank=True)
    # The person's own, if it was said; otherwise the number tells.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    # Why hours and caps do not hold for this call; a person with the permission wrote it.
    override_reason = models.CharField(_("reason to call all the same"), max_length=300, blank=True)

    status = models.CharField(_("status"), max_length=20, choices=CallStatus, default=CallStatus.QUEUED)
    status_reason = models.TextField(_("why"), blank=True)
    requested_at = models.DateTimeField(_("requested"), default=timezone.now, db_index=True)
    scheduled_for = models.DateTimeField(_("scheduled for"), null=True, blank=True)
    # Unsent until then, the call is given up unsent.
    send_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(_("next try to send"), null=True, blank=True)
    send_attempts = models.PositiveIntegerField(_("tries to send"), default=0)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    outcome_due_at = models.DateTimeField(_("news expected until"), null=True, blank=True)
    next_poll_at = models.DateTimeField(_("next question to OSVI"), null=True, blank=True)
    poll_count = models.PositiveIntegerField(_("questions to OSVI"), default=0)

    # As wide as calls.osvi.values cuts what OSVI says, so that no message is too long to be kept.
    # Both ids as opaque text: the vendor's documents disagree on their form and on whether they are one.
    call_id = models.CharField(_("OSVI call id"), max_length=SHORT_TEXT, blank=True)
    call_log_id = models.CharField(_("OSVI call log id"), max_length=SHORT_TEXT, blank=True)
    outcome = models.CharField(_("outcome"), max_length=SHORT_TEXT, blank=True)
    duration_seconds = models.PositiveIntegerField(_("length"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=SHORT_TEXT, blank=True)
    ended_reason = models.CharField(_("why it ended"), max_length=SHORT_TEXT, blank=True)
    retry_count = models.PositiveIntegerField(_("rung again"), null=True, blank=True)
    picked_at = models.DateTimeField(_("answered"), null=True, blank=True)
    tag = models.CharField(_("tag"), max_length=SHORT_TEXT, blank=True)

    # What people decided afterwards.
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    follow_up_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="follow_ups",
        verbose_name=_("follow-up by"),
    )
    # A day in the console's zone; empty when nothing is to be done (any more).
    follow_up_on = models.DateField(_("follow-up due"), null=True, blank=True)
    # Answered, but a required answer is neither collected nor corrected (see services.answers).
    required_missing = models.BooleanField(_("required answer missing"), default=False)

    # Wide columns last, so that rows read for a list stay on one page of SQLite's file.
    summary = models.TextField(_("summary"), blank=True)
    extracted = models.JSONField(_("answers collected"), default=dict, blank=True)
    analysis = models.JSONField(_("analysis"), default=dict, blank=True)
    # Per field, how trustworthy the news was that filled it (see calls.osvi.merging).
    provenance = models.JSONField(default=dict, blank=True, editable=False)
    # The body for OSVI, less our own webhook address, which carries a secret.
    request = models.JSONField(_("what was sent"), default=dict, blank=True)

    objects = CallLogQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-pk"]
        permissions = [
            ("place_call", _("Can place calls")),
            ("cancel_call", _("Can cancel calls that were not sent yet")),
            ("resolve_call", _("Can say what became of an unconfirmed call")),
            ("resume_sending", _("Can resume sending after it was paused")),
            ("reveal_number", _("Can reveal full telephone numbers")),
            ("view_conversation", _("Can read summaries, answers and transcripts")),
            ("play_recording", _("Can play recordings")),
            ("view_technical", _("Can see technical details: what was sent and received")),
            ("review_call", _("Can review calls: notes, corrections, follow-ups")),
            ("export_calls", _("Can export calls")),
            ("override_guards", _("Can call outside calling hours or over a cap, with a reason")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CallStatus.values), name="call_status_known"),
            models.UniqueConstraint(fields=["call_id"], condition=~Q(call_id=""), name="call_id_once"),
        ]
        indexes = [
            # Worker: what may be sent, what waits too long. Small: only unsent calls.
            models.Index(
                fields=["not_before"],
                condition=Q(status__in=[CallStatus.SCHEDULED, CallStatus.QUEUED, CallStatus.SENDING]),
                name="call_unsent",
            ),
            # Reconciler: about which calls to ask now.
            models.Index(fields=["next_poll_at"], condition=Q(next_poll_at__isnull=False), name="call_poll"),
            # Matching a delivery, and the guard against ringing a person twice.
            models.Index(fields=["phone_number", "-requested_at"], name="call_number"),
            models.Index(fields=["call_log_id"], condition=~Q(call_log_id=""), name="call_log_id"),
            # Home: the figures of today and of 30 days, from this index alone.
            models.Index(
                fields=["requested_at", "agent", "template", "outcome", "status", "duration_seconds"],
                name="call_overview",
            ),
            # Lists in their own order, filtered.
            models.Index(fields=["status", "-id"], name="call_status_list"),
            models.Index(fields=["outcome", "-id"], name="call_outcome_list"),
            models.Index(fields=["agent", "-id"], name="call_agent_list"),
            models.Index(fields=["template", "-id"], name="call_template_list"),
            models.Index(fields=["placed_by", "-id"], name="call_placed_by_list"),
            # Follow-ups that are due, required answers that are missing, calls that nobody has reviewed.
            models.Index(
                fields=["follow_up_on"], condition=Q(follow_up_on__isnull=False), name="call_follow_up"
            ),
            models.Index(fields=["-id"], condition=Q(required_missing=True), name="call_required_missing"),
            models.Index(
                fields=["-id"],
                condition=Q(reviewed_at__isnull=True, status=CallStatus.FINISHED),
                name="call_unreviewed",
            ),
        ]

    def __str__(self) -> str:
        return self.person_name or _("Call %(reference)s") % {"reference": str(self.reference)[:8]}

    @property
    def webhook_token(self) -> str:
        """The unguessable last part of this call's own webhook address: proves and correlates."""
        return _webhook_signer().sign(self.reference.hex)

    def is_ready_to_send(self, now: datetime) -> bool:
        """Whether a worker may send this call now (the rule of CallLogQuerySet.ready_to_send for one row)."""
        come = self.not_before is None or self.not_before <= now
        passed = self.send_until is not None and self.send_until <= now
        return self.status == CallStatus.QUEUED and come and not passed

    @property
    def can_be_cancelled(self) -> bool:
        return self.status in CANCELLABLE

    @property
    def may_still_change(self) -> bool:
        """Whether its page should keep looking for news."""
        return self.status in MOVING or self.next_poll_at is not None

    @property
    def outcome_label(self) -> str:
        """OSVI's word for the outcome in words for staff; unknown words as they came."""
        return str(OUTCOME_LABELS.get(self.outcome, self.outcome))

    @property
    def rings_again(self) -> bool:
        """Whether OSVI was told to ring again when nobody answers, so that an outcome may be provisional."""
        overrides = self.request.get("call_config_overrides") or {}
        return bool((overrides.get("retry_config") or {}).get("enabled"))

    def move(
        self,
        to: CallStatus,
        *,
        source: EventSource,
        why: str,
        by: "User | None" = None,
        evidence: dict[str, Any] | None = None,
        only_if: Mapping[str, Any] | Q | None = None,
        **fields: Any,
    ) -> bool:
        """Move to another status, if the row still stands where this object was read, and leave an event.

        `why` is a sentence for staff; `fields` are saved along; `only_if` names values that the row must
        still have besides, or is a condition. Returns False, changing nothing, when somebody else was faster.
        Raises ImpossibleMove for a move that MOVES does not have.
        """
        origin = CallStatus(self.status)
        if to not in MOVES[origin]:
            raise ImpossibleMove(f"A call cannot go from {origin} to {to}.")
        fields |= {"status": to, "status_reason": why}
        besides = only_if if isinstance(only_if, Q) else Q(**(only_if or {}))
        with transaction.atomic():
            if not CallLog.objects.filter(besides, pk=self.pk, status=origin).update(**fields):
                return False
            CallEvent.objects.create(
                call_id=self.pk,
                source=source,
                by=by,
                from_status=origin,
                to_status=to,
                why=why,
                evidence=evidence or {},
            )
        for name, value in fields.items():
            setattr(self, name, value)
        return True

    move.alters_data = True  # type: ignore[attr-defined]

    def note(
        self,
        why: str,
        *,
        source: EventSource,
        by: "User | None" = None,
        evidence: dict[str, Any] | None = None,
    ) -> None:
        """Leave an event that something was learned or done, without a move."""
        CallEvent.objects.create(call_id=self.pk, source=source, by=by, why=why, evidence=evidence or {})

    note.alters_data = True  # type: ignore[attr-defined]


class Transcript(models.Model):
    """The conversation, in a table of its own so that lists of calls stay narrow."""

    call = models.OneToOneField(
        CallLog, on_delete=models.CASCADE, primary_key=True, related_name="transcript"
    )
    turns = models.JSONField(_("turns"), default=list)
    # As OSVI gave it: the field names of a turn are not documented, so our reading may be poorer.
    raw = models.JSONField(_("as received"), default=list, blank=True)
    text = models.TextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("transcript")
        verbose_name_plural = _("transcripts")

    def __str__(self) -> str:
        return self.text[:80]

    @staticmethod
    def as_text(turns: Iterable[dict[str, str]]) -> str:
        """Return the spoken words as plain lines."""
        return "\n".join(turn.get("text", "") for turn in turns)
