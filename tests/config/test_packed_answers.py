"""Pages are packed, and a stranger cannot read a secret out of how long they become."""

import gzip
import re

import pytest
from django.conf import settings
from django.test import Client

from tests.cast import Cast

pytestmark = pytest.mark.django_db

PACKED = {"accept-encoding": "gzip"}
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def packed_today(browser: Client) -> bytes:
    answer = browser.get("/today/", headers=PACKED)
    assert answer.headers["Content-Encoding"] == "gzip"
    return answer.content


def test_the_token_of_a_form_is_another_text_in_each_answer(live_cast: Cast) -> None:
    patient = live_cast.client(live_cast.ewan_user)
    found = [TOKEN.findall(gzip.decompress(packed_today(patient)).decode()) for _ in range(2)]
    assert all(found)
    assert set(found[0]).isdisjoint(found[1])
    told = [patient.get("/api/v1/me/").json()["csrf_token"] for _ in range(2)]
    assert told[0] != told[1]


def test_the_length_of_a_packed_page_is_blurred(live_cast: Cast) -> None:
    patient = live_cast.client(live_cast.ewan_user)
    padding = [len(packed_today(patient)[10:].split(b"\0", 1)[0]) for _ in range(8)]
    assert len(set(padding)) > 1  # the name in the head of a gzip answer has a random length


def test_another_site_cannot_have_a_page_fetched_with_the_persons_session() -> None:
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"
    assert settings.CSRF_COOKIE_SAMESITE == "Lax"


def test_a_page_gives_nothing_back_of_what_an_address_asks(live_cast: Cast) -> None:
    patient = live_cast.client(live_cast.ewan_user)
    guess = "csrfmiddlewaretoken-guess"
    for address in ("/today/", "/history/", "/check-in/", "/me/", "/urgent/"):
        assert guess not in patient.get(f"{address}?q={guess}").content.decode(), address
