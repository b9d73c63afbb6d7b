"""Alerts in people's hands: who may have one, for how long, and what passing on does."""

from datetime import time, timedelta
from functools import partial

import pytest

from accounts.domain.problems import Refusal
from accounts.models import AuditRow
from accounts.services.care_links import care_link_end
from accounts.services.clinics import membership_end
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import addresses, sweep_and_dispatch
from tests.tapers import first_dose, taper_signed
from tests.tracker.alerting import (
    DESK,
    ISLA,
    OUT_OF_HOURS,
    PRIYA,
    SECOND,
    TOMASZ,
    after,
    episodes,
    log,
    sign,
    turns,
)
from tracker.models import Alert, AlertEvent, Plan
from tracker.selectors.wording import alert_headline
from tracker.services.alerts import alert_acknowledge, alert_close_with_note, alert_pass_on
from tracker.services.entries import entry_void


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


@pytest.mark.parametrize("who", ["ewan_user", "watcher", "ended_caregiver", "admin", "stranger"])
def test_whoever_is_not_to_be_told_cannot_say_that_they_have_it(
    cast: Cast, alert: Alert, who: str
) -> None:
    with pytest.raises(Refusal, match="Somebody else"):
        alert_acknowledge(alert=alert, by=getattr(cast, who), now=after(95))

    alert.refresh_from_db()
    assert alert.held_by is None
    assert turns(alert) == []


@pytest.mark.parametrize(
    ("who", "sign_", "is_clinic_held"),
    [
        ("isla", "", True),
        ("priya", "", True),
        ("isla", "anxiety", False),
        ("isla", "fever", False),
        ("priya", "anxiety", True),
        ("priya", "fever", True),
    ],
)
def test_a_caregivers_word_spares_the_clinics_rungs_of_what_is_urgent(
    cast: Cast, alert: Alert, who: str, sign_: str, is_clinic_held: bool
) -> None:
    about = sign(cast, sign_, after(94)) if sign_ else alert

    held = alert_acknowledge(alert=about, by=getattr(cast, who), now=after(95))

    assert held.is_clinic_held is is_clinic_held
    assert (held.held_by, held.held_until_at) == (getattr(cast, who), after(115))
    assert turns(held) == [("acknowledged", held.held_by.name)]
    assert AuditRow.objects.filter(action="alert.acknowledged").count() == 1


def test_a_closed_alert_can_be_neither_taken_nor_passed_on_nor_closed(
    cast: Cast, alert: Alert, plan: Plan
) -> None:
    log(cast, plan, after(92))
    sweep_and_dispatch(after(92))

    for act in (
        partial(alert_acknowledge, alert=alert, by=cast.isla, now=after(95)),
        partial(alert_pass_on, alert=alert, by=cast.isla, note="", now=after(95)),
        partial(alert_close_with_note, alert=alert, by=cast.priya, note="x", now=after(95)),
    ):
        with pytest.raises(Refusal, match="no longer stands"):
            act()
    assert turns(alert) == [("closed", "")]


def test_a_hold_ends_in_the_next_sweep_after_its_caregiver_was_ended(
    cast: Cast, alert: Alert
) -> None:
    alert_acknowledge(alert=alert, by=cast.isla, now=after(95))
    assert sweep_and_dispatch(after(96)) == []
    care_link_end(care_link=cast.link_of(cast.isla), by=cast.ewan_user, now=after(100))

    assert addresses(sweep_and_dispatch(after(100))) == [TOMASZ]

    assert turns(alert) == [("acknowledged", "Isla Macrae"), ("lapsed", "Isla Macrae")]
    again = alert.events.filter(kind="decided", rung=3, round=2)
    assert [event.person for event in again] == [cast.tomasz]
    alert.refresh_from_db()
    assert alert.held_by is None
    assert sweep_and_dispatch(after(180) - SECOND) == []
    assert {OUT_OF_HOURS, PRIYA} == set(addresses(sweep_and_dispatch(after(180))))


def test_a_hold_ends_in_the_next_sweep_after_its_clinician_left_the_clinic(
    cast: Cast, alert: Alert
) -> None:
    alert_acknowledge(alert=alert, by=cast.adaeze, now=after(95))
    assert sweep_and_dispatch(after(96)) == []
    membership_end(membership=cast.adaeze.memberships.get(), by=cast.admin, now=after(100))

    assert addresses(sweep_and_dispatch(after(100))) == [ISLA, TOMASZ]
    assert turns(alert)[-1] == ("lapsed", "Nurse Adaeze Obi")


def test_a_hold_lasts_while_the_person_still_has_the_right(cast: Cast, alert: Alert) -> None:
    alert_acknowledge(alert=alert, by=cast.adaeze, now=after(95))

    assert sweep_and_dispatch(after(100)) == []
    assert sweep_and_dispatch(after(115) - SECOND) == []
    assert turns(alert) == [("acknowledged", "Nurse Adaeze Obi")]


def test_whoever_passes_on_what_they_held_lets_the_ladder_go_on_from_that_rung(
    cast: Cast, alert: Alert
) -> None:
    alert_acknowledge(alert=alert, by=cast.isla, now=after(95))
    alert_pass_on(alert=alert, by=cast.isla, note=" On a train ", now=after(100))

    assert addresses(sweep_and_dispatch(after(100))) == [TOMASZ]

    assert turns(alert)[1:] == [("passed_on", "Isla Macrae"), ("lapsed", "Isla Macrae")]
    assert AlertEvent.objects.get(kind="passed_on").note == "On a train"
    assert sweep_and_dispatch(after(180) - SECOND) == []
    assert {OUT_OF_HOURS, PRIYA} == set(addresses(sweep_and_dispatch(after(180))))


def test_passing_on_ends_nobody_elses_hold(cast: Cast, alert: Alert) -> None:
    alert_acknowledge(alert=alert, by=cast.isla, now=after(95))
    alert_pass_on(alert=alert, by=cast.tomasz, note="", now=after(96))

    alert.refresh_from_db()
    assert alert.held_by == cast.isla
    assert sweep_and_dispatch(after(96)) == []


def test_whoever_passed_on_is_not_asked_again(cast: Cast, alert: Alert) -> None:
    alert_pass_on(alert=alert, by=cast.tomasz, note="", now=after(91))
    alert_acknowledge(alert=alert, by=cast.isla, now=after(95))

    assert addresses(sweep_and_dispatch(after(115))) == [ISLA]


@pytest.mark.parametrize("passes_on", [False, True])
def test_an_emergency_taken_before_anybody_was_told_still_reaches_the_other_caregivers(
    cast: Cast, plan: Plan, passes_on: bool
) -> None:
    alert = sign(cast, "fever", TUESDAY, by=cast.isla)
    alert_acknowledge(alert=alert, by=cast.isla, now=TUESDAY)
    assert {DESK, OUT_OF_HOURS, PRIYA} == set(addresses(sweep_and_dispatch(TUESDAY)))

    later = TUESDAY + timedelta(minutes=5 if passes_on else 20)
    if passes_on:
        alert_pass_on(alert=alert, by=cast.isla, note="", now=later)
    told = {TOMASZ} if passes_on else {ISLA, TOMASZ}

    assert set(addresses(sweep_and_dispatch(later))) == told


def test_a_second_caregiver_who_takes_it_too_hides_it_from_nobody(cast: Cast, plan: Plan) -> None:
    alert = sign(cast, "fever", TUESDAY, by=cast.isla)
    alert_acknowledge(alert=alert, by=cast.isla, now=TUESDAY)
    sweep_and_dispatch(TUESDAY)

    held = alert_acknowledge(alert=alert, by=cast.tomasz, now=TUESDAY + timedelta(minutes=5))

    assert (held.held_by, held.held_rung) == (cast.tomasz, 0)
    later = TUESDAY + timedelta(minutes=25)
    assert {ISLA, TOMASZ} <= set(addresses(sweep_and_dispatch(later)))


def test_a_caregivers_word_does_not_take_an_emergency_from_a_clinician(
    cast: Cast, plan: Plan
) -> None:
    alert = sign(cast, "fever", TUESDAY, by=cast.isla)
    sweep_and_dispatch(TUESDAY)
    alert_acknowledge(alert=alert, by=cast.priya, now=TUESDAY)

    later = TUESDAY + timedelta(minutes=5)
    held = alert_acknowledge(alert=alert, by=cast.isla, now=later)

    until = TUESDAY + timedelta(minutes=20)
    assert (held.held_by, held.held_until_at, held.is_clinic_held) == (cast.priya, until, True)
    assert turns(alert) == [
        ("acknowledged", "Dr Priya Raman"),
        ("acknowledged", "Isla Macrae"),
    ]
    assert sweep_and_dispatch(later) == []
    assert sweep_and_dispatch(until - SECOND) == []
    assert PRIYA in addresses(sweep_and_dispatch(until))


@pytest.mark.parametrize(("seconds", "holder"), [(-1, "priya"), (0, "isla"), (1, "isla")])
def test_a_caregiver_has_an_emergency_once_the_clinicians_word_is_over(
    cast: Cast, plan: Plan, seconds: int, holder: str
) -> None:
    alert = sign(cast, "fever", TUESDAY, by=cast.isla)
    alert_acknowledge(alert=alert, by=cast.priya, now=TUESDAY)

    over = TUESDAY + timedelta(minutes=20, seconds=seconds)
    held = alert_acknowledge(alert=alert, by=cast.isla, now=over)

    assert held.held_by == getattr(cast, holder)
    assert held.is_clinic_held is (holder == "priya")


def test_a_clinician_takes_an_emergency_over_from_a_caregiver(cast: Cast, plan: Plan) -> None:
    alert = sign(cast, "fever", TUESDAY, by=cast.isla)
    alert_acknowledge(alert=alert, by=cast.isla, now=TUESDAY)

    held = alert_acknowledge(alert=alert, by=cast.priya, now=TUESDAY + SECOND)

    assert (held.held_by, held.is_clinic_held) == (cast.priya, True)


def test_a_clinician_who_passes_on_leaves_nobody_holding_it_though_a_caregiver_spoke(
    cast: Cast, plan: Plan
) -> None:
    alert = sign(cast, "fever", TUESDAY, by=cast.isla)
    sweep_and_dispatch(TUESDAY)
    alert_acknowledge(alert=alert, by=cast.priya, now=TUESDAY)
    later = TUESDAY + timedelta(minutes=5)
    alert_acknowledge(alert=alert, by=cast.isla, now=later)
    alert_pass_on(alert=alert, by=cast.priya, note="", now=later)

    assert DESK in addresses(sweep_and_dispatch(later))
    alert.refresh_from_db()
    assert alert.held_by is None


def test_a_silence_is_closed_by_a_clinicians_note_and_stays_closed(
    cast: Cast, alert: Alert, plan: Plan
) -> None:
    with pytest.raises(Refusal, match="what was found"):
        alert_close_with_note(alert=alert, by=cast.priya, note=" ", now=after(95))

    alert_close_with_note(alert=alert, by=cast.priya, note=" Called, he is well ", now=after(95))

    mails = sweep_and_dispatch(after(95))
    assert addresses(mails) == [ISLA, TOMASZ]
    assert all("The clinic closed it with a note at 17:35" in mail.body for mail in mails)
    assert AlertEvent.objects.get(kind="closed").note == "Called, he is well"
    plan.doses.update(next_look_at=after(600))
    sweep_and_dispatch(after(600))
    about = Alert.objects.filter(dose=first_dose(plan))
    assert list(about.values_list("episode", "close_reason")) == [(1, "noted")]


def test_after_a_note_an_entry_that_is_taken_back_opens_the_next_episode(
    cast: Cast, alert: Alert, plan: Plan
) -> None:
    alert_close_with_note(alert=alert, by=cast.priya, note="Called", now=after(95))
    entry = log(cast, plan, after(96))
    sweep_and_dispatch(after(96))
    entry_void(entry=entry, by=cast.ewan_user, reason="not true", now=after(97))
    sweep_and_dispatch(after(97))

    assert episodes("no_log") == [(1, "noted"), (2, "")]


def test_the_alert_of_a_flag_closes_with_its_flag_and_not_alone(cast: Cast, plan: Plan) -> None:
    alert = sign(cast, "fever", TUESDAY)

    with pytest.raises(Refusal, match="Close the flag"):
        alert_close_with_note(alert=alert, by=cast.priya, note="Seen", now=after(1))
    assert Alert.objects.open().filter(pk=alert.pk).exists()


def test_an_alert_tells_two_doses_of_one_minute_apart(alert: Alert) -> None:
    assert alert.dose is not None
    alert.dose.wall_time = time(16, 0, 30)

    assert alert_headline(alert) == "No log for the 16:00:30 dose"
