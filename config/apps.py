"""Registers the composition root with Django, for its templates' tests, commands and checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The project's own frame: base templates, static files, middleware."""

    name = "config"
    verbose_name = "Stepdown"
