"""Nobody sees a person's record without a live reason; rights are the union of capacities."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.access import (
    NotVisible,
    capacities_held_by,
    capacities_of,
    clinics_of,
    may,
    patients_visible_to,
    require,
    verbs_of,
)
from accounts.domain.capacities import RIGHTS, Capacity, Verb
from accounts.models import Patient
from accounts.selectors.clinics import clinicians_of
from accounts.services.care_links import care_link_consent, care_link_end, care_link_invite
from accounts.services.clinics import membership_add, membership_end
from accounts.services.people import user_deactivate
from tests.cast import Cast, accept_by_mail, caregiver_make, patient_join, patient_make

SEES = {Verb.SEE, Verb.CHECK_IN}
PATIENT = RIGHTS[Capacity.PATIENT]
CLINICIAN = RIGHTS[Capacity.CLINICIAN]

MATRIX = [
    ("ewan_user", PATIENT),
    ("priya", CLINICIAN),
    ("adaeze", CLINICIAN),
    ("isla", SEES | {Verb.LOG, Verb.TRAVEL, Verb.ACKNOWLEDGE}),
    ("tomasz", SEES | {Verb.ACKNOWLEDGE}),
    ("watcher", SEES),
    ("admin", {Verb.MANAGE_CLINIC}),
    ("ended_caregiver", set()),
    ("ended_clinician", set()),
    ("juno", set()),
    ("stranger", set()),
]


@pytest.mark.parametrize(("who", "allowed"), MATRIX, ids=[who for who, _ in MATRIX])
def test_everybody_may_do_exactly_what_the_table_says(
    cast: Cast, who: str, allowed: set[Verb]
) -> None:
    user = getattr(cast, who)
    assert verbs_of(user, cast.ewan, cast.now) == allowed
    for verb in Verb:
        assert may(user, verb, cast.ewan, cast.now) is (verb in allowed)


@pytest.mark.parametrize(
    "who", ["ended_caregiver", "ended_clinician", "juno", "stranger", "admin", "isla", "ewan_user"]
)
def test_nobody_else_finds_a_record(cast: Cast, who: str) -> None:
    user = getattr(cast, who)
    assert cast.samira not in patients_visible_to(user, cast.now)
    for verb in Verb:
        with pytest.raises(NotVisible):
            require(user, verb, cast.samira.pk, cast.now)


def test_nobody_signed_out_finds_anything(cast: Cast) -> None:
    assert not patients_visible_to(AnonymousUser(), cast.now).exists()
    assert not clinics_of(AnonymousUser(), Capacity.CLINICIAN, cast.now).exists()
    assert verbs_of(AnonymousUser(), cast.ewan, cast.now) == frozenset()
    with pytest.raises(NotVisible):
        require(AnonymousUser(), Verb.SEE, cast.ewan.pk, cast.now)


def test_a_clinician_finds_the_clinics_patients_and_no_others(cast: Cast) -> None:
    other = patient_make("Olive Other", cast.other_clinic, by=cast.juno, at=cast.now)
    assert set(patients_visible_to(cast.priya, cast.now)) == {cast.ewan, cast.samira}
    assert set(patients_visible_to(cast.juno, cast.now)) == {other}


def test_what_one_sees_but_may_not_do_answers_not_found_too(cast: Cast) -> None:
    assert require(cast.watcher, Verb.SEE, cast.ewan.pk, cast.now) == cast.ewan
    with pytest.raises(NotVisible):
        require(cast.watcher, Verb.LOG, cast.ewan.pk, cast.now)


@pytest.mark.parametrize(("seconds", "expected"), [(-1, True), (0, False), (1, False)])
def test_an_ended_caregiver_sees_nothing_from_that_very_second(
    cast: Cast, seconds: int, expected: bool
) -> None:
    ended_at = cast.now + timedelta(hours=1)
    care_link_end(care_link=cast.link_of(cast.isla), by=cast.ewan_user, now=ended_at)
    asked_at = ended_at + timedelta(seconds=seconds)
    assert may(cast.isla, Verb.SEE, cast.ewan, asked_at) is expected
    assert (cast.ewan in patients_visible_to(cast.isla, asked_at)) is expected


@pytest.mark.parametrize(("seconds", "expected"), [(-1, True), (0, False), (1, False)])
def test_an_ended_clinician_sees_nothing_from_that_very_second(
    cast: Cast, seconds: int, expected: bool
) -> None:
    ended_at = cast.now + timedelta(hours=1)
    membership_end(membership=cast.adaeze.memberships.get(), by=cast.admin, now=ended_at)
    asked_at = ended_at + timedelta(seconds=seconds)
    assert may(cast.adaeze, Verb.PLAN, cast.ewan, asked_at) is expected
    assert clinics_of(cast.adaeze, Capacity.CLINICIAN, asked_at).exists() is expected


def test_a_caregiver_whom_the_clinic_invited_sees_nothing_before_the_patient_agrees(
    cast: Cast,
) -> None:
    link = care_link_invite(
        patient=cast.ewan,
        by=cast.priya,
        email="flora.reid@example.org",
        name="Flora Reid",
        relation="neighbour",
        is_alerted=True,
        may_log=True,
        now=cast.now,
    )
    flora = accept_by_mail(link.invitations.get(), at=cast.now)
    assert verbs_of(flora, cast.ewan, cast.now) == frozenset()
    care_link_consent(care_link=link, by=cast.ewan_user, now=cast.now + timedelta(minutes=1))
    assert verbs_of(flora, cast.ewan, cast.now) == frozenset()
    assert Verb.SEE in verbs_of(flora, cast.ewan, cast.now + timedelta(minutes=1))


def test_an_invitation_that_nobody_accepted_gives_nothing(cast: Cast) -> None:
    care_link_invite(
        patient=cast.ewan,
        by=cast.ewan_user,
        email=cast.stranger.email,
        name="Sam Stranger",
        relation="",
        is_alerted=True,
        may_log=True,
        now=cast.now,
    )
    assert verbs_of(cast.stranger, cast.ewan, cast.now) == frozenset()
    assert not patients_visible_to(cast.stranger, cast.now).exists()


def test_a_deactivated_person_loses_everything_at_once(cast: Cast) -> None:
    user_deactivate(user=cast.priya, by=cast.admin, now=cast.now)
    assert verbs_of(cast.priya, cast.ewan, cast.now) == frozenset()
    assert not patients_visible_to(cast.priya, cast.now).exists()
    assert not clinics_of(cast.priya, Capacity.CLINICIAN, cast.now).exists()
    assert capacities_held_by(cast.priya, cast.now) == frozenset()
    assert cast.priya not in [each.user for each in clinicians_of(cast.harbour, cast.now)]


def test_rights_are_the_union_of_what_somebody_is(cast: Cast) -> None:
    membership_add(
        user=cast.isla,
        clinic=cast.harbour,
        capacity=Capacity.ADMINISTRATOR,
        job="test",
        now=cast.now,
    )
    assert capacities_of(cast.isla, cast.ewan, cast.now) == {
        Capacity.CAREGIVER,
        Capacity.ADMINISTRATOR,
    }
    assert verbs_of(cast.isla, cast.ewan, cast.now) == SEES | {
        Verb.LOG,
        Verb.TRAVEL,
        Verb.ACKNOWLEDGE,
        Verb.MANAGE_CLINIC,
    }


def test_one_human_may_be_patient_and_caregiver_and_clinician(cast: Cast) -> None:
    record = patient_make("Priya Raman", cast.other_clinic, by=cast.juno, at=cast.now)
    Patient.objects.filter(pk=record.pk).update(user=cast.priya)
    assert set(patients_visible_to(cast.priya, cast.now)) == {record, cast.ewan, cast.samira}
    assert capacities_held_by(cast.priya, cast.now) == {Capacity.PATIENT, Capacity.CLINICIAN}
    assert Verb.ACKNOWLEDGE not in verbs_of(cast.priya, record, cast.now)


def test_a_caregiver_of_one_patient_is_nothing_to_another(cast: Cast) -> None:
    patient_join(cast.samira, at=cast.now)
    noor = caregiver_make(cast.samira, "Noor Haddad", at=cast.now)
    assert set(patients_visible_to(noor, cast.now)) == {cast.samira}
    assert set(patients_visible_to(cast.isla, cast.now)) == {cast.ewan}


def test_only_administrators_manage_a_clinic_and_only_clinicians_take_patients_in(
    cast: Cast,
) -> None:
    at_harbour = {
        who: {
            verb
            for capacity in Capacity
            for verb in RIGHTS[capacity] & {Verb.MANAGE_CLINIC, Verb.TAKE_IN}
            if clinics_of(getattr(cast, who), capacity, cast.now).contains(cast.harbour)
        }
        for who in ("priya", "admin", "ended_clinician", "juno", "isla", "ewan_user", "stranger")
    }
    assert at_harbour == {
        "priya": {Verb.TAKE_IN},
        "admin": {Verb.MANAGE_CLINIC},
        "ended_clinician": set(),
        "juno": set(),
        "isla": set(),
        "ewan_user": set(),
        "stranger": set(),
    }


def test_a_patient_can_never_acknowledge() -> None:
    assert Verb.ACKNOWLEDGE not in RIGHTS[Capacity.PATIENT]


def test_an_administrator_has_no_clinical_right() -> None:
    assert RIGHTS[Capacity.ADMINISTRATOR] == {Verb.MANAGE_CLINIC}
