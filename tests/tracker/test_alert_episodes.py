"""Episodes of alerts: what opens the next one, what closes it, and what the database refuses."""

from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.domain.problems import Refusal
from accounts.models import User
from tests.cast import TUESDAY, Cast, cast_make
from tests.reminders.engine import addresses, sweep_and_dispatch
from tests.support.committed import at_once, committed_database
from tests.tapers import taper_signed
from tests.tracker.alerting import DUE, ISLA, TOMASZ, after, episodes, log, sign
from tracker.domain.doses import Outcome
from tracker.domain.plan_states import PlanState
from tracker.models import Alert, AlertEvent, Flag, Plan
from tracker.services.alerts import alert_close_with_note
from tracker.services.entries import entry_void
from tracker.services.plan_moves import plan_stop


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """One dose at 16:00; told at 0, 45, 90 and 180 minutes; held for 20."""
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, follow_up_delay="20")
    sweep_and_dispatch(TUESDAY)
    return plan


@pytest.fixture
def alert(plan: Plan) -> Alert:
    """The silence about Tuesday's dose, of which the caregivers were told at 17:30."""
    for minutes in (0, 45, 90):
        sweep_and_dispatch(after(minutes))
    return Alert.objects.get(kind="no_log")


def test_each_time_an_entry_is_taken_back_the_next_episode_climbs_from_then(
    cast: Cast, alert: Alert, plan: Plan
) -> None:
    for minutes in (95, 105):
        entry = log(cast, plan, after(minutes))
        sweep_and_dispatch(after(minutes))
        entry_void(entry=entry, by=cast.ewan_user, reason="not true", now=after(minutes + 5))
        sweep_and_dispatch(after(minutes + 5))

    assert episodes("no_log") == [(1, "entry"), (2, "entry"), (3, "")]
    assert [each.climb_from_at for each in Alert.objects.order_by("episode")] == [
        DUE,
        after(100),
        after(110),
    ]


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.MISSED])
def test_a_dose_not_taken_is_an_alert_of_its_own_that_ends_with_its_entry(
    cast: Cast, alert: Alert, plan: Plan, outcome: Outcome
) -> None:
    entry = log(cast, plan, after(95), outcome)
    sweep_and_dispatch(after(95))
    assert (episodes("no_log"), episodes("not_taken")) == ([(1, "entry")], [(1, "")])

    entry_void(entry=entry, by=cast.ewan_user, reason="taken after all", now=after(100))
    sweep_and_dispatch(after(100))

    assert episodes("not_taken") == [(1, "entry_voided")]
    assert episodes("no_log") == [(1, "entry"), (2, "")]


def test_a_dose_not_taken_that_was_corrected_to_taken_closes_its_alert(
    cast: Cast, plan: Plan
) -> None:
    missed = log(cast, plan, after(5), Outcome.MISSED)
    sweep_and_dispatch(after(5))
    entry_void(entry=missed, by=cast.ewan_user, reason="corrected", now=after(9))
    log(cast, plan, after(9))
    sweep_and_dispatch(after(9))

    assert episodes("not_taken") == [(1, "entry")]
    assert episodes("no_log") == []


def test_a_not_taken_alert_closed_by_a_note_opens_again_for_a_new_entry_only(
    cast: Cast, plan: Plan
) -> None:
    entry = log(cast, plan, after(5), Outcome.SKIPPED)
    sweep_and_dispatch(after(5))
    found = Alert.objects.get(kind="not_taken")
    alert_close_with_note(alert=found, by=cast.priya, note="As agreed", now=after(10))
    plan.doses.update(next_look_at=after(11))
    sweep_and_dispatch(after(11))
    assert episodes("not_taken") == [(1, "noted")]

    entry_void(entry=entry, by=cast.ewan_user, reason="mistyped", now=after(12))
    log(cast, plan, after(12), Outcome.MISSED)
    sweep_and_dispatch(after(12))

    assert episodes("not_taken") == [(1, "noted"), (2, "")]


def test_stopping_the_plan_closes_the_alerts_about_doses_and_none_about_flags(
    cast: Cast, alert: Alert, plan: Plan
) -> None:
    about_a_sign = sign(cast, "anxiety", after(91))

    plan_stop(plan=plan, by=cast.priya, reason="Moved away", now=after(95))

    mails = [mail for mail in sweep_and_dispatch(after(95)) if "what you were told" in mail.subject]
    assert addresses(mails) == [ISLA, TOMASZ]
    assert episodes("no_log") == [(1, "plan_stopped")]
    assert Alert.objects.open().get() == about_a_sign
    assert Flag.objects.open().filter(rule="F2").exists()


@pytest.mark.parametrize("outcome", [None, *Outcome])
@pytest.mark.parametrize("state", [PlanState.ON_HOLD, PlanState.STOPPED, PlanState.OBSERVATION])
def test_of_a_plan_that_does_not_run_nobody_is_asked_about_a_dose(
    cast: Cast, plan: Plan, state: PlanState, outcome: Outcome | None
) -> None:
    Plan.objects.update(state=state)
    if outcome is not None:
        log(cast, plan, after(5), outcome)

    subjects = {mail.subject for mail in sweep_and_dispatch(after(90))}
    assert subjects <= {"Stepdown: a plan is on hold", "Stepdown: a plan has ended"}
    assert not Alert.objects.exists()


def test_an_alert_still_open_when_its_plan_is_on_hold_says_that_it_was_held(
    cast: Cast, alert: Alert, plan: Plan
) -> None:
    Plan.objects.update(state=PlanState.ON_HOLD)
    plan.doses.update(next_look_at=after(95))

    sweep_and_dispatch(after(95))

    assert episodes("no_log") == [(1, "plan_held")]


@pytest.mark.parametrize(
    ("kind", "rule"),
    [("no_log", "alert_one_open_per_dose"), ("flag", "alert_one_open_per_flag")],
)
def test_the_database_keeps_one_open_alert_for_one_fact(
    cast: Cast, alert: Alert, kind: str, rule: str
) -> None:
    sign(cast, "fever", after(91))
    twin = Alert.objects.get(kind=kind)
    twin.pk, twin._state.adding, twin.episode = uuid4(), True, 2

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        twin.save()


@pytest.mark.parametrize(
    ("kind", "rule"),
    [("no_log", "alert_dose_episode_once"), ("flag", "alert_flag_episode_once")],
)
def test_the_database_keeps_each_episode_once(
    cast: Cast, alert: Alert, kind: str, rule: str
) -> None:
    sign(cast, "fever", after(91))
    twin = Alert.objects.get(kind=kind)
    Alert.objects.filter(pk=twin.pk).update(closed_at=after(92), close_reason="noted")
    twin.pk, twin._state.adding = uuid4(), True

    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        twin.save()


@pytest.fixture
def committed_cast(test_server, django_test_environment, django_db_blocker) -> Iterator[Cast]:
    """The cast in a database of its own, committed, so that several connections see it."""
    with committed_database(test_server, django_db_blocker, purpose="alerts"):
        yield cast_make()


def test_of_two_who_close_one_alert_at_once_one_is_told_that_it_is_closed(
    committed_cast: Cast,
) -> None:
    cast = committed_cast
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    sweep_and_dispatch(DUE)
    alert = Alert.objects.get(kind="no_log")

    def close(who: User) -> str:
        try:
            alert_close_with_note(alert=alert, by=who, note="Called", now=after(1))
        except Refusal:
            return "refused"
        return "closed"

    assert sorted(at_once([partial(close, cast.priya), partial(close, cast.adaeze)])) == [
        "closed",
        "refused",
    ]
    assert AlertEvent.objects.filter(kind="closed").count() == 1
