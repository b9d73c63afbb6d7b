"""System checks of the whole: what no single app can see. Each has its section in the runbook."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

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


@register()
def reports_of_returned_mail_have_a_secret(**_kwargs: object) -> list[CheckMessage]:
    """W006: without it nobody learns that a mail which the provider took has come back."""
    if settings.EMAIL_PROVIDER == "smtp" or ":" in settings.EMAIL_WEBHOOK_SECRET:
        return []
    sentence = "ANYMAIL_WEBHOOK_SECRET must be user:password; no report of the provider is taken."
    return [Warning(sentence, hint="See docs/operations.md, section config.W006", id="config.W006")]


@register()
def reports_of_returned_texts_can_reach_us(**_kwargs: object) -> list[CheckMessage]:
    """W007: the SMS provider reports by https only, so that nobody on the way reads or forges."""
    if not settings.SMS_ACCOUNT or settings.IS_HTTPS or _is_local():
        return []
    sentence = "PUBLIC_URL is not https: the SMS provider is not asked to report what comes back."
    return [Warning(sentence, hint="See docs/operations.md, section config.W007", id="config.W007")]


@register()
def secrets_travel_under_tls(**_kwargs: object) -> list[CheckMessage]:
    """E008: the SMS account's token would travel in the clear to a host that is not beside us."""
    host = urlsplit(settings.SMS_API_URL).hostname or ""
    is_inside = host in settings.OUTGOING_INSIDE_HOSTS
    if not settings.SMS_ACCOUNT or settings.SMS_API_URL.startswith("https://") or is_inside:
        return []
    return [_error("SMS_API_URL must begin with https://.", "config.E008")]


def _is_local() -> bool:
    return urlsplit(settings.PUBLIC_URL).hostname in {"127.0.0.1", "localhost", "::1"}


def _error(sentence: str, number: str) -> Error:
    return Error(sentence, hint=f"See docs/operations.md, section {number}", id=number)
