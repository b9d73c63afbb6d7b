"""An address counts once its owner has opened the link that was mailed there."""

from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.domain.problems import Conflict, Refusal
from accounts.domain.tokens import fingerprint
from accounts.models import ContactPoint, ContactVerification
from accounts.selectors.contact_points import (
    contact_points_of,
    contact_points_wanting_verification,
    usable_contact_points,
)
from accounts.services.contact_choices import contact_point_set_quiet_hours
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_ask_again,
    contact_point_disable,
    contact_point_mark_verification_mailed,
    contact_point_mint_token,
    contact_point_remove,
    contact_point_verify,
)
from accounts.services.links import LINK_WINDOW, LinkGone
from tests.cast import Cast


def added(cast: Cast, address: str = "isla@work.example") -> ContactPoint:
    return contact_point_add(person=cast.isla, address=address, by=cast.isla, now=cast.now)


def test_an_address_counts_only_after_its_link_was_opened(cast: Cast) -> None:
    point = added(cast)
    assert point not in usable_contact_points(person=cast.isla)
    token = contact_point_mint_token(contact_point=point, now=cast.now)
    contact_point_verify(token=token, now=cast.now)
    assert point in usable_contact_points(person=cast.isla)


def test_adding_an_address_asks_the_engine_for_the_link(cast: Cast) -> None:
    point = added(cast)
    wanting = contact_points_wanting_verification(cast.now)
    assert list(wanting) == [point]
    assert contact_point_mark_verification_mailed(contact_point=point, wanted_at=cast.now)
    assert not wanting.all().exists()


@pytest.mark.parametrize(("seconds", "works"), [(-1, True), (0, False), (1, False)])
def test_a_verification_link_works_for_72_hours(cast: Cast, seconds: int, works: bool) -> None:
    token = contact_point_mint_token(contact_point=added(cast), now=cast.now)
    opened_at = cast.now + LINK_WINDOW + timedelta(seconds=seconds)
    if works:
        assert contact_point_verify(token=token, now=opened_at).verified_at == opened_at
    else:
        with pytest.raises(LinkGone):
            contact_point_verify(token=token, now=opened_at)


def test_a_verification_link_works_once(cast: Cast) -> None:
    token = contact_point_mint_token(contact_point=added(cast), now=cast.now)
    contact_point_verify(token=token, now=cast.now)
    with pytest.raises(LinkGone):
        contact_point_verify(token=token, now=cast.now)


def test_a_repeated_mail_does_not_spoil_the_first_one(cast: Cast) -> None:
    point = added(cast)
    first = contact_point_mint_token(contact_point=point, now=cast.now)
    contact_point_mint_token(contact_point=point, now=cast.now)
    assert contact_point_verify(token=first, now=cast.now).is_usable


def test_only_the_hash_of_a_verification_token_is_kept(cast: Cast) -> None:
    token = contact_point_mint_token(contact_point=added(cast), now=cast.now)
    assert ContactVerification.objects.filter(token_sha256=fingerprint(token)).exists()
    assert not ContactVerification.objects.filter(token_sha256=token).exists()


def test_the_link_of_a_removed_address_no_longer_works(cast: Cast) -> None:
    point = added(cast)
    token = contact_point_mint_token(contact_point=point, now=cast.now)
    contact_point_remove(contact_point=point, by=cast.isla, now=cast.now)
    with pytest.raises(LinkGone):
        contact_point_verify(token=token, now=cast.now)
    assert point not in contact_points_of(cast.isla)
    assert point not in contact_points_wanting_verification(cast.now)


def test_an_address_that_bounces_is_not_used_until_it_is_proved_again(cast: Cast) -> None:
    point = usable_contact_points(person=cast.isla).get()
    contact_point_disable(contact_point=point, reason="Mailbox unknown.", now=cast.now)
    assert not usable_contact_points(person=cast.isla).exists()
    contact_point_ask_again(contact_point=point, by=cast.isla, now=cast.now)
    token = contact_point_mint_token(contact_point=point, now=cast.now)
    contact_point_verify(token=token, now=cast.now)
    assert usable_contact_points(person=cast.isla).get() == point


@pytest.mark.parametrize(("seconds", "works"), [(-1, False), (0, True), (1, True)])
def test_another_link_can_be_asked_for_after_five_minutes(
    cast: Cast, seconds: int, works: bool
) -> None:
    point = added(cast)
    contact_point_mint_token(contact_point=point, now=cast.now)
    contact_point_mark_verification_mailed(contact_point=point, wanted_at=cast.now)
    asked_at = cast.now + timedelta(minutes=5, seconds=seconds)
    if works:
        contact_point_ask_again(contact_point=point, by=cast.isla, now=asked_at)
    else:
        with pytest.raises(Refusal):
            contact_point_ask_again(contact_point=point, by=cast.isla, now=asked_at)
    point.refresh_from_db()
    assert (point.verification_wanted_at is not None) is works


@pytest.mark.parametrize("address", ["ISLA.MACRAE@example.org", " isla.macrae@example.org "])
def test_the_same_address_is_not_added_twice(cast: Cast, address: str) -> None:
    with pytest.raises(Conflict) as refused:
        added(cast, address)
    assert refused.value.problems[0].field == "address"


@pytest.mark.parametrize("address", ["", "isla", "isla@", "a@b.example\nbcc: c@d.example"])
def test_what_is_no_address_is_refused_at_its_field(cast: Cast, address: str) -> None:
    with pytest.raises(Refusal) as refused:
        added(cast, address)
    assert refused.value.problems[0].field == "address"


@pytest.mark.parametrize(
    "address",
    [
        "a@\u0627a.com",
        "a@work\u00ad.example",
        "a@a\uff0e\uff0eb.com",
        "a@" + "\u00e9" * 62 + ".example",
        "a@" + "b" * 70 + ".example",
    ],
)
def test_an_address_to_which_no_mail_can_go_is_refused(cast: Cast, address: str) -> None:
    with pytest.raises(Refusal) as refused:
        added(cast, address)
    assert [problem.field for problem in refused.value.problems] == ["address"]


def test_an_address_in_another_script_is_accepted(cast: Cast) -> None:
    assert added(cast, "isla@b\u00fccher.example").address == "isla@b\u00fccher.example"


def test_an_address_may_belong_to_two_people(cast: Cast) -> None:
    point = added(cast, cast.tomasz.email)
    assert point.person == cast.isla


def test_an_address_is_of_one_person_or_of_one_duty_of_a_clinic(cast: Cast) -> None:
    for owner in (
        {"person": cast.isla, "clinic": cast.harbour, "duty": "desk"},
        {"person": cast.isla, "duty": "desk"},
        {"clinic": cast.harbour},
        {"clinic": cast.harbour, "duty": "kitchen"},
        {},
    ):
        row = ContactPoint(address="x@y.example", added_at=cast.now, **owner)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


def test_a_clinic_is_reached_by_duty(cast: Cast) -> None:
    desk = usable_contact_points(clinic=cast.harbour, duty="desk").get()
    night = usable_contact_points(clinic=cast.harbour, duty="out_of_hours").get()
    assert (desk.address, night.address) == (
        "desk@harbour.example",
        "out_of_hours@harbour.example",
    )
    assert not usable_contact_points().exists()


def test_quiet_hours_need_both_times_and_a_length(cast: Cast) -> None:
    point = added(cast)

    def set_to(begin: time | None, end: time | None) -> None:
        contact_point_set_quiet_hours(
            contact_point=point,
            quiet_from_time=begin,
            quiet_until_time=end,
            by=cast.isla,
            now=cast.now,
        )

    set_to(time(22), time(7))
    for begin, end in ((time(22), None), (None, time(7)), (time(22), time(22))):
        with pytest.raises(Refusal):
            set_to(begin, end)
    point.refresh_from_db()
    assert (point.quiet_from_time, point.quiet_until_time) == (time(22), time(7))
    set_to(None, None)
