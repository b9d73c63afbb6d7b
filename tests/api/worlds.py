"""Ewan's record with one row of everything that the API answers, made through the services."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from accounts.models import CareLink
from accounts.services.care_links import care_link_invite
from tests.cast import Cast
from tests.tapers import taper_signed
from tests.tracker.plans import dose, raw_plan, raw_step
from tests.tracker.pumping import dates_set, pump_make, tell
from tracker.domain.doses import Outcome
from tracker.domain.plan_content import plan_content_from
from tracker.domain.pumps import PumpEventKind
from tracker.models import (
    Alert,
    Entry,
    ExpectedDose,
    Flag,
    Plan,
    Pump,
    PumpDate,
    PumpEvent,
    RiskRecord,
    Stay,
    StayKind,
)
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_add
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.risks import risk_record
from tracker.services.stays import stay_record


@dataclass(frozen=True)
class World:
    """The rows by what they are."""

    cast: Cast
    plan: Plan  # signed three days ago, one dose a day at 16:00 London
    draft: Plan  # Samira's, not signed
    past_dose: ExpectedDose  # due, nobody has said anything
    logged_dose: ExpectedDose  # logged by Ewan
    coming_dose: ExpectedDose
    entry: Entry
    flag: Flag  # F1, class E
    alert: Alert  # about it
    asked_link: CareLink  # invited by the clinic; Ewan has not agreed
    risk: RiskRecord  # epilepsy, put on file beside the plan
    stay: Stay  # begins in two days; no end is known
    pump: Pump  # on record by Adaeze
    pump_date: PumpDate  # its replacement date, typed by Adaeze, confirmed by nobody
    refill: PumpEvent  # told by Isla, confirmed by nobody


def world_make(cast: Cast) -> World:
    """Make one row of everything."""
    now = cast.now
    plan = taper_signed(cast.ewan, by=cast.priya, now=now - timedelta(days=3))
    doses = list(plan.doses.order_by("due_at"))
    entry = entry_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        via="page",
        outcome=Outcome.TAKEN,
        taken_at=doses[0].due_at,
        device_at=None,
        client_id=uuid4(),
        now=doses[0].due_at,
        dose=doses[0],
    ).entry
    check_in_add(
        patient=cast.ewan,
        by=cast.isla,
        signs=["seizure"],
        note="He shook for a minute.",
        at=None,
        client_id=uuid4(),
        now=now,
    )
    flag = Flag.objects.get(patient=cast.ewan, rule="F1")
    draft_content = plan_content_from(
        raw_plan(
            named_clinician=str(cast.priya.pk),
            steps=[raw_step("2027-01-04", "2027-01-10", dose("08:00", "7.50 mg"))],
        )
    )
    pump = pump_make(cast.ewan, cast.adaeze, now)
    dates_set(pump, cast.adaeze, None, now, replacement=now.date() + timedelta(days=400))
    return World(
        cast=cast,
        plan=plan,
        draft=plan_draft_save(patient=cast.samira, by=cast.priya, content=draft_content, now=now),
        past_dose=doses[1],
        logged_dose=doses[0],
        coming_dose=doses[-1],
        entry=entry,
        flag=flag,
        alert=flag.alerts.get(),
        asked_link=care_link_invite(
            patient=cast.ewan,
            by=cast.priya,
            email="nadia.moss@example.org",
            name="Nadia Moss",
            relation="neighbour",
            is_alerted=True,
            may_log=False,
            now=now,
        ),
        risk=risk_record(
            patient=cast.ewan, by=cast.priya, factor="epilepsy", note="From the letter", now=now
        ),
        stay=stay_record(
            patient=cast.ewan,
            by=cast.priya,
            kind=StayKind.HOSPITAL,
            from_at=now + timedelta(days=2),
            until_at=None,
            note="",
            now=now,
        ),
        pump=pump,
        pump_date=pump.dates.get(),
        refill=tell(pump, cast.isla, PumpEventKind.REFILL_DONE, now).event,
    )


def change_of(world: World, **changed: object) -> dict[str, object]:
    """A change of Ewan's plan that counts from a midnight in London that is well ahead."""
    ahead = (world.cast.now + timedelta(days=2)).date().isoformat()
    return (
        raw_plan(
            steps=[raw_step(ahead, None, dose("09:00", "7,5 mg"))],
            named_clinician=str(world.cast.priya.pk),
            counts_from_on=ahead,
            counts_from_time="00:00",
            change_reason="Spasms at night",
            opened_at=world.plan.versions.get().signed_at.isoformat(),
        )
        | changed
    )
