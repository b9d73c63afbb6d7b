"""How a log line looks: UTC, ISO 8601, one line, no secret links."""

import logging
import re
from datetime import UTC, datetime

SECRET_PATHS = re.compile(r"/(t|join|verify|password/reset/key)/[^/\s]+")
"""Addresses that open something for whoever has them; a log keeps only their kind."""


class UtcFormatter(logging.Formatter):
    """Write the moment in UTC, so that lines of different processes and hosts sort together."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without the secret part of any address in it."""
        return SECRET_PATHS.sub(r"/\1/...", super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the record's moment as ISO 8601 with milliseconds."""
        moment = datetime.fromtimestamp(record.created, tz=UTC)
        return moment.strftime(datefmt) if datefmt else moment.isoformat(timespec="milliseconds")
