"""A clinician enters, reads back and signs a plan with the keyboard alone, on any screen."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import Page, expect

from accounts.clock import database_now
from accounts.domain.zones import local_date
from tests.cast import PASSWORD, cast_make
from tests.support.axe import axe_violations
from tests.support.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SCREENS = [(390, 844, "light"), (1440, 900, "dark")]


def assert_usable(page: Page) -> None:
    """No sideways scroll and nothing for axe to say, small by day and large by night."""
    for width, height, scheme in SCREENS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        assert axe_violations(page) == []


def typed(page: Page, *texts: str) -> None:
    """Type one text, Tab to the next cell, and so on."""
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Tab")


def test_a_plan_is_entered_and_signed_with_the_keyboard_alone(
    idle_stack: Stack, page: Page
) -> None:
    idle_stack.start("valkey", "web")
    with idle_stack.orm():
        now = database_now()
        cast = cast_make(now)
        first_on = local_date(now, cast.ewan.zone_info) + timedelta(days=1)
        # The server hashes passwords as in production, the tests more cheaply.
        cast.priya.password = Argon2PasswordHasher().encode(PASSWORD, "a-salt-of-16-char")
        cast.priya.save()
        session = cast.client(cast.priya).cookies["session"].value
    page.context.add_cookies([{"name": "session", "value": session, "url": idle_stack.url}])
    page.goto(f"{idle_stack.url}/patients/{cast.ewan.pk}/plan/")

    page.locator("#time-1").focus()
    typed(page, "08:00", "", "", "20:00")  # its weekdays and its button lie between
    page.locator("#amount-1-1").focus()
    page.keyboard.type("20 mg")
    page.keyboard.press("Enter")
    expect(page.locator("#amount-2-1")).to_be_focused()
    page.keyboard.type("half a 10 mg tablet")
    page.locator("#begins-1").focus()
    typed(page, str(first_on), "", "", "20 mg")
    page.keyboard.press("Tab")
    page.locator("#begins-2").focus()
    typed(page, "31 Nov 2026", str(first_on + timedelta(days=13)), "", "no dose")

    keep = page.get_by_role("button", name="Keep draft and read back").first
    keep.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#begins-2")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#amount-2-1")).to_have_value("half a 10 mg tablet")
    assert_usable(page)

    page.get_by_role("link", name="31 Nov 2026").focus()
    page.keyboard.press("Enter")
    page.locator("#begins-2").fill(str(first_on + timedelta(days=7)))
    page.locator("#id_formulation").select_option("tablet")
    page.locator("#id_indication").select_option("multiple_sclerosis")
    page.locator("#id_ending input").first.press("Space")
    page.locator("#id_observation_days").fill("none")
    page.locator("#id_observation_days").press("Enter")
    expect(page).to_have_title("Read back, Ewan Macrae · Stepdown")
    assert_usable(page)

    page.locator("[name=read]").first.press("Space")
    page.locator("#password").fill("not the password")
    page.locator("#password").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is not your password.")
    page.locator("[name=read]").last.press("Space")
    expect(page.locator("[name=read]:checked")).to_have_count(2)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.get_by_text("Version 1 is signed.")).to_be_visible()
