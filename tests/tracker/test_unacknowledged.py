"""F22: others were told of an alert, and nobody says that they have it."""

from datetime import datetime, timedelta

import pytest

from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY, Cast
from tests.tapers import taper_signed
from tests.tracker.alerting import SECOND, after, log, sign
from tracker.domain.flags import Asked, FlagClass, Rule, not_acknowledged
from tracker.models import Alert, Flag, Plan
from tracker.selectors.wording import flag_basis, flag_detail, flag_headline
from tracker.services.alerts import alert_acknowledge, alert_pass_on
from tracker.services.flags import flag_close

CAREGIVERS = 90  # minutes after the dose at which the usual ladder tells them


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Ewan's plan: nobody has an alert 60 minutes after others were told, and it is flagged."""
    return taper_signed(
        cast.ewan, by=cast.priya, now=TUESDAY, follow_up_delay="30", unacknowledged_delay="60"
    )


def nobody_has() -> Flag | None:
    """The open flag, if any."""
    return Flag.objects.open().filter(rule=Rule.NOT_ACKNOWLEDGED).first()


def swept(*minutes: int) -> None:
    """Sweep at these minutes after the dose was due."""
    for each in minutes:
        sweep_run(now=after(each))


@pytest.mark.parametrize(("seconds", "is_raised"), [(-1, False), (0, True), (1, True)])
def test_an_alert_that_nobody_has_is_flagged_after_the_minutes(
    seconds: int, is_raised: bool
) -> None:
    asked = Asked("alert", "No log for the 16:00 dose", TUESDAY)
    found = not_acknowledged(
        asked,
        delay=timedelta(minutes=60),
        flag_class=FlagClass.SAME_DAY,
        now=TUESDAY + timedelta(minutes=60, seconds=seconds),
    )
    assert bool(found.raised) is is_raised
    assert found.next_look_at == (None if is_raised else TUESDAY + timedelta(minutes=60))
    assert [each.found_class for each in found.raised] == [FlagClass.SAME_DAY] * is_raised


def test_a_silence_is_flagged_once_others_have_been_asked_for_the_plans_minutes(
    cast: Cast, plan: Plan
) -> None:
    swept(0, 45, CAREGIVERS)
    sweep_run(now=after(CAREGIVERS + 60) - SECOND)
    assert nobody_has() is None

    swept(CAREGIVERS + 60)

    flag = nobody_has()
    assert flag is not None
    assert (flag.plan, flag.flag_class) == (plan, FlagClass.WATCH)
    zone = cast.ewan.zone_info
    assert flag_headline(flag) == "Nobody has said “I have it”: No log for the 16:00 dose"
    assert flag_detail(flag, zone) == (
        "Others have been asked since Tue 24 Nov 17:30. Flagged after 60 minutes."
    )
    assert flag_basis(flag)


@pytest.mark.usefixtures("plan")
def test_what_only_the_patient_was_told_of_is_not_yet_anybody_elses_to_have(cast: Cast) -> None:
    swept(0, 45, CAREGIVERS - 1)
    assert Alert.objects.get().asked_since_at is None
    assert cast.ewan.flags.filter(rule=Rule.NOT_ACKNOWLEDGED).count() == 0


@pytest.mark.usefixtures("plan")
def test_a_flag_of_this_kind_tells_nobody_a_second_time(cast: Cast) -> None:
    sign(cast, "hallucination", after(0))
    swept(1, 61, 62)
    flag = nobody_has()
    assert flag is not None
    assert flag.flag_class == FlagClass.EMERGENCY
    assert not flag.alerts.exists()


def test_a_sign_of_somebody_without_a_plan_is_flagged_by_the_clinics_minutes(cast: Cast) -> None:
    sign(cast, "hallucination", after(0))
    swept(0, 59)
    assert nobody_has() is None
    swept(60)
    flag = nobody_has()
    assert flag is not None
    assert flag.plan is None


@pytest.mark.usefixtures("plan")
def test_saying_i_have_it_closes_the_flag_and_the_minutes_begin_anew_when_it_lapses(
    cast: Cast,
) -> None:
    swept(0, 45, CAREGIVERS, CAREGIVERS + 60)
    alert_acknowledge(alert=Alert.objects.get(), by=cast.isla, now=after(CAREGIVERS + 61))
    swept(CAREGIVERS + 61)
    assert nobody_has() is None
    lapses = CAREGIVERS + 61 + 30
    swept(lapses, lapses + 59)
    assert nobody_has() is None
    swept(lapses + 60)
    assert nobody_has() is not None


@pytest.mark.usefixtures("plan")
def test_passing_on_is_not_having_it(cast: Cast) -> None:
    swept(0, 45, CAREGIVERS)
    alert_pass_on(alert=Alert.objects.get(), by=cast.isla, note="", now=after(CAREGIVERS + 5))
    swept(CAREGIVERS + 5, CAREGIVERS + 60)
    assert nobody_has() is not None


def test_the_flag_closes_with_its_alert(cast: Cast, plan: Plan) -> None:
    swept(0, 45, CAREGIVERS, CAREGIVERS + 60)
    log(cast, plan, after(CAREGIVERS + 70))
    swept(CAREGIVERS + 70, CAREGIVERS + 71)
    assert nobody_has() is None


@pytest.mark.usefixtures("plan")
def test_a_flag_closed_with_a_note_is_not_opened_again_for_the_same_asking(cast: Cast) -> None:
    swept(0, 45, CAREGIVERS, CAREGIVERS + 60)
    flag = nobody_has()
    assert flag is not None
    flag_close(flag=flag, by=cast.priya, note="Isla is on her way.", now=after(CAREGIVERS + 61))
    swept(180, 200)
    Alert.objects.update(next_look_at=after(201))
    swept(201)
    assert nobody_has() is None


@pytest.mark.usefixtures("plan")
def test_with_no_look_in_between_the_flag_comes_with_the_next_one() -> None:
    long_after = datetime.fromisoformat("2026-11-25T09:00:00+00:00")
    swept(0, 45, CAREGIVERS)
    sweep_run(now=long_after)
    assert nobody_has() is not None
