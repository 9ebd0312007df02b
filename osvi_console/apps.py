from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    default_site = "calls.admin.site.ConsoleAdminSite"

    def ready(self) -> None:
        # The site is made on first use and lives in the package that registers screens with it. Made by
        # another app's admin, it would be made twice, and the screens would stay with the first one.
        import_module("calls.admin")
        super().ready()
