"""What a plan is entered, read back and signed against: drafts, choices, and who is listening."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from accounts.domain.audiences import Audience
from accounts.models import Clinic, ContactPoint, Patient, User
from accounts.models.contact_points import DESK, OUT_OF_HOURS
from accounts.selectors.care_links import alerted_caregivers
from accounts.selectors.clinics import clinicians_of
from tracker.domain.ladder import LadderRung
from tracker.domain.plan_content import Choices, PlanContent, plan_content_from
from tracker.domain.plan_input import minutes_text
from tracker.domain.plan_reach import Answers, ContactWay, DeskHours, Listener
from tracker.domain.plan_rungs import raw_rung
from tracker.domain.plan_states import ENDED, OCCUPYING, PlanState, Route
from tracker.models import Plan, PlanDraft
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_words import desk_name, named_clinician_name, out_of_hours_name
from tracker.selectors.versions import ladder_of


def draft_of(patient: Patient) -> PlanDraft | None:
    """Return the newest unsigned draft of this patient, or None."""
    drafts = PlanDraft.objects.filter(plan__patient=patient, plan__state=PlanState.DRAFT)
    return drafts.select_related("plan", "saved_by").order_by("-saved_at").first()


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody who opens a plan to change it sees: kept or signed by whom, and when."""

    at: datetime
    by: User


def draft_behind(plan: Plan) -> PlanDraft | None:
    """Return what was typed for this plan and waits for a signature, or None.

    Of a plan that runs already it is a change; after the end there is none.
    """
    if plan.state in ENDED:
        return None
    drafts = PlanDraft.objects.filter(plan=plan)
    return drafts.select_related("saved_by", "first_signed_by").first()


def seen_as(plan: Plan, draft: PlanDraft | None) -> Seen | None:
    """Return what a form opened now shows; its `at` comes back as `opened_at` when it is saved.

    The draft as it was saved last, else the newest signed version; None for an empty new plan.
    """
    if draft is not None:
        return Seen(draft.saved_at, draft.saved_by)
    version = plan.versions.select_related("signed_by").order_by("-number").first()
    return None if version is None else Seen(version.signed_at, version.signed_by)


def content_of(draft: PlanDraft, patient: Patient, now: datetime) -> PlanContent:
    """Return a kept draft as content; Refusal when something it names has gone since."""
    return plan_content_from(draft.content, choices_for(patient, now))


def running_plan_by(patient: Patient, route: Route) -> Plan | None:
    """Return the plan by this route that already runs or waits for a signature, or None."""
    return patient.plans.filter(route=route, state__in=OCCUPYING).first()


def clinicians_for(patient: Patient, now: datetime) -> list[User]:
    """Return the clinicians of the patient's clinic at `now`, by name."""
    return [membership.user for membership in clinicians_of(patient.clinic, now)]


def choices_for(patient: Patient, now: datetime) -> Choices:
    """Return the codes that a plan of this patient may name."""
    medicine = baclofen()
    return Choices(
        formulations={form.id: form.route for form in medicine.formulations},
        indications=frozenset(each.id for each in medicine.indications),
        off_label_uses=frozenset(each.id for each in medicine.off_label_uses),
        risk_factors=frozenset(each.id for each in medicine.risk_factors),
        clinicians=frozenset(user.pk for user in clinicians_for(patient, now)),
    )


def template_for(patient: Patient, by: User, now: datetime) -> dict[str, object]:
    """Return what a new plan starts from: zone, the clinic's reminder timings, who answers.

    Timings only. No amount, no step and no threshold is ever among them.
    """
    clinic = patient.clinic
    is_clinician = by.pk in {user.pk for user in clinicians_for(patient, now)}
    return {
        "route": Route.ORAL.value,
        "zone": patient.zone,
        "named_clinician": str(by.pk) if is_clinician else "",
        "rungs": [raw_rung(rung) for rung in ladder_of(clinic.rungs.all())],
        "on_time_window": minutes_text(clinic.on_time_window),
        "follow_up_delay": minutes_text(clinic.follow_up_delay),
        "unacknowledged_delay": minutes_text(clinic.unacknowledged_delay),
    }


def desk_hours_of(clinic: Clinic) -> DeskHours:
    """Return when the clinic's desk is there."""
    return DeskHours(
        hours=tuple(row.span for row in clinic.opening_hours.all()), zone=clinic.zone_info
    )


def listeners_of(patient: Patient, named: User, now: datetime) -> tuple[Listener, ...]:
    """Return everybody whom a rung of this patient's plan can tell, with how each is reached."""
    clinic = patient.clinic
    links = alerted_caregivers(patient, now)
    people = [
        (patient.user, patient.name, Audience.PATIENT),
        *((link.caregiver, link.name, Audience.CAREGIVERS) for link in links),
        (named, named_clinician_name(named), Audience.CLINIC),
    ]
    duties = [
        (DESK, desk_name(clinic), Answers.IN_HOURS),
        (OUT_OF_HOURS, out_of_hours_name(clinic), Answers.OUT_OF_HOURS),
    ]
    points = _usable_points(clinic, [user for user, _, _ in people if user is not None])
    zone = clinic.zone_info
    told = []
    for user, name, audience in people:
        own = [point for point in points if user is not None and point.person_id == user.pk]
        told.append(Listener(name, audience, _ways(own, zone)))
    for duty, name, answers in duties:
        own = [point for point in points if point.duty == duty]
        told.append(Listener(name, Audience.CLINIC, _ways(own, zone), answers))
    return tuple(told)


def outside_listeners(listeners: Iterable[Listener], rungs: Iterable[LadderRung]) -> list[Listener]:
    """Return those who are not the patient and whom one of these rungs tells."""
    audiences = {rung.audience for rung in rungs} - {Audience.PATIENT}
    return [listener for listener in listeners if listener.audience in audiences]


def has_verified_desk(listeners: Iterable[Listener]) -> bool:
    """Say whether the clinic's desk has a verified contact point."""
    return any(each.ways for each in listeners if each.answers is Answers.IN_HOURS)


def _usable_points(clinic: Clinic, people: list[User]) -> list[ContactPoint]:
    owned = Q(person__in=people) | Q(clinic=clinic)
    return list(ContactPoint.objects.usable().filter(owned).select_related("person"))


def _ways(points: Iterable[ContactPoint], desk_zone: ZoneInfo) -> tuple[ContactWay, ...]:
    return tuple(
        ContactWay(
            kind=point.kind,
            quiet_from_time=point.quiet_from_time,
            quiet_until_time=point.quiet_until_time,
            zone=ZoneInfo(point.person.zone) if point.person else desk_zone,
        )
        for point in points
    )
