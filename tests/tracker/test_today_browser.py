"""One tap on a phone: the card becomes the entry in place, with a script and without."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from accounts.clock import database_now
from tests.cast import Cast, cast_make
from tests.support.stack import Stack
from tests.tracker.days import plan_around
from tracker.models import Entry

pytestmark = pytest.mark.browser

MINUTE = timedelta(minutes=1)
PHONE = {"width": 390, "height": 844}


def day_made(stack: Stack) -> Cast:
    """Ewan with a dose that is due and one for later."""
    with stack.orm():
        cast = cast_make(database_now())
        plan_around(cast, cast.now, due=-5 * MINUTE, later=200 * MINUTE)
        return cast


def signed_in(page: Page, stack: Stack, cast: Cast) -> None:
    """Open Today as Ewan, with a session made in the stack's own database."""
    with stack.orm():
        value = cast.client(cast.ewan_user).cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": stack.url}
    page.context.add_cookies([cookie])
    page.goto(f"{stack.url}/today/")


def test_the_card_becomes_the_entry_in_place_and_takes_the_focus(
    web_stack: Stack, page: Page
) -> None:
    cast = day_made(web_stack)
    signed_in(page, web_stack, cast)
    assert Axe().run(page).violations_count == 0
    page.evaluate("window.isSamePage = true")
    page.get_by_role("button", name="Taken").click()
    entry = page.locator("#logged")
    expect(entry).to_be_focused()
    expect(entry).to_contain_text("taken, 15 mg")
    assert page.evaluate("window.isSamePage")
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Taken")).to_be_visible()
    with web_stack.orm():
        assert Entry.objects.get().void.by == cast.ewan_user


def test_the_same_tap_works_without_a_script(web_stack: Stack, browser: Browser) -> None:
    cast = day_made(web_stack)
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    signed_in(page, web_stack, cast)
    page.get_by_role("button", name="Taken").click()
    expect(page.locator("#logged")).to_contain_text("taken, 15 mg")
    context.close()
    with web_stack.orm():
        assert Entry.objects.count() == 1


def test_logging_and_urgent_page_answer_while_the_broker_is_frozen_or_the_records_are_away(
    web_stack: Stack, page: Page
) -> None:
    cast = day_made(web_stack)
    signed_in(page, web_stack, cast)
    web_stack.freeze("valkey")
    page.get_by_role("button", name="Taken").click()
    expect(page.locator("#logged")).to_contain_text("taken, 15 mg", timeout=3000)
    page.goto(f"{web_stack.url}/check-in/")
    page.get_by_role("button", name="None of these").click()
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible(timeout=3000)
    web_stack.thaw("valkey")
    web_stack.block_database()
    page.goto(f"{web_stack.url}/urgent/")
    expect(page.get_by_role("heading", name="Get help now.")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Stepdown cannot reach its records")
    web_stack.unblock_database()
    page.goto(f"{web_stack.url}/urgent/")
    expect(page.get_by_role("link", name="Call 999")).to_be_visible()
