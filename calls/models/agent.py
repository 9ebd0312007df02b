from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.osvi.values import SHORT_TEXT


class AgentQuerySet(models.QuerySet["Agent"]):
    def usable(self) -> "AgentQuerySet":
        """Agents that OSVI reported as active when it was last asked."""
        return self.filter(is_active=True)


class Agent(models.Model):
    """One voice agent of the OSVI account. Known from GET /v1/active_agents; never deleted, only inactive."""

    agent_uuid = models.CharField(
        _("OSVI agent id"),
        max_length=SHORT_TEXT,
        unique=True,
        help_text=_("As OSVI shows it, for example agent_IsZ3Q6Sf_60Eh26XQMGbz-R_og."),
    )
    name = models.CharField(_("name"), max_length=SHORT_TEXT)
    is_active = models.BooleanField(
        _("active"), default=True, help_text=_("Only active agents can be used for new calls.")
    )
    last_seen_at = models.DateTimeField(_("last seen at OSVI"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    # OSVI's own do-not-call list of this agent: when it was read, when it is read next (empty: at once),
    # and why that did not work.
    do_not_call_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    do_not_call_next_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    do_not_call_problem = models.TextField(blank=True, editable=False)

    objects = AgentQuerySet.as_manager()

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ["-is_active", "name", "pk"]
        permissions = [("sync_agents", _("Can sync agents from OSVI"))]

    def __str__(self) -> str:
        return self.name
