"""The screen "Agents": list, adding by hand, the sync, and the test call."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.test import override_settings
from django.urls import reverse

from calls.choices import CallStatus
from calls.models import Agent
from calls.osvi.client import get_client
from tests.admin.base import AdminTestCase, staff
from tests.osvi.http_server import ScriptedServer, reply, serve

LIST = reverse("admin:calls_agent_changelist")
ADD = reverse("admin:calls_agent_add")
SYNC = reverse("admin:calls_agent_sync")
PLACE = reverse("admin:calls_calllog_add")
HOSTILE = "<script>alert(1)</script>"


class AgentTestCase(AdminTestCase):
    osvi: ScriptedServer

    @pytest.fixture(autouse=True)
    def _osvi(self) -> Iterator[None]:
        """A stand-in for OSVI over real HTTP, and a client that speaks to it."""
        with serve() as self.osvi:
            get_client.cache_clear()
            with override_settings(OSVI_API_URL=self.osvi.url, OSVI_API_TOKEN="a-token"):
                yield
            get_client.cache_clear()

    def words(self, response: Any) -> list[str]:
        return [str(message) for message in get_messages(response.wsgi_request)]

    def lists(self, **agents: str) -> None:
        """Have OSVI list these agents: id → name."""
        listed = [{"agent_id": key, "name": name, "status": "active"} for key, name in agents.items()]
        self.osvi.script(reply(200, {"success": True, "data": listed}))


class PermissionTests(AgentTestCase):
    def test_it_refuses_people_without_permission(self) -> None:
        self.client.force_login(self.nobody)
        for address in (LIST, ADD, SYNC):
            assert self.client.get(address).status_code == 403, address
            assert self.client.post(address).status_code == 403, address
        assert self.osvi.received == []

    def test_readers_see_no_sync_and_cannot_ask_for_one(self) -> None:
        self.client.force_login(self.viewer)

        self.assertNotContains(self.client.get(LIST), SYNC)
        assert self.client.post(SYNC).status_code == 403
        assert self.osvi.received == []

    def test_nobody_deletes_an_agent(self) -> None:
        self.client.force_login(self.boss)
        address = reverse("admin:calls_agent_delete", args=[self.agent.pk])

        assert self.client.post(address, {"post": "yes"}).status_code == 403
        self.assertNotContains(self.client.get(LIST), "delete_selected")


class ListTests(AgentTestCase):
    def test_it_shows_state_and_templates(self) -> None:
        self.client.force_login(self.viewer)
        Agent.objects.filter(pk=self.agent.pk).update(name=HOSTILE)

        response = self.client.get(LIST)

        self.assertContains(response, "Not active")
        self.assertContains(response, "agent_front_desk")
        self.assertContains(response, f"?agent__id__exact={self.agent.pk}")
        self.assertNotContains(response, HOSTILE)

    def test_the_number_of_queries_does_not_grow(self) -> None:
        self.client.force_login(self.viewer)
        self.client.get(LIST)
        with self.assertNumQueries(8):
            # session, user, 2 × permissions, 2 × count, rows
            self.client.get(LIST)
        for number in range(5):
            Agent.objects.create(agent_uuid=f"agent_{number}", name=f"Agent {number}")
        with self.assertNumQueries(8):
            self.client.get(LIST)


class FormTests(AgentTestCase):
    def test_an_agent_is_added_by_hand(self) -> None:
        self.client.force_login(self.boss)
        self.client.post(ADD, {"name": "By hand", "agent_uuid": "agent_by_hand", "is_active": "on"})

        assert Agent.objects.usable().filter(agent_uuid="agent_by_hand").exists()

    def test_an_id_that_is_known_is_refused(self) -> None:
        self.client.force_login(self.boss)
        response = self.client.post(ADD, {"name": "Twin", "agent_uuid": "agent_front_desk"})

        self.assertContains(response, "already exists")

    def test_name_and_id_come_from_osvi(self) -> None:
        self.client.force_login(self.boss)
        address = reverse("admin:calls_agent_change", args=[self.agent.pk])
        self.client.post(address, {"name": "Renamed", "agent_uuid": "other", "is_active": ""})

        self.agent.refresh_from_db()
        assert (self.agent.name, self.agent.agent_uuid) == ("Front desk", "agent_front_desk")
        assert not self.agent.is_active


class SyncTests(AgentTestCase):
    def setUp(self) -> None:
        self.client.force_login(self.syncer)

    def test_asked_by_get_it_changes_nothing(self) -> None:
        self.assertRedirects(self.client.get(SYNC), LIST)
        assert self.osvi.received == []

    def test_it_says_what_changed(self) -> None:
        Agent.objects.create(agent_uuid="agent_old", name="Old")
        self.lists(agent_front_desk="Reception", agent_idle="Night desk", agent_new=HOSTILE)

        response = self.client.post(SYNC)

        self.assertRedirects(response, LIST, fetch_redirect_response=False)
        assert self.words(response) == [
            f"OSVI lists 3 agents. Added: {HOSTILE}. Renamed: Reception. Gone from OSVI, now not active: Old. "
            "Back: Night desk."
        ]
        page = self.client.get(LIST)
        self.assertNotContains(page, HOSTILE)
        self.assertContains(page, "Added: &lt;script&gt;")

    def test_it_says_that_nothing_changed(self) -> None:
        self.lists(agent_front_desk="Front desk")

        assert self.words(self.client.post(SYNC)) == ["OSVI lists 1 agent. Nothing changed."]

    def test_an_error_is_told_in_its_own_words(self) -> None:
        self.osvi.script(reply(401, {"success": False, "error": "Invalid token"}))

        response = self.client.post(SYNC)

        assert "The agents could not be read from OSVI." in self.words(response)[0]
        assert "Invalid token" in self.words(response)[0]
        assert Agent.objects.usable().count() == 1

    def test_from_the_place_page_it_goes_back_there(self) -> None:
        self.lists(agent_front_desk="Front desk")
        self.assertRedirects(self.client.post(SYNC, {"back": "place"}), LIST)

        self.client.force_login(staff("both", "sync_agents", "place_call"))
        self.assertRedirects(self.client.post(SYNC, {"back": "place"}), PLACE)
        assert self.client.post(SYNC)["Location"] == reverse("admin:index")


class TestCallTests(AgentTestCase):
    def choose(self, *agents: Agent) -> Any:
        chosen = [agent.pk for agent in agents]
        return self.client.post(LIST, {"action": "place_test_call", ACTION_CHECKBOX_NAME: chosen})

    def test_it_is_hidden_from_people_who_may_not_place(self) -> None:
        self.client.force_login(self.viewer)

        self.assertNotContains(self.client.get(LIST), "place_test_call")
        assert self.choose(self.agent).get("Location") is None

    def test_it_opens_the_place_page(self) -> None:
        self.client.force_login(self.caller)

        self.assertRedirects(self.choose(self.agent), f"{PLACE}?agent={self.agent.pk}&is_test=1")

    def test_exactly_one_active_agent_is_chosen(self) -> None:
        self.client.force_login(self.caller)

        assert self.words(self.choose(self.agent, self.idle_agent)) == [
            "Please choose exactly one agent for a test call."
        ]
        assert "does not list “Night desk” as active" in self.words(self.choose(self.idle_agent))[-1]


class FigureTests(AgentTestCase):
    def test_the_list_tells_how_calls_went(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="picked", duration_seconds=60)
        self.make_call(status=CallStatus.FINISHED, outcome="busy")
        self.client.force_login(self.viewer)

        response = self.client.get(LIST)

        self.assertContains(response, "50 %")
        self.assertContains(response, f"?agent={self.agent.pk}&amp;when=30")
        self.client.force_login(self.syncer)
        self.assertNotContains(self.client.get(LIST), "50 %")

    def test_the_page_tells_figures_and_templates_to_those_who_may_see_them(self) -> None:
        self.make_call(status=CallStatus.FINISHED, outcome="picked", duration_seconds=60)
        address = reverse("admin:calls_agent_change", args=[self.agent.pk])
        self.client.force_login(self.viewer)

        response = self.client.get(address)

        self.assertContains(response, "Last 30 days")
        self.assertContains(response, "Appointment reminder")
        self.client.force_login(self.syncer)
        response = self.client.get(address)
        self.assertNotContains(response, "Last 30 days")
        self.assertNotContains(response, "Appointment reminder")

    def test_an_agent_that_is_gone_says_why_and_since_when(self) -> None:
        address = reverse("admin:calls_agent_change", args=[self.idle_agent.pk])
        self.client.force_login(self.viewer)
        self.assertContains(self.client.get(address), "OSVI has never listed this agent")

        Agent.objects.filter(pk=self.idle_agent.pk).update(last_seen_at="2026-05-03T10:00:00Z")
        self.assertContains(self.client.get(address), "on 3 May 2026")
