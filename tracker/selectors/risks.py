"""A patient's risk factors as a clinician reads them: in the plan, and put on file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Patient
from tracker.domain.medicine import RiskFactor
from tracker.domain.plan_states import Route
from tracker.models import RiskRecord
from tracker.selectors.medicine import baclofen
from tracker.selectors.patient_facts import RiskContext, risk_context, risk_name
from tracker.selectors.plan_words import ROUTE_WORDS
from tracker.selectors.versions import plan_zone_of, version_in_force, watched_plan_of
from tracker.selectors.wording import local_moment


@dataclass(frozen=True, slots=True)
class RiskLine:
    """One factor that was put on file, with who said so, and who took it off."""

    row: RiskRecord
    name: str
    note: str
    said: tuple[str, ...]
    is_on_file: bool

    @property
    def id(self) -> UUID:
        """The row's id."""
        return self.row.pk


@dataclass(frozen=True, slots=True)
class RisksPage:
    """What the plan's version has on file, and everything that was put there beside it."""

    signed: RiskContext
    recorded: tuple[RiskLine, ...]  # those taken off file included, newest last


def risks_page(patient: Patient, now: datetime) -> RisksPage:
    """Return the context of one patient at `now`."""
    plan = watched_plan_of(patient)
    version = version_in_force(plan, now) if plan is not None else None
    zone = plan_zone_of(patient, now)
    return RisksPage(
        signed=risk_context(version),
        recorded=tuple(
            _line(risk, zone) for risk in risks_of(patient).order_by("recorded_at", "pk")
        ),
    )


def risks_of(patient: Patient) -> QuerySet[RiskRecord]:
    """Return everything that was put on file, with who took what off."""
    return patient.risks.select_related("recorded_by", "removal__by")


def factors_to_choose() -> list[tuple[str, str]]:
    """Return the documented risk factors by id, each with why it is one."""
    return [(each.id, f"{each.name} ({_why(each)})") for each in baclofen().risk_factors]


def _why(factor: RiskFactor) -> str:
    """Return why it is one; a factor that is documented for one route only says which."""
    if len(factor.routes) == len(Route):
        return factor.why
    return f"{', '.join(str(ROUTE_WORDS[route]) for route in factor.routes)}; {factor.why}"


def _line(risk: RiskRecord, zone: ZoneInfo) -> RiskLine:
    said = [
        _("Recorded by %(name)s, %(moment)s.")
        % {"name": risk.recorded_by.name, "moment": local_moment(risk.recorded_at, zone)}
    ]
    removal = getattr(risk, "removal", None)
    if removal is not None:
        values = {"name": removal.by.name, "moment": local_moment(removal.at, zone)}
        text = _("Taken off file by %(name)s, %(moment)s: %(reason)s")
        said.append(text % (values | {"reason": removal.reason}))
    return RiskLine(risk, risk_name(risk.factor), risk.note, tuple(said), removal is None)
