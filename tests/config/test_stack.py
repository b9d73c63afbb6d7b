"""The tests' own machinery: what journeys and fault tests rely on."""

import smtplib

import pytest
import redis
from playwright.sync_api import Page
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from config.processes import is_alive
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_a_stack_runs_real_processes_on_a_database_of_its_own(stack: Stack) -> None:
    status, _ = stack.get("/livez/")

    assert status > 0
    assert stack.query("SELECT count(*) FROM accounts_clinic") == [(0,)]
    with stack.orm():
        from django.db import connection

        assert connection.settings_dict["NAME"] == stack.database.name
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == ("stepdown_app",)


def test_a_frozen_valkey_keeps_its_port_and_answers_again_when_thawed(idle_stack: Stack) -> None:
    idle_stack.start("valkey")
    client = redis.Redis.from_url(
        idle_stack.environment["REDIS_URL"], socket_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )

    idle_stack.freeze("valkey")
    with pytest.raises(RedisError):
        client.ping()
    idle_stack.thaw("valkey")
    assert client.ping()

    idle_stack.stop("valkey")
    with pytest.raises(RedisError):
        client.ping()
    idle_stack.start("valkey")
    assert client.ping()


def test_a_blocked_database_refuses_and_comes_back(idle_stack: Stack) -> None:
    idle_stack.block_database()
    with pytest.raises(AssertionError, match="not currently accepting connections"):
        idle_stack.manage("migrate", "--check")
    idle_stack.unblock_database()
    idle_stack.manage("migrate", "--check")


def test_the_inbox_keeps_what_arrives_and_refuses_on_request(idle_stack: Stack) -> None:
    idle_stack.start("smtp")
    text = "Subject: Hello\r\nMessage-ID: <1@x>\r\n\r\nSee http://127.0.0.1/a/b/.\r\n"

    with smtplib.SMTP("127.0.0.1", idle_stack.inbox.port) as smtp:
        smtp.sendmail("from@example.org", ["bea@example.org"], text)
        idle_stack.inbox.refusal = "451 later"
        with pytest.raises(smtplib.SMTPDataError):
            smtp.sendmail("from@example.org", ["bea@example.org"], text)

    (mail,) = idle_stack.inbox.wait_for("bea@example.org")
    assert (mail.subject, mail.key, mail.links) == ("Hello", "<1@x>", ["http://127.0.0.1/a/b/"])


def test_a_killed_worker_is_gone_with_its_children(idle_stack: Stack) -> None:
    idle_stack.start("valkey", "worker")
    worker = idle_stack._pid("worker")
    idle_stack.kill("worker")

    assert not is_alive(worker)
    idle_stack.start("worker")
    assert is_alive(idle_stack._pid("worker"))


def test_pages_say_so_while_postgresql_is_away_and_recover_by_themselves(idle_stack: Stack) -> None:
    idle_stack.start("valkey", "web")
    assert idle_stack.get("/readyz/")[0] == 200

    idle_stack.block_database()
    assert idle_stack.get("/readyz/")[0] == 503
    assert idle_stack.get("/healthz/engine/")[0] == 503
    assert idle_stack.get("/signs/")[0] == 200
    idle_stack.unblock_database()
    assert idle_stack.get("/readyz/")[0] == 200

    idle_stack.cut_connections()
    idle_stack.wait_until(lambda: idle_stack.get("/readyz/")[0] == 200, seconds=5)


@pytest.mark.browser
def test_the_browser_opens_a_page_of_the_stack(idle_stack: Stack, page: Page) -> None:
    idle_stack.start("web")
    page.goto(f"{idle_stack.url}/signs/")
    assert page.locator("h1").count() == 1
