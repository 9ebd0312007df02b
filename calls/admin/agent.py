"""The screen "Agents": what OSVI's account has, brought in by a sync."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calls.admin.permissions import has_verb, require_verb
from calls.models import Agent
from calls.osvi.errors import OsviError
from calls.services.agent_figures import figures_by_agent
from calls.services.agents import SyncResult, sync_agents
from calls.services.overview import Figures
from calls.templatetags.call_display import exact, moment
from calls.templatetags.console import badge


@admin.register(Agent)
class AgentAdmin(admin.ModelAdmin):
    """Names and ids come from OSVI; by hand an agent can be added where no sync is possible."""

    list_display = (
        "name",
        "state",
        "calls_placed",
        "answer_rate",
        "template_count",
        "last_seen",
        "agent_uuid",
    )
    list_filter = ("is_active",)
    search_fields = ("name", "agent_uuid")
    search_help_text = _("Name or OSVI agent id")
    actions = ("place_test_call",)
    fields = ("name", "agent_uuid", "is_active", "last_seen_at")
    readonly_fields = ("last_seen_at",)
    change_list_template = "admin/calls/agent/change_list.html"
    change_form_template = "admin/calls/agent/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agent]:
        return super().get_queryset(request).annotate(templates_in_use=Count("templates"))

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        return ("name", "agent_uuid", *self.readonly_fields) if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Agent | None = None) -> bool:
        """Never: calls and templates refer to agents. One that is gone becomes inactive."""
        return False

    def has_place_call_permission(self, request: HttpRequest) -> bool:
        return has_verb(request, "place_call")

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Put to each agent how its calls went, for people who may see calls."""
        changes = super().get_changelist_instance(request)
        figures = figures_by_agent() if has_verb(request, "view_calllog") else {}
        for agent in changes.result_list:
            agent.figures = figures.get(agent.pk, Figures())
        return changes

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        hidden = set() if has_verb(request, "view_calllog") else {"calls_placed", "answer_rate"}
        return [column for column in self.list_display if column not in hidden]

    @admin.display(description=_("state"))
    def state(self, agent: Agent) -> SafeString:
        return badge("success", _now("Active")) if agent.is_active else badge("neutral", _now("Not active"))

    @admin.display(description=_("calls, 30 days"))
    def calls_placed(self, agent: Agent) -> SafeString | int:
        figures: Figures = agent.figures  # type: ignore[attr-defined]
        if not figures.placed:
            return 0
        address = reverse("admin:calls_calllog_changelist")
        return format_html('<a href="{}?agent={}&amp;when=30">{}</a>', address, agent.pk, figures.placed)

    @admin.display(description=_("answered"), empty_value="–")
    def answer_rate(self, agent: Agent) -> str | None:
        rate = agent.figures.answer_rate  # type: ignore[attr-defined]
        return None if rate is None else _now("%(rate)d %%") % {"rate": rate}

    @admin.display(description=_("last seen at OSVI"), ordering="last_seen_at")
    def last_seen(self, agent: Agent) -> SafeString | str:
        return moment(agent.last_seen_at)

    @admin.display(description=_("templates"), ordering="templates_in_use")
    def template_count(self, agent: Agent) -> SafeString | int:
        count: int = getattr(agent, "templates_in_use", 0)
        if not count:
            return 0
        address = reverse("admin:calls_calltemplate_changelist")
        return format_html('<a href="{}?agent__id__exact={}">{}</a>', address, agent.pk, count)

    @admin.action(description=_("Place a test call"), permissions=["place_call"])
    def place_test_call(self, request: HttpRequest, queryset: QuerySet[Agent]) -> HttpResponse | None:
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            messages.error(request, _now("Please choose exactly one agent for a test call."))
            return None
        if not chosen[0].is_active:
            messages.error(
                request,
                _now("OSVI does not list “%(name)s” as active, so it cannot call.")
                % {"name": chosen[0].name},
            )
            return None
        address = reverse("admin:calls_calllog_add")
        return HttpResponseRedirect(f"{address}?agent={chosen[0].pk}&is_test=1")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        agent = self.get_object(request, object_id)
        about: dict[str, Any] = {}
        if agent is not None:
            about["why_gone"] = _why_gone(agent)
            if has_verb(request, "view_calllog"):
                about["figures"] = figures_by_agent().get(agent.pk, Figures())
            if has_verb(request, "view_calltemplate"):
                about["templates"] = agent.templates.order_by("is_archived", "name")
        return super().change_view(request, object_id, form_url, {**about, **(extra_context or {})})

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {**(extra_context or {}), "may_sync": has_verb(request, "sync_agents")}
        return super().changelist_view(request, context)

    def get_urls(self) -> list[URLPattern]:
        sync = self.admin_site.admin_view(self.sync_view)
        return [path("sync/", sync, name="calls_agent_sync"), *super().get_urls()]

    def sync_view(self, request: HttpRequest) -> HttpResponse:
        """Ask OSVI for its agents, on POST, and say what changed. Asked by GET it only shows the list."""
        require_verb(request, "sync_agents")
        if request.method == "POST":
            self._sync(request)
        to_place = request.POST.get("back") == "place" and has_verb(request, "place_call")
        name = "calls_calllog_add" if to_place else "calls_agent_changelist"
        if not to_place and not self.has_view_permission(request):
            name = "index"
        return HttpResponseRedirect(reverse(f"admin:{name}"))

    @staticmethod
    def _sync(request: HttpRequest) -> None:
        try:
            result = sync_agents()
        except OsviError as error:
            messages.error(request, _now("The agents could not be read from OSVI. %(why)s") % {"why": error})
        else:
            messages.success(request, in_words(result))


def _why_gone(agent: Agent) -> str:
    """Say why no new call can use the agent, and since when; empty if it can."""
    if agent.is_active:
        return ""
    if agent.last_seen_at is None:
        return _now("OSVI has never listed this agent as active, so no new call can use it.")
    words = _now(
        "OSVI last listed this agent as active on %(time)s. It is not active now, so no new call can use it. Activate "
        "it at OSVI and sync again, or choose another agent for its templates."
    )
    return words % {"time": exact(agent.last_seen_at)}


def in_words(result: SyncResult) -> str:
    """Return what a sync changed, in sentences."""
    changes = (
        (_now("Added: %(names)s."), result.added),
        (_now("Renamed: %(names)s."), result.renamed),
        (_now("Gone from OSVI, now not active: %(names)s."), result.gone),
        (_now("Back: %(names)s."), result.back),
    )
    said = [sentence % {"names": ", ".join(names)} for sentence, names in changes if names]
    listed = ngettext("OSVI lists %(count)d agent.", "OSVI lists %(count)d agents.", result.total) % {
        "count": result.total
    }
    return " ".join([listed, *(said or [_now("Nothing changed.")])])
