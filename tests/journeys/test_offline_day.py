"""A day without a network: kept by agreement, shown with its age, said on the phone, sent once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.clock import database_now
from tests.cast import Cast, cast_make
from tests.support.pictures import picture
from tests.support.stack import Stack
from tests.tracker.days import log, plan_around
from tracker.models import CheckIn, Entry

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
OLD_PHONE = {
    "viewport": {"width": 320, "height": 640},
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
    "timezone_id": "UTC",
    "reduced_motion": "reduce",  # colours change at once, not while they are looked at
}
IN_CARD = ".due:not(.due--quiet)"
AMOUNTS_SHOWN = """async () => {
  const kept = await DeviceStore.kept();
  const later = new Date(Date.now() + 2 * 3600 * 1000).toISOString();
  const pastTheNextChange = { ...kept, next_change_at: kept.read_at };
  const clockSetBack = { ...kept, kept_at: later };
  return [kept, pastTheNextChange, clockSetBack].map((each) => readKept(each).isFresh);
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """An old, small phone."""
    opened = browser.new_context(**OLD_PHONE)
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def cast(web_of_file: Stack) -> Cast:
    """Ewan with a dose that is due, one logged an hour ago and one for later."""
    with web_of_file.orm():
        made = cast_make(database_now())
        doses = plan_around(made, made.now, due=-5 * MINUTE, logged=-HOUR, later=3 * HOUR)
        log(made, doses["logged"], made.now - HOUR / 2)
    return made


def agreed(web_of_file: Stack, phone: BrowserContext, cast: Cast) -> Page:
    """Today, once the patient said that this phone may keep the doses."""
    with web_of_file.orm():
        value = cast.client(cast.ewan_user).cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": value, "url": web_of_file.url}
    phone.add_cookies([cookie])
    page = phone.new_page()
    page.goto(f"{web_of_file.url}/today/")
    page.get_by_role("button", name="Yes", exact=True).click()
    told = page.locator("[data-kept-told='yes']")
    expect(told).to_contain_text("This phone keeps the doses of today and tomorrow.")
    expect(told).to_be_focused()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("caches.keys().then(names => names.length === 2)")
    page.wait_for_function("caches.match('/today/signs/').then(Boolean)")
    return page


def assert_clean(page: Page) -> None:
    """No fault of accessibility in either theme, and nothing wider than the phone."""
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def stop_keeping(page: Page, web_of_file: Stack) -> None:
    """Take the agreement back, and open Today without a network."""
    page.goto(f"{web_of_file.url}/me/")
    page.get_by_role("button", name="Stop keeping them").tap()
    expect(page.locator("[data-kept-told='no']")).to_be_focused()
    page.context.set_offline(offline=True)
    page.goto(f"{web_of_file.url}/today/")


def say_an_extra_dose(page: Page) -> tuple[datetime, datetime]:
    """Log a dose beside the plan without a network; the signs that can follow it show at once."""
    before = datetime.now(UTC)
    page.get_by_role("button", name="Extra dose").tap()
    page.get_by_role("button", name="Log the extra dose").tap()
    expect(page.get_by_role("alert").filter(has_text="Not kept yet")).to_be_visible()
    page.get_by_label("What was taken, in your own words").fill("one more tablet")
    page.get_by_role("button", name="Taken just now").tap()
    extra = page.locator(".entry[data-said]").filter(has_text="Extra dose, taken")
    expect(extra).to_be_focused()
    expect(extra).to_contain_text("one more tablet")
    expect(page.get_by_text("Slow or shallow breathing.")).to_be_visible()
    assert_clean(page)
    return before, datetime.now(UTC)


def test_a_day_offline_is_shown_logged_kept_and_sent_once_with_its_true_time(
    web_of_file: Stack, cast: Cast, phone: BrowserContext
) -> None:
    page = agreed(web_of_file, phone, cast)

    phone.set_offline(offline=True)
    page.reload()
    expect(page.get_by_text("Plan version 1 as of")).to_contain_text("may have changed")
    card = page.locator(IN_CARD)
    expect(card.get_by_role("heading")).to_contain_text("Due now")
    expect(card).to_contain_text("15 mg")
    rest = page.get_by_role("list").filter(has_text="Already logged at")
    expect(rest).to_be_visible()
    assert_clean(page)
    picture(page, "offline-today")
    stale = phone.new_page()
    stale.goto(f"{web_of_file.url}/today/")
    old_button = stale.locator(IN_CARD).get_by_role("button", name="Taken").element_handle()

    before = datetime.now(UTC)
    card.get_by_role("button", name="Taken").tap()
    kept = page.locator(".entry[data-dose]")
    expect(kept).to_contain_text("not sent yet")
    expect(kept).to_be_focused()
    after = datetime.now(UTC)
    expect(page.get_by_text("1 entry waits on this phone.")).to_be_visible()
    assert_clean(page)

    old_button.evaluate("button => button.click()")
    expect(stale.locator("[data-guard]")).to_contain_text("Already logged at")
    stale.close()
    page.close()
    page = phone.new_page()
    page.goto(f"{web_of_file.url}/")
    expect(page.locator(".entry[data-dose]")).to_contain_text("Kept on this phone at")
    expect(page.locator(IN_CARD)).to_have_count(0)
    said_between = say_an_extra_dose(page)
    expect(page.get_by_text("2 entries wait on this phone.")).to_be_visible()
    with web_of_file.orm():
        assert Entry.objects.count() == 1

    phone.set_offline(offline=False)
    expect(page.get_by_text("What waited on this phone was sent")).to_be_visible()
    page.get_by_role("link", name="Open Today").tap()
    expect(page.locator("#logged")).to_contain_text("taken, 15 mg")
    with web_of_file.orm():
        _, sent, beside = Entry.objects.order_by("received_at")
        assert (beside.dose, beside.amount_note) == (None, "one more tablet")
        assert said_between[0] <= beside.taken_at <= said_between[1]
        assert before - MINUTE / 60 <= sent.taken_at <= after + MINUTE / 60
        assert sent.taken_at < sent.received_at
        assert (sent.by, sent.is_clock_wrong) == (cast.ewan_user, False)
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("button", name="Taken")).to_be_visible()

    stop_keeping(page, web_of_file)
    expect(page.get_by_text("No doses are kept on this phone.")).to_be_visible()
    expect(page.locator(".amt:visible")).to_have_count(0)


def test_offline_help_is_one_tap_away_and_what_is_old_shows_no_amount(
    web_of_file: Stack, cast: Cast, phone: BrowserContext
) -> None:
    page = agreed(web_of_file, phone, cast)
    web_of_file.block_database()
    page.goto(f"{web_of_file.url}/today/")
    expect(page.get_by_text("Plan version 1 as of")).to_be_visible()
    web_of_file.unblock_database()
    phone.set_offline(offline=True)

    page.goto(f"{web_of_file.url}/check-in/")
    assert_clean(page)
    picture(page, "offline-check-in")
    page.locator("form .tog--e:visible input").first.tap()
    page.get_by_role("button", name="Send ticked").tap()
    expect(page.get_by_role("heading", name="Get help now.")).to_be_visible()
    expect(page.get_by_role("link", name="Call 999")).to_have_attribute("href", "tel:999")
    expect(page.get_by_role("link", name="Call Harbour clinic")).to_be_visible()
    expect(page.get_by_text("Nobody is told anything from this phone now. Call.")).to_be_visible()
    assert_clean(page)
    picture(page, "offline-urgent")
    page.get_by_role("link", name="All warning signs").tap()
    expect(page.get_by_role("heading", name="Baclofen: warning signs")).to_be_visible()
    expect(page.get_by_text("Harbour clinic").first).to_be_visible()  # though never opened before
    page.goto(f"{web_of_file.url}/today/")
    told = page.get_by_role("region", name="Get help now.")
    expect(told).to_contain_text("Nobody has been told of it. Call.")
    said = page.get_by_role("region", name="Last check-in")
    expect(said).to_contain_text("kept on this phone, not sent yet.")

    page.locator(IN_CARD).get_by_role("button", name="Skip").tap()
    page.get_by_role("button", name="Skip this dose").tap()
    expect(page.get_by_role("alert").filter(has_text="Not kept yet")).to_be_visible()
    page.get_by_text("Too drowsy").tap()
    assert_clean(page)
    page.get_by_role("button", name="Skip this dose").tap()
    expect(page.locator(".entry[data-dose]")).to_contain_text("skipped")
    page.get_by_role("button", name="Take it back").tap()
    expect(page.locator(".entry[data-dose]")).to_have_count(0)

    assert page.evaluate(AMOUNTS_SHOWN) == [True, False, False]
    page.clock.set_fixed_time(datetime.now(UTC) + 25 * HOUR)
    page.goto(f"{web_of_file.url}/today/")
    expect(page.get_by_text("connect or call to see the amount").first).to_be_visible()
    expect(page.locator(".amt:visible")).to_have_count(0)
    expect(page.get_by_text("Due now")).to_have_count(0)
    expect(page.get_by_role("button", name="It was taken").first).to_be_visible()
    assert_clean(page)

    phone.set_offline(offline=False)
    expect(page.get_by_text("What waited on this phone was sent")).to_be_visible()
    with web_of_file.orm():
        (check_in,) = CheckIn.objects.all()
        assert check_in.at < check_in.received_at
        assert check_in.signs.count() == 1
