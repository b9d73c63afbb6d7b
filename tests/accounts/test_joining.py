"""The pages behind links: looking changes nothing, one press does, bad links all read the same."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts.models import AuditRow, CareLink, ContactVerification, Invitation, Patient, User
from accounts.services.contact_points import contact_point_add, contact_point_mint_token
from accounts.services.invitations import invitation_hand_over, invitation_revoke
from accounts.services.links import LINK_WINDOW
from tests.accounts.pages import without_tokens
from tests.cast import PASSWORD, Cast, mail_token, patient_make

SIGNED_IN_AT = "/"


def samira_token(cast: Cast) -> str:
    return mail_token(cast.samira.invitations.get(), at=cast.now)


def is_signed_in(browser: Client, user: User) -> bool:
    return browser.session.get("_auth_user_id") == str(user.pk)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_an_invitation_changes_nothing(live_cast: Cast, method: str) -> None:
    token = samira_token(live_cast)
    before = (User.objects.count(), AuditRow.objects.count())
    for _ in range(3):
        response = Client().generic(method, f"/join/{token}/")
        assert response.status_code == 200
        assert response.headers["Referrer-Policy"] == "strict-origin"
        assert "no-store" in response.headers["Cache-Control"]
    assert (User.objects.count(), AuditRow.objects.count()) == before
    assert Invitation.objects.get(patient=live_cast.samira).accepted_at is None


def test_an_invitation_says_who_invites_and_what_will_be_seen(live_cast: Cast) -> None:
    page = Client().get(f"/join/{samira_token(live_cast)}/").content.decode()
    assert "Harbour clinic" in page
    assert "The clinicians of Harbour clinic." in page


def test_a_patient_joins_and_is_signed_in(live_cast: Cast) -> None:
    browser = Client()
    typed = {"name": "Samira Haddad", "password": PASSWORD}
    response = browser.post(f"/join/{samira_token(live_cast)}/", typed)
    assert (response.status_code, response.headers["Location"]) == (302, SIGNED_IN_AT)
    user = User.objects.get(email="samira.haddad@example.org")
    assert is_signed_in(browser, user)
    assert Patient.objects.get(user=user) == live_cast.samira


def test_a_weak_password_is_said_at_its_field_and_the_link_still_works(live_cast: Cast) -> None:
    browser = Client()
    path = f"/join/{samira_token(live_cast)}/"
    page = browser.post(path, {"name": "Samira H", "password": "short"}).content.decode()
    assert 'id="id_password_error"' in page
    assert 'value="Samira H"' in page
    assert "short" not in re.sub(r"too short", "", page)
    assert browser.post(path, {"name": "Samira H", "password": PASSWORD}).status_code == 302


def test_unknown_used_revoked_and_old_links_read_the_same(live_cast: Cast) -> None:
    paths = ["/join/no-such-token/", "/verify/no-such-token/"]
    used = samira_token(live_cast)
    Client().post(f"/join/{used}/", {"name": "Samira", "password": PASSWORD})
    paths.append(f"/join/{used}/")
    halina = patient_make("Halina Nowak", live_cast.harbour, by=live_cast.priya, at=live_cast.now)
    revoked = halina.invitations.get()
    paths.append(f"/join/{mail_token(revoked, at=live_cast.now)}/")
    invitation_revoke(invitation=revoked, by=live_cast.priya, now=live_cast.now)
    long_ago = live_cast.now - LINK_WINDOW - timedelta(seconds=1)
    old = patient_make("Olga Old", live_cast.harbour, by=live_cast.priya, at=long_ago)
    paths.append(f"/join/{mail_token(old.invitations.get(), at=long_ago)}/")
    answers = set()
    for path in paths:
        for response in (Client().get(path), Client().post(path, {"name": "X", "password": "Y"})):
            answers.add((response.status_code, without_tokens(response.content.decode())))
    assert len(answers) == 1


def test_whoever_has_an_account_is_asked_to_sign_in_first(live_cast: Cast) -> None:
    live_cast.client(live_cast.ewan_user).post(
        f"/patients/{live_cast.ewan.pk}/people/", {"name": "Sam", "email": live_cast.stranger.email}
    )
    link = CareLink.objects.get(name="Sam")
    path = f"/join/{mail_token(link.invitations.get(), at=live_cast.now)}/"
    browser = Client()
    page = browser.get(path).content.decode()
    assert f"/account/login/?next={path}" in page
    assert 'type="password"' not in page
    browser.post(path, {"name": "Thief", "password": "my-own-password-1"})
    live_cast.stranger.refresh_from_db()
    assert live_cast.stranger.check_password(PASSWORD)
    link.refresh_from_db()
    assert link.accepted_at is None


def test_a_handed_link_does_not_say_whether_the_address_has_an_account(live_cast: Cast) -> None:
    pages = {}
    for name, email in (("Sam", live_cast.stranger.email), ("Nia", "nobody@example.org")):
        live_cast.client(live_cast.ewan_user).post(
            f"/patients/{live_cast.ewan.pk}/people/", {"name": name, "email": email}
        )
        asked = CareLink.objects.get(name=name).invitations.get()
        token = invitation_hand_over(invitation=asked, by=live_cast.ewan_user, now=live_cast.now)
        page = Client().get(f"/join/{token}/").content.decode()
        pages[name] = without_tokens(page).replace(email, "EMAIL").replace(name, "NAME")
        if name == "Sam":
            path = f"/join/{token}/"
    assert pages["Sam"] == pages["Nia"]
    answer = Client().post(path, {"name": "Thief", "password": "my-own-password-1"})
    page = answer.content.decode()
    assert "Open the link in the mail that we sent" in page
    assert "account" not in page.split("<main")[1].split("</main")[0]
    assert live_cast.stranger.care_links.count() == 0
    assert live_cast.client(live_cast.stranger).post(path).status_code == 302


def test_the_owner_of_the_address_accepts_with_one_press(live_cast: Cast) -> None:
    live_cast.client(live_cast.ewan_user).post(
        f"/patients/{live_cast.ewan.pk}/people/", {"name": "Sam", "email": live_cast.stranger.email}
    )
    link = CareLink.objects.get(name="Sam")
    path = f"/join/{mail_token(link.invitations.get(), at=live_cast.now)}/"
    other = live_cast.client(live_cast.juno).post(path)
    assert "another address" in other.content.decode()
    assert live_cast.client(live_cast.stranger).post(path).status_code == 302
    link.refresh_from_db()
    assert link.caregiver == live_cast.stranger


def test_joining_by_a_code_asks_for_the_address_by_mail(live_cast: Cast) -> None:
    token = invitation_hand_over(
        invitation=live_cast.samira.invitations.get(), by=live_cast.priya, now=live_cast.now
    )
    browser = Client()
    browser.post(f"/join/{token}/", {"name": "Samira", "password": PASSWORD})
    page = browser.get("/me/").content.decode()
    assert "Not verified" in page
    point = User.objects.get(email="samira.haddad@example.org").contact_points.get()
    assert point.verification_wanted_at is not None


def test_looking_at_a_verification_link_verifies_nothing(live_cast: Cast) -> None:
    point = contact_point_add(
        person=live_cast.isla, address="isla@work.example", by=live_cast.isla, now=live_cast.now
    )
    path = f"/verify/{contact_point_mint_token(contact_point=point, now=live_cast.now)}/"
    for _ in range(2):
        response = Client().get(path)
        assert response.status_code == 200
        assert response.headers["Referrer-Policy"] == "strict-origin"
    point.refresh_from_db()
    assert point.verified_at is None
    assert ContactVerification.objects.get(contact_point=point).used_at is None
    assert "Address verified" in Client().post(path).content.decode()
    point.refresh_from_db()
    assert point.verified_at is not None


def test_no_link_works_without_the_page_that_asks(live_cast: Cast) -> None:
    path = f"/join/{samira_token(live_cast)}/"
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(path, {"name": "S", "password": PASSWORD}).status_code == 403


def test_signing_in_leads_to_the_start_page_and_answers_the_same_for_every_wrong_pair(
    live_cast: Cast,
) -> None:
    pages = set()
    for login in (live_cast.isla.email, "nobody@example.org"):
        response = Client().post("/account/login/", {"login": login, "password": "wrong-password"})
        assert response.status_code == 200
        pages.add(without_tokens(response.content.decode()).replace(login, "LOGIN"))
    assert len(pages) == 1
    typed = {"login": live_cast.isla.email.upper(), "password": PASSWORD}
    response = Client().post("/account/login/", typed)
    assert (response.status_code, response.headers["Location"]) == (302, SIGNED_IN_AT)


def test_the_short_address_of_the_sign_in_page_keeps_where_one_wanted_to_go() -> None:
    response = Client().get("/sign-in/?next=/me/")
    assert response.headers["Location"] == "/account/login/?next=/me/"


def test_a_password_goes_back_only_to_a_proved_address(live_cast: Cast) -> None:
    token = invitation_hand_over(
        invitation=live_cast.samira.invitations.get(), by=live_cast.priya, now=live_cast.now
    )
    Client().post(f"/join/{token}/", {"name": "Samira", "password": PASSWORD})
    asked = ["samira.haddad@example.org", live_cast.isla.email, "nobody@example.org"]
    answers = {
        (response := Client().post("/account/password/reset/", {"email": email})).headers[
            "Location"
        ]
        for email in asked
    }
    assert len(answers) == 1
    assert response.status_code == 302
    assert [message.to for message in mail.outbox] == [[live_cast.isla.email]]
