"""The pages anybody may read: warning signs, a clinic's numbers, the medicine, and what fails."""

import dataclasses
import os
import re
import subprocess
import sys
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.http import HttpRequest
from django.template.loader import get_template, render_to_string
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from accounts.domain.opening_hours import OpenSpan
from accounts.services.clinics import clinic_set_opening_hours
from accounts.services.contact_points import contact_point_disable
from config.settings.base import BASE_DIR
from tests.cast import TUESDAY, Cast
from tracker.domain.medicine import Review, Urgency
from tracker.domain.plan_states import Route
from tracker.selectors.clinic_numbers import numbers_of
from tracker.selectors.medicine import baclofen
from tracker.web.signs_presenter import hours_in_words, signs_page

TEMPLATES = [
    path
    for package in ("accounts", "config", "reminders", "tracker")
    for path in sorted((BASE_DIR / package).rglob("templates/**/*.html"))
]
DOCUMENTS = ["signs", "medicine"]


class Words(HTMLParser):
    """The words of a page, without those of its sources: titles there are not ours."""

    VOID = frozenset({"meta", "link", "input", "hr", "br", "img", "use"})

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[bool] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.VOID:
            return
        classes = (dict(attrs).get("class") or "").split()
        hides = tag in {"script", "style", "title"} or bool({"src", "refs"} & set(classes))
        self.stack.append(hides)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.stack):
            self.words.append(data)


def words_of(html: str) -> str:
    parser = Words()
    parser.feed(html)
    return re.sub(r"\s+", " ", " ".join(parser.words))


def html_of(name: str) -> str:
    response = Client().get(reverse(name))
    assert response.status_code == 200
    return response.content.decode()


def signs_html(**context: object) -> str:
    return render_to_string("tracker/signs/signs.html", context, request=HttpRequest())


# --- no sign-in, no database: nothing here carries the `db` mark, so a query would fail the test


@pytest.mark.parametrize("name", [*DOCUMENTS, "api-medicine"])
def test_anybody_can_read_it_without_signing_in_and_without_a_database(name: str) -> None:
    assert Client().get(reverse(name)).status_code == 200


@pytest.mark.parametrize("name", [*DOCUMENTS, "api-medicine"])
def test_a_session_cookie_makes_no_difference(name: str) -> None:
    browser = Client()
    browser.cookies["session"] = "somebody"
    response = browser.get(reverse(name))
    assert response.status_code == 200
    assert response.cookies == {}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_reader_who_came_from_their_own_page_finds_the_way_back_in_words(name: str) -> None:
    assert '<a class="link" href="/">Back to your own page</a>' in html_of(name)


@pytest.mark.parametrize("name", [*DOCUMENTS, "api-medicine"])
def test_a_browser_may_keep_it_and_show_it_while_the_server_is_away(name: str) -> None:
    kept = Client().get(reverse(name)).headers["Cache-Control"]
    assert "public" in kept
    assert "no-store" not in kept


AWAY = """
import django
django.setup()
from django.test import Client
browser = Client(raise_request_exception=False, headers={"host": "testserver"})
browser.cookies["session"] = "somebody"
for path in ("/signs/", "/c/harbour/signs/", "/medicine/", "/api/v1/medicines/baclofen/", "/nope/",
             "/worklist/"):
    answer = browser.get(path)
    print(path, answer.status_code, "clinic's own numbers" in answer.content.decode())
"""


def test_everything_public_is_readable_while_postgresql_and_valkey_are_away() -> None:
    nowhere = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "SECRET_KEY": "tests-only",
        "ALLOWED_HOSTS": "testserver",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    command = [sys.executable, "-c", AWAY]
    environment = {**os.environ, **nowhere}
    done = subprocess.run(
        command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "/signs/ 200 False",
        "/c/harbour/signs/ 200 True",
        "/medicine/ 200 False",
        "/api/v1/medicines/baclofen/ 200 False",
        "/nope/ 404 False",
        "/worklist/ 503 False",
    ]


# --- what the signs page says


def test_every_sign_and_pump_event_for_patients_is_on_the_page() -> None:
    words = words_of(html_of("signs"))
    medicine = baclofen()
    for sign in medicine.patient_signs():
        assert sign.plain in words
    for urgency in Urgency:
        assert all(event.plain in words for event in medicine.patient_pump_events(urgency))
    assert all(alike.plain in words for alike in medicine.look_alikes)


def test_the_medicine_page_has_each_form_route_effect_and_caution_beside_its_sources() -> None:
    html, medicine = html_of("medicine"), baclofen()
    words = words_of(html)
    assert {"never_stop_suddenly", "driving", "never_double"} <= {
        caution.id for caution in medicine.cautions
    }
    for fact in (*medicine.cautions, *medicine.side_effects):
        assert fact.plain in words
    for form in medicine.formulations:
        assert form.name in words
    for row in medicine.routes_compared:
        assert all(said in words for said in (row.feature, row.oral, row.intrathecal))
    with_sources = (*medicine.cautions, *medicine.side_effects, *medicine.routes_compared)
    assert html.count('<details class="src') == len(with_sources) + 1  # and the forms together


def test_what_only_a_clinician_can_tell_is_not_on_the_page() -> None:
    words = words_of(html_of("signs"))
    assert "Delirium" not in words
    assert "The tube may be kinked" not in words


def test_a_sign_that_waits_for_a_call_by_mouth_is_an_emergency_by_pump_on_the_page() -> None:
    groups = {group.anchor: group for group in signs_page(baclofen()).groups}
    by_mouth = {line.plain for line in groups["mouth-call"].lines}
    assert by_mouth
    assert by_mouth <= {line.plain for line in groups["pump"].lines}
    assert groups["pump"].kind == groups["mouth"].kind == "e"


def test_every_line_cites_sources_that_the_page_lists() -> None:
    page = signs_page(baclofen())
    listed = set(page.references)
    for group in page.groups:
        for line in group.lines:
            assert line.sources, line.plain
            assert set(line.sources) <= listed
    html = html_of("signs")
    anchors = set(re.findall(r'id="(src-\w+)"', html))
    assert set(re.findall(r'href="#(src-\w+)"', html)) == anchors


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_page_says_that_no_clinician_has_reviewed_it(name: str) -> None:
    words = words_of(html_of(name))
    assert "Not yet reviewed by a clinician" in words
    assert f"Version {baclofen().version}" in words


def test_a_reviewed_version_names_who_reviewed_it_and_when() -> None:
    review = Review(reviewed_by="Dr Priya Raman", reviewed_on=date(2026, 12, 1))
    reviewed = dataclasses.replace(baclofen(), review=review)
    words = words_of(signs_html(page=signs_page(reviewed)))
    assert "reviewed by Dr Priya Raman on 1 December 2026" in words
    assert "Not yet reviewed" not in words
    assert "not yet reviewed" not in words


def test_the_page_of_no_clinic_names_no_number_and_says_what_stepdown_is_not() -> None:
    html = html_of("signs")
    words = words_of(html)
    assert "Call your local emergency number" in words
    assert "Stepdown is not an emergency service" in words
    assert "tel:" not in html


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_page_never_says_what_is_wrong_with_a_person_or_how_much_to_take(name: str) -> None:
    words = words_of(html_of(name)).lower()
    assert not re.search(r"withdrawal|overdose|underdose|diagnos", words)
    assert not re.search(r"\d\s*(mg|mcg|µg|ml)\b", words)
    assert not re.search(r"within \d+|\d+ (hours|days)", words)


def test_too_much_is_told_to_look_the_same_and_nobody_is_asked_to_tell_them_apart() -> None:
    words = words_of(html_of("signs"))
    assert "Too much can look much the same" in words
    assert "Do not try to work out which it is. Get help now." in words


def test_the_wallet_card_names_every_emergency_by_mouth() -> None:
    html = html_of("signs")
    for sign in baclofen().patient_signs_by(Route.ORAL, Urgency.EMERGENCY):
        assert f"<li>{sign.card}</li>" in html


def test_the_page_follows_the_readers_language_and_marks_its_signs_with_theirs() -> None:
    with override("en"):
        html = Client(headers={"accept-language": "es"}).get(reverse("signs")).content.decode()
    assert '<html lang="es"' in html
    assert '<b lang="es">Un ataque' in html


@pytest.mark.parametrize("name", DOCUMENTS)
def test_only_reading_is_possible(name: str) -> None:
    assert Client().post(reverse(name)).status_code == 405


# --- a clinic's own page


@pytest.mark.django_db
def test_a_clinics_page_has_its_numbers_ready_to_call(cast: Cast) -> None:
    response = Client().get(reverse("clinic-signs", args=["harbour"]))
    html = response.content.decode()
    assert 'href="tel:999"' in html
    assert 'href="tel:+441632960118"' in html
    assert 'href="tel:+441632960119"' in html
    assert "Ask for the ward nurse." in html
    assert "Monday to Friday 08:00 to 18:00" in words_of(html)
    assert response.cookies == {}


@pytest.mark.django_db
def test_a_clinic_nobody_has_heard_of_is_not_found(cast: Cast) -> None:
    assert Client().get("/c/nowhere/signs/").status_code == 404


@pytest.mark.django_db
def test_a_clinics_page_names_no_patient(cast: Cast) -> None:
    html = cast.client(cast.ewan_user).get(reverse("clinic-signs", args=["harbour"]))
    assert "Ewan" not in html.content.decode()


CLOSES = datetime(2026, 11, 24, 18, 0, tzinfo=TUESDAY.tzinfo)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "is_open"), [(-1, True), (0, False), (1, False)])
def test_a_clinic_is_called_open_until_it_closes(cast: Cast, seconds: int, is_open: bool) -> None:
    line = numbers_of(cast.harbour, CLOSES + timedelta(seconds=seconds)).clinic
    words = words_of(signs_html(page=signs_page(baclofen()), clinic=line, hours=[]))
    assert ("until 18:00 today" in words) is is_open
    assert ("closed until Wed 25 Nov 08:00" in words) is not is_open


@pytest.mark.django_db
def test_a_closed_clinic_without_a_number_for_the_night_says_that_nobody_sees_anything(
    cast: Cast,
) -> None:
    cast.harbour.out_of_hours_phone = ""
    night = cast.harbour.contact_points.get(duty="out_of_hours")
    contact_point_disable(contact_point=night, reason="bounced", now=TUESDAY)
    line = numbers_of(cast.harbour, CLOSES).clinic
    words = words_of(signs_html(page=signs_page(baclofen()), clinic=line, hours=[]))
    assert "closed until Wed 25 Nov 08:00 and has given no number for before then" in words
    assert "Nobody there will see anything before it opens." in words


@pytest.mark.django_db
def test_a_desk_that_closes_at_midnight_is_not_said_to_close_today_at_midnight(cast: Cast) -> None:
    late = [OpenSpan(weekday, time(8), time(0)) for weekday in range(5)]
    clinic_set_opening_hours(clinic=cast.harbour, spans=late, job="test", now=TUESDAY)
    line = numbers_of(cast.harbour, TUESDAY).clinic
    words = words_of(signs_html(page=signs_page(baclofen()), clinic=line, hours=[]))
    assert "+44 1632 960118" in words
    assert "00:00" not in words


def test_neighbouring_days_with_the_same_hours_are_told_together() -> None:
    weekdays = [OpenSpan(weekday, time(8), time(18)) for weekday in range(5)]
    saturday = [OpenSpan(5, time(9), time(12)), OpenSpan(5, time(20), time(0))]
    assert hours_in_words([*weekdays, *saturday]) == [
        "Monday to Friday 08:00 to 18:00",
        "Saturday 09:00 to 12:00, 20:00 to midnight",
    ]


def test_a_clinic_without_hours_has_none_to_tell() -> None:
    assert hours_in_words([]) == []


# --- pages for when something is wrong


@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "500.html", "503.html"])
def test_an_error_page_needs_nothing_and_leads_to_the_signs(name: str) -> None:
    html = get_template(name).render()
    assert 'href="/signs/"' in html
    assert "Stepdown is not an emergency service" in words_of(html)


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_the_emergencies_written_out_for_a_broken_day_are_those_of_the_content(name: str) -> None:
    listed = re.findall(r"<li><b>(.+?)</b></li>", get_template(name).render())
    emergencies = baclofen().patient_signs_by(Route.ORAL, Urgency.EMERGENCY)
    assert listed == [sign.card for sign in emergencies]


def test_the_page_without_records_tries_again_by_itself_with_and_without_script() -> None:
    html = get_template("503.html").render()
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in html
    assert 'data-retry="30"' in html


# --- every template


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_every_icon_that_a_template_names_is_in_the_sprite(path: Path) -> None:
    sprite = (BASE_DIR / "config" / "static" / "icons.svg").read_text(encoding="utf-8")
    known = set(re.findall(r'<symbol id="(\w+)"', sprite))
    assert set(re.findall(r'{% icon "(\w+)"', path.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR)))
def test_no_template_breaks_the_content_policy(path: Path) -> None:
    html = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)\s*=", html)
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert "<style" not in html


# --- the API


def test_the_api_gives_every_fact_with_the_ids_of_its_sources() -> None:
    answer = Client().get(reverse("api-medicine")).json()
    known = {source["id"] for source in answer["sources"]}
    medicine = baclofen()
    assert [sign["id"] for sign in answer["signs"]] == [sign.id for sign in medicine.signs]
    for section in ("signs", "pump_events", "look_alikes", "side_effects", "cautions"):
        for fact in answer[section]:
            assert fact["sources"], fact
            assert set(fact["sources"]) <= known
    seizure = next(sign for sign in answer["signs"] if sign["id"] == "seizure")
    assert seizure["urgency"] == {"oral": "emergency", "intrathecal": "emergency"}
    assert seizure["snomed_ct"] == {"code": "91175000", "display": "Seizure"}
    assert answer["review"] == {"is_reviewed": False, "reviewed_by": None, "reviewed_on": None}


def test_the_api_only_reads() -> None:
    response = Client().post(reverse("api-medicine"), {}, content_type="application/json")
    assert response.status_code == 405
    assert response.json()["type"] == "client_error"
