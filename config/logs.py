"""How a log line looks: UTC, one line, plain or JSON; no secret links, no addresses of people."""

import logging
import re
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

SECRET_PATHS = re.compile(r"/(t|join|verify|password/reset/key)/[^/\s\"\\]+")
"""Addresses that open something for whoever has them; a log keeps only their kind."""
MAIL_ADDRESS = re.compile(r"[^\s<>\"'(,;:=\\]+@[\w-]+(?:\.[\w-]+)+")
TELEPHONE = re.compile(r"(?<![\w+:.-])\+\d[\d ]{6,18}\d")
_QUOTE_ENDS = (
    r" already exists| is not present| is still referenced| conflicts with| \(docs/"
    r"|[.'\")\s]*(?:\Z|\n(?:The above|During handling|Traceback|CONTEXT:))"
)
ROW_VALUES = re.compile(
    rf"([Kk]ey \(.*?\)=|Failing row contains )\((?:.*?\)(?={_QUOTE_ENDS})|.*)", re.DOTALL
)
"""What PostgreSQL quotes of a row that it refused; the columns stay, what is in them does not.

What somebody wrote may look like the end of the quotation: only its known ends count, and without
one all that follows is left out.
"""


def without_people(line: str) -> str:
    """Return the line without secret links, mail addresses, telephone numbers and values of rows.

    What is left out is what a provider or PostgreSQL quotes in its answer; our own lines never
    name a person, only ids of rows.
    """
    line = SECRET_PATHS.sub(r"/\1/...", line)
    line = ROW_VALUES.sub(r"\1(...)", line)
    line = MAIL_ADDRESS.sub("<address>", line)
    return TELEPHONE.sub("<number>", line)


class UtcFormatter(logging.Formatter):
    """Write the moment in UTC, so that lines of different processes and hosts sort together.

    A warning or error that names its section of the runbook ends in it.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the message with the section of docs/operations.md that it belongs to."""
        section = getattr(record, "runbook", "")
        line = super().formatMessage(record)
        return f"{line} (docs/operations.md, {section!r})" if section else line

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without what belongs to a person."""
        return without_people(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the record's moment as ISO 8601 with milliseconds."""
        moment = datetime.fromtimestamp(record.created, tz=UTC)
        return moment.strftime(datefmt) if datefmt else moment.isoformat(timespec="milliseconds")


class UtcJsonFormatter(JsonFormatter):
    """Write one JSON object a line: at, level, logger, message, runbook, and the trace if any."""

    def __init__(self) -> None:
        """Take the four fields that every line has, under names of our own."""
        super().__init__(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "at", "levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
        )

    formatTime = UtcFormatter.formatTime

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the fields without what belongs to a person."""
        return {
            name: without_people(said) if isinstance(said, str) else said
            for name, said in super().process_log_record(log_data).items()
        }
