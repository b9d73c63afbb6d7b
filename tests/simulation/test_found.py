"""Cases that once broke an invariant, as the simulator cut them down; each is kept."""

from datetime import date

from tests.simulation.case import (
    Act,
    Case,
    ClinicSpec,
    Fault,
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


TAKEN_BACK_WHILE_THE_CLOCK_WAS_AHEAD = Case(
    seed=957,
    begins_on=date.fromisoformat("2027-04-19"),
    days=49,
    clinic=ClinicSpec(
        zone="America/New_York",
        opens="09:00",
        closes="13:00",
        weekdays=4,
        desk=(PointSpec(),),
        out_of_hours=(),
        clinician="clinician",
    ),
    people=(
        PersonSpec(name="clinician", zone="America/New_York", points=(PointSpec(),)),
        PersonSpec(
            name="patient 0",
            zone="America/New_York",
            points=(
                PointSpec(kind="sms", quiet_from="00:30", quiet_until="06:00", is_discreet=False),
                PointSpec(is_discreet=False),
                PointSpec(kind="push", is_discreet=False),
            ),
        ),
        PersonSpec(name="patient 1", zone="America/New_York", points=(PointSpec(kind="push"),)),
    ),
    patients=(
        PatientSpec(
            person="patient 0",
            plan=PlanSpec(
                zone="America/New_York",
                times=("08:45",),
                rungs=(
                    RungSpec(minutes=130, audience="clinic"),
                    RungSpec(minutes=190, audience="clinic", repeat_minutes=10, repeat_times=3),
                ),
                window=60,
                follow_up=40,
            ),
        ),
        PatientSpec(
            person="patient 1",
            plan=PlanSpec(
                zone="America/New_York",
                times=("11:20",),
                rungs=(RungSpec(minutes=155, audience="clinic"),),
                window=45,
                follow_up=15,
            ),
        ),
    ),
    acts=(
        Act(minute=69845, kind="log", who="patient 0", about=69885, said="taken"),
        Act(minute=69921, kind="void", who="patient 0", about=69885),
        Act(minute=70025, kind="log", patient=1, who="patient 1", about=70040, said="taken"),
    ),
    faults=(Fault(minute=69911, kind="clock", minutes=10, what="120", step=9),),
)


def test_a_dose_taken_back_while_the_clock_was_ahead_is_asked_about_in_time() -> None:
    Loop(TAKEN_BACK_WHILE_THE_CLOCK_WAS_AHEAD).run()


PUT_BACK_BY_THE_LIMIT = Case(
    seed=4537,
    begins_on=date.fromisoformat("2026-04-21"),
    days=11,
    clinic=ClinicSpec(
        zone="Asia/Tehran",
        opens="",
        closes="",
        weekdays=0,
        desk=(PointSpec(),),
        out_of_hours=(PointSpec(),),
        clinician="clinician",
    ),
    people=(
        PersonSpec(
            name="clinician",
            zone="Asia/Tehran",
            points=(PointSpec(quiet_from="12:30", quiet_until="14:00"),),
        ),
        PersonSpec(name="patient 1", zone="Asia/Tehran", points=(PointSpec(), PointSpec())),
    ),
    patients=(
        PatientSpec(
            person="patient 1",
            plan=PlanSpec(
                zone="America/St_Johns",
                times=("22:30",),
                rungs=(RungSpec(minutes=40, audience="clinic"),),
                window=30,
                follow_up=15,
            ),
        ),
    ),
    faults=(
        Fault(minute=14387, kind="clock", minutes=360, what="3", step=4),
        Fault(minute=14600, kind="clock", minutes=60, what="3", step=9),
    ),
)


def test_an_engine_that_lives_is_not_called_silent_after_its_clock_went_back_by_the_limit() -> None:
    Loop(PUT_BACK_BY_THE_LIMIT).run()
