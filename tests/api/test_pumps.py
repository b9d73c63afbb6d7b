"""Pumps by the API: what the clinic notes of a problem is not for caregivers."""

import pytest

from tests.api.callers import Caller
from tests.api.worlds import World
from tests.tracker.pumping import tell
from tracker.domain.pumps import PumpEventKind


@pytest.mark.parametrize(
    ("who", "notes"),
    [
        ("priya", ["Kinked at the anchor", "It beeps"]),
        ("ewan_user", ["Kinked at the anchor", "It beeps"]),
        ("isla", [None, "It beeps"]),
    ],
)
def test_what_the_clinic_notes_of_a_pumps_problem_is_kept_from_caregivers(
    world: World, who: str, notes: list[str | None]
) -> None:
    cast, pump = world.cast, world.pump
    tell(pump, cast.isla, PumpEventKind.ALARM_NON_CRITICAL, cast.now, note="It beeps")
    tell(pump, cast.priya, PumpEventKind.CATHETER_PROBLEM, cast.now, note="Kinked at the anchor")
    answer = Caller(getattr(cast, who)).get(f"/pumps/{pump.pk}/events/")
    told = {each["kind"]: each["note"] for each in answer.body["results"]}
    assert [told["catheter_problem"], told["alarm_non_critical"]] == notes
