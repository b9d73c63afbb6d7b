"""A tap that was not heard says so: after the session ended, with the records away, offline."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from accounts.clock import database_now
from accounts.models import User
from tests.cast import PASSWORD, Cast, cast_make
from tests.support.stack import Stack
from tests.tracker.days import plan_around
from tracker.models import Entry

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(180)]

UNHEARD = "That did not reach Stepdown. Try again, or call."


@pytest.fixture
def today(idle_stack: Stack, page: Page) -> Cast:
    """Ewan's Today with a dose that is due; no engine runs."""
    idle_stack.start("valkey", "web")
    with idle_stack.orm():
        cast = cast_make(database_now())
        plan_around(cast, cast.now, due=-timedelta(minutes=5))
        value = cast.client(cast.ewan_user).cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": idle_stack.url}
    page.context.add_cookies([cookie])
    page.goto(f"{idle_stack.url}/today/", wait_until="networkidle")
    return cast


def test_a_tap_after_the_session_ended_asks_to_sign_in_and_comes_back_to_the_dose(
    idle_stack: Stack, page: Page, today: Cast
) -> None:
    with idle_stack.orm():
        Session.objects.all().delete()
        address = today.ewan_user.email
        # The tests' own hasher is not one of the server's.
        password = PBKDF2PasswordHasher().encode(PASSWORD, "salt-of-this-test")
        User.objects.filter(email=address).update(password=password)
    page.get_by_role("button", name="Taken").click()
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Taken").click()
    expect(page.locator("#logged")).to_contain_text("taken, 15 mg")
    with idle_stack.orm():
        assert Entry.objects.count() == 1


def test_a_tap_says_that_it_is_on_its_way_and_one_that_no_phone_keeps_that_it_was_not_heard(
    idle_stack: Stack, page: Page, today: Cast
) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/take/", hold)
    page.get_by_role("button", name="Taken").click()
    expect(page.get_by_role("button", name="Sending")).to_be_visible()
    held[0].continue_()
    expect(page.locator("#logged")).to_contain_text("taken, 15 mg")
    idle_stack.block_database()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_have_text(UNHEARD)
    idle_stack.unblock_database()
    page.context.set_offline(offline=True)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("alert")).to_have_text(UNHEARD)
    page.context.set_offline(offline=False)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Taken")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)

    page.goto(f"{idle_stack.url}/check-in/", wait_until="networkidle")
    page.route("**/check-in/", hold)
    page.get_by_role("button", name="None of these").click()
    expect(page.locator("button[data-busy]")).to_have_attribute("data-busy", "Sending")
    held[1].continue_()
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
