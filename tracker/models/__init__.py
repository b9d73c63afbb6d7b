"""Tables of the taper as prescribed, of what really happened and of who must know."""

from tracker.domain.pumps import PumpDateKind, PumpEventKind
from tracker.models.alerts import Alert, AlertEvent
from tracker.models.checkins import CheckIn, CheckInSign, Report, ReportKind, ReportVoid
from tracker.models.doses import ExpectedDose
from tracker.models.entries import Entry, EntryVoid
from tracker.models.flags import Flag, FlagEvent
from tracker.models.openings import OpeningsFile
from tracker.models.plans import (
    DoseTime,
    Plan,
    PlanDraft,
    PlanMove,
    PlanVersion,
    Rung,
    Step,
    VersionSeen,
)
from tracker.models.pumps import (
    Pump,
    PumpDate,
    PumpDateConfirmation,
    PumpEvent,
    PumpEventConfirmation,
)
from tracker.models.risks import RiskRecord, RiskRemoval
from tracker.models.stays import Stay, StayEvent, StayEventKind, StayKind
from tracker.models.zones import ZoneChange

__all__ = [
    "Alert",
    "AlertEvent",
    "CheckIn",
    "CheckInSign",
    "DoseTime",
    "Entry",
    "EntryVoid",
    "ExpectedDose",
    "Flag",
    "FlagEvent",
    "OpeningsFile",
    "Plan",
    "PlanDraft",
    "PlanMove",
    "PlanVersion",
    "Pump",
    "PumpDate",
    "PumpDateConfirmation",
    "PumpDateKind",
    "PumpEvent",
    "PumpEventConfirmation",
    "PumpEventKind",
    "Report",
    "ReportKind",
    "ReportVoid",
    "RiskRecord",
    "RiskRemoval",
    "Rung",
    "Stay",
    "StayEvent",
    "StayEventKind",
    "StayKind",
    "Step",
    "VersionSeen",
    "ZoneChange",
]
