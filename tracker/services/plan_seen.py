"""Having seen a changed plan: said by the person who goes by it, once for each version."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Conflict, Problem
from accounts.models import User
from accounts.services.audit import audit_record
from tracker.models import Plan, PlanVersion, VersionSeen
from tracker.services.requests import patient_lock


@transaction.atomic
def version_seen(*, version: PlanVersion, by: User, now: datetime) -> VersionSeen:
    """Keep that this person has seen the version; said again, the same row is returned.

    Conflict when a newer version was signed meanwhile: that one has to be read.
    """
    plan = version.plan
    patient_lock(plan.patient)
    if plan.versions.filter(number__gt=version.number).exists():
        text = _("The plan has changed again since you opened this page. Read the newer version.")
        raise Conflict(Problem("version", text))
    known = VersionSeen.objects.filter(version=version, by=by).first()
    if known is not None:
        return known
    seen = VersionSeen(version=version, by=by, at=now)
    seen.save()
    Plan.objects.filter(pk=plan.pk).update(next_look_at=now)
    audit_record(
        actor=by,
        action="plan.seen",
        target=version,
        patient=plan.patient,
        now=now,
        version=version.number,
    )
    return seen
