"""The fixed cast of every test: the same people, made through the services, at a given `now`.

Harbour clinic in London has two clinicians and an administrator. Ewan Macrae has joined; Isla
(alerted, may log) and Tomasz (alerted) help him, Rory helped him until an hour ago. Samira Haddad
is invited and has not joined. Juno works at another clinic, and a stranger has nothing to do with
anybody here.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test import Client

from accounts.clock import database_now
from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import OpenSpan
from accounts.models import CareLink, Clinic, Invitation, Patient, User
from accounts.services.acceptance import invitation_accept
from accounts.services.care_links import care_link_end, care_link_invite
from accounts.services.clinics import (
    ClinicNumbers,
    clinic_create,
    clinic_set_opening_hours,
    membership_add,
    membership_end,
)
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_mint_token,
    contact_point_verify,
)
from accounts.services.intake import patient_take_in
from accounts.services.invitations import (
    invitation_mark_mailed,
    invitation_mint_mail_token,
)
from accounts.services.people import user_create

PASSWORD = "tide-lantern-42"
LONDON = "Europe/London"

# A Tuesday afternoon at which Harbour clinic is open: 15:00 in London, 15:00 UTC.
TUESDAY = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)

JOB = "cast"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody, as they stand at `now`."""

    now: datetime
    harbour: Clinic
    priya: User  # Dr Priya Raman, clinician
    adaeze: User  # Nurse Adaeze Obi, clinician
    admin: User  # Morag Sinclair, administrator and nothing else
    ended_clinician: User  # Dr Callum Reid, clinician of Harbour until an hour ago
    ewan: Patient  # joined, address verified
    samira: Patient  # invited, not joined
    isla: User  # Ewan's caregiver: alerted, may log
    tomasz: User  # Ewan's caregiver: alerted
    watcher: User  # Ewan's caregiver: sees only
    ended_caregiver: User  # Rory Bell, ended by Ewan an hour ago
    stranger: User  # an account without any capacity
    other_clinic: Clinic
    juno: User  # clinician of the other clinic

    @property
    def ewan_user(self) -> User:
        """Ewan as somebody who signs in."""
        assert self.ewan.user is not None
        return self.ewan.user

    def link_of(self, caregiver: User) -> CareLink:
        """Ewan's care link with this caregiver."""
        return CareLink.objects.get(patient=self.ewan, caregiver=caregiver)

    def client(self, who: User | None) -> Client:
        """A browser in which this person is signed in; None is nobody."""
        browser = Client()
        if who is not None:
            browser.force_login(who)
        return browser


def cast_make(now: datetime = TUESDAY) -> Cast:
    """Make everybody through the services, with a past that ends at `now`."""
    made_at = now - timedelta(days=7)
    harbour = clinic_make("Harbour clinic", "harbour", at=made_at)
    other = clinic_make("Quayside practice", "quayside", at=made_at)
    priya = staff_make("Dr Priya Raman", harbour, at=made_at)
    adaeze = staff_make("Nurse Adaeze Obi", harbour, at=made_at)
    admin = staff_make("Morag Sinclair", harbour, Capacity.ADMINISTRATOR, at=made_at)
    callum = staff_make("Dr Callum Reid", harbour, at=made_at)
    juno = staff_make("Dr Juno Park", other, at=made_at)
    ewan = patient_make("Ewan Macrae", harbour, by=priya, at=made_at, phone="+44 7700 900412")
    patient_join(ewan, at=made_at)
    samira = patient_make("Samira Haddad", harbour, by=priya, at=now - timedelta(hours=1))
    isla = caregiver_make(ewan, "Isla Macrae", may_log=True, at=made_at)
    tomasz = caregiver_make(ewan, "Tomasz Wrona", at=made_at)
    watcher = caregiver_make(ewan, "Wren Adeyemi", is_alerted=False, at=made_at)
    rory = caregiver_make(ewan, "Rory Bell", may_log=True, at=made_at)
    cast = Cast(
        now=now,
        harbour=harbour,
        priya=priya,
        adaeze=adaeze,
        admin=admin,
        ended_clinician=callum,
        ewan=ewan,
        samira=samira,
        isla=isla,
        tomasz=tomasz,
        watcher=watcher,
        ended_caregiver=rory,
        stranger=person_make("Sam Stranger", at=made_at),
        other_clinic=other,
        juno=juno,
    )
    an_hour_ago = now - timedelta(hours=1)
    care_link_end(care_link=cast.link_of(rory), by=cast.ewan_user, now=an_hour_ago)
    membership_end(membership=callum.memberships.get(), by=admin, now=an_hour_ago)
    return cast


def clinic_make(name: str, slug: str, *, at: datetime) -> Clinic:
    """Make a clinic in London, open Monday to Friday 08:00 to 18:00, reachable at any hour."""
    clinic = clinic_create(
        name=name,
        slug=slug,
        zone=LONDON,
        country="GB",
        numbers=ClinicNumbers(
            emergency_number="999",
            desk_phone="+44 1632 960118",
            out_of_hours_phone="+44 1632 960119",
            out_of_hours_note="Ask for the ward nurse.",
        ),
        job=JOB,
        now=at,
    )
    spans = [OpenSpan(weekday, time(8), time(18)) for weekday in range(5)]
    clinic_set_opening_hours(clinic=clinic, spans=spans, job=JOB, now=at)
    for duty in ("desk", "out_of_hours"):
        point = contact_point_add(
            clinic=clinic, duty=duty, address=f"{duty}@{slug}.example", job=JOB, now=at
        )
        contact_point_verify(token=contact_point_mint_token(contact_point=point, now=at), now=at)
    return clinic


def person_make(name: str, *, at: datetime) -> User:
    """Make somebody who can sign in, with an address of their own that is verified."""
    email = f"{name.lower().split()[-2]}.{name.lower().split()[-1]}@example.org"
    user = user_create(email=email, name=name, password=PASSWORD, zone=LONDON, job=JOB, now=at)
    point = contact_point_add(person=user, address=email, job=JOB, now=at)
    contact_point_verify(token=contact_point_mint_token(contact_point=point, now=at), now=at)
    return user


def staff_make(
    name: str, clinic: Clinic, capacity: Capacity = Capacity.CLINICIAN, *, at: datetime
) -> User:
    """Make somebody who works at a clinic."""
    user = person_make(name, at=at)
    membership_add(user=user, clinic=clinic, capacity=capacity, job=JOB, now=at)
    return user


def patient_make(
    name: str, clinic: Clinic, *, by: User, at: datetime, zone: str = LONDON, phone: str = ""
) -> Patient:
    """Take a patient in; the invitation is out and unanswered."""
    first, last = name.lower().split()
    return patient_take_in(
        clinic=clinic,
        by=by,
        name=name,
        born_on=None,
        clinic_number="",
        zone=zone,
        language="en",
        phone=phone,
        email=f"{first}.{last}@example.org",
        now=at,
    )


def patient_join(patient: Patient, *, at: datetime) -> User:
    """Let a patient accept the mailed invitation; the address is verified by that."""
    user = accept_by_mail(patient.invitations.get(care_link=None, accepted_at=None), at=at)
    patient.refresh_from_db()
    return user


def caregiver_make(
    patient: Patient, name: str, *, at: datetime, is_alerted: bool = True, may_log: bool = False
) -> User:
    """Let a patient invite a caregiver, who accepts from the mail."""
    first, last = name.lower().split()
    assert patient.user is not None
    link = care_link_invite(
        patient=patient,
        by=patient.user,
        email=f"{first}.{last}@example.org",
        name=name,
        relation="",
        is_alerted=is_alerted,
        may_log=may_log,
        now=at,
    )
    return accept_by_mail(link.invitations.get(), at=at)


def mail_token(invitation: Invitation, *, at: datetime) -> str:
    """Do what the engine does when it mails an invitation; returns the token in the mail."""
    token = invitation_mint_mail_token(invitation=invitation, now=at)
    assert invitation.mail_wanted_at is not None
    invitation_mark_mailed(invitation=invitation, wanted_at=invitation.mail_wanted_at)
    return token


def accept_by_mail(invitation: Invitation, *, at: datetime) -> User:
    """Accept an invitation from its mailed link, with the cast's password."""
    return invitation_accept(token=mail_token(invitation, at=at), password=PASSWORD, now=at)


@pytest.fixture
def cast(db: None) -> Cast:
    """The whole cast on a Tuesday afternoon at which Harbour clinic is open; for rules with `now`.

    Doors read the database's clock instead: tests of pages and of the API take `live_cast`.
    """
    return _cast_kept("cast", lambda: TUESDAY)


@pytest.fixture
def live_cast(db: None) -> Cast:
    """The whole cast as pages and the API see it: at the database's clock of this test run."""
    return _cast_kept("live_cast", database_now)


@dataclass(frozen=True, slots=True)
class Kept:
    """A cast as the services made it, and the rows they made, ready to be put back."""

    cast: Cast
    rows: dict[str, bytes]  # by table, as PostgreSQL copies it


_KEPT: dict[str, Kept] = {}


def _cast_kept(name: str, now: Callable[[], datetime]) -> Cast:
    """Make a cast through the services once per test process; later tests get the same rows back.

    Making one takes a thousand statements, putting it back takes thirty.
    """
    if name not in _KEPT:
        made = cast_make(now())
        _KEPT[name] = Kept(cast=made, rows=_rows_out())
        return made
    kept = _KEPT[name]
    _rows_in(kept.rows)
    people = {
        field.name: type(value)._base_manager.get(pk=value.pk)
        for field in fields(kept.cast)
        if isinstance(value := getattr(kept.cast, field.name), Model)
    }
    return replace(kept.cast, **people)


def _rows_out() -> dict[str, bytes]:
    rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_app_config("accounts").get_models():
            table = model._meta.db_table
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                rows[table] = b"".join(bytes(block) for block in copy)
    return rows


def _rows_in(rows: dict[str, bytes]) -> None:
    with connection.cursor() as cursor:
        for table, block in rows.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(block)
