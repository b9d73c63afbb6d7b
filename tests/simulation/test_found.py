"""Cases that once broke an invariant, as the simulator cut them down; each is kept."""

from datetime import date

from tests.simulation.case import (
    Act,
    Case,
    ClinicSpec,
    PatientSpec,
    PersonSpec,
    PlanSpec,
    PointSpec,
    RungSpec,
)
from tests.simulation.loop import Loop

STAY_OVER_BEFORE_A_DOSE_TAKEN_BACK = Case(
    seed=214,
    begins_on=date.fromisoformat("2027-06-14"),
    days=9,
    clinic=ClinicSpec(
        zone="Asia/Kathmandu",
        opens="09:00",
        closes="13:00",
        weekdays=4,
        desk=(PointSpec(),),
        out_of_hours=(PointSpec(),),
        clinician="clinician",
    ),
    people=(
        PersonSpec(name="clinician", zone="America/Santiago", points=()),
        PersonSpec(name="patient 0", zone="Asia/Kathmandu", points=(PointSpec(kind="push"),)),
    ),
    patients=(
        PatientSpec(
            person="patient 0",
            plan=PlanSpec(
                zone="Asia/Kathmandu",
                times=("14:10",),
                rungs=(RungSpec(minutes=220, audience="clinic"),),
                window=45,
                follow_up=40,
            ),
        ),
    ),
    acts=(
        Act(minute=9152, kind="stay", who="helper 1", said="0"),
        Act(minute=11989, kind="log", who="patient 0", about=12025, said="taken"),
        Act(minute=11995, kind="void", who="patient 0", about=12025),
        Act(minute=12016, kind="stay over", who="helper 1"),
    ),
)


def test_a_dose_taken_back_in_a_stay_that_is_over_before_it_is_due_is_asked_about() -> None:
    Loop(STAY_OVER_BEFORE_A_DOSE_TAKEN_BACK).run()
