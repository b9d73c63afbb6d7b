"""A caregiver from the invitation to the end, with the engine and the mail running."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD
from tests.journeys.phones import Phones, assert_sound
from tests.journeys.scene import link_in
from tests.support.pictures import picture
from tracker.models import Entry

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

NADIA, ELSEWHERE = "nadia.moss@example.org", "nadia.at.work@example.org"


def test_a_caregiver_from_the_invitation_to_the_end(phones: Phones) -> None:
    ewan = phones.open(phones.cast.ewan_user, "/me/")
    invite(ewan, "Nadia Moss", NADIA)
    nadia = accept(phones)
    another_address_is_hers_once_she_opens_its_link(nadia, phones)
    a_sign_reaches_her_and_she_passes_it_on(ewan, nadia, phones)
    she_logs_once_he_lets_her(ewan, nadia, phones)
    he_ends_it_with_one_button(ewan, nadia, phones)
    a_clinician_helps_too_and_says_as_what_she_looks(ewan, phones)
    another_caregiver_ends_it_herself(ewan, phones)


def invite(ewan: Page, name: str, address: str) -> None:
    """Ewan invites somebody who is told, and may not log."""
    ewan.get_by_role("link", name="Invite a caregiver").tap()
    ewan.get_by_label("Name", exact=True).fill(name)
    ewan.get_by_label("E-mail").fill(address)
    expect(ewan.get_by_label("Is told when something may be wrong")).to_be_checked()
    expect(ewan.get_by_label("May log doses")).not_to_be_checked()
    ewan.get_by_role("button", name="Mail the invitation").tap()
    expect(ewan.get_by_role("heading", name=name)).to_be_visible()


def accept(phones: Phones) -> Page:
    """Nadia reads what she will see before she accepts, and arrives at a calm feed."""
    mail = phones.stack.inbox.wait_for(NADIA)[0]
    nadia = phones.open(None, link_in(mail).removeprefix(phones.stack.url))
    expect(nadia.get_by_role("heading", name="Help Ewan Macrae")).to_be_visible()
    said = nadia.locator("section", has_text="What you will see and do")
    expect(said).to_contain_text("You are told when a dose has no log")
    expect(said).to_contain_text("You do not log doses.")
    expect(said).to_contain_text("Either of you can end this at any time.")
    assert_sound(nadia, is_for_any_hands=True)
    picture(nadia, "join-caregiver")
    nadia.get_by_label("Choose a password").fill(PASSWORD)
    nadia.get_by_role("button", name="Accept and set the password").tap()
    expect(nadia.get_by_role("heading", name="You are helping Ewan Macrae")).to_be_visible()
    expect(nadia.get_by_role("region", name="Nothing is open")).to_be_visible()
    assert_sound(nadia)
    picture(nadia, "feed-calm")
    return nadia


def another_address_is_hers_once_she_opens_its_link(nadia: Page, phones: Phones) -> None:
    nadia.goto(f"{phones.stack.url}/me/")
    nadia.get_by_label("E-mail").fill(ELSEWHERE)
    nadia.get_by_role("button", name="Add the address").tap()
    nadia.goto(link_in(phones.stack.inbox.wait_for(ELSEWHERE)[0]))
    expect(nadia.get_by_role("heading", name="Is this your address?")).to_be_visible()
    assert_sound(nadia, is_for_any_hands=True)
    picture(nadia, "verify")
    nadia.get_by_role("button", name="Yes, messages may come here").tap()
    expect(nadia.get_by_role("heading", name="Address verified")).to_be_visible()
    picture(nadia, "verified")


def a_sign_reaches_her_and_she_passes_it_on(ewan: Page, nadia: Page, phones: Phones) -> None:
    """Ewan ticks a sign; Nadia is told, says that she has it, and passes it on."""
    before = len(phones.stack.inbox.to(NADIA))
    ewan.goto(f"{phones.stack.url}/check-in/")
    ewan.locator("input[value=seizure]").check()
    ewan.get_by_role("button", name="Send ticked").tap()
    expect(ewan.get_by_role("heading", name="Get help now.")).to_be_visible()
    phones.stack.inbox.wait_for(NADIA, count=before + 1)
    nadia.goto(f"{phones.stack.url}/feed/")
    alert = nadia.get_by_role("article").first
    expect(alert.get_by_role("heading", name="Who has been told")).to_be_visible()
    expect(alert.get_by_role("link", name="Get help now")).to_be_visible()
    assert_sound(nadia, is_for_any_hands=True)
    alert.get_by_role("button", name="I have it").tap()
    expect(alert.get_by_text("You have it.")).to_be_visible()
    picture(nadia, "feed-has-it")
    alert.get_by_text("Pass on", exact=True).tap()
    alert.get_by_label("A word to the others, if you like").fill("I am on a train")
    alert.get_by_role("button", name="Pass it on").tap()
    expect(alert.get_by_text("You passed it on at")).to_be_visible()
    alert.get_by_role("link", name="Every message and answer").tap()
    expect(nadia.get_by_text("I am on a train").first).to_be_visible()


def she_logs_once_he_lets_her(ewan: Page, nadia: Page, phones: Phones) -> None:
    """Ewan changes what she may do; her page follows, and her name stands beside her entry."""
    phones.plan(-timedelta(minutes=5))
    nadia.goto(f"{phones.stack.url}/feed/{phones.cast.ewan.pk}/")
    expect(nadia.get_by_text("You are here as a caregiver.")).to_be_visible()
    expect(nadia.get_by_text("You may not log doses.")).to_be_visible()
    expect(nadia.get_by_role("link", name="Log the")).to_have_count(0)
    ewan.goto(f"{phones.stack.url}/me/")
    ewan.get_by_role("link", name="Change what they may do: Nadia Moss").tap()
    assert_sound(ewan)
    picture(ewan, "caregiver-scope")
    ewan.get_by_label("May log doses").check()
    ewan.get_by_role("button", name="Save").tap()
    expect(ewan.get_by_text("Saved. It counts from now on.")).to_be_visible()

    nadia.reload()
    nadia.get_by_role("link", name="Log the").first.tap()
    nadia.get_by_role("link", name="It was taken").tap()
    nadia.get_by_role("button", name="Taken at the dose time").tap()
    expect(nadia.get_by_role("link", name="Correct the entry")).to_be_visible()
    picture(nadia, "person-logged")
    with phones.stack.orm():
        assert Entry.objects.select_related("by").get().by.name == "Nadia Moss"
    ewan.goto(f"{phones.stack.url}/today/")
    expect(ewan.get_by_text("by Nadia Moss")).to_be_visible()


def he_ends_it_with_one_button(ewan: Page, nadia: Page, phones: Phones) -> None:
    """One button; a page that is still open on her phone says nothing more, nor does any other."""
    nadia.get_by_role("link", name="Report a sign").first.tap()
    expect(nadia.get_by_role("button", name="None of these")).to_be_visible()
    ewan.goto(f"{phones.stack.url}/me/")
    picture(ewan, "me")
    ewan.get_by_role("button", name="End Nadia Moss").tap()
    expect(ewan.get_by_text("Ended. Nadia Moss sees nothing from now on.")).to_be_visible()

    nadia.get_by_role("button", name="None of these").tap()
    expect(nadia.get_by_role("button", name="None of these")).to_have_count(0)
    expect(nadia.get_by_text("Ewan Macrae")).to_have_count(0)
    for path in (f"/feed/{phones.cast.ewan.pk}/", f"/api/v1/patients/{phones.cast.ewan.pk}/"):
        assert nadia.context.request.get(f"{phones.stack.url}{path}").status == 404
    nadia.goto(phones.stack.url)
    expect(nadia.get_by_text("Nothing here belongs to you yet")).to_be_visible()


def a_clinician_helps_too_and_says_as_what_she_looks(ewan: Page, phones: Phones) -> None:
    """Nurse Obi chooses in which capacity she looks, and each page says which it is."""
    adaeze = phones.cast.adaeze
    before = len(phones.stack.inbox.to(adaeze.email))
    invite(ewan, "Adaeze Obi", adaeze.email)
    mail = phones.stack.inbox.wait_for(adaeze.email, count=before + 1)[-1]
    phone = phones.open(adaeze, link_in(mail).removeprefix(phones.stack.url))
    phone.get_by_role("button", name="Accept").tap()
    expect(phone).not_to_have_url(link_in(mail))
    phone.goto(phones.stack.url)
    expect(phone.get_by_role("link", name="The clinic’s worklist")).to_be_visible()
    assert_sound(phone, is_for_any_hands=True)
    picture(phone, "home")
    phone.get_by_role("link", name="People you help").tap()
    expect(phone.get_by_text("You are here as a caregiver.")).to_be_visible()


def another_caregiver_ends_it_herself(ewan: Page, phones: Phones) -> None:
    """Isla is asked once, and then sees nothing more of Ewan."""
    isla = phones.open(phones.cast.isla, "/me/")
    isla.get_by_role("button", name="Stop helping Ewan Macrae").tap()
    expect(isla.get_by_role("heading", name="Stop helping Ewan Macrae?")).to_be_visible()
    expect(isla.get_by_text("To come back you need a new invitation.")).to_be_visible()
    assert_sound(isla, is_for_any_hands=True)
    picture(isla, "stop-helping")
    isla.get_by_role("button", name="Stop helping").tap()
    expect(isla.get_by_role("button", name="Stop helping Ewan Macrae")).to_have_count(0)
    ewan.goto(f"{phones.stack.url}/me/")
    who = ewan.get_by_role("region", name="Who helps you")
    expect(who).to_contain_text("Tomasz Wrona")
    expect(who).not_to_contain_text("Isla Macrae")
