"""Registers the composition root with Django, for its templates, static files and checks."""

from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The project's own frame: base templates, static files, middleware, system checks."""

    name = "config"
    verbose_name = "Stepdown"

    def ready(self) -> None:
        """Register the system checks."""
        import_module("config.checks")
