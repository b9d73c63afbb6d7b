"""Sending what waits, next to a bare smtplib loop over one connection to the same server."""

from __future__ import annotations

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from uuid import uuid4

import psycopg

from bench.cluster import clock, count, dropped, environment, populated
from bench.due import LATE
from bench.mailing import SinkProcess, sink
from bench.measuring import Result, Sizes, timed
from bench.plain_sql import decide_all
from bench.population import Population
from config.commands import ROOT
from config.local_postgres import APP_ROLE, LocalPostgres
from config.processes import LOOPBACK

CASE = "dispatch"
NAME = "bench_dispatch"
BODY = "It is time for your dose.\n\nOpen the page to say what happened:\nhttp://127.0.0.1/t/" * 6


def measure(server: LocalPostgres, sizes: Sizes) -> Iterator[Result]:
    """Yield messages a second of one sender, recorded in PostgreSQL one by one, and of the loop."""
    _queue(server, sizes.mails)
    before = _bare(sizes.mails)
    with sink() as mails:
        speed = sizes.mails / _sent(server, mails)
        arrived, different = mails.count(), len(mails.arrivals())
    bare = 2 * sizes.mails / (before + _bare(sizes.mails))
    with server.connect(NAME) as connection:
        attempts = count(connection, "reminders_attempt")
    dropped(server, NAME)
    ratio = speed / bare
    yield Result(
        case=CASE, what=f"{sizes.mails:,} messages: one sender", value=speed, unit="messages/s",
        beside=f"bare smtplib loop {bare:,.0f}/s, ratio {ratio:.2f}", goal="ratio ≥ 0.5",
        is_met=ratio >= 0.5,
    )  # fmt: skip
    is_whole = arrived == different == attempts == sizes.mails
    yield Result(
        case=CASE, what="different mails at the server", value=float(different), unit="mails",
        goal=f"{sizes.mails:,}, each once", is_met=is_whole,
        note=f"{arrived:,} arrived, {attempts:,} attempts recorded",
    )  # fmt: skip


def _queue(server: LocalPostgres, number: int) -> None:
    """Have that many messages waiting, to as many people."""
    due_at = clock(server).replace(second=0, microsecond=0)
    populated(
        server, NAME, Population(people=number, doses_each=1, due=number, due_at=due_at)
    )  # fmt: skip
    with psycopg.connect(server.url(APP_ROLE, NAME), autocommit=True) as connection:
        decide_all(connection, due_at + LATE)
    with server.connect(NAME) as connection:
        connection.execute("VACUUM (ANALYZE)")


def _sent(server: LocalPostgres, mails: SinkProcess) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "bench.sender"],
        env=environment(server, NAME, EMAIL_HOST=LOOPBACK, EMAIL_PORT=str(mails.port)),
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    said = json.loads(done.stdout.splitlines()[-1])
    return float(said["ended"] - said["began"])


def _bare(number: int) -> float:
    """Return the seconds of the bare loop; it runs before and after, for the machine may change."""
    with sink() as mails:
        return timed(lambda: _bare_loop(mails.port, number))


def _bare_loop(port: int, number: int) -> None:
    with smtplib.SMTP(LOOPBACK, port) as server:
        for place in range(number):
            mail = EmailMessage()
            mail["Subject"], mail["From"] = "Stepdown", "stepdown@bench.example"
            mail["To"] = f"person{place}@bench.example"
            mail["Message-ID"] = f"<{uuid4()}@bench.example>"
            mail.set_content(BODY)
            server.send_message(mail)
