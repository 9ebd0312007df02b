from django.db import models
from django.utils.translation import gettext_lazy as _


class ConsoleState(models.Model):
    """The one row about the console as a whole: is sending paused, is the worker alive, does OSVI answer."""

    KEY = 1

    sending_paused_at = models.DateTimeField(_("sending paused"), null=True, blank=True)
    sending_paused_reason = models.TextField(_("why"), blank=True)
    worker_seen_at = models.DateTimeField(_("worker last seen"), null=True, blank=True)
    # The ceiling of all lists together: before this moment no list places another call.
    next_list_call_at = models.DateTimeField(null=True, blank=True)
    # Until then one worker passes do-not-call entries on, and no other.
    passing_on_until = models.DateTimeField(null=True, blank=True)
    osvi_answered_at = models.DateTimeField(_("OSVI last answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("console state")
        verbose_name_plural = _("console state")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="console_state_one_row")]

    def __str__(self) -> str:
        return "paused" if self.sending_paused_at else "sending"

    @classmethod
    def current(cls) -> "ConsoleState":
        """Return the row, made on first use."""
        state, _created = cls.objects.get_or_create(pk=cls.KEY)
        return state
