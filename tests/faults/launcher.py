"""Run a part of Stepdown with one fault built in; the code that runs is the production code.

    python -m tests.faults.launcher celery --app config.celery worker ...
    python -m tests.faults.launcher gunicorn config.wsgi:application ...
    python -m tests.faults.launcher passes

The first two run that module as `python -m` would, struck once by the fault in the environment.
The third reads one JSON object a line, `{"database": ..., "leg": ..., "fault": ...}`, runs one pass
of that leg in a process of its own on that database, and answers how the process ended: by which
signal, or with which code (0 whole, 3 whole although struck, 2 broken off by an error).
"""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import smtplib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from celery.beat import Scheduler
from celery.signals import task_postrun, task_prerun
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tests.faults.points import (
    AFTER,
    BEFORE,
    COMMIT,
    CONFLICT,
    FIRED,
    KILL_PART,
    PUBLISH,
    SEND,
    STATEMENT,
    Fault,
    fault_asked,
)

REFUSAL = "DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '40001'; END $$"


@dataclass
class Watch:
    """Counts the steps of one leg and strikes at the one that the fault describes."""

    fault: Fault | None
    leg: str = ""
    count: int = 0
    is_armed: bool = False
    has_struck: bool = False

    def begin(self, leg: str) -> None:
        """A pass of this leg begins."""
        self.leg, self.count = leg, 0
        self.is_armed = self.fault is not None and not self.fault.since

    @contextmanager
    def around(self, kind: str, text: str, connection: Any = None) -> Iterator[None]:
        """Stand around one step, which is struck before or after if it is the one."""
        is_the_one = self._is_the_one(kind, text)
        if is_the_one == BEFORE:
            self._strike(connection)
        yield
        if is_the_one == AFTER:
            self._strike(connection)
        if self.fault is not None and self.fault.since and re.search(self.fault.since, text, re.I):
            self.is_armed = True

    def step(self, kind: str, text: str, work: Callable[[], Any], connection: Any = None) -> Any:
        """Do one step, struck before or after it if it is the one."""
        with self.around(kind, text, connection):
            return work()

    def _is_the_one(self, kind: str, text: str) -> str:
        fault = self.fault
        if fault is None or not self.is_armed or fault.leg not in self.leg:
            return ""
        if fault.step not in {"", kind} or not re.search(fault.words, text, re.I):
            return ""
        self.count += 1
        return fault.side if self.count == fault.number else ""

    def _strike(self, connection: Any) -> None:
        assert self.fault is not None
        if not _is_first_blow():
            return
        self.has_struck = True
        if self.fault.deed == CONFLICT:
            if connection is not None and connection.connection is not None:
                with connection.wrap_database_errors:
                    connection.connection.execute(REFUSAL)
        elif self.fault.deed == KILL_PART:
            os.killpg(os.getpgid(0), signal.SIGKILL)
        else:
            os.kill(os.getpid(), signal.SIGKILL)


def _is_first_blow() -> bool:
    """A fault strikes once, however many processes carry it and however often they start."""
    fired = os.environ.get(FIRED)
    if not fired:
        return True
    try:
        os.close(os.open(fired, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


@dataclass
class Hooks:
    """Leads every step of this process past the watch."""

    watch: Watch
    _commit: Any = field(default=BaseDatabaseWrapper._commit)
    _copy: Any = field(default=psycopg.Cursor.copy)
    _send: Any = field(default=smtplib.SMTP.sendmail)
    _publish: Any = field(default=Scheduler.apply_async)

    def install(self) -> None:
        """Wrap what all statements, commits, sends and ticks go through."""
        watch, commit, send, publish = self.watch, self._commit, self._send, self._publish
        copy = self._copy

        def watched_statement(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            return watch.step(
                STATEMENT,
                str(sql),
                lambda: execute(sql, params, many, context),
                context["connection"],
            )

        @contextmanager
        def watched_copy(cursor: Any, statement: Any, *given: Any) -> Iterator[Any]:
            wrapper = connections["default"]
            with (
                watch.around(STATEMENT, str(statement), wrapper),
                copy(cursor, statement, *given) as rows,
            ):
                yield rows

        def watched_commit(connection: Any) -> Any:
            return watch.step(COMMIT, "COMMIT", lambda: commit(connection), connection)

        def watched_send(client: Any, *letter: Any, **options: Any) -> Any:
            return watch.step(SEND, "SEND", lambda: send(client, *letter, **options))

        def watched_publish(scheduler: Any, entry: Any, *given: Any, **options: Any) -> Any:
            watch.begin("beat")
            return watch.step(
                PUBLISH, entry.task, lambda: publish(scheduler, entry, *given, **options)
            )

        def lead(connection: Any, **_given: Any) -> None:
            if watched_statement not in connection.execute_wrappers:
                connection.execute_wrappers.append(watched_statement)

        connection_created.connect(lead, weak=False)
        task_prerun.connect(lambda task, **_given: watch.begin(task.name), weak=False)
        task_postrun.connect(lambda **_given: watch.begin(""), weak=False)
        BaseDatabaseWrapper._commit = watched_commit
        psycopg.Cursor.copy = watched_copy
        smtplib.SMTP.sendmail = watched_send
        Scheduler.apply_async = watched_publish


def run_part(arguments: list[str]) -> None:
    """Become the module named first, with its arguments, carrying the fault of the environment."""
    watch = Watch(fault_asked())
    Hooks(watch).install()
    if arguments[0] == "gunicorn":
        watch.begin("web")
    sys.argv = arguments
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


def run_passes() -> None:
    """Answer each line of standard input with how the pass in it ended."""
    import django

    django.setup()
    from config.celery import app

    app.loader.import_default_modules()
    watch = Watch(None)
    Hooks(watch).install()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _one_pass(app, watch, asked)
        status = os.waitpid(child, 0)[1]
        killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
        print(json.dumps({"signal": killed_by, "code": code}), flush=True)


def _one_pass(app: Any, watch: Watch, asked: dict[str, Any]) -> None:
    from django.db import connection

    os.environ.pop(FIRED, None)
    connection.settings_dict["NAME"] = asked["database"]
    watch.fault = Fault(**asked["fault"]) if asked["fault"] else None
    code = 1
    try:
        app.tasks[f"reminders.tasks.{asked['leg']}"].apply(throw=True)
        connection.close()
        code = 3 if watch.has_struck else 0
    except Exception as problem:  # a pass ends by whatever the fault made of it
        print(f"{asked['leg']} ended by {problem!r}", file=sys.stderr, flush=True)
        code = 2
    finally:
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1] == "passes":
        run_passes()
    else:
        run_part(sys.argv[1:])
