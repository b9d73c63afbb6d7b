"""System checks of the whole: what no single app can see. Each has its section in the runbook."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def the_engine_counts_in_utc(**_kwargs: object) -> list[CheckMessage]:
    """E001: the engine compares instants; a local clock in Celery or Django would shift alerts."""
    if settings.CELERY_TIMEZONE == settings.TIME_ZONE == "UTC" and settings.USE_TZ:
        return []
    return [_error("CELERY_TIMEZONE and TIME_ZONE must be UTC, and USE_TZ on.", "config.E001")]


@register()
def ticks_of_an_outage_collapse(**_kwargs: object) -> list[CheckMessage]:
    """E002: a tick that outlives the next one would pile up while no worker is there."""
    slow = [
        name
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
        if entry["options"]["expires"] >= entry["schedule"]
    ]
    if not slow:
        return []
    return [_error(f"These ticks must expire before the next: {', '.join(slow)}.", "config.E002")]


@register()
def a_demo_is_not_public(**_kwargs: object) -> list[CheckMessage]:
    """E003: the demo's people have known passwords."""
    is_local = urlsplit(settings.PUBLIC_URL).hostname in {"127.0.0.1", "localhost", "::1"}
    if not settings.DEMO or is_local:
        return []
    return [_error("DEMO=1 is for a local PUBLIC_URL only.", "config.E003")]


def _error(sentence: str, number: str) -> Error:
    return Error(sentence, hint=f"See docs/operations.md, section {number}", id=number)
