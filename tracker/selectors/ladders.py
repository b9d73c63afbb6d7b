"""The ladder behind an alert: from the signed version, or from the clinic when there is none."""

from __future__ import annotations

from accounts.models import Clinic, User
from tracker.domain.alerts import AlertKind
from tracker.domain.flags import FlagClass
from tracker.domain.ladder import LadderRung, outside_rungs, tellings
from tracker.models import Alert, PlanVersion
from tracker.selectors.versions import ladder_of, version_in_force, watched_plan_of


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
    """Return the rungs that this alert climbs, lowest first.

    A silence climbs the whole ladder. What the patient has said climbs only the rungs of the
    people outside, the first of them at once; an emergency tells all of them at once. Each repeat
    of a rung is a rung of its own.
    """
    rungs = ladder_of(terms_of(alert).rungs.all())
    if alert.kind == AlertKind.NO_LOG:
        return tellings(rungs)
    is_emergency = alert.alert_class == FlagClass.EMERGENCY
    return tellings(outside_rungs(rungs, is_emergency=is_emergency))


def named_clinician(alert: Alert) -> User | None:
    """Return the clinician whom the plan names; None without a plan."""
    terms = terms_of(alert)
    return terms.named_clinician if isinstance(terms, PlanVersion) else None
