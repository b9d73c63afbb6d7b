"""The closed lists of words that the API uses, under the names they have in its description."""

from collections.abc import Iterable
from enum import StrEnum

from accounts.domain import audiences, capacities
from accounts.models import contact_points
from tracker import models
from tracker.domain import alerts, dose_record, doses, flags, measures, medicine, plan_states, pumps
from tracker.selectors import worklist


def _words(found: Iterable[StrEnum]) -> list[str]:
    return sorted(each.value for each in found)


AlertKind = _words(alerts.AlertKind)
AlertCloseReason = _words(alerts.CloseReason)
Audience = _words(audiences.Audience)
Capacity = _words(capacities.Capacity)
ChangeKind = _words(plan_states.KINDS[plan_states.PlanState.ACTIVE])
ClinicCapacity = _words(capacities.CLINIC_CAPACITIES)
ContactKind = sorted(contact_points.KINDS)
DoseState = _words(doses.DoseState)
FlagClass = _words(flags.FlagClass)
MeasureBasis = _words(dose_record.Basis)
MeasureName = _words(measures.MeasureName)
Outcome = _words(doses.Outcome)
PlanState = _words(plan_states.PlanState)
PumpDateKind = _words(pumps.PumpDateKind)
PumpEventKind = _words(pumps.PumpEventKind)
Reader = _words(medicine.Reader)
ReportKind = _words(models.ReportKind)
Route = _words(plan_states.Route)
Rule = _words(flags.Rule)
StayEventKind = _words(models.StayEventKind)
StayKind = _words(models.StayKind)
Timing = _words(doses.Timing)
UrgencyWord = _words(medicine.Urgency)
Verb = _words(capacities.Verb)
VersionKind = _words(plan_states.VersionKind)
Via = _words(doses.Via)
WorklistFilter = _words(worklist.Show)
