"""A link lets in whom it is for, once, for 72 hours; whatever is wrong with it, nothing changes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
from django.db import connections

from accounts.access import capacities_of
from accounts.domain.capacities import Capacity
from accounts.domain.problems import Conflict, Refusal
from accounts.domain.tokens import fingerprint
from accounts.models import ContactPoint, Invitation, InvitationToken, Membership, User
from accounts.selectors.invitations import invitation_behind, invitations_wanting_mail
from accounts.services.acceptance import SignInFirst, invitation_accept
from accounts.services.care_links import care_link_end, care_link_invite
from accounts.services.clinics import membership_add, membership_end
from accounts.services.contact_points import contact_point_add
from accounts.services.invitations import (
    invitation_create,
    invitation_hand_over,
    invitation_mark_mailed,
    invitation_mint_mail_token,
    invitation_revoke,
    invitation_send_again,
)
from accounts.services.links import LINK_WINDOW, LinkGone
from accounts.services.people import user_deactivate
from config import env
from tests.cast import PASSWORD, Cast, cast_make, mail_token, patient_make
from tests.support.committed import at_once
from tests.support.postgres import cloned


def samiras(cast: Cast) -> Invitation:
    return cast.samira.invitations.get()


def caregiver_invitation(cast: Cast, email: str, *, by: User | None = None) -> Invitation:
    link = care_link_invite(
        patient=cast.ewan,
        by=by or cast.ewan_user,
        email=email,
        name="Flora Reid",
        relation="neighbour",
        is_alerted=True,
        may_log=False,
        now=cast.now,
    )
    return link.invitations.get()


def staff_invitation(cast: Cast, email: str, capacity: Capacity) -> Invitation:
    return invitation_create(
        kind="staff",
        clinic=cast.harbour,
        email=email,
        name="New Colleague",
        capacity=capacity,
        by=cast.admin,
        now=cast.now,
    )


@pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False), (1, False)])
def test_a_link_works_for_72_hours_and_not_a_second_longer(
    cast: Cast, seconds: int, works: bool
) -> None:
    invitation = samiras(cast)
    token = mail_token(invitation, at=cast.now)
    asked_at = invitation.created_at + LINK_WINDOW + timedelta(seconds=seconds)
    assert (invitation_behind(token, asked_at) is not None) is works
    if works:
        invitation_accept(token=token, password=PASSWORD, now=asked_at)
    else:
        with pytest.raises(LinkGone):
            invitation_accept(token=token, password=PASSWORD, now=asked_at)
    cast.samira.refresh_from_db()
    assert (cast.samira.user is not None) is works


def test_a_link_works_once(cast: Cast) -> None:
    token = mail_token(samiras(cast), at=cast.now)
    person = invitation_accept(token=token, password=PASSWORD, now=cast.now)
    with pytest.raises(LinkGone):
        invitation_accept(token=token, user=person, now=cast.now)
    with pytest.raises(LinkGone):
        invitation_accept(token=token, password=PASSWORD, now=cast.now)


def test_using_one_link_uses_up_every_link_of_the_invitation(cast: Cast) -> None:
    invitation = samiras(cast)
    handed = invitation_hand_over(invitation=invitation, by=cast.priya, now=cast.now)
    mailed = mail_token(invitation, at=cast.now)
    invitation_accept(token=mailed, password=PASSWORD, now=cast.now)
    with pytest.raises(LinkGone):
        invitation_accept(token=handed, password=PASSWORD, now=cast.now)


def test_unknown_used_revoked_and_expired_links_answer_the_same(cast: Cast) -> None:
    invitation = samiras(cast)
    token = mail_token(invitation, at=cast.now)
    said = set()
    for bad, at in (("no-such-token", cast.now), (token, cast.now + LINK_WINDOW)):
        with pytest.raises(LinkGone) as gone:
            invitation_accept(token=bad, password=PASSWORD, now=at)
        said.add(str(gone.value))
    invitation_revoke(invitation=invitation, by=cast.priya, now=cast.now)
    with pytest.raises(LinkGone) as gone:
        invitation_accept(token=token, password=PASSWORD, now=cast.now)
    said.add(str(gone.value))
    assert said == {"This link no longer works."}


def test_only_the_hash_of_a_token_is_kept(cast: Cast) -> None:
    token = mail_token(samiras(cast), at=cast.now)
    row = InvitationToken.objects.get(invitation=samiras(cast))
    assert row.token_sha256 == fingerprint(token) != token
    assert len(token) >= 43


def test_a_patient_who_joins_gets_the_record_with_its_zone_and_language(cast: Cast) -> None:
    person = invitation_accept(
        token=mail_token(samiras(cast), at=cast.now),
        name="Samira H",
        password=PASSWORD,
        now=cast.now,
    )
    cast.samira.refresh_from_db()
    assert cast.samira.user == person
    assert (person.email, person.name, person.zone) == (
        "samira.haddad@example.org",
        "Samira H",
        "Europe/London",
    )
    assert person.check_password(PASSWORD)
    assert capacities_of(person, cast.samira, cast.now) == {Capacity.PATIENT}


def test_a_mailed_link_proves_the_address(cast: Cast) -> None:
    token = mail_token(samiras(cast), at=cast.now)
    person = invitation_accept(token=token, password=PASSWORD, now=cast.now)
    point = ContactPoint.objects.get(person=person)
    assert (point.address, point.verified_at) == (person.email, cast.now)
    assert point.verification_wanted_at is None


def test_a_handed_link_proves_nothing_and_asks_for_the_proof_by_mail(cast: Cast) -> None:
    token = invitation_hand_over(invitation=samiras(cast), by=cast.priya, now=cast.now)
    person = invitation_accept(token=token, password=PASSWORD, now=cast.now)
    point = ContactPoint.objects.get(person=person)
    assert point.verified_at is None
    assert point.verification_wanted_at == cast.now


def test_a_weak_password_makes_no_account(cast: Cast) -> None:
    token = mail_token(samiras(cast), at=cast.now)
    with pytest.raises(Refusal) as refused:
        invitation_accept(token=token, password="password123", now=cast.now)
    assert {problem.field for problem in refused.value.problems} == {"password"}
    assert not User.objects.with_email("samira.haddad@example.org").exists()
    assert invitation_behind(token, cast.now) is not None


def test_an_existing_account_is_never_given_a_new_password_by_a_link(cast: Cast) -> None:
    token = mail_token(caregiver_invitation(cast, cast.stranger.email), at=cast.now)
    with pytest.raises(SignInFirst):
        invitation_accept(token=token, password="another-secret-9", now=cast.now)
    cast.stranger.refresh_from_db()
    assert cast.stranger.check_password(PASSWORD)


def test_somebody_else_who_is_signed_in_cannot_accept(cast: Cast) -> None:
    token = mail_token(caregiver_invitation(cast, cast.stranger.email), at=cast.now)
    with pytest.raises(SignInFirst):
        invitation_accept(token=token, user=cast.juno, now=cast.now)
    assert capacities_of(cast.juno, cast.ewan, cast.now) == frozenset()


def test_the_owner_of_the_address_accepts_when_signed_in(cast: Cast) -> None:
    invitation = caregiver_invitation(cast, cast.stranger.email.upper())
    token = mail_token(invitation, at=cast.now)
    assert invitation_accept(token=token, user=cast.stranger, now=cast.now) == cast.stranger
    assert capacities_of(cast.stranger, cast.ewan, cast.now) == {Capacity.CAREGIVER}


def test_nobody_becomes_their_own_caregiver(cast: Cast) -> None:
    token = mail_token(caregiver_invitation(cast, cast.ewan_user.email, by=cast.priya), at=cast.now)
    with pytest.raises(Refusal, match="your own record"):
        invitation_accept(token=token, user=cast.ewan_user, now=cast.now)


def test_whoever_helps_already_is_not_invited_twice(cast: Cast) -> None:
    with pytest.raises(Conflict):
        caregiver_invitation(cast, cast.isla.email)
    caregiver_invitation(cast, "flora.reid@example.org")
    with pytest.raises(Conflict):
        caregiver_invitation(cast, "Flora.Reid@example.org")


def test_an_account_with_a_record_cannot_take_a_second_one(cast: Cast) -> None:
    invitation = samiras(cast)
    Invitation.objects.filter(pk=invitation.pk).update(email=cast.ewan_user.email)
    token = mail_token(samiras(cast), at=cast.now)
    with pytest.raises(Refusal, match="record already"):
        invitation_accept(token=token, user=cast.ewan_user, now=cast.now)
    cast.samira.refresh_from_db()
    assert cast.samira.user is None


def test_ending_a_caregiver_kills_the_link_that_is_out(cast: Cast) -> None:
    invitation = caregiver_invitation(cast, "flora.reid@example.org")
    token = mail_token(invitation, at=cast.now)
    care_link_end(care_link=invitation.care_link, by=cast.ewan_user, now=cast.now)
    with pytest.raises(LinkGone):
        invitation_accept(token=token, password=PASSWORD, now=cast.now)


def test_staff_get_the_capacity_that_the_administrator_chose(cast: Cast) -> None:
    invitation = staff_invitation(cast, "new@example.org", Capacity.CLINICIAN)
    person = invitation_accept(
        token=mail_token(invitation, at=cast.now), password=PASSWORD, now=cast.now
    )
    held = Membership.objects.get(user=person)
    assert (held.clinic, held.capacity, held.started_at) == (cast.harbour, "clinician", cast.now)


def test_a_clinician_joins_by_the_mailed_link_and_by_no_other(cast: Cast) -> None:
    invitation = staff_invitation(cast, "new@example.org", Capacity.CLINICIAN)
    with pytest.raises(Refusal, match="from the link in the mail"):
        invitation_hand_over(invitation=invitation, by=cast.admin, now=cast.now)
    InvitationToken.objects.create(
        invitation=invitation, token_sha256=fingerprint("code"), via="handed", created_at=cast.now
    )
    with pytest.raises(Refusal, match="from the link in the mail"):
        invitation_accept(token="code", password=PASSWORD, now=cast.now)
    assert not User.objects.filter(email="new@example.org").exists()


def test_an_administrator_may_join_by_a_handed_link(cast: Cast) -> None:
    invitation = staff_invitation(cast, "new@example.org", Capacity.ADMINISTRATOR)
    code = invitation_hand_over(invitation=invitation, by=cast.admin, now=cast.now)
    person = invitation_accept(token=code, password=PASSWORD, now=cast.now)
    assert person.memberships.get().capacity == "administrator"


def test_nobody_invites_themselves_to_work_at_a_clinic(cast: Cast) -> None:
    second = "morag@home.example"
    contact_point_add(person=cast.admin, address=second, by=cast.admin, now=cast.now)
    for address in (cast.admin.email, cast.admin.email.upper(), second):
        with pytest.raises(Refusal) as refused:
            staff_invitation(cast, address, Capacity.CLINICIAN)
        assert refused.value.problems[0].field == "email"
    assert not Invitation.objects.filter(kind="staff").exists()


def test_nobody_accepts_a_staff_invitation_that_they_sent(cast: Cast) -> None:
    invitation = staff_invitation(cast, "new@example.org", Capacity.CLINICIAN)
    Invitation.objects.filter(pk=invitation.pk).update(email=cast.admin.email)
    token = mail_token(invitation, at=cast.now)
    with pytest.raises(Refusal, match="sent yourself"):
        invitation_accept(token=token, user=cast.admin, now=cast.now)
    assert cast.admin.memberships.get().capacity == "administrator"


def test_a_staff_link_stops_working_when_its_administrator_is_one_no_longer(cast: Cast) -> None:
    invitation = staff_invitation(cast, "new@example.org", Capacity.ADMINISTRATOR)
    token = mail_token(invitation, at=cast.now)
    membership_add(
        user=cast.priya,
        clinic=cast.harbour,
        capacity=Capacity.ADMINISTRATOR,
        job="test",
        now=cast.now,
    )
    membership_end(membership=cast.admin.memberships.get(), by=cast.priya, now=cast.now)
    with pytest.raises(LinkGone):
        invitation_accept(token=token, password=PASSWORD, now=cast.now)


def test_a_staff_link_stops_working_when_its_administrator_is_deactivated(cast: Cast) -> None:
    token = mail_token(staff_invitation(cast, "new@example.org", Capacity.CLINICIAN), at=cast.now)
    user_deactivate(user=cast.admin, job="test", now=cast.now)
    assert invitation_behind(token, cast.now) is None


def test_sending_again_gives_another_72_hours_and_kills_earlier_links(cast: Cast) -> None:
    handed = invitation_hand_over(invitation=samiras(cast), by=cast.priya, now=cast.now)
    later = cast.now + timedelta(hours=80)
    fresh = invitation_send_again(invitation=samiras(cast), by=cast.priya, now=later)
    assert fresh.expires_at == later + LINK_WINDOW
    assert invitation_behind(handed, cast.now) is None
    with pytest.raises(LinkGone):
        invitation_accept(token=handed, password=PASSWORD, now=later)
    assert (
        invitation_accept(token=mail_token(fresh, at=later), password=PASSWORD, now=later).email
        == fresh.email
    )


def test_an_answered_invitation_is_not_sent_again(cast: Cast) -> None:
    invitation = samiras(cast)
    invitation_accept(token=mail_token(invitation, at=cast.now), password=PASSWORD, now=cast.now)
    with pytest.raises(Refusal):
        invitation_send_again(invitation=invitation, by=cast.priya, now=cast.now)
    with pytest.raises(Refusal):
        invitation_hand_over(invitation=invitation, by=cast.priya, now=cast.now)


def test_the_engine_finds_what_is_to_be_mailed_until_it_says_so(cast: Cast) -> None:
    wanted = invitations_wanting_mail(cast.now).get()
    assert wanted == samiras(cast)
    assert not invitation_mark_mailed(invitation=wanted, wanted_at=cast.now)
    assert invitation_mark_mailed(invitation=wanted, wanted_at=wanted.mail_wanted_at)
    assert not invitations_wanting_mail(cast.now).exists()


def test_nothing_is_mailed_for_an_invitation_that_ran_out_or_was_ended(cast: Cast) -> None:
    assert not invitations_wanting_mail(cast.now + LINK_WINDOW).exists()
    invitation = caregiver_invitation(cast, "flora.reid@example.org")
    care_link_end(care_link=invitation.care_link, by=cast.ewan_user, now=cast.now)
    assert invitation not in invitations_wanting_mail(cast.now)
    with pytest.raises(Refusal):
        invitation_mint_mail_token(invitation=invitation, now=cast.now)


@pytest.fixture
def committed_cast(test_server, django_test_environment, django_db_blocker) -> Iterator[Cast]:
    """The cast in a database of its own, committed, so that several connections see it."""
    connection = connections["default"]
    parts = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    with cloned(test_server, purpose="race") as clone, django_db_blocker.unblock():
        kept = {part: connection.settings_dict[part] for part in parts}
        connection.close()
        address = env.database_address(clone.url)
        connection.settings_dict.update({part: address[part] for part in parts})
        try:
            yield cast_make()
        finally:
            connections.close_all()
            connection.settings_dict.update(kept)


def test_of_two_people_who_accept_at_once_one_gets_in(committed_cast: Cast) -> None:
    cast = committed_cast
    tokens = [mail_token(samiras(cast), at=cast.now)]
    tokens.append(invitation_hand_over(invitation=samiras(cast), by=cast.priya, now=cast.now))
    start = Barrier(len(tokens))

    def accept(token: str) -> str:
        start.wait()
        try:
            invitation_accept(token=token, password=PASSWORD, now=cast.now)
        except Refusal as refusal:
            return type(refusal).__name__
        finally:
            connections.close_all()
        return "in"

    with ThreadPoolExecutor(len(tokens)) as threads:
        answers = sorted(threads.map(accept, tokens))
    assert answers == ["LinkGone", "in"]
    assert User.objects.with_email("samira.haddad@example.org").count() == 1


def test_two_records_accepted_at_once_by_one_person_are_one_and_a_sentence(
    committed_cast: Cast,
) -> None:
    cast = committed_cast
    person = cast.stranger
    tokens = []
    for clinic, by in ((cast.harbour, cast.priya), (cast.other_clinic, cast.juno)):
        patient = patient_make(person.name, clinic, by=by, at=cast.now)
        invitation = patient.invitations.get()
        Invitation.objects.filter(pk=invitation.pk).update(email=person.email)
        tokens.append(mail_token(invitation, at=cast.now))

    def accept(token: str) -> str:
        try:
            invitation_accept(token=token, user=person, now=cast.now)
        except Refusal as refusal:
            return str(refusal.problems[0].text)
        return "in"

    answers = at_once([partial(accept, token) for token in tokens])

    text = "This account has a record already. Call the clinic that invited you."
    assert sorted(answers) == [text, "in"]
