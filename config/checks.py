"""System checks of the whole: what no single app can see. Each has its section in the runbook."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

SHORTEST_KEY = 50


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
    if not settings.DEMO or _is_local():
        return []
    return [_error("DEMO=1 is for a local PUBLIC_URL only.", "config.E003")]


@register()
def the_secret_key_is_long(**_kwargs: object) -> list[CheckMessage]:
    """E004: sessions and links are only as secret as the key that signs them."""
    if _is_local() or len(settings.SECRET_KEY) >= SHORTEST_KEY:
        return []
    return [_error(f"SECRET_KEY must have {SHORTEST_KEY} characters or more.", "config.E004")]


@register()
def passwords_are_not_the_examples(**_kwargs: object) -> list[CheckMessage]:
    """E005: everybody can read the password of .env.example."""
    names = {"default": "DATABASE_URL", "owner": "MIGRATE_DATABASE_URL"}
    found = [
        names.get(alias, alias)
        for alias, database in settings.DATABASES.items()
        if database["PASSWORD"].startswith("change-me")
    ]
    if _is_local() or not found:
        return []
    return [_error(f"{' and '.join(found)}: the password is the example's.", "config.E005")]


def _is_local() -> bool:
    return urlsplit(settings.PUBLIC_URL).hostname in {"127.0.0.1", "localhost", "::1"}


def _error(sentence: str, number: str) -> Error:
    return Error(sentence, hint=f"See docs/operations.md, section {number}", id=number)
