"""The Django application that carries the command `osvi_simulator`; it has no models."""

from django.apps import AppConfig


class OsviSimulatorConfig(AppConfig):
    name = "osvi_simulator"
    verbose_name = "OSVI simulator"
