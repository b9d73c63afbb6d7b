"""One's own page on the smallest phone, with everything that makes it wide and long."""

from datetime import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser

from accounts.clock import database_now
from tests.cast import Cast, cast_make
from tests.support.stack import Stack

pytestmark = pytest.mark.browser

SMALLEST = {"width": 320, "height": 640}
LONG = "a.very.long.address.of.somebody@mail.department.example.org"


def reached_in_many_ways(stack: Stack) -> Cast:
    """Ewan at a long address where errors came back, and at one that was switched off."""
    with stack.orm():
        cast = cast_make(database_now())
        at = cast.now
        point = cast.ewan_user.contact_points.get()
        point.address, point.last_error, point.last_error_at = LONG, "451-" + "x" * 80, at
        point.quiet_from_time, point.quiet_until_time = time(22), time(7)
        point.save()
        cast.ewan_user.contact_points.create(
            address=f"second.{LONG}", position=2, added_at=at, verified_at=at,
            disabled_at=at, disabled_reason="550-" + "y" * 80,
        )  # fmt: skip
        return cast


def test_nothing_on_ones_own_page_makes_the_smallest_phone_scroll_sideways(
    idle_stack: Stack, browser: Browser
) -> None:
    idle_stack.start("valkey", "web")
    cast = reached_in_many_ways(idle_stack)
    with idle_stack.orm():
        value = cast.client(cast.ewan_user).cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(viewport=SMALLEST)
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": value, "url": idle_stack.url}])
    page = context.new_page()
    page.goto(f"{idle_stack.url}/me/")
    assert page.evaluate("document.documentElement.scrollWidth") == SMALLEST["width"]
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name=f"Remove {LONG}", exact=True).click()
    assert page.get_by_role("heading", name="Remove this address?").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == SMALLEST["width"]
    assert Axe().run(page).violations_count == 0
    context.close()
