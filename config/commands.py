"""The command lines of the long-lived processes: used by `make run` and by the tests alike."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MANAGE = [sys.executable, str(ROOT / "manage.py")]


def web_command(*, address: str, workers: int = 2, threads: int = 4) -> list[str]:
    """Return the web server's command; `address` is host:port."""
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", address,
        "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads),
        "--max-requests", "2000", "--max-requests-jitter", "200", "--graceful-timeout", "30",
        "--preload", "--no-control-socket", "--log-level", "warning",
    ]  # fmt: skip


def worker_command(*, name: str = "worker", concurrency: int = 2) -> list[str]:
    """Return the command of one Celery worker, which runs the ticks."""
    return [
        *_celery(), "worker", "--hostname", f"{name}@%h", "--concurrency", str(concurrency),
        "--without-gossip", "--without-mingle", "--loglevel", "WARNING",
    ]  # fmt: skip


def beat_command() -> list[str]:
    """Return the command of the ticker; two of them at once are harmless."""
    return [*_celery(), "beat", "--loglevel", "WARNING"]


def sink_command(*, smtp_port: int, page_port: int, folder: Path) -> list[str]:
    """Return the command of the local mail sink and its inbox page."""
    return [
        sys.executable, "-m", "config.mail_sink", "--smtp-port", str(smtp_port),
        "--page-port", str(page_port), "--folder", str(folder),
    ]  # fmt: skip


def _celery() -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "config.celery", "--quiet"]
