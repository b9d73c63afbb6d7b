"""Nobody can have mail after mail sent to somebody who never asked for it."""

from datetime import timedelta

import pytest

from accounts.domain.capacities import Capacity
from accounts.domain.problems import Refusal
from accounts.models import ContactPoint, Invitation
from accounts.services.care_links import care_link_end, care_link_invite
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_ask_again,
    contact_point_remove,
)
from accounts.services.invitations import invitation_create, invitation_send_again
from accounts.services.people import user_update
from tests.cast import Cast, accept_by_mail, patient_make

MINUTE = timedelta(minutes=1)
ON_ITS_WAY = "on its way already"
TEN = "ten mails"


def added(cast: Cast, address: str, *, minutes: int = 0) -> ContactPoint:
    now = cast.now + minutes * MINUTE
    return contact_point_add(person=cast.isla, address=address, by=cast.isla, now=now)


def invited(cast: Cast, address: str, *, minutes: int = 0, name: str = "Flora Reid") -> Invitation:
    link = care_link_invite(
        patient=cast.ewan,
        by=cast.ewan_user,
        email=address,
        name=name,
        relation="",
        is_alerted=True,
        may_log=False,
        now=cast.now + minutes * MINUTE,
    )
    return link.invitations.get()


@pytest.mark.parametrize("minutes", [0, 4])
def test_removing_an_address_does_not_let_it_be_written_to_again_at_once(
    cast: Cast, minutes: int
) -> None:
    point = added(cast, "neighbour@example.org")
    contact_point_remove(contact_point=point, by=cast.isla, now=cast.now)
    with pytest.raises(Refusal, match=ON_ITS_WAY) as refused:
        added(cast, "NEIGHBOUR@example.org", minutes=minutes)
    assert refused.value.problems[0].field == "address"
    assert added(cast, "neighbour@example.org", minutes=5)


def test_ending_a_caregiver_does_not_let_them_be_invited_again_at_once(cast: Cast) -> None:
    invitation = invited(cast, "flora@example.org")
    care_link_end(care_link=invitation.care_link, by=cast.ewan_user, now=cast.now)
    with pytest.raises(Refusal, match=ON_ITS_WAY) as refused:
        invited(cast, "flora@example.org", minutes=4)
    assert refused.value.problems[0].field == "email"
    with pytest.raises(Refusal, match=ON_ITS_WAY):
        added(cast, "flora@example.org", minutes=4)
    assert invited(cast, "flora@example.org", minutes=5)


def test_somebody_who_has_answered_may_be_written_to_at_once(cast: Cast) -> None:
    flora = accept_by_mail(invited(cast, "flora@example.org"), at=cast.now)
    point = contact_point_add(
        clinic=cast.harbour, duty="desk", address=flora.email, by=cast.admin, now=cast.now
    )
    assert point.verification_wanted_at == cast.now


def test_an_invitation_is_sent_again_after_five_minutes_and_the_old_one_stays_until_then(
    cast: Cast,
) -> None:
    invitation = invited(cast, "flora@example.org")
    soon, later = cast.now + 4 * MINUTE, cast.now + 5 * MINUTE
    with pytest.raises(Refusal, match=ON_ITS_WAY):
        invitation_send_again(invitation=invitation, by=cast.ewan_user, now=soon)
    invitation.refresh_from_db()
    assert invitation.revoked_at is None
    assert invitation_send_again(invitation=invitation, by=cast.ewan_user, now=later)


def test_ten_addresses_a_day_and_no_more(cast: Cast) -> None:
    for number in range(10):
        point = added(cast, f"stranger{number}@example.org")
        contact_point_remove(contact_point=point, by=cast.isla, now=cast.now)
    with pytest.raises(Refusal, match=TEN):
        added(cast, "stranger10@example.org", minutes=24 * 60 - 1)
    assert added(cast, "stranger10@example.org", minutes=24 * 60)


def test_asking_again_and_sending_again_count_too(cast: Cast) -> None:
    invitation = invited(cast, "flora@example.org")
    for number in range(1, 10):
        now = cast.now + number * 5 * MINUTE
        invitation = invitation_send_again(invitation=invitation, by=cast.ewan_user, now=now)
    point = cast.ewan_user.contact_points.get()
    at = cast.now + 60 * MINUTE
    with pytest.raises(Refusal, match=TEN):
        invitation_send_again(invitation=invitation, by=cast.ewan_user, now=at)
    with pytest.raises(Refusal, match=TEN):
        contact_point_ask_again(contact_point=point, by=cast.ewan_user, now=at)
    with pytest.raises(Refusal, match=TEN):
        invited(cast, "another@example.org", minutes=60)


def test_a_clinic_takes_in_as_many_as_it_treats(cast: Cast) -> None:
    for number in range(12):
        patient = patient_make(f"Patient Number{number}", cast.harbour, by=cast.priya, at=cast.now)
    with pytest.raises(Refusal, match=ON_ITS_WAY):
        invitation_send_again(
            invitation=patient.invitations.get(), by=cast.priya, now=cast.now + MINUTE
        )


@pytest.mark.parametrize("name", ["https://evil.example", "x/y", "me@evil.example", "a: b"])
def test_a_name_in_a_mail_is_never_a_link(cast: Cast, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        invited(cast, "flora@example.org", name=name)
    assert [problem.field for problem in refused.value.problems] == ["name"]
    with pytest.raises(Refusal):
        patient_make(f"{name.split(maxsplit=1)[0]} b", cast.harbour, by=cast.priya, at=cast.now)
    with pytest.raises(Refusal):
        user_update(user=cast.isla, name=name, zone="UTC", language="en", phone="", now=cast.now)
    with pytest.raises(Refusal):
        invitation_create(
            kind="staff",
            clinic=cast.harbour,
            email="new@example.org",
            name=name,
            capacity=Capacity.CLINICIAN,
            by=cast.admin,
            now=cast.now,
        )
