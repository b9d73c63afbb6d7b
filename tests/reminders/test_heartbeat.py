"""Silence of the engine is loud: on every page, on the health page, by the missing ping."""

import re
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from accounts.clock import database_now
from reminders.channels.ping import outside_ping
from reminders.models import Heartbeat
from reminders.selectors.heartbeats import engine_at
from reminders.services.heartbeats import heartbeat_record
from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY, Cast

SECOND = timedelta(seconds=1)
LIMIT = timedelta(seconds=300)


def beat(now) -> None:
    """Let both legs finish a pass at `now`."""
    for leg in ("sweep", "dispatch"):
        heartbeat_record(leg=leg, now=now)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_silent"), [(-1, False), (0, True), (1, True)])
def test_the_engine_is_silent_once_it_has_not_swept_for_five_minutes(seconds, is_silent) -> None:
    beat(TUESDAY)
    assert engine_at(TUESDAY + LIMIT + seconds * SECOND).is_silent is is_silent


@pytest.mark.django_db
def test_an_engine_that_never_swept_is_silent() -> None:
    assert engine_at(TUESDAY).is_silent


@pytest.mark.django_db
@pytest.mark.parametrize("leg", ["sweep", "dispatch"])
def test_one_leg_that_stopped_is_enough(leg) -> None:
    beat(TUESDAY)
    heartbeat_record(leg=leg, now=TUESDAY + LIMIT)
    assert engine_at(TUESDAY + LIMIT).is_silent


@pytest.mark.django_db
def test_the_heart_never_beats_backwards() -> None:
    beat(TUESDAY)
    heartbeat_record(leg="sweep", now=TUESDAY - LIMIT + SECOND)
    assert Heartbeat.objects.get(leg="sweep").finished_at == TUESDAY


@pytest.mark.django_db
def test_an_engine_that_died_before_the_clock_was_put_back_is_silent() -> None:
    beat(TUESDAY)
    assert engine_at(TUESDAY - timedelta(hours=2)).is_silent
    assert not engine_at(TUESDAY - LIMIT + SECOND).is_silent


@pytest.mark.django_db
@pytest.mark.parametrize("by", [LIMIT - SECOND, LIMIT, LIMIT + SECOND, timedelta(hours=2)], ids=str)
def test_the_living_engine_beats_on_after_the_clock_was_put_back(by) -> None:
    beat(TUESDAY)
    beat(TUESDAY - by)
    assert not engine_at(TUESDAY - by).is_silent


@pytest.mark.parametrize("who", ["ewan_user", "isla", "priya", "admin"])
@pytest.mark.parametrize("page", ["/", "/me/", "/engine/banner/"])
def test_every_page_of_every_role_says_so_and_heals(cast: Cast, who, page) -> None:
    browser = cast.client(getattr(cast, who))
    assert "Reminders are delayed" in browser.get(page, follow=True).content.decode()
    beat(database_now())
    assert "Reminders are delayed" not in browser.get(page, follow=True).content.decode()


def test_the_last_message_is_told_with_the_zone_of_its_clock(cast: Cast) -> None:
    beat(database_now() - LIMIT)
    told = r"Nothing has been sent since \S+ \d+ \w+ \d\d:\d\d \(London time\)\."
    assert re.search(told, cast.client(cast.isla).get("/feed/").content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_told"), [(-1, False), (0, True), (1, True)])
def test_messages_that_do_not_get_through_for_five_minutes_are_told(seconds, is_told) -> None:
    heartbeat_record(leg="delivery", now=TUESDAY)
    found = engine_at(TUESDAY + LIMIT + seconds * SECOND)
    assert found.undelivered_since_at == (TUESDAY if is_told else None)


def test_a_page_says_since_when_no_message_has_got_through_and_heals(cast: Cast) -> None:
    beat(database_now())
    heartbeat_record(leg="delivery", now=database_now() - LIMIT)
    browser = cast.client(cast.isla)
    text = browser.get("/feed/").content.decode()
    assert re.search(
        r"Since \S+ \d+ \w+ \d\d:\d\d \(London time\) no message has got through", text
    )
    health = browser.get("/healthz/engine/")
    assert health.json()["faults"] == ["messages do not get through"]
    heartbeat_record(leg="delivery", now=database_now())
    assert "no message has got through" not in browser.get("/feed/").content.decode()


def test_the_health_page_fails_while_the_engine_is_silent_and_heals(client, db) -> None:
    assert client.get("/healthz/engine/").status_code == 503
    beat(database_now())
    assert client.get("/healthz/engine/").json()["status"] == "ok"


def test_a_finished_sweep_beats_the_heart(db) -> None:
    sweep_run(now=TUESDAY)
    assert Heartbeat.objects.get(leg="sweep").finished_at == TUESDAY


def test_a_finished_pass_is_told_to_the_monitor_outside(settings) -> None:
    asked: list[str] = []

    class Monitor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Monitor)
    thread = Thread(target=server.handle_request)
    thread.start()
    settings.ENGINE_PING_URL = f"http://127.0.0.1:{server.server_port}/alive"
    outside_ping()
    thread.join(5)
    server.server_close()
    assert asked == ["/alive"]


def test_a_monitor_that_is_away_stops_nothing(settings) -> None:
    settings.ENGINE_PING_URL = "http://127.0.0.1:1/alive"
    outside_ping()
