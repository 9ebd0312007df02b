from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CallsConfig(AppConfig):
    name = "calls"
    verbose_name = _("Calls")

    def ready(self) -> None:
        from calls import checks  # noqa: F401  # registers the system checks
        from calls.models import call_words_index
        from calls.services import hours

        post_migrate.connect(call_words_index.mend, sender=self)
        post_migrate.connect(hours.ensure_presets, sender=self)
