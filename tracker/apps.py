"""Registers the app with Django."""

from django.apps import AppConfig


class TrackerConfig(AppConfig):
    """See the package's models for what it keeps."""

    name = "tracker"

    def ready(self) -> None:
        """Register what must be right before anybody is served."""
        from tracker import checks  # noqa: F401, PLC0415  importing it registers the checks
