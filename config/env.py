"""Typed readers of environment variables; a bad value stops the boot and names the variable."""

import os
from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


class Misconfigured(SystemExit):
    """A variable that cannot be used: the process ends with this one sentence and exit code 1."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name} {sentence}")
        self.name = name


class DatabaseAddress(TypedDict):
    """The parts of a postgresql:// URL, as Django names them."""

    NAME: str
    USER: str
    PASSWORD: str
    HOST: str
    PORT: str
    OPTIONS: dict[str, str]


def text(name: str, default: str | None = None) -> str:
    """Return the variable; without a default it must be set and not empty."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise Misconfigured(name, "is not set and has no default (see .env.example).")
    return default


def integer(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31) -> int:
    """Return a whole number from `minimum` to `maximum`."""
    raw = text(name, str(default))
    if not raw.isascii() or not raw.isdecimal():
        raise Misconfigured(name, f"must be a whole number, not {raw!r}.")
    value = int(raw)
    if not minimum <= value <= maximum:
        raise Misconfigured(name, f"must be from {minimum} to {maximum}, not {value}.")
    return value


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes or no: 1, true, yes, on or 0, false, no, off."""
    raw = text(name, "1" if default else "0").lower()
    if raw in TRUE | FALSE:
        return raw in TRUE
    raise Misconfigured(name, f"must be 1 or 0, not {raw!r}.")


def choice(name: str, default: str, *, among: Mapping[str, object]) -> str:
    """Return one of the known words."""
    raw = text(name, default)
    if raw not in among:
        raise Misconfigured(name, f"must be one of {', '.join(among)}, not {raw!r}.")
    return raw


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without empty items."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def prefixed(prefix: str) -> dict[str, str]:
    """Return the variables whose names begin so, without that beginning; empty ones are unset."""
    found = {name: value.strip() for name, value in os.environ.items() if name.startswith(prefix)}
    return {name.removeprefix(prefix): value for name, value in found.items() if value}


def web_url(name: str, default: str | None = None) -> str:
    """Return an http:// or https:// address without a trailing slash; '' only by default."""
    raw = text(name, default)
    if raw == "" or (urlsplit(raw).scheme in {"http", "https"} and urlsplit(raw).hostname):
        return raw.rstrip("/")
    raise Misconfigured(name, f"must be an http:// or https:// address, not {raw!r}.")


def redis_url(name: str) -> str:
    """Return a redis:// or rediss:// address."""
    raw = text(name)
    if urlsplit(raw).scheme not in {"redis", "rediss", "unix"}:
        raise Misconfigured(name, "must begin with redis://, rediss:// or unix://.")
    return raw


def database_url(name: str) -> DatabaseAddress:
    """Return the parts of postgresql://user:password@host:port/name?option=value."""
    return database_address(text(name), name=name)


def database_address(raw: str, *, name: str = "DATABASE_URL") -> DatabaseAddress:
    """Return the parts of a postgresql:// address; `name` is the variable to blame."""
    parts = urlsplit(raw)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise Misconfigured(name, "must look like postgresql://user:password@host:5432/name.")
    try:
        port = parts.port
    except ValueError:
        raise Misconfigured(name, "has a port that is not a number.") from None
    options = dict(parse_qsl(parts.query))
    return DatabaseAddress(
        NAME=unquote(parts.path.strip("/")),
        USER=unquote(parts.username or ""),
        PASSWORD=unquote(parts.password or ""),
        HOST=options.pop("host", unquote(parts.hostname or "")),
        PORT=str(port or ""),
        OPTIONS=options,
    )
