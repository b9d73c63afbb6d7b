"""Today on an old phone with bad reception: bytes over the wire, and when "Taken" can be pressed.

Chromium slows itself down through its own protocol: processor four times slower, 400 ms before
each answer, 400 kbit/s down and up. These are the round trip and the rate that its developer tools
aim at with "slow 3G"; their preset makes a request wait five times as long, and that visit is
measured too, without a goal. The page has one dose that is due. Usable means: the button "Taken" is
painted, where it stays, and enabled. That it works from then on is tried: it is pressed at once,
before any script, and the page has to show the dose as logged.

The service worker is left out, because the protocol does not slow its requests down: a page that
comes through it would look quicker than it is. What it fetches after a first visit is counted.
"""

from __future__ import annotations

import json
import re
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from accounts.models import User
from bench.cluster import FOLDER, clock, dropped, environment, leave, populated, work_on
from bench.measuring import Result, Sizes
from bench.population import Population
from bench.running import processes
from config.commands import web_command
from config.local_postgres import LocalPostgres
from config.processes import LOOPBACK, free_port, wait_until
from config.static_files import collect_static
from tests.support import chromium

CASE = "Today on a throttled phone"
NAME = "bench_today"
ROUNDS = 5
SECONDS = 2.0
KILOBYTES = 100.0
ROUND_TRIP = 400  # milliseconds before each answer
PRESET_WAIT = 5 * ROUND_TRIP  # as the preset of the developer tools has it
BYTES_A_SECOND = 400_000 / 8
SLOWER = 4
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
    "timezone_id": "UTC",
    "service_workers": "block",
}
PROFILE = f"CPU {SLOWER}x slower, {ROUND_TRIP} ms a request, 400 kbit/s; median of {ROUNDS}"
# When the button is first painted: the frame after the first in which it has a place.
WATCH = """
(() => {
  const look = () => requestAnimationFrame(() => {
    const painted = performance.getEntriesByName("first-contentful-paint")[0];
    const button = document.querySelector("button.take");
    const box = button?.getBoundingClientRect();
    const isThere = painted && button && !button.disabled && box.width > 44 && box.height > 44;
    if (isThere) window.usableAt = performance.now(); else look();
  });
  look();
})();
"""


@dataclass
class Wire:
    """What one visit fetched, as it went over the wire: bytes by kind of resource."""

    fonts: int = 0
    others: int = 0
    kinds: dict[str, str] = field(default_factory=dict)

    def hear(self, session: CDPSession) -> None:
        """Count every answer of a page from now on."""
        session.on("Network.responseReceived", self._answered)
        session.on("Network.loadingFinished", self._finished)

    def _answered(self, event: dict[str, Any]) -> None:
        self.kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        size = int(event["encodedDataLength"])
        if self.kinds.get(event["requestId"]) == "Font":
            self.fonts += size
        else:
            self.others += size


def measure(server: LocalPostgres, sizes: Sizes) -> Iterator[Result]:
    """Yield bytes and seconds of a first visit and of a later one; the size does not matter."""
    del sizes
    people = Population(people=1, doses_each=6, due=1, due_at=clock(server) - timedelta(minutes=5))
    populated(server, NAME, people)
    work_on(server, NAME)
    patient = Client()
    patient.force_login(User.objects.get(patient__isnull=False))
    cookie = patient.cookies[settings.SESSION_COOKIE_NAME].value
    leave()
    with served(server) as address, chromium_started() as browser:
        with phone(browser, address, cookie) as context:
            visit(
                context, address
            )  # the server's own caches are warm; this phone's are thrown away
        cold, warm = [], []
        for _ in range(ROUNDS):
            with phone(browser, address, cookie) as context:
                cold.append(visit(context, address))
                warm.append(visit(context, address))
        with phone(browser, address, cookie) as context:
            preset, _ = visit(context, address, wait=PRESET_WAIT)
        worker = kept_by_the_worker(address)
        with phone(browser, address, cookie) as context:
            pressed = press(context, address)
    dropped(server, NAME)
    yield from told("first visit, nothing kept", cold)
    yield from told("later visit, styles and scripts kept", warm)
    yield from alone(preset, worker, pressed)


def told(what: str, visits: list[tuple[float, Wire]]) -> Iterator[Result]:
    """Yield the two figures of one kind of visit."""
    seconds = [each for each, _ in visits]
    usable = statistics.median(seconds)
    yield Result(
        case=CASE, what=f"{what}: “Taken” can be pressed after", value=usable, unit="s",
        goal=f"≤ {SECONDS:.0f} s", is_met=usable <= SECONDS,
        note=f"{PROFILE}; {min(seconds):.2f} to {max(seconds):.2f}",
    )  # fmt: skip
    most = max(visits, key=lambda each: each[1].others)[1]
    size = most.others / 1000
    yield Result(
        case=CASE, what=f"{what}: over the wire", value=size, unit="kB",
        beside=f"fonts {most.fonts / 1000:.1f} kB, swapped in later",
        goal=f"≤ {KILOBYTES:.0f} kB", is_met=size <= KILOBYTES,
        note=f"headers of the answers included; {len(most.kinds)} answers; most of {ROUNDS}",
    )  # fmt: skip


def alone(preset: float, worker: int, pressed: float) -> Iterator[Result]:
    """Yield the figures that were measured once and have no goal."""
    yield Result(
        case=CASE, what="first visit: pressed as soon as it can be, and shown as logged after",
        value=pressed, unit="s", note="two pages: Today, and Today again after the form",
    )  # fmt: skip
    yield Result(
        case=CASE, what="first visit, each request waiting five times as long: “Taken”",
        value=preset, unit="s", note="“slow 3G” as the developer tools' preset has it",
    )  # fmt: skip
    yield Result(
        case=CASE, what="kept afterwards by the service worker", value=worker / 1000, unit="kB",
        note="its pages, parts and fonts, so that Today opens without a network",
    )  # fmt: skip


@contextmanager
def served(server: LocalPostgres) -> Iterator[str]:
    """Have the web server up as `make run` starts it; yields its address."""
    port = free_port()
    address = f"http://{LOOPBACK}:{port}"
    variables = environment(
        server, NAME, PUBLIC_URL=address, ALLOWED_HOSTS=LOOPBACK,
        STATIC_ROOT=str(FOLDER / "static"),
    )  # fmt: skip
    collect_static(FOLDER / "static", variables)
    with processes({"web": web_command(address=f"{LOOPBACK}:{port}")}, variables):
        wait_until(lambda: is_listening(port), seconds=60)
        yield address


def is_listening(port: int) -> bool:
    """Say whether somebody answers on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


@contextmanager
def chromium_started() -> Iterator[Browser]:
    """Have Chromium; without one the case fails and says which command is missing."""
    path = chromium.executable()
    if path is None:
        raise SystemExit(f"This case needs Chromium. Run: sudo {chromium.INSTALL}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield browser
        browser.close()


@contextmanager
def phone(browser: Browser, address: str, cookie: str) -> Iterator[BrowserContext]:
    """Have a phone that has never seen the site, signed in."""
    context = browser.new_context(**PHONE)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": address}])
    yield context
    context.close()


def visit(context: BrowserContext, address: str, *, wait: int = ROUND_TRIP) -> tuple[float, Wire]:
    """Open Today on a throttled page; return when it could be used, and what it fetched."""
    page = context.new_page()
    wire = Wire()
    session = throttled(page, wire, wait)
    page.add_init_script(WATCH)
    page.goto(f"{address}/today/", wait_until="networkidle")
    seconds = usable_after(page)
    session.detach()
    page.close()
    return seconds, wire


def usable_after(page: Page) -> float:
    """Wait until the page can be used; return when it could, in seconds."""
    # Not wait_for_function: it evaluates text, which the page's policy refuses.
    wait_until(lambda: bool(page.evaluate("window.usableAt > 0")), seconds=30)
    return float(page.evaluate("window.usableAt")) / 1000


def press(context: BrowserContext, address: str) -> float:
    """Press “Taken” as soon as it is there; return the seconds until it shows as logged."""
    page = context.new_page()
    session = throttled(page, Wire(), ROUND_TRIP)
    page.add_init_script(WATCH)
    began = time.perf_counter()
    page.goto(f"{address}/today/", wait_until="commit")
    usable_after(page)
    page.locator("button.take").click(no_wait_after=True)
    page.locator("#logged").wait_for()
    seconds = time.perf_counter() - began
    session.detach()
    page.close()
    return seconds


def kept_by_the_worker(address: str) -> int:
    """Return the bytes of all that the worker keeps from the first, packed as it goes out."""
    kept = re.search(r"const KEPT = \[(.*?)\];", fetched(address, "/sw.js").decode(), re.DOTALL)
    if kept is None:
        raise ValueError("the worker names nothing that it keeps")
    named = [json.loads(text) for text in re.findall(r'".+?"', kept[1])]
    paths = [*named, "/signs/", "/medicine/"]
    return sum(len(fetched(address, path, packing="gzip")) for path in paths)


def fetched(address: str, path: str, *, packing: str = "identity") -> bytes:
    """Return an answer of the server under measure, packed as asked."""
    wanted = {"Accept-Encoding": packing}
    with requests.get(f"{address}{path}", headers=wanted, stream=True, timeout=30) as answer:
        answer.raise_for_status()
        return bytes(answer.raw.read())


def throttled(page: Page, wire: Wire, wait: int) -> CDPSession:
    """Slow one page down, and count what it fetches."""
    session = page.context.new_cdp_session(page)
    wire.hear(session)
    session.send("Network.enable")
    network = {
        "offline": False,
        "latency": wait,
        "downloadThroughput": BYTES_A_SECOND,
        "uploadThroughput": BYTES_A_SECOND,
    }
    session.send("Network.emulateNetworkConditions", network)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return session
