"""Every door of this app: open to those it is for, not there for anybody else."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from accounts.domain.capacities import Capacity
from accounts.models import Invitation
from accounts.services.clinics import membership_end
from accounts.services.invitations import invitation_create
from accounts.services.people import user_deactivate
from tests.cast import Cast

OPENS = [
    ("priya", "/take-in/"),
    ("priya", "/patients/{samira}/invitation/"),
    ("priya", "/patients/{ewan}/invitation/"),
    ("priya", "/patients/{ewan}/people/"),
    ("ewan_user", "/patients/{ewan}/people/"),
    ("ewan_user", "/me/"),
    ("ewan_user", "/me/looks/"),
    ("isla", "/me/"),
    ("priya", "/me/"),
    ("stranger", "/me/"),
    ("admin", "/clinic/"),
    ("admin", "/clinic/harbour/"),
]

# Every door about Ewan or Harbour clinic, by method.
DOORS = [
    ("GET", "/patients/{ewan}/invitation/"),
    ("POST", "/patients/{ewan}/invitation/code/"),
    ("POST", "/patients/{ewan}/invitation/again/"),
    ("GET", "/patients/{ewan}/people/"),
    ("POST", "/patients/{ewan}/people/"),
    ("POST", "/patients/{ewan}/people/{link}/end/"),
    ("POST", "/patients/{ewan}/people/{link}/again/"),
    ("POST", "/patients/{ewan}/people/{link}/code/"),
    ("POST", "/me/caregivers/{link}/agree/"),
    ("GET", "/me/caregivers/{link}/scope/"),
    ("POST", "/me/caregivers/{link}/scope/"),
    ("POST", "/me/caregivers/{link}/end/"),
    ("POST", "/me/addresses/{point}/link/"),
    ("POST", "/me/addresses/{point}/quiet/"),
    ("POST", "/me/addresses/{point}/remove/"),
    ("GET", "/clinic/harbour/"),
    ("POST", "/clinic/harbour/numbers/"),
    ("POST", "/clinic/harbour/hours/"),
    ("POST", "/clinic/harbour/rungs/"),
    ("POST", "/clinic/harbour/contacts/"),
    ("POST", "/clinic/harbour/contacts/{desk}/link/"),
    ("POST", "/clinic/harbour/contacts/{desk}/remove/"),
    ("POST", "/clinic/harbour/staff/"),
    ("POST", "/clinic/harbour/staff/{membership}/end/"),
    ("POST", "/clinic/harbour/invitations/{invitation}/again/"),
    ("POST", "/clinic/harbour/invitations/{invitation}/withdraw/"),
    ("POST", "/clinic/harbour/invitations/{invitation}/code/"),
]


def filled_in(path: str, cast: Cast) -> str:
    return path.format(
        ewan=cast.ewan.pk,
        samira=cast.samira.pk,
        link=cast.link_of(cast.isla).pk,
        point=cast.ewan_user.contact_points.get().pk,
        desk=cast.harbour.contact_points.get(duty="desk").pk,
        membership=cast.adaeze.memberships.get().pk,
        invitation=staff_invitation(cast).pk if "{invitation}" in path else "",
    )


def staff_invitation(cast: Cast) -> Invitation:
    return invitation_create(
        kind="staff",
        clinic=cast.harbour,
        email=f"new.{uuid4().hex}@example.org",
        name="New Colleague",
        capacity=Capacity.CLINICIAN,
        by=cast.admin,
        now=cast.now,
    )


@pytest.mark.parametrize(("who", "path"), OPENS)
def test_every_page_opens_for_those_it_is_for(live_cast: Cast, who: str, path: str) -> None:
    response = live_cast.client(getattr(live_cast, who)).get(filled_in(path, live_cast))
    assert response.status_code == 200
    assert not re.search(rb"<(?:script>|style)|\sstyle=|\son[a-z]+=", response.content)


@pytest.mark.parametrize(
    "who", ["stranger", "juno", "ended_caregiver", "ended_clinician", "tomasz"]
)
def test_nobody_else_opens_a_door(live_cast: Cast, who: str) -> None:
    browser = live_cast.client(getattr(live_cast, who))
    for method, path in DOORS:
        response = browser.generic(method, filled_in(path, live_cast))
        assert response.status_code == 404, (method, path)
        assert b"Ewan" not in response.content, (method, path)
        assert b"Harbour" not in response.content, (method, path)


@pytest.mark.parametrize("is_deactivated", [False, True])
def test_whoever_is_signed_out_is_asked_to_sign_in(live_cast: Cast, is_deactivated: bool) -> None:
    browser = live_cast.client(live_cast.admin if is_deactivated else None)
    doors = [(method, filled_in(path, live_cast)) for method, path in DOORS]
    if is_deactivated:
        user_deactivate(user=live_cast.admin, job="test", now=live_cast.now)
    for method, address in doors:
        response = browser.generic(method, address)
        assert response.status_code == 302, (method, address)
        assert response.headers["Location"].startswith("/account/login/"), (method, address)


@pytest.mark.parametrize(
    "path",
    [
        "/take-in/",
        "/patients/{ewan}/people/",
        "/patients/{ewan}/invitation/",
        "/patients/{samira}/people/",
    ],
)
def test_an_administrator_has_no_way_into_a_record(live_cast: Cast, path: str) -> None:
    response = live_cast.client(live_cast.admin).get(filled_in(path, live_cast))
    assert response.status_code == 404


def test_what_is_not_yours_and_what_is_not_there_read_the_same(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.stranger)
    not_yours = browser.get(f"/patients/{live_cast.ewan.pk}/people/")
    not_there = browser.get(f"/patients/{uuid4()}/people/")
    assert (not_yours.status_code, not_yours.content) == (404, not_there.content)


def test_a_link_of_somebody_elses_patient_is_not_found(live_cast: Cast) -> None:
    path = f"/patients/{live_cast.samira.pk}/people/{live_cast.link_of(live_cast.isla).pk}/end/"
    assert live_cast.client(live_cast.priya).post(path).status_code == 404
    assert live_cast.link_of(live_cast.isla).ended_at is None


def test_an_open_session_ends_with_the_membership(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.adaeze)
    assert browser.get("/take-in/").status_code == 200
    own = live_cast.adaeze.memberships.get()
    membership_end(membership=own, by=live_cast.admin, now=live_cast.now)
    assert browser.get("/take-in/").status_code == 404


def test_nothing_changes_without_the_page_that_asks(live_cast: Cast) -> None:
    for method, path in DOORS:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(live_cast.admin if "/clinic/" in path else live_cast.ewan_user)
        response = browser.generic(method, filled_in(path, live_cast))
        assert method == "GET" or response.status_code == 403, (method, path)


@pytest.mark.parametrize("path", ["signup/", "email/", "confirm-email/", "password/set/"])
def test_nobody_signs_up_or_changes_the_address_they_sign_in_with(
    live_cast: Cast, path: str
) -> None:
    assert Client().get(f"/account/{path}").status_code == 404
    assert live_cast.client(live_cast.isla).post(f"/account/{path}").status_code == 404
