"""A clinic's settings, its staff and its caregivers' rules."""

from datetime import UTC, datetime, time, timedelta

import pytest

from accounts.domain.audiences import Audience, RungTemplate
from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import OpenSpan
from accounts.domain.problems import Conflict, Refusal
from accounts.models import Membership
from accounts.selectors.care_links import alerted_caregivers
from accounts.selectors.clinics import clinic_opens_at, clinicians_of, duty_at, is_clinic_open
from accounts.services.care_links import care_link_consent, care_link_end, care_link_invite
from accounts.services.clinics import (
    clinic_create,
    clinic_set_opening_hours,
    clinic_set_rungs,
    membership_add,
    membership_end,
)
from accounts.services.intake import patient_take_in
from tests.cast import Cast

MINUTE = timedelta(minutes=1)


def test_the_desk_answers_in_opening_hours_and_the_night_line_outside_them(cast: Cast) -> None:
    night = datetime(2026, 11, 24, 23, tzinfo=UTC)
    assert duty_at(cast.harbour, cast.now) == "desk"
    assert duty_at(cast.harbour, night) == "out_of_hours"
    assert not is_clinic_open(cast.harbour, night)
    assert clinic_opens_at(cast.harbour, night) == datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_hours_that_overlap_replace_nothing(cast: Cast) -> None:
    spans = [OpenSpan(0, time(8), time(12)), OpenSpan(0, time(11), time(12))]
    with pytest.raises(Refusal) as refused:
        clinic_set_opening_hours(clinic=cast.harbour, spans=spans, by=cast.admin, now=cast.now)
    assert [problem.row for problem in refused.value.problems] == [2]
    assert cast.harbour.opening_hours.count() == 5


def test_a_new_clinic_starts_with_a_ladder_that_ends_at_the_clinic(cast: Cast) -> None:
    assert [rung.audience for rung in cast.harbour.rungs.all()] == [
        "patient",
        "patient",
        "caregivers",
        "clinic",
    ]
    assert cast.harbour.rungs.first().delay == timedelta(0)


@pytest.mark.parametrize(
    ("rungs", "expected"),
    [
        ([], [("audience", None)]),
        ([RungTemplate(45 * MINUTE, Audience.PATIENT)], [("audience", 1)]),
        (
            [
                RungTemplate(45 * MINUTE, Audience.PATIENT),
                RungTemplate(45 * MINUTE, Audience.CLINIC),
            ],
            [("delay", 2)],
        ),
        ([RungTemplate(-MINUTE, Audience.CLINIC)], [("delay", 1)]),
    ],
)
def test_the_clinic_cannot_be_taken_off_the_end_of_the_ladder(
    cast: Cast, rungs: list[RungTemplate], expected: list[tuple[str, int | None]]
) -> None:
    with pytest.raises(Refusal) as refused:
        clinic_set_rungs(clinic=cast.harbour, rungs=rungs, by=cast.admin, now=cast.now)
    assert [(each.field, each.row) for each in refused.value.problems] == expected
    assert cast.harbour.rungs.count() == 4


def test_the_last_administrator_stays(cast: Cast) -> None:
    own = cast.admin.memberships.get()
    with pytest.raises(Refusal, match="no other administrator"):
        membership_end(membership=own, by=cast.admin, now=cast.now)
    membership_add(
        user=cast.priya,
        clinic=cast.harbour,
        capacity=Capacity.ADMINISTRATOR,
        job="test",
        now=cast.now,
    )
    assert membership_end(membership=own, by=cast.priya, now=cast.now).ended_at == cast.now


def test_whoever_works_here_already_is_not_added_twice(cast: Cast) -> None:
    again = membership_add(
        user=cast.priya, clinic=cast.harbour, capacity=Capacity.CLINICIAN, job="test", now=cast.now
    )
    assert Membership.objects.filter(user=cast.priya).get() == again


def test_the_clinicians_of_a_clinic_are_those_of_now(cast: Cast) -> None:
    assert [each.user for each in clinicians_of(cast.harbour, cast.now)] == [
        cast.priya,
        cast.adaeze,
    ]


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"country": "Great Britain"}, {"country"}),
        ({"zone": "Mars/Olympus"}, {"zone"}),
        ({"slug": "harbour"}, {"slug"}),
        ({"name": ""}, {"name"}),
    ],
)
def test_a_clinic_that_cannot_be_is_refused_at_its_field(
    cast: Cast, changed: dict[str, str], fields: set[str]
) -> None:
    asked = {"name": "New", "slug": "new", "zone": "Europe/London", "country": "GB"} | changed
    with pytest.raises(Refusal) as refused:
        clinic_create(**asked, job="test", now=cast.now)
    assert {problem.field for problem in refused.value.problems} == fields


def test_only_alerted_caregivers_are_told(cast: Cast) -> None:
    assert {link.caregiver for link in alerted_caregivers(cast.ewan, cast.now)} == {
        cast.isla,
        cast.tomasz,
    }


def test_a_caregiver_invited_by_the_clinic_waits_for_the_patients_yes(cast: Cast) -> None:
    link = care_link_invite(
        patient=cast.ewan,
        by=cast.priya,
        email="flora.reid@example.org",
        name="Flora Reid",
        relation="",
        is_alerted=True,
        may_log=False,
        now=cast.now,
    )
    assert link.consented_at is None
    care_link_consent(care_link=link, by=cast.ewan_user, now=cast.now)
    link.refresh_from_db()
    assert link.consented_at == cast.now


def test_what_was_ended_cannot_be_agreed_to(cast: Cast) -> None:
    link = cast.link_of(cast.isla)
    care_link_end(care_link=link, by=cast.ewan_user, now=cast.now)
    with pytest.raises(Conflict):
        care_link_consent(care_link=link, by=cast.ewan_user, now=cast.now)


def test_ending_twice_keeps_the_first_end(cast: Cast) -> None:
    link = cast.link_of(cast.isla)
    care_link_end(care_link=link, by=cast.ewan_user, now=cast.now)
    later = cast.now + timedelta(hours=1)
    assert care_link_end(care_link=link, by=cast.isla, now=later).ended_at == cast.now


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "Ewan\nMacrae"}, {"name"}),
        ({"name": "Ewan \u202eearcaM"}, {"name"}),
        ({"zone": ""}, {"zone"}),
        ({"zone": "London"}, {"zone"}),
        ({"email": "nobody"}, {"email"}),
        ({"phone": "call me"}, {"phone"}),
        ({"language": "xx"}, {"language"}),
        ({"clinic_number": "H-1"}, {"clinic_number"}),
        ({"born_on": datetime(2026, 11, 25, tzinfo=UTC).date()}, {"born_on"}),
        (
            {"name": "", "zone": "London", "email": "x", "phone": "y"},
            {"name", "zone", "email", "phone"},
        ),
    ],
)
def test_a_patient_who_cannot_be_taken_in_is_refused_with_every_problem_at_once(
    cast: Cast, changed: dict, fields: set[str]
) -> None:
    asked = {
        "name": "Halina Dąbrowska",
        "born_on": None,
        "clinic_number": "",
        "zone": "Europe/Warsaw",
        "language": "en",
        "phone": "",
        "email": "halina@example.org",
    }
    other = {"clinic_number": "H-1", "email": "somebody.else@example.org"}
    patient_take_in(clinic=cast.harbour, by=cast.priya, now=cast.now, **asked | other)
    with pytest.raises(Refusal) as refused:
        patient_take_in(clinic=cast.harbour, by=cast.priya, now=cast.now, **asked | changed)
    assert {problem.field for problem in refused.value.problems} == fields
    assert cast.harbour.patients.count() == 3


def test_somebody_taken_in_is_not_taken_in_twice_by_the_same_clinic(cast: Cast) -> None:
    asked = {
        "name": "Halina Dąbrowska",
        "born_on": None,
        "clinic_number": "",
        "zone": "Europe/Warsaw",
        "language": "en",
        "phone": "",
        "email": "halina@example.org",
        "now": cast.now,
    }
    patient_take_in(clinic=cast.harbour, by=cast.priya, **asked)
    again = asked | {"email": " Halina@Example.org "}
    with pytest.raises(Refusal) as refused:
        patient_take_in(clinic=cast.harbour, by=cast.adaeze, **again)
    (problem,) = refused.value.problems
    assert problem.field == "email"
    assert "Halina Dąbrowska was taken in" in problem.text
    assert cast.harbour.patients.filter(name="Halina Dąbrowska").count() == 1
    elsewhere = patient_take_in(clinic=cast.other_clinic, by=cast.juno, **asked)
    assert elsewhere.clinic == cast.other_clinic


def test_a_date_of_birth_is_compared_with_the_patients_own_calendar(cast: Cast) -> None:
    in_auckland_already = datetime(2026, 11, 25, tzinfo=UTC).date()
    patient = patient_take_in(
        clinic=cast.harbour,
        by=cast.priya,
        name="Aroha Ngata",
        born_on=in_auckland_already,
        clinic_number="",
        zone="Pacific/Auckland",
        language="en",
        phone="",
        email="aroha@example.org",
        now=cast.now,
    )
    assert patient.born_on == in_auckland_already
