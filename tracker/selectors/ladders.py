"""The ladder behind an alert: from the signed version, or from the clinic when there is none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from accounts.domain.audiences import Audience
from accounts.models import Clinic, ClinicRung, User
from accounts.models.rows import among
from tracker.domain.alert_facts import AlertFacts
from tracker.domain.alerts import AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung, outside_rungs, tellings
from tracker.domain.plan_states import WATCHED
from tracker.models import Alert, Plan, PlanVersion, Rung
from tracker.selectors.versions import ladder_of, version_in_force, watched_plan_of

COLUMNS = ("number", "delay", "audience", "repeat_delay", "repeat_times")
_Columns = tuple[int, timedelta, str, timedelta | None, int]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an alert's timings and people come from: its rungs as signed, lowest first."""

    rungs: tuple[LadderRung, ...] = ()
    on_time_window: timedelta = timedelta()
    named_clinician_id: UUID | None = None  # None: the clinic's template


def terms_of(alert: Alert) -> PlanVersion | Clinic:
    """Return what the alert's timings come from: the dose's own version, the version of the
    patient's watched plan that counted when the alert opened, or the clinic's template."""
    if alert.dose is not None:
        return alert.dose.version
    plan = alert.flag.plan if alert.flag is not None else None
    plan = plan or watched_plan_of(alert.patient)
    version = version_in_force(plan, alert.opened_at) if plan is not None else None
    return version or alert.patient.clinic


def ladder_behind(alert: Alert) -> tuple[LadderRung, ...]:
    """Return the rungs that this alert climbs, lowest first."""
    rungs = ladder_of(terms_of(alert).rungs.all())
    return ladder_climbed(rungs, AlertKind(alert.kind), alert.alert_class)


@lru_cache(maxsize=4096)
def ladder_climbed(
    rungs: tuple[LadderRung, ...], kind: AlertKind, alert_class: str
) -> tuple[LadderRung, ...]:
    """Return the rungs that an alert of this kind and class climbs, of a ladder as signed.

    A silence climbs the whole ladder. What the patient has said climbs only the rungs of the
    people outside, the first of them at once; an emergency tells all of them at once. Each repeat
    of a rung is a rung of its own.
    """
    if kind is AlertKind.NO_LOG:
        return tellings(rungs)
    is_emergency = alert_class == FlagClass.EMERGENCY
    return tellings(outside_rungs(rungs, is_emergency=is_emergency))


def named_clinician(alert: Alert) -> User | None:
    """Return the clinician whom the plan names; None without a plan."""
    terms = terms_of(alert)
    return terms.named_clinician if isinstance(terms, PlanVersion) else None


def terms_by_version(versions: Collection[UUID]) -> dict[UUID, Terms]:
    """Return the terms of these signed versions, in two queries."""
    signed = PlanVersion.objects.filter(among("pk", versions)).order_by()
    rungs = _ladders(
        Rung.objects.filter(among("version", versions)).order_by().values_list("version", *COLUMNS)
    )
    return {
        pk: Terms(rungs.get(pk, ()), window, named)
        for pk, window, named in signed.values_list("pk", "on_time_window", "named_clinician")
    }


def terms_by_alert(alerts: Sequence[AlertFacts]) -> dict[UUID, Terms]:
    """Return what `terms_of` says of each of these alerts, in a handful of queries."""
    version_of = {alert.id: alert.dose.version_id for alert in alerts if alert.dose is not None}
    about_flags = [alert for alert in alerts if alert.dose is None]
    if about_flags:
        version_of |= _versions_behind_flags(about_flags)
    by_version = terms_by_version(set(version_of.values()))
    without = {alert.clinic_id for alert in alerts if alert.id not in version_of}
    by_clinic = _templates(without) if without else {}
    return {
        alert.id: by_version[version_of[alert.id]]
        if alert.id in version_of
        else by_clinic[alert.clinic_id]
        for alert in alerts
    }


def _versions_behind_flags(alerts: Sequence[AlertFacts]) -> dict[UUID, UUID]:
    """Return the version that counted when each alert opened; alerts without one are left out."""
    patients = {alert.patient_id for alert in alerts if alert.flag_plan_id is None}
    watched = Plan.objects.filter(among("patient", patients), state__in=WATCHED).order_by(
        "created_at"
    )
    newest = dict(watched.values_list("patient", "pk"))
    plan_of = {alert.id: alert.flag_plan_id or newest.get(alert.patient_id) for alert in alerts}
    versions: defaultdict[UUID | None, list[tuple[datetime, UUID]]] = defaultdict(list)
    signed = PlanVersion.objects.filter(among("plan", {*plan_of.values()} - {None})).order_by(
        "number"
    )
    for plan_id, counts_from_at, pk in signed.values_list("plan", "counts_from_at", "pk"):
        versions[plan_id].append((counts_from_at, pk))
    found: dict[UUID, UUID] = {}
    for alert in alerts:
        for counts_from_at, pk in versions[plan_of[alert.id]]:
            if counts_from_at <= alert.opened_at:
                found[alert.id] = pk
    return found


def _templates(clinics: Collection[UUID]) -> dict[UUID, Terms]:
    rungs = _ladders(
        ClinicRung.objects.filter(among("clinic", clinics))
        .order_by()
        .values_list("clinic", *COLUMNS)
    )
    rows = Clinic.objects.filter(among("pk", clinics)).values_list("pk", "on_time_window")
    return {pk: Terms(rungs.get(pk, ()), window) for pk, window in rows}


def _ladders(rows: Iterable[tuple[Any, ...]]) -> dict[UUID, tuple[LadderRung, ...]]:
    """Return the rungs of each owner, which is the first column, lowest first."""
    ladders: defaultdict[UUID, list[_Columns]] = defaultdict(list)
    for owner, *columns in rows:
        ladders[owner].append(tuple(columns))
    return {owner: _ladder(tuple(sorted(rungs))) for owner, rungs in ladders.items()}


@lru_cache(maxsize=4096)
def _ladder(rungs: tuple[_Columns, ...]) -> tuple[LadderRung, ...]:
    """Return one ladder from its rows; most of a batch are the same few."""
    return tuple(
        LadderRung(
            number=number,
            delay=delay,
            audience=Audience(audience),
            repeat_delay=repeat_delay or timedelta(),
            repeat_times=repeat_times,
        )
        for number, delay, audience, repeat_delay, repeat_times in rungs
    )
