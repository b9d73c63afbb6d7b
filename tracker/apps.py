"""Registers the app with Django."""

from django.apps import AppConfig


class TrackerConfig(AppConfig):
    """See the package's models for what it keeps."""

    name = "tracker"
