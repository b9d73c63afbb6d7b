"""Everything that the second look at a batch of messages needs, read in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import CareLink, ContactPoint, Membership, Patient
from accounts.models.rows import among
from accounts.selectors.invitations import invitations_that_work
from reminders.domain.messages import AttemptResult, MessageState, Purpose
from reminders.domain.recipients import Recipient
from reminders.models import Attempt, Message, Notification


@dataclass(frozen=True, slots=True)
class Rights:
    """Who may be told about whom at one instant, among the people of a batch.

    `caregivers` holds pairs of patient and person, `clinicians` pairs of clinic and person.
    """

    caregivers: frozenset[tuple[UUID, UUID]]
    clinicians: frozenset[tuple[UUID, UUID]]

    def has_right(self, patient: Patient, person_id: UUID) -> bool:
        """Tell whether this person may still be told about this patient."""
        return (
            patient.user_id == person_id
            or (patient.pk, person_id) in self.caregivers
            or self.is_clinician(patient, person_id)
        )

    def is_clinician(self, patient: Patient, person_id: UUID) -> bool:
        """Tell whether this person is a clinician of the patient's clinic."""
        return (patient.clinic_id, person_id) in self.clinicians


@dataclass(frozen=True, slots=True)
class Batch:
    """What is known about each message of a batch, by the message's id or by its recipient."""

    lines: Mapping[UUID, Sequence[Notification]]
    points: Mapping[Recipient, Sequence[ContactPoint]]
    rights: Rights
    invitations: frozenset[UUID]  # those that still work
    on_their_way: frozenset[tuple[UUID, Recipient]]  # alerts whose original is not out yet
    repeats: frozenset[UUID]  # messages that an earlier sender may have sent


def batch_of(messages: Sequence[Message], now: datetime) -> Batch:
    """Read what the second look at these messages needs; ended lines are left out."""
    lines = standing_lines(messages)
    return Batch(
        lines=lines,
        points=points_of(messages),
        rights=rights_of([line for rows in lines.values() for line in rows], now),
        invitations=_invitations(messages, now),
        on_their_way=_originals_on_their_way(messages, lines),
        repeats=perhaps_sent_before(messages),
    )


def standing_lines(messages: Iterable[Message]) -> Mapping[UUID, Sequence[Notification]]:
    """Return the lines of these messages that were not dropped, oldest alert first."""
    found = (
        Notification.objects.filter(among("message", [message.pk for message in messages]))
        .filter(dropped_at=None)
        .select_related("alert__patient", "alert__flag", "dose__standing_entry")
        .prefetch_related("alert__patient__clinic__opening_hours", "dose__version")
        .order_by("alert__opened_at", "pk")
    )
    lines = defaultdict(list)
    for line in found:
        if line.dose_id is not None and line.alert.dose_id == line.dose_id:
            line.alert.dose = line.dose
        lines[line.message_id].append(line)
    return lines


def points_of(messages: Iterable[Message]) -> Mapping[Recipient, Sequence[ContactPoint]]:
    """Return the usable contact points of every recipient, in the owner's order."""
    owners = {message.recipient for message in messages if message.invitation_id is None}
    usable = ContactPoint.objects.usable().select_related("person", "clinic")
    points = defaultdict(list)
    for point in usable.filter(
        among("person", {owner.person_id for owner in owners if owner.person_id})
        | among("clinic", {owner.clinic_id for owner in owners if owner.clinic_id})
    ):
        owner = Recipient(point.person_id, point.clinic_id, point.duty)
        points[owner].append(point)
    return points


def rights_of(lines: Iterable[Notification], now: datetime) -> Rights:
    """Return who of the people on these lines has a right to know about whom."""
    told = {(line.alert.patient_id, line.alert.patient.clinic_id, line.person_id) for line in lines}
    people = {person for _patient, _clinic, person in told if person is not None}
    patients = {patient for patient, _clinic, _person in told}
    clinics = {clinic for _patient, clinic, _person in told}
    links = CareLink.objects.current(now).alerted().exclude(caregiver=None)
    posts = Membership.objects.current(now).clinical().filter(user__is_active=True)
    known = links.filter(among("patient", patients), among("caregiver", people))
    staff = posts.filter(among("user", people), clinic__in=clinics)
    return Rights(
        caregivers=frozenset(known.values_list("patient", "caregiver")),
        clinicians=frozenset(staff.values_list("clinic", "user")),
    )


def perhaps_sent_before(messages: Iterable[Message]) -> frozenset[UUID]:
    """Return the messages of which an earlier claim left no attempt that tells what became of it.

    Its sender died, or got no answer: it may have sent the message, or not. What a provider
    returned later was no claim's attempt.
    """
    claims = {message.pk: message.attempts - 1 for message in messages if message.attempts > 1}
    if not claims:
        return frozenset()
    tries: defaultdict[UUID, int] = defaultdict(int)
    told_nothing = [AttemptResult.RETURNED, AttemptResult.UNCLEAR]
    found = Attempt.objects.filter(message__in=claims).exclude(result__in=told_nothing)
    for message_id in found.values_list("message", flat=True):
        tries[message_id] += 1
    return frozenset(pk for pk, earlier_claims in claims.items() if tries[pk] < earlier_claims)


def _invitations(messages: Iterable[Message], now: datetime) -> frozenset[UUID]:
    asked = {message.invitation_id for message in messages if message.invitation_id is not None}
    if not asked:
        return frozenset()
    return frozenset(invitations_that_work(now).filter(pk__in=asked).values_list("pk", flat=True))


def _originals_on_their_way(
    messages: Iterable[Message], lines: Mapping[UUID, Sequence[Notification]]
) -> frozenset[tuple[UUID, Recipient]]:
    """Return the alerts, each with its recipient, whose alert line is queued or being sent."""
    follow_ups = [message for message in messages if message.purpose == Purpose.FOLLOW_UP]
    alerts = {line.alert_id for message in follow_ups for line in lines.get(message.pk, ())}
    if not alerts:
        return frozenset()
    originals = Notification.objects.filter(
        alert__in=alerts,
        purpose=Purpose.ALERT,
        dropped_at=None,
        message__state__in=[MessageState.QUEUED, MessageState.SENDING],
    )
    found = originals.only("alert_id", "person_id", "clinic_id", "duty")
    return frozenset((line.alert_id, line.recipient) for line in found)
