"""Somebody who is signed in reads in the language they chose; the public follows its browser."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services.people import user_update
from tests.cast import Cast


@pytest.fixture
def spanish(live_cast: Cast) -> Client:
    """Isla, who chose Spanish, on a browser that asks for English."""
    User.objects.filter(pk=live_cast.isla.pk).update(language="es")
    browser = live_cast.client(live_cast.isla)
    browser.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return browser


def language_of(browser: Client, path: str, **headers: str) -> str:
    answer = browser.get(path, headers=headers)
    page = answer.content.decode()
    assert answer["Content-Language"] == page.split('<html lang="', 1)[1].split('"', 1)[0]
    return answer["Content-Language"]


@pytest.mark.parametrize("path", ["/me/", "/feed/", "/urgent/"])
def test_pages_of_whoever_is_signed_in_are_in_their_own_language(
    spanish: Client, path: str
) -> None:
    assert language_of(spanish, path) == "es"


def test_public_pages_follow_the_browser_whoever_reads_them(spanish: Client) -> None:
    """They may be kept by caches for everybody, so nothing of a person may be in them."""
    for browser in (spanish, Client()):
        assert language_of(browser, "/signs/", **{"Accept-Language": "en"}) == "en"
        assert language_of(browser, "/signs/", **{"Accept-Language": "es"}) == "es"
    assert language_of(Client(), "/urgent/", **{"Accept-Language": "es"}) == "es"


def test_a_language_that_is_chosen_counts_from_the_next_page_on(live_cast: Cast) -> None:
    browser, user = live_cast.client(live_cast.ewan_user), live_cast.ewan_user
    assert language_of(browser, "/me/") == "en"
    typed = {"name": user.name, "zone": user.zone, "language": "es", "phone": user.phone}
    assert browser.post("/me/", typed).status_code == 302
    assert language_of(browser, "/today/") == "es"


def test_a_language_that_is_not_offered_leaves_the_browsers(live_cast: Cast) -> None:
    User.objects.filter(pk=live_cast.isla.pk).update(language="gd")
    browser = live_cast.client(live_cast.isla)
    assert language_of(browser, "/me/", **{"Accept-Language": "es"}) == "es"


def test_the_api_refuses_in_the_language_of_whoever_asks(spanish: Client) -> None:
    refused = spanish.post("/api/v1/me/contact-points/", "[", content_type="application/json")
    assert refused.status_code == 400
    assert refused["Content-Language"] == "es"


def test_one_persons_language_does_not_stay_for_the_next(spanish: Client, live_cast: Cast) -> None:
    assert language_of(spanish, "/me/") == "es"
    user = live_cast.ewan_user
    user_update(user=user, name=user.name, zone=user.zone, language="en", phone="",
                now=live_cast.now)  # fmt: skip
    assert language_of(live_cast.client(user), "/me/") == "en"
    assert language_of(Client(), "/signs/") == "en"
