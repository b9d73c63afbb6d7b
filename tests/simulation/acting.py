"""What people do, as the services of accounts and tracker would store it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from accounts.domain.zones import local_date, local_midnight
from tests.simulation.alerting import (
    alert_acknowledge,
    alert_close,
    alert_pass_on,
    flag_open,
    flags_close,
)
from tests.simulation.case import Act
from tests.simulation.rows import Alert, Dose, Entry, Patient, Version
from tests.simulation.world import World
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.domain.flags import FlagClass
from tracker.domain.plan_states import PlanState

NEAR = timedelta(hours=3)


def act_do(world: World, act: Act) -> None:
    """Let somebody do something now; what is not possible any more is left out."""
    patient = world.patients[act.patient]
    ACTS[act.kind](world, patient, act)


def _dose_meant(world: World, patient: Patient, act: Act) -> Dose | None:
    """Return the expected dose nearest to the one that the act is about."""
    meant = world.case.at(act.about)
    first = bisect_left(patient.doses, meant - NEAR, key=lambda dose: dose.due_at)
    last = bisect_right(patient.doses, meant + NEAR, key=lambda dose: dose.due_at)
    near = [dose for dose in patient.doses[first:last] if dose.cancelled_at is None]
    return min(near, key=lambda dose: abs(dose.due_at - meant), default=None)


def _log(world: World, patient: Patient, act: Act) -> None:
    dose = _dose_meant(world, patient, act)
    if dose is None:
        return
    entry = Entry(Outcome(act.said), act.who, world.now, world.count())
    dose.entries.append(entry)
    dose.standing = dose.standing or entry
    world.doses.set(dose, world.now)


def _void(world: World, patient: Patient, act: Act) -> None:
    dose = _dose_meant(world, patient, act)
    if dose is None or dose.standing is None:
        return
    dose.standing.voided_at = world.now
    left = [entry for entry in dose.entries if entry.voided_at is None]
    dose.standing = left[0] if left else None
    dose_of_ended_plan = patient.state is not PlanState.ACTIVE and dose.due_at > world.now
    if dose.standing is None and dose_of_ended_plan:
        dose.cancelled_at = world.now
    world.doses.set(dose, world.now)
    world.watch.voided(dose)


def _alert_meant(world: World, patient: Patient, act: Act) -> Alert | None:
    """Return the open alert of the dose, else the patient's oldest one about a flag."""
    dose = _dose_meant(world, patient, act)
    of_dose = [alert for alert in (dose.alerts if dose else ()) if alert.closed_at is None]
    flags = (flag.alert for flag in patient.flags.values())
    of_flag = [alert for alert in flags if alert is not None and alert.closed_at is None]
    return next(iter([*of_dose, *of_flag]), None)


def _acknowledge(world: World, patient: Patient, act: Act) -> None:
    alert, by = _alert_meant(world, patient, act), world.people.get(act.who)
    if alert is None or by is None or by is patient.person:
        return
    if world.has_right(patient, by.id):
        alert_acknowledge(world, alert, by, world.now)
        world.watch.acknowledged(world, alert, by)


def _pass_on(world: World, patient: Patient, act: Act) -> None:
    alert, by = _alert_meant(world, patient, act), world.people.get(act.who)
    if alert is not None and by is not None and world.has_right(patient, by.id):
        alert_pass_on(world, alert, by, world.now)


def _note(world: World, patient: Patient, act: Act) -> None:
    alert = _alert_meant(world, patient, act)
    if alert is not None and alert.kind is not AlertKind.FLAG:
        alert_close(world, alert, CloseReason.NOTED, world.now)


def _sign(world: World, patient: Patient, act: Act) -> None:
    flag_open(world, patient, act.kind, FlagClass(act.kind[-1]), world.now)


def _close_flags(world: World, patient: Patient, act: Act) -> None:
    flags_close(world, patient, world.now)


def _hold(world: World, patient: Patient, act: Act) -> None:
    if patient.state is PlanState.ACTIVE:
        _end_doses(world, patient, PlanState.ON_HOLD, CloseReason.PLAN_HELD)


def _stop(world: World, patient: Patient, act: Act) -> None:
    if patient.state is not PlanState.STOPPED:
        _end_doses(world, patient, PlanState.STOPPED, CloseReason.PLAN_STOPPED)


def _end_doses(world: World, patient: Patient, state: PlanState, reason: CloseReason) -> None:
    now = world.now
    for dose in patient.doses:
        if dose.cancelled_at is None and dose.due_at <= now:
            world.doses.set(dose, None)
            world.watch.left_behind(dose)
        elif dose.cancelled_at is None and dose.standing is None:
            dose.cancelled_at = now
            world.doses.set(dose, None)
    patient.state = state
    for alert in list(world.open_alerts.values()):
        if alert.patient is patient and alert.dose is not None:
            alert_close(world, alert, reason, now)
    for version in patient.versions:
        version.until_at = min(version.until_at or now, now)


def _resume(world: World, patient: Patient, act: Act) -> None:
    if patient.state is PlanState.ON_HOLD:
        patient.state = PlanState.ACTIVE
        _change(world, patient, world.case.patients[act.patient].plan)


def _amend(world: World, patient: Patient, act: Act) -> None:
    if patient.state is PlanState.ACTIVE:
        plan = world.case.amended[int(act.said or 0)]
        zone = world.case.patients[act.patient].plan.zone
        _change(world, patient, replace(plan, zone=zone))


def _change(world: World, patient: Patient, plan: object) -> None:
    """Sign a version that counts from the second local midnight from now on."""
    zone = patient.versions[-1].zone
    from_at = local_midnight(local_date(world.now, zone) + timedelta(days=2), zone)
    if patient.versions[-1].from_at >= from_at:
        return
    version: Version = world.version_from(plan, from_at)  # type: ignore[arg-type]
    for earlier in patient.versions:
        earlier.until_at = min(earlier.until_at or from_at, from_at)
    for dose in patient.doses:
        if dose.cancelled_at is None and dose.due_at >= from_at:
            dose.cancelled_at = world.now
            world.doses.set(dose, None)
    patient.versions.append(version)
    world.plans.set(patient, world.now)


def _stay(world: World, patient: Patient, act: Act) -> None:
    if all(until is not None for _, until in patient.stays):
        patient.stays.append((world.now, None))


def _stay_over(world: World, patient: Patient, act: Act) -> None:
    if patient.stays and patient.stays[-1][1] is None and patient.stays[-1][0] < world.now:
        from_at = patient.stays[-1][0]
        patient.stays[-1] = (from_at, world.now)
        for dose in patient.doses:
            if dose.cancelled_at is None and from_at <= dose.due_at <= world.now:
                world.doses.set(dose, world.now)


def _end_caregiver(world: World, patient: Patient, act: Act) -> None:
    if act.who in patient.caregivers:
        patient.ended_links.add(act.who)


def _link_caregiver(world: World, patient: Patient, act: Act) -> None:
    patient.ended_links.discard(act.who)


def _remove_point(world: World, patient: Patient, act: Act) -> None:
    for point in world.points_named(act.who)[:1]:
        point.is_usable = False


def _add_point(world: World, patient: Patient, act: Act) -> None:
    for point in world.points_named(act.who):
        point.is_usable = True


Acting = Callable[[World, Patient, Act], None]
ACTS: Mapping[str, Acting] = MappingProxyType(
    {
        "log": _log,
        "void": _void,
        "acknowledge": _acknowledge,
        "pass on": _pass_on,
        "note": _note,
        "sign E": _sign,
        "sign D": _sign,
        "close flags": _close_flags,
        "hold": _hold,
        "resume": _resume,
        "stop": _stop,
        "amend": _amend,
        "stay": _stay,
        "stay over": _stay_over,
        "end caregiver": _end_caregiver,
        "link caregiver": _link_caregiver,
        "remove point": _remove_point,
        "add point": _add_point,
    }
)
