"""Why an alert closed, in true words: by a named person's note, by a fact, or by its class."""

from datetime import date

import pytest

from tests.cast import TUESDAY, Cast
from tests.tracker.pumping import confirm, dates_set, pump_make, pump_plan, refill
from tracker.domain.flags import FlagClass, Rule
from tracker.models import Alert, Flag, Plan, Pump
from tracker.selectors.wording import alert_outcome
from tracker.services.flag_rules import flags_evaluate
from tracker.services.flags import flag_close, flag_open

PASSED = {"refill": date(2026, 11, 18), "low_reservoir": date(2026, 11, 22)}
NEXT = {"refill": date(2027, 2, 12), "low_reservoir": date(2027, 2, 17)}


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Ewan's plan by pump, both of whose dates have passed."""
    dates_set(pump_make(cast.ewan, cast.priya), cast.adaeze, cast.priya, **PASSED)
    plan = pump_plan(cast.ewan, cast.priya)
    flags_evaluate(plan=plan, now=TUESDAY)
    return plan


def outcome(cast: Cast) -> str:
    alert = Alert.objects.get(flag__rule=Rule.LOW_RESERVOIR_PASSED)
    return alert_outcome(alert, cast.ewan.zone_info)


def test_a_confirmed_refill_is_no_note_of_the_clinic(cast: Cast, plan: Plan) -> None:
    confirm(refill(Pump.objects.get(), cast.adaeze, **NEXT), cast.priya, **NEXT)
    flags_evaluate(plan=plan, now=TUESDAY)

    assert outcome(cast) == "What has been recorded since closed it at 15:00"


def test_a_note_of_the_clinic_is_said_to_be_one(cast: Cast, plan: Plan) -> None:
    flag = Flag.objects.open().get(rule=Rule.LOW_RESERVOIR_PASSED)
    flag_close(flag=flag, by=cast.priya, note="Refilled elsewhere.", now=TUESDAY)

    assert outcome(cast) == "The clinic closed it with a note at 15:00"


def test_a_flag_that_became_less_urgent_is_not_said_to_be_closed(cast: Cast, plan: Plan) -> None:
    flag = Flag.objects.open().get(rule=Rule.LOW_RESERVOIR_PASSED)
    flag_open(
        patient=cast.ewan,
        plan=plan,
        rule=Rule(flag.rule),
        subject=flag.subject,
        evidence=flag.evidence,
        flag_class=FlagClass.WATCH,
        now=TUESDAY,
    )

    assert outcome(cast) == "Less urgent since 15:00; it stays on the clinic’s list"
