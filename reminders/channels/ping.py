"""Tells a monitor outside that the engine lives; what it notices is our silence."""

from __future__ import annotations

import logging

import requests
from django.conf import settings
from requests.exceptions import RequestException

logger = logging.getLogger(__name__)


def outside_ping() -> None:
    """Ask for ENGINE_PING_URL once, when it is set; a monitor that is away stops nothing."""
    if not settings.ENGINE_PING_URL:
        return
    try:
        answer = requests.get(settings.ENGINE_PING_URL, timeout=5, allow_redirects=False)
        answer.raise_for_status()
    except RequestException as error:
        logger.warning(
            "The outside monitor did not answer: %s",
            type(error).__name__,  # the address may be a secret
            extra={"runbook": "the outside monitor did not answer"},
        )
