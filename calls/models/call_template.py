from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from calls import rendering
from calls.choices import Purpose
from calls.models.agent import Agent
from calls.models.validators import (
    WithinContract,
    validate_country,
    validate_json_object,
    validate_placeholders,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def default_country() -> str:
    """Return the console's own country, the start value for new templates."""
    return str(settings.DEFAULT_COUNTRY)


class CallTemplateQuerySet(models.QuerySet["CallTemplate"]):
    def usable(self) -> "CallTemplateQuerySet":
        """Templates that may be used for new calls, with what a call needs of them."""
        return self.filter(is_archived=False, agent__is_active=True).select_related("agent")


class CallTemplate(models.Model):
    """Reusable wording and settings for calls by one agent. Empty settings mean the agent's default."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="templates", verbose_name=_("agent")
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        default=default_country,
        validators=[validate_country],
        help_text=_("Numbers typed without a country code belong to this country."),
    )
    greeting = models.TextField(
        _("greeting"),
        blank=True,
        validators=[validate_placeholders],
        help_text=_(
            "The first words the person hears. Write {{ person_name }} where a value belongs, "
            "or {{ person_name | there }} with words to use when it is empty. "
            "Empty: the agent's own greeting."
        ),
    )
    prompt = models.TextField(
        _("prompt"),
        blank=True,
        validators=[validate_placeholders],
        help_text=_("What the agent should do in this call. Empty: the agent's own prompt."),
    )
    additional_data = models.JSONField(
        _("default data"),
        default=dict,
        blank=True,
        validators=[validate_json_object],
        help_text=_("Facts that every call of this template passes to the agent."),
    )
    max_call_duration_seconds = models.PositiveIntegerField(
        _("hang up after (seconds)"),
        null=True,
        blank=True,
        validators=[WithinContract("CallConfigOverrides.max_call_duration_seconds")],
    )
    enable_callback = models.BooleanField(_("person may ask for a callback"), null=True, blank=True)
    retry_enabled = models.BooleanField(_("ring again when not answered"), null=True, blank=True)
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
    purpose = models.CharField(
        _("purpose"),
        max_length=20,
        choices=Purpose,
        default=Purpose.SERVICE,
        help_text=_("Decides at which hours people may be called."),
    )
    consent_basis = models.CharField(
        _("why these people may be called"),
        max_length=300,
        blank=True,
        help_text=_("For example: agreed on the registration form; existing customer with an appointment."),
    )
    discloses_ai = models.BooleanField(
        _("the agent says that it is an AI"),
        default=False,
        help_text=_("Tick this if the greeting, or the agent's own greeting, says so at the beginning."),
    )
    is_archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CallTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("call template")
        verbose_name_plural = _("call templates")
        ordering = ["is_archived", "name"]

    def __str__(self) -> str:
        return self.name

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        self.country = self.country.upper()
        super().clean_fields(exclude=exclude)

    def clean(self) -> None:
        try:
            self._check_greeting_can_fit()
        except rendering.TemplateTextError:
            return  # Unreadable text has its own message already, from the field's validator.
        if self.retry_enabled is False and (self.retry_max_attempts or self.retry_interval_minutes):
            raise ValidationError(
                {"retry_enabled": _now("Ringing again is switched off, so leave the two fields below empty.")}
            )

    def _check_greeting_can_fit(self) -> None:
        """The rendered greeting is what must fit; one whose fixed words are too long alone never will."""
        pieces = rendering.render_marked(self.greeting, {})
        fixed = "".join(piece.text for piece in pieces if piece.kind is not rendering.PieceKind.MISSING)
        try:
            WithinContract("CallRequest.initial_greeting")(fixed)
        except ValidationError as error:
            raise ValidationError({"greeting": error}) from error

    def placeholders(self) -> list[rendering.Placeholder]:
        """Return the placeholders of greeting and prompt, in order of first appearance."""
        return rendering.placeholders(f"{self.greeting}\n{self.prompt}")

    def content(self) -> dict[str, Any]:
        """Return everything that a version keeps, as JSON."""
        return {
            "agent_uuid": self.agent.agent_uuid,
            "country": self.country,
            "greeting": self.greeting,
            "prompt": self.prompt,
            "additional_data": self.additional_data,
            "overrides": {
                "max_call_duration_seconds": self.max_call_duration_seconds,
                "enable_callback": self.enable_callback,
                "retry_enabled": self.retry_enabled,
                "retry_max_attempts": self.retry_max_attempts,
                "retry_interval_minutes": self.retry_interval_minutes,
            },
            "data_points": [point.content() for point in self.data_points.all()],
        }

    def record_version(self, by: "User | None") -> "CallTemplateVersion":
        """Keep the present content as a new version unless the newest version says the same already."""
        with transaction.atomic():
            # One writer at a time, so that version numbers have no holes and no twins.
            CallTemplate.objects.select_for_update().get(pk=self.pk)
            latest = self.versions.first()
            content = self.content()
            if latest is not None and latest.content == content:
                return latest
            return CallTemplateVersion.objects.create(
                template=self, number=latest.number + 1 if latest else 1, content=content, saved_by=by
            )

    record_version.alters_data = True  # type: ignore[attr-defined]

    def current_version(self) -> "CallTemplateVersion":
        """Return the version that says what this template says now, made if a change was never recorded."""
        content = self.content()
        for version in self.versions.all():
            if version.content == content:
                return version
        return self.record_version(None)

    current_version.alters_data = True  # type: ignore[attr-defined]


class DataPoint(models.Model):
    """One thing that calls of a template should find out."""

    template = models.ForeignKey(CallTemplate, on_delete=models.CASCADE, related_name="data_points")
    position = models.PositiveIntegerField(_("order"), default=0)
    key = models.SlugField(
        _("name"), max_length=100, help_text=_("The answer is shown under this name, for example confirmed.")
    )
    description = models.TextField(
        _("what to find out"), help_text=_("For example: ask whether they can come tomorrow at 10.")
    )
    required = models.BooleanField(_("required"), default=False)
    output_format = models.CharField(
        _("form of the answer"), max_length=200, blank=True, help_text=_("For example: yes or no.")
    )

    class Meta:
        verbose_name = _("data point")
        verbose_name_plural = _("data points")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["template", "key"], name="data_point_key_once")]

    def __str__(self) -> str:
        return self.key

    def content(self) -> dict[str, Any]:
        """Return this data point as the contract's DataPoint takes it."""
        point: dict[str, Any] = {"key": self.key, "description": self.description, "required": self.required}
        if self.output_format:
            point["output_format"] = self.output_format
        return point


class CallTemplateVersion(models.Model):
    """What a template said at one time. Never changed; a call records the version it used."""

    template = models.ForeignKey(CallTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("saved by")
    )
    saved_at = models.DateTimeField(_("saved"), auto_now_add=True)

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.template} v{self.number}"
