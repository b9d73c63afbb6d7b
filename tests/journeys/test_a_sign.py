"""A sign on a phone: the numbers at once, who was told, and no word about what it is caused by."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.phones import Phones, assert_sound
from tests.journeys.scene import DESK
from tests.support.pictures import picture
from tracker.models import CheckIn, Flag

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

CAUSES = re.compile(r"withdrawal|overdose|too little", re.IGNORECASE)
NOT_HERE = "Stepdown is not an emergency service. Do not wait for a reply here."


def test_a_sign_from_the_tick_to_the_clinicians_worklist(phones: Phones) -> None:
    phones.plan(-timedelta(minutes=5))
    page = phones.open(phones.cast.ewan_user, "/check-in/")

    a_sign_of_the_same_day_says_whom_to_call(page)
    an_emergency_opens_the_numbers_at_once(page)
    mail = phones.stack.inbox.wait_for(phones.cast.isla.email)[-1]
    assert not CAUSES.search(mail.text)
    the_clinician_sees_it_and_has_it(phones)
    who_has_it_stands_on_the_phone(page)
    with phones.stack.orm():
        assert [check_in.signs.count() for check_in in CheckIn.objects.order_by("at")] == [1, 1]
        assert set(Flag.objects.values_list("rule", "closed_at")) >= {("F1", None)}


def a_sign_of_the_same_day_says_whom_to_call(page: Page) -> None:
    expect(page.get_by_role("group", name="Any of these: get help now")).to_be_visible()
    today = page.get_by_role("group", name="Any of these: call the clinic today")
    assert_sound(page)
    today.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Send ticked").tap()
    expect(page.get_by_role("heading", name="Recorded")).to_be_visible()
    expect(page.get_by_text("Call the clinic today.")).to_be_visible()
    expect(page.get_by_role("link", name="Call Harbour clinic")).to_be_visible()
    says_no_cause(page)
    picture(page, "sign-same-day")
    page.get_by_role("link", name="Go back").tap()
    same_day = page.get_by_role("region", name="Call the clinic today.")
    expect(same_day).to_contain_text("It is on Harbour clinic’s list")


def an_emergency_opens_the_numbers_at_once(page: Page) -> None:
    page.get_by_role("link", name="Check in", exact=True).tap()
    first = page.get_by_role("group", name="Any of these: get help now").get_by_role("checkbox")
    first.first.check()
    page.get_by_role("button", name="Send ticked").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Get help now.")
    expect(page.get_by_text("You ticked")).to_be_visible()
    expect(page.get_by_role("link", name="Call 999")).to_have_attribute("href", "tel:999")
    clinic = page.get_by_role("link", name="Call Harbour clinic")
    expect(clinic).to_have_attribute("href", re.compile(r"^tel:\+?\d+$"))
    expect(page.get_by_text(NOT_HERE)).to_be_visible()
    expect(page.get_by_role("region", name="What to say")).to_contain_text("happening now")
    expect(page.get_by_text("Stepdown cannot say what is causing this")).to_be_visible()
    says_no_cause(page)
    assert_sound(page, is_for_any_hands=True)


def the_clinician_sees_it_and_has_it(phones: Phones) -> None:
    desk = phones.open(
        phones.cast.priya, "/worklist/", viewport=DESK, is_mobile=False, has_touch=False
    )
    row = desk.get_by_role("row", name="Ewan Macrae")
    expect(row).to_contain_text("Emergency")
    expect(row).to_contain_text("Sign reported")
    desk.goto(f"{phones.stack.url}/alerts/{newest_emergency(phones)}/")
    desk.get_by_role("button", name="I have it").click()
    expect(desk.get_by_text("You have it.")).to_be_visible()


def newest_emergency(phones: Phones) -> str:
    """The id of the alert that the sign opened."""
    wanted = "SELECT id FROM tracker_alert WHERE alert_class = 'E' AND closed_at IS NULL"
    return str(phones.stack.query(wanted)[0][0])


def who_has_it_stands_on_the_phone(page: Page) -> None:
    page.reload()
    told = page.get_by_role("region", name="Who has been told")
    expect(told).to_contain_text("Isla Macrae")
    expect(told).to_contain_text("Somebody has said “I have it”. Call all the same.")
    picture(page, "urgent")
    page.get_by_role("link", name="Close").tap()
    expect(page.get_by_role("heading", name="This is open: get help now")).to_be_visible()
    says_no_cause(page)
    assert_sound(page)
    picture(page, "today-sign")


def says_no_cause(page: Page) -> None:
    """Neither of the two causes is named as the answer, anywhere on the page."""
    expect(page.locator("body")).not_to_contain_text(CAUSES)
