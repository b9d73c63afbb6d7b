"""With PostgreSQL or Valkey away, pages say so, go on where they can, and heal by themselves."""

from __future__ import annotations

import json
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.stack import Stack

PASSWORD = "harbour-light-7"
PHONE = {"width": 390, "height": 844}
SILENT_SECONDS = 12  # ticks of one second come late where two tests share two cores
STOPS = 12
BROKER_WAIT_SECONDS = 5  # a page that asked a frozen broker would hang for fifteen


@pytest.fixture
def clinic(idle_stack: Stack) -> Stack:
    """The demo clinic on real processes that soon call the engine silent."""
    idle_stack.extra_environment = {"ENGINE_SILENT_SECONDS": str(SILENT_SECONDS), "DEMO": "1"}
    idle_stack.start()
    idle_stack.manage("seed")
    return idle_stack


@pytest.fixture
def samira(clinic: Stack, browser: Browser) -> Page:
    """Samira, signed in on her phone, with a dose due."""
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    page = context.new_page()
    page.goto(f"{clinic.url}/account/login/")
    page.locator("[name=login]").fill("samira@harbour.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button").last.click()
    page.wait_for_url(lambda url: "/account/" not in url)
    return page


def answered(page: Page, address: str) -> None:
    """Open a page; it must not have waited for a broker that does not answer."""
    started = time.monotonic()
    response = page.goto(address)
    assert response is not None
    assert response.status == 200
    assert time.monotonic() - started < BROKER_WAIT_SECONDS


@pytest.mark.timeout(300)
def test_with_valkey_frozen_people_log_and_check_in_and_the_engine_says_it_is_silent(
    clinic: Stack, samira: Page
) -> None:
    expect(samira.get_by_role("button", name="Taken")).to_be_visible()
    clinic.freeze("valkey")
    started = time.monotonic()
    samira.get_by_role("button", name="Taken").click()
    expect(samira.get_by_role("button", name="Undo")).to_be_visible()
    assert time.monotonic() - started < BROKER_WAIT_SECONDS
    assert clinic.query("SELECT count(*) FROM tracker_entry WHERE via = 'page'")
    for path in ("/signs/", "/urgent/", "/today/", "/check-in/"):
        answered(samira, clinic.url + path)
    samira.get_by_role("button", name="None of these").click()
    samira.wait_for_url(lambda url: "/check-in/done/" in url or "/today/" in url)
    clinic.wait_until(lambda: clinic.get("/healthz/engine/")[0] == 503, seconds=60)
    samira.goto(f"{clinic.url}/today/")
    expect(samira.get_by_text("Reminders are delayed")).to_be_visible()
    clinic.thaw("valkey")
    clinic.wait_until(lambda: clinic.get("/healthz/engine/")[0] == 200, seconds=150)
    samira.goto(f"{clinic.url}/today/")
    expect(samira.get_by_text("Reminders are delayed")).to_be_hidden()


@pytest.mark.timeout(300)
def test_with_valkey_stopped_and_started_empty_the_engine_goes_on(
    clinic: Stack, samira: Page
) -> None:
    clinic.stop("valkey")
    answered(samira, f"{clinic.url}/today/")
    clinic.wait_until(lambda: clinic.get("/healthz/engine/")[0] == 503, seconds=60)
    clinic.start("valkey")
    clinic.wait_until(lambda: clinic.get("/healthz/engine/")[0] == 200, seconds=150)


@pytest.mark.timeout(300)
def test_a_worker_outlives_a_broker_that_stops_again_and_again(clinic: Stack) -> None:
    for number in range(STOPS):
        clinic.stop("valkey")
        clinic.start("valkey")
        time.sleep(0.3 * number)  # ticks are in the worker's hands at some of these moments
    assert clinic.runs("worker")
    clinic.wait_until(lambda: clinic.get("/healthz/engine/")[0] == 200, seconds=150)


@pytest.mark.timeout(300)
def test_with_postgresql_away_pages_say_so_and_recover_by_themselves(
    clinic: Stack, samira: Page
) -> None:
    clinic.block_database()
    assert clinic.get("/readyz/")[0] == 503
    status, health = clinic.get("/healthz/engine/")
    assert (status, json.loads(health)["faults"]) == (503, ["PostgreSQL is away"])
    samira.goto(f"{clinic.url}/today/")
    expect(samira.get_by_text("Stepdown is not an emergency service").first).to_be_visible()
    status, signs = clinic.get("/signs/")
    assert status == 200
    assert "warning signs" in signs
    status, problem = clinic.get("/api/v1/me/")
    assert status in {401, 503}
    assert '"errors"' in problem
    clinic.unblock_database()
    clinic.wait_until(lambda: clinic.get("/healthz/engine/")[0] == 200, seconds=150)
    answered(samira, f"{clinic.url}/today/")
