"""PostgreSQL and Valkey for one machine, under .local/, where no address of others is given."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from config.local_postgres import APP_ROLE, OWNER_ROLE, LocalPostgres, Passwords
from config.local_valkey import LocalValkey
from config.processes import LocalProblem, disk_problem

DATABASE = "stepdown"
NAMES = ("secret_key", "superuser", "owner", "app", "valkey")


@dataclass(kw_only=True)
class LocalServices:
    """The addresses that the other processes get, and the servers that we have to stop."""

    environment: dict[str, str]
    postgres: LocalPostgres | None = None
    valkey: LocalValkey | None = None

    @property
    def servers(self) -> dict[str, LocalPostgres | LocalValkey]:
        """The private servers by name; none where addresses of others were given."""
        named = {"PostgreSQL": self.postgres, "Valkey": self.valkey}
        return {name: server for name, server in named.items() if server is not None}

    def stop(self, *, is_everything: bool = True) -> None:
        """Stop the private servers; or only those that were not running when we came."""
        for server in reversed(self.servers.values()):
            if is_everything or not server.was_running:
                server.stop()

    def revive(self) -> list[str]:
        """Start again what died, on the same port; return the names."""
        dead = [name for name, server in self.servers.items() if not server.is_alive()]
        for name in dead:
            self.servers[name].revive()
        return dead


def local_secrets(directory: Path) -> dict[str, str]:
    """Return this machine's own passwords and secret key, made at the first call."""
    path = directory / "secrets.json"
    try:
        kept: dict[str, str] = json.loads(path.read_text())
    except FileNotFoundError:
        kept = {}
    except PermissionError:
        raise LocalProblem(f"{path} belongs to another account: run as that one.") from None
    except ValueError:
        raise LocalProblem(f"{path} is not readable: throw it away with `make reset`.") from None
    if all(kept.get(name) for name in NAMES):
        return {name: str(kept[name]) for name in NAMES}
    kept = {name: secrets.token_urlsafe(32) for name in NAMES} | kept
    making = path.with_suffix(".making")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file)
    except OSError as problem:
        raise disk_problem(str(problem), where=directory) or LocalProblem(
            f"{directory} cannot be written ({problem.strerror}): check whose folder it is."
        ) from None
    making.rename(path)
    return kept


def start_services(directory: Path, *, is_durable: bool = True) -> LocalServices:
    """Start what DATABASE_URL and REDIS_URL do not already name; return every address."""
    kept = local_secrets(directory)
    services = LocalServices(environment={"SECRET_KEY": kept["secret_key"]})
    if not os.environ.get("DATABASE_URL"):
        services.postgres = local_postgres(directory, is_durable=is_durable)
        services.postgres.start()
        services.postgres.make_database(DATABASE)
        services.environment |= {
            "DATABASE_URL": services.postgres.url(APP_ROLE, DATABASE),
            "MIGRATE_DATABASE_URL": services.postgres.url(OWNER_ROLE, DATABASE),
        }
    if not os.environ.get("REDIS_URL"):
        services.valkey = LocalValkey(directory / "valkey", kept["valkey"])
        services.valkey.start()
        services.environment["REDIS_URL"] = services.valkey.url
    return services


def local_postgres(directory: Path, *, is_durable: bool = True) -> LocalPostgres:
    """Return the PostgreSQL of this directory, not started."""
    kept = local_secrets(directory)
    passwords = Passwords(superuser=kept["superuser"], owner=kept["owner"], app=kept["app"])
    return LocalPostgres(directory / "postgres", passwords, is_durable=is_durable)
