"""The installed app: what the worker keeps is there for everybody, and holds nothing of anybody."""

import json
import re
from html.parser import HTMLParser

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from config.settings.base import BASE_DIR
from tests.cast import Cast
from tracker.domain.medicine import Urgency
from tracker.domain.plan_states import Route
from tracker.selectors.medicine import baclofen
from tracker.web.device import PAGES, THEME, kept_addresses

STYLES = (BASE_DIR / "config" / "static" / "app.css").read_text()
WORKER = "/sw.js"


# --- no sign-in, no database: nothing here but the last part carries the `db` mark, so a query or a
# session would fail the test


def worker_text(address: str = WORKER, **headers: str) -> str:
    return Client(headers=headers).get(address).content.decode()


def version_in(text: str) -> str:
    found = re.search(r'const SHELL = "stepdown-(\w+)"', text)
    assert found is not None
    return found[1]


def test_the_worker_is_asked_for_anew_each_time_and_may_serve_the_whole_site() -> None:
    answer = Client().get(WORKER)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_worker_names_each_address_that_it_keeps_and_each_is_there() -> None:
    listed = re.search(r"const KEPT = \[(.*?)\];", worker_text(), re.DOTALL)
    assert listed is not None
    named = [json.loads(f'"{found}"') for found in re.findall(r'"([^"]+)"', listed[1])]
    assert named == kept_addresses()
    for address in named:
        if address.startswith("/static/"):
            assert finders.find(address.removeprefix("/static/")), address
        else:
            assert Client().get(address).status_code == 200, address


@pytest.mark.parametrize("name", [*PAGES, "worker", "manifest"])
def test_nothing_of_the_shell_needs_a_session_or_sets_one(name: str) -> None:
    browser = Client()
    browser.cookies["session"] = "somebody"
    answer = browser.get(reverse(name))
    assert answer.status_code == 200
    assert answer.cookies == {}
    assert "Cookie" not in answer.headers.get("Vary", "")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_shell_asks_the_server_for_nothing(name: str) -> None:
    html = Client().get(reverse(name)).content.decode()
    assert "hx-" not in html
    assert "htmx-2" not in html
    assert "csrf" not in html
    assert not re.search(r"<(?:script>|style)|\sstyle=|\son[a-z]+=", html)


def test_every_part_that_a_page_of_the_shell_loads_is_kept_with_it() -> None:
    kept = set(kept_addresses())
    for name in PAGES:
        html = Client().get(reverse(name)).content.decode()
        loaded = re.findall(r'<(?:script|link rel="stylesheet")[^>]*(?:src|href)="([^"]+)"', html)
        sprites = {found.split("#")[0] for found in re.findall(r'<use href="([^"]+)"', html)}
        assert {*loaded, *sprites} <= kept, name


def test_the_worker_keeps_its_pages_in_the_language_of_the_person_who_is_signed_in() -> None:
    english, spanish = worker_text(**{"accept-language": "en"}), worker_text("/sw.js?language=es")
    assert version_in(english) != version_in(spanish)
    assert 'const LANGUAGE = "es"' in spanish
    assert spanish == worker_text("/sw.js?language=es", **{"accept-language": "en"})
    unknown = worker_text('/sw.js?language=";x=', **{"accept-language": "en"})
    assert unknown == english


def test_the_worker_leaves_forms_alone_and_keeps_no_page_that_is_not_public() -> None:
    text = worker_text()
    assert 'request.method !== "GET"' in text
    assert "addAll" in text
    assert text.count(".put(") == 1  # of public pages, after their headers were read
    assert r"/\bpublic\b/" in text


class Ticks(HTMLParser):
    """The signs that a part of the page asks about, by route and class."""

    def __init__(self) -> None:
        super().__init__()
        self.route, self.kind = "", ""
        self.found: dict[tuple[str, str], list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.route = named.get("data-route") or self.route
        if tag == "label":
            self.kind = (named.get("class") or "").rpartition("--")[2]
        if tag == "input" and named.get("name") == "sign":
            self.found.setdefault((self.route, self.kind), []).append(named.get("value") or "")


def test_the_signs_asked_about_offline_are_those_of_the_route() -> None:
    ticks = Ticks()
    ticks.feed(Client().get(reverse("offline-check-in")).content.decode())
    kinds = {"e": Urgency.EMERGENCY, "d": Urgency.SAME_DAY_CALL}
    facts = baclofen()
    assert ticks.found == {
        (route.value, kind): [sign.id for sign in found]
        for route in Route
        for kind, urgency in kinds.items()
        if (found := facts.patient_signs_by(route, urgency))
    }


def test_the_site_can_be_installed_with_its_name_its_colours_and_a_maskable_icon() -> None:
    answer = Client().get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    found = json.loads(answer.content)
    assert (found["name"], found["short_name"]) == ("Stepdown", "Stepdown")
    assert (found["start_url"], found["scope"], found["display"]) == ("/", "/", "standalone")
    assert {"any", "maskable"} == {icon["purpose"] for icon in found["icons"]}
    sizes = {(icon["sizes"], icon["type"]) for icon in found["icons"]}
    assert {("192x192", "image/png"), ("512x512", "image/png")} <= sizes
    for icon in found["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/")), icon


def test_the_app_has_the_ground_of_either_theme() -> None:
    ground = re.search(r"--ground: light-dark\((#\w+), (#\w+)\)", STYLES)
    assert ground is not None
    assert {"light": ground[1], "dark": ground[2]} == THEME
    html = Client().get("/signs/").content.decode()
    for theme, colour in THEME.items():
        tag = f'<meta name="theme-color" content="{colour}" media="(prefers-color-scheme: {theme})"'
        assert tag in html
    assert '<link rel="manifest" href="/manifest.webmanifest">' in html


@pytest.mark.parametrize("address", ["/signs/", "/medicine/"])
def test_a_public_page_says_when_it_was_made(address: str) -> None:
    html = Client().get(address).content.decode()
    assert re.search(r'data-made-at="\d{4}-\d\d-\d\dT[\d:.]+\+00:00" hidden', html)


# --- with the database


@pytest.mark.django_db
def test_a_clinics_signs_may_be_kept_and_a_page_of_somebody_may_not(live_cast: Cast) -> None:
    patient = live_cast.client(live_cast.ewan_user)
    assert "public" in patient.get("/c/harbour/signs/").headers["Cache-Control"]
    for address in ("/today/", "/check-in/", "/urgent/", "/me/", "/history/"):
        kept = patient.get(address).headers["Cache-Control"]
        assert "public" not in kept, address
        assert "no-store" in kept, address


@pytest.mark.django_db
def test_a_patient_is_asked_whether_the_phone_keeps_doses_and_can_take_it_back(
    live_cast: Cast,
) -> None:
    patient = live_cast.client(live_cast.ewan_user)
    today, own = patient.get("/today/").content.decode(), patient.get("/me/").content.decode()
    assert 'data-keep-answer="yes"' in today
    assert 'data-keep-answer="later"' in today
    assert 'data-keep-answer="stop"' in own
    for other in (live_cast.isla, live_cast.priya):
        html = live_cast.client(other).get("/me/").content.decode()
        assert "data-keep-answer" not in html
