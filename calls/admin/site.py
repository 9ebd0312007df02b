"""The admin site of the console: its name, its sidebar and the strip that names the world it works in."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, URLResolver, path, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from calls.admin import global_search, home


@dataclass(frozen=True)
class NavItem:
    """One link of the sidebar: the list of a model's rows, or its add page when `add` is set."""

    label: str | Promise
    icon: str
    model: str
    add: bool = False

    @property
    def url_name(self) -> str:
        """Name of the address, as Django's admin forms it."""
        return f"admin:{self.model.lower().replace('.', '_')}_{'add' if self.add else 'changelist'}"


PRIMARY_ITEM = NavItem(_("Place a call"), "phone", "calls.CallLog", add=True)
SECTIONS: tuple[tuple[str | Promise, tuple[NavItem, ...]], ...] = (
    (
        "",
        (
            NavItem(_("Calls"), "list", "calls.CallLog"),
            NavItem(_("Lists"), "users", "calls.CallList"),
            NavItem(_("Templates"), "template", "calls.CallTemplate"),
            NavItem(_("Agents"), "headset", "calls.Agent"),
            NavItem(_("Do not call"), "shield", "calls.DoNotCall"),
            NavItem(_("Deliveries"), "inbox", "calls.WebhookDelivery"),
        ),
    ),
    (
        _("Administration"),
        (
            NavItem(_("Calling hours"), "clock", "calls.CallingRule"),
            NavItem(_("Users"), "users", "auth.User"),
            NavItem(_("Groups"), "shield", "auth.Group"),
        ),
    ),
)


@dataclass(frozen=True)
class NavLink:
    """A sidebar link this person may follow."""

    label: str | Promise
    icon: str
    url: str
    current: bool = False


@dataclass(frozen=True)
class World:
    """Which world the console works in: a short name, a sentence, a badge tone, and whether it is announced."""

    key: str
    name: str | Promise
    sentence: str | Promise
    tone: str
    loud: bool = True


WORLDS = {
    "simulator": World("simulator", _("Simulator"), _("Nobody's telephone rings."), "info"),
    "test": World("test", _("Test system"), _("Calls may ring real telephones."), "warning"),
    "production": World(
        "production", _("Production"), _("Calls ring real telephones."), "neutral", loud=False
    ),
}


def current_world() -> World:
    """The world named by `CONSOLE_ENVIRONMENT`; an unknown word is announced as it stands."""
    word = settings.CONSOLE_ENVIRONMENT
    return WORLDS.get(word) or World("other", word, _("Calls may ring real telephones."), "warning")


class ConsoleAdminSite(admin.AdminSite):
    """Django's admin site with the console's names, sidebar and strip."""

    site_header = _("OSVI Console")
    site_title = _("OSVI Console")
    index_title = _("Home")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Django's context, with `console_world` and, worked out only where it is shown, `console_nav`."""
        return {
            **super().each_context(request),
            "console_world": current_world(),
            "console_nav": SimpleLazyObject(lambda: self.navigation(request)),
        }

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # The live ones are not behind admin_view: the login page would be put into the middle of another.
        return [
            path("home/live/", self.home_live, name="home_live"),
            path("search/live/", self.search_live, name="search_live"),
            path("search/", self.admin_view(self.search), name="search"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The Home page."""
        return super().index(request, {**home.page_context(request), **(extra_context or {})})

    def home_live(self, request: HttpRequest) -> HttpResponse:
        """The part of Home that keeps itself fresh."""
        return home.live(request, self)

    def search(self, request: HttpRequest) -> HttpResponse:
        """The page that searches everywhere."""
        return global_search.page(request, self)

    def search_live(self, request: HttpRequest) -> HttpResponse:
        """What the search dialog of every page shows."""
        return global_search.live(request, self)

    def navigation(self, request: HttpRequest) -> dict[str, Any]:
        """The sidebar for this person: `home`, `primary` (or None) and `sections` of links with their headings."""
        home = NavLink(_("Home"), "home", reverse("admin:index"))
        found = {item: url for item in self._items() if (url := self._url_if_allowed(item, request))}
        current = self._closest([home.url, *found.values()], request.path, home.url)

        def link(item: NavItem) -> NavLink:
            return NavLink(item.label, item.icon, found[item], current=found[item] == current)

        sections = [
            (heading, [link(item) for item in items if item in found])
            for heading, items in SECTIONS
            if any(item in found for item in items)
        ]
        return {
            "home": NavLink(home.label, home.icon, home.url, current=home.url == current),
            "primary": link(PRIMARY_ITEM) if PRIMARY_ITEM in found else None,
            "sections": sections,
        }

    @staticmethod
    def _items() -> list[NavItem]:
        return [PRIMARY_ITEM, *(item for _heading, items in SECTIONS for item in items)]

    def _url_if_allowed(self, item: NavItem, request: HttpRequest) -> str | None:
        """Address of the item, or None when there is no such screen or its own admin would refuse this person."""
        try:
            model = apps.get_model(item.model)
        except LookupError:
            return None
        if not self.is_registered(model):
            return None
        screen = self.get_model_admin(model)
        allowed = (
            screen.has_add_permission(request) if item.add else screen.has_view_or_change_permission(request)
        )
        if not allowed:
            return None
        try:
            return reverse(item.url_name, current_app=self.name)
        except NoReverseMatch:
            return None

    @staticmethod
    def _closest(urls: list[str], path: str, home: str) -> str | None:
        """The longest address that `path` lies under; home only counts when it is the very page."""
        under = [url for url in urls if path == url or (url != home and path.startswith(url))]
        return max(under, key=len, default=None)
