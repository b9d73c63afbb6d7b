"""A day on a phone: one tap, the other ways to say what happened, a change of plan, a check-in."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from accounts.clock import database_now
from tests.journeys.phones import AMOUNT, LESS, Phones, assert_sound
from tests.support.pictures import picture
from tests.tracker.days import log
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import VersionKind
from tracker.models import CheckIn, Entry, ExpectedDose, Plan, VersionSeen
from tracker.selectors.plan_records import content_signed, versions_of
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_signing import plan_sign

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

MINUTE = timedelta(minutes=1)
ABOUT = (-150 * MINUTE, -100 * MINUTE, -5 * MINUTE, 180 * MINUTE)
NEWER = "a quarter of a 20 mg tablet"


def test_a_day_from_the_first_tap_to_the_change_of_tomorrow(phones: Phones) -> None:
    plan, doses = phones.plan(*ABOUT)
    clocks = [phones.clock(each.due_at) for each in doses]
    change_from_tomorrow(phones, plan)
    the_link_in_the_message_has_one_button(phones)
    page = phones.open(phones.cast.ewan_user, "/today/")

    the_dose_that_is_due_is_large_and_says_who_was_told(page)
    one_tap_logs_it_and_one_undoes_it(page, clocks[2])
    it_was_taken_at_another_time(page, phones, clocks[2])
    an_earlier_one_was_skipped(page, clocks[1])
    another_was_taken_otherwise(page, clocks[0])
    what_somebody_else_logged_is_asked_about(page, phones, doses[0])
    an_extra_dose_asks_about_signs(page)
    none_of_these_is_an_answer(page)
    the_change_of_tomorrow_is_read_and_confirmed(page)
    page.get_by_role("link", name="Correct the entry of the").first.tap()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    picture(page, "correct")
    with phones.stack.orm():
        assert VersionSeen.objects.get().by == phones.cast.ewan_user
        standing = Entry.objects.filter(void=None).order_by("received_at")
        said = [(each.outcome, each.is_amount_different) for each in standing]
        assert said == [("taken", False), ("skipped", False), ("taken", True), ("taken", False)]
        assert [check_in.signs.count() for check_in in CheckIn.objects.all()] == [0]


def change_from_tomorrow(phones: Phones, plan: Plan) -> None:
    """Dr Raman signs another amount for the step that begins tomorrow."""
    with phones.stack.orm():
        now = database_now()
        raw = content_signed(versions_of(plan).get()).as_raw() | {
            "counts_from_on": (phones.today + timedelta(days=1)).isoformat(),
            "counts_from_time": "00:00",
            "change_reason": "Spasms at night",
        }
        raw["steps"][-1]["doses"][0]["amount"] = NEWER
        plan_draft_save(
            patient=phones.cast.ewan, by=phones.cast.priya, content=plan_content_from(raw),
            now=now, plan=plan, kind=VersionKind.AMEND,
        )  # fmt: skip
        ticked = range(1, len(raw["steps"]) + 1)
        by = phones.cast.priya
        plan_sign(plan=plan, by=by, ticked_steps=ticked, has_confirmed_hours=True, now=now)


def the_link_in_the_message_has_one_button(phones: Phones) -> None:
    address = phones.cast.ewan_user.email

    def links() -> list[str]:
        mails = phones.stack.inbox.to(address)
        return [link for mail in mails for link in mail.links if "/t/" in link]

    phones.stack.wait_until(links, what="a message with a one-tap link")
    page = phones.open(None, links()[-1].removeprefix(phones.stack.url))
    expect(page.locator("main").get_by_role("button")).to_have_text("Taken")
    expect(page.get_by_text(AMOUNT)).to_have_count(0)
    picture(page, "one-tap")


def the_dose_that_is_due_is_large_and_says_who_was_told(page: Page) -> None:
    card = page.get_by_role("region", name="Due now")
    expect(card.get_by_text(AMOUNT, exact=True)).to_be_visible()
    button = card.get_by_role("button", name="Taken")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 64
    told = page.get_by_role("region", name="Who has been told")
    expect(told).to_contain_text("You")
    expect(page.get_by_role("link", name="Warning signs")).to_be_visible()
    assert_sound(page, is_for_any_hands=True)
    picture(page, "today")


def one_tap_logs_it_and_one_undoes_it(page: Page, clock: str) -> None:
    page.get_by_role("button", name="Taken").tap()
    logged = page.locator("#logged")
    expect(logged).to_contain_text(f"taken, {AMOUNT}")
    expect(logged).to_contain_text("Logged by you.")
    picture(page, "today-logged")
    logged.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("region", name=f"Due now, {clock}")).to_be_visible()


def it_was_taken_at_another_time(page: Page, phones: Phones, clock: str) -> None:
    page.get_by_role("link", name="Another time", exact=True).tap()
    expect(page.get_by_role("heading", name=f"When was the {clock} dose taken?")).to_be_visible()
    earlier = phones.clock(phones.cast.now - 4 * MINUTE)
    page.get_by_label("Time", exact=True).fill(earlier)
    picture(page, "taken")
    page.get_by_role("button", name="Log as taken").tap()
    rest = page.get_by_role("region", name="The rest of today")
    expect(rest).to_contain_text(f"Taken {earlier}, on time")


def an_earlier_one_was_skipped(page: Page, clock: str) -> None:
    page.get_by_role("link", name=f"Say what happened to the {clock} dose").tap()
    picture(page, "what-happened")
    page.get_by_role("link", name="It was missed").tap()
    expect(page.get_by_role("button", name="Log as missed")).to_be_visible()
    picture(page, "missed")
    page.go_back()
    page.get_by_role("link", name="It was skipped").tap()
    page.get_by_role("button", name="Skip this dose").tap()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_text("Too drowsy").tap()
    picture(page, "skip")
    page.get_by_role("button", name="Skip this dose").tap()
    expect(page.get_by_text("Too drowsy").first).to_be_visible()


def another_was_taken_otherwise(page: Page, clock: str) -> None:
    page.get_by_role("link", name=f"Say what happened to the {clock} dose").tap()
    page.get_by_role("link", name="It was taken").tap()
    page.get_by_label("The amount differed").tap()
    page.get_by_label("What was different, in your own words").fill("half of it")
    page.get_by_role("button", name="Taken at the dose time").tap()
    expect(page.get_by_role("heading", name="Logged: the amount differed")).to_be_visible()
    expect(page.get_by_text("half of it")).to_be_visible()
    page.get_by_role("button", name="None of these").tap()
    expect(page.get_by_text("amount differed").first).to_be_visible()


def what_somebody_else_logged_is_asked_about(
    page: Page, phones: Phones, logged: ExpectedDose
) -> None:
    """Isla said something else about the same dose: both are kept, and one is chosen."""
    page.goto(f"{phones.stack.url}/today/doses/{logged.pk}/taken/")
    expect(page.get_by_role("heading", name="Already logged")).to_be_visible()
    picture(page, "guard")
    with phones.stack.orm():
        now = database_now()
        log(phones.cast, logged, now, by=phones.cast.isla, taken_at=now - 20 * MINUTE)
    page.get_by_role("link", name="That is right").tap()
    page.get_by_role("link", name="One dose or two?").tap()
    assert_sound(page, is_for_any_hands=True)
    picture(page, "settle")
    page.get_by_role("button", name="One dose, mine is right").tap()
    expect(page.get_by_text("Settled.")).to_be_visible()


def an_extra_dose_asks_about_signs(page: Page) -> None:
    page.get_by_role("link", name="Extra dose").tap()
    page.get_by_label("What was taken, in your own words").fill("one more tablet")
    picture(page, "extra")
    page.get_by_role("button", name="Taken just now").tap()
    expect(page.get_by_role("heading", name="Extra dose logged")).to_be_visible()
    expect(page.get_by_text("Slow or shallow breathing.")).to_be_visible()
    assert_sound(page, is_for_any_hands=True)
    picture(page, "alike")
    page.get_by_role("button", name="None of these").tap()
    expect(page.get_by_text("one more tablet")).to_be_visible()


def none_of_these_is_an_answer(page: Page) -> None:
    page.get_by_role("link", name="How are you right now?").tap()
    picture(page, "check-in")
    page.get_by_role("button", name="None of these").tap()
    expect(page.get_by_text("If anything changes, come back here or call.")).to_be_visible()
    expect(page.get_by_role("link", name="Call Harbour clinic")).to_be_visible()
    assert_sound(page)
    picture(page, "check-in-done")
    page.get_by_role("link", name="Go back").tap()


def the_change_of_tomorrow_is_read_and_confirmed(page: Page) -> None:
    expect(page.get_by_text("Tomorrow your entered doses change")).to_be_visible()
    page.get_by_role("link", name="Read the change").tap()
    expect(page.get_by_text("Spasms at night")).to_be_visible()
    expect(page.get_by_text(LESS).first).to_be_visible()
    expect(page.get_by_text(NEWER).first).to_be_visible()
    assert_sound(page, is_for_any_hands=True)
    picture(page, "plan")
    page.get_by_role("button", name="I have seen it").tap()
    expect(page.get_by_role("link", name="Read the change")).to_have_count(0)
