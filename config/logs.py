"""How a log line looks: UTC, ISO 8601, one line."""

import logging
from datetime import UTC, datetime


class UtcFormatter(logging.Formatter):
    """Write the moment in UTC, so that lines of different processes and hosts sort together."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the record's moment as ISO 8601 with milliseconds."""
        moment = datetime.fromtimestamp(record.created, tz=UTC)
        return moment.strftime(datefmt) if datefmt else moment.isoformat(timespec="milliseconds")
