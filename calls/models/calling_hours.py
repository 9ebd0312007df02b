from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.choices import HolidayRule, Purpose
from calls.countries import country_name
from calls.models.validators import validate_country


class CallingRule(models.Model):
    """At which hours people of one country may be called, for one purpose or for all, and where that is said.

    Presets are entered after each migration where a country and purpose has no row yet (services.hours);
    a row that people changed stays as it is.
    """

    country = models.CharField(_("country"), max_length=2, validators=[validate_country])
    # Empty: for every purpose that has no rule of its own.
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose, blank=True)
    holidays = models.CharField(
        _("public holidays"), max_length=20, choices=HolidayRule, default=HolidayRule.CLOSED
    )
    disclosure_required = models.BooleanField(_("the agent must say that it is an AI"), default=False)
    consent_note = models.TextField(_("consent and identity"), blank=True)
    source = models.TextField(_("source"), blank=True)
    source_url = models.URLField(_("where to read it"), blank=True, max_length=500)
    confidence = models.CharField(_("how sure we are"), max_length=200, blank=True)
    reviewed_on = models.DateField(_("last reviewed"))
    is_preset = models.BooleanField(default=False, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("calling hours")
        verbose_name_plural = _("calling hours")
        ordering = ["country", "purpose"]
        constraints = [models.UniqueConstraint(fields=["country", "purpose"], name="calling_rule_once")]

    def __str__(self) -> str:
        return f"{country_name(self.country)} · {self.get_purpose_display() or _('every purpose')}"


class CallingWindow(models.Model):
    """One stretch of a weekday at which people may be called, by the clock where they are.

    An end at or before the beginning belongs to the next day; 00:00 to 00:00 is the whole day.
    """

    MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)
    WEEKDAYS = (
        (MONDAY, _("Monday")),
        (TUESDAY, _("Tuesday")),
        (WEDNESDAY, _("Wednesday")),
        (THURSDAY, _("Thursday")),
        (FRIDAY, _("Friday")),
        (SATURDAY, _("Saturday")),
        (SUNDAY, _("Sunday")),
    )

    rule = models.ForeignKey(CallingRule, on_delete=models.CASCADE, related_name="windows")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=WEEKDAYS)
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("to"))

    class Meta:
        verbose_name = _("calling window")
        verbose_name_plural = _("calling windows")
        ordering = ["weekday", "opens"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class DayTally(models.Model):
    """How many calls were sent on one day of the console's zone; the hard stop counts here, exactly."""

    day = models.DateField(primary_key=True)
    sent = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("calls of a day")
        verbose_name_plural = _("calls of a day")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day}: {self.sent}"
