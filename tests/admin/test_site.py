from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.test import RequestFactory, override_settings
from django.urls import resolve, reverse

from calls.admin.agent import AgentAdmin
from calls.admin.call_log import CallLogAdmin
from calls.admin.call_template import CallTemplateAdmin
from calls.admin.site import PRIMARY_ITEM, SECTIONS, ConsoleAdminSite, current_world
from calls.admin.webhook_delivery import WebhookDeliveryAdmin
from calls.models import Agent, CallLog, CallTemplate, WebhookDelivery
from tests.admin.base import AdminTestCase, staff

HOME = reverse("admin:index")
CALLS = reverse("admin:calls_calllog_changelist")
PLACE = reverse("admin:calls_calllog_add")
SITE: Any = admin.site
ITEMS = [PRIMARY_ITEM, *(item for _heading, items in SECTIONS for item in items)]


class NavigationTests(AdminTestCase):
    def navigation(self, user: User | AnonymousUser, path: str = HOME) -> dict[str, Any]:
        request = RequestFactory().get(path)
        request.user = user
        return SITE.navigation(request)

    def labels(self, user: User | AnonymousUser) -> list[list[str]]:
        """The labels of each section, after that of the large button where there is one."""
        found = self.navigation(user)
        primary = [[str(found["primary"].label)]] if found["primary"] else []
        return primary + [[str(link.label) for link in links] for _heading, links in found["sections"]]

    def current(self, path: str) -> list[str]:
        found = self.navigation(self.boss, path)
        links = [
            found["home"],
            found["primary"],
            *(link for _h, links in found["sections"] for link in links),
        ]
        return [str(link.label) for link in links if link.current]

    def test_each_person_sees_what_they_may_open(self) -> None:
        reading = ["Calls", "Templates", "Agents", "Deliveries"]
        clerk = staff("clerk")
        clerk.user_permissions.add(Permission.objects.get(codename="view_user"))

        assert self.labels(self.nobody) == []
        assert self.labels(AnonymousUser()) == []
        assert self.labels(self.viewer) == [reading]
        assert self.labels(self.caller) == [["Place a call"], reading]
        assert self.labels(self.editor) == [["Templates"]]
        assert self.labels(self.syncer) == [["Agents"]]
        assert self.labels(clerk) == [["Users"]]
        assert self.labels(self.boss) == [
            ["Place a call"],
            ["Calls", "Lists", "Templates", "Agents", "Do not call", "Deliveries"],
            ["Calling hours", "Users", "Groups"],
        ]

    def test_a_hidden_item_is_refused_when_its_address_is_guessed(self) -> None:
        self.client.force_login(self.nobody)
        for item in ITEMS:
            assert self.client.get(reverse(item.url_name)).status_code == 403, item

    def test_a_shown_item_opens(self) -> None:
        self.client.force_login(self.boss)
        for item in ITEMS:
            assert self.client.get(reverse(item.url_name)).status_code == 200, item

    def test_one_item_is_marked_as_the_present_one(self) -> None:
        call = self.make_call()

        assert self.current(HOME) == ["Home"]
        assert self.current(CALLS) == ["Calls"]
        assert self.current(reverse("admin:calls_calllog_change", args=[call.pk])) == ["Calls"]
        assert self.current(PLACE) == ["Place a call"]
        assert self.current(reverse("admin:password_change")) == []

    def test_the_page_shows_the_navigation_of_the_person(self) -> None:
        self.client.force_login(self.syncer)
        page = self.client.get(HOME)

        self.assertContains(page, reverse("admin:calls_agent_changelist"))
        self.assertNotContains(page, f'href="{PLACE}"')
        self.assertNotContains(page, f'href="{CALLS}"')
        self.assertNotContains(page, reverse("admin:auth_user_changelist"))


class SiteTests(AdminTestCase):
    def test_the_site_that_answers_is_the_one_the_screens_registered_with(self) -> None:
        assert isinstance(SITE._wrapped, ConsoleAdminSite)
        for model, screen in (
            (CallLog, CallLogAdmin),
            (CallTemplate, CallTemplateAdmin),
            (Agent, AgentAdmin),
            (WebhookDelivery, WebhookDeliveryAdmin),
        ):
            registered = SITE.get_model_admin(model)
            assert type(registered) is screen
            assert registered.admin_site in (SITE, SITE._wrapped)
            answering: Any = resolve(reverse(f"admin:calls_{model._meta.model_name}_changelist")).func
            assert answering.model_admin is registered

    def test_every_item_names_a_model_with_a_screen(self) -> None:
        for item in ITEMS:
            assert SITE.is_registered(apps.get_model(item.model)), item

    def test_the_world_is_named_and_an_unknown_word_is_announced(self) -> None:
        for word, name, loud in (
            ("simulator", "Simulator", True),
            ("test", "Test system", True),
            ("production", "Production", False),
            ("rehearsal", "rehearsal", True),
        ):
            with override_settings(CONSOLE_ENVIRONMENT=word):
                assert (str(current_world().name), current_world().loud) == (name, loud)
