"""Tells a monitor outside that the engine lives; what it notices is our silence."""

from __future__ import annotations

import logging
from urllib.request import urlopen

from django.conf import settings

logger = logging.getLogger(__name__)


def outside_ping() -> None:
    """Ask for ENGINE_PING_URL once, when it is set; a monitor that is away stops nothing."""
    if not settings.ENGINE_PING_URL:
        return
    try:
        with urlopen(settings.ENGINE_PING_URL, timeout=5):  # noqa: S310 - checked at boot
            pass
    except OSError as error:
        logger.warning(
            "The outside monitor did not answer: %s",
            error,
            extra={"runbook": "the outside monitor did not answer"},
        )
