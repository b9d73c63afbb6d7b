"""Alerts: opened and closed by facts, held by named people, every turn of it a line."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.domain.problems import Refusal
from accounts.models import AuditRow, User
from accounts.services.care_links import care_link_end
from accounts.services.clinics import membership_end
from tests.cast import TUESDAY, Cast, cast_make
from tests.reminders.engine import addresses, sweep_and_dispatch
from tests.support.committed import at_once, committed_database
from tests.tapers import first_dose, taper_signed
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Entry, Flag, Plan
from tracker.services.alerts import alert_acknowledge, alert_close_with_note, alert_pass_on
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_add, entry_void
from tracker.services.plans import plan_stop

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
ISLA, TOMASZ = "isla.macrae@example.org", "tomasz.wrona@example.org"
PRIYA, DESK = "priya.raman@example.org", "desk@harbour.example"
OUT_OF_HOURS = "out_of_hours@harbour.example"


def after(minutes: int) -> datetime:
    """A moment after the dose was due."""
    return DUE + timedelta(minutes=minutes)


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


def log(cast: Cast, plan: Plan, now: datetime, outcome: Outcome = Outcome.TAKEN) -> Entry:
    """Ewan says what happened to the first dose."""
    return entry_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        via="page",
        outcome=outcome,
        taken_at=None,
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=first_dose(plan),
    ).entry


def sign(cast: Cast, sign: str, now: datetime, by: User | None = None) -> Alert:
    """Somebody ticks a documented sign."""
    check_in_add(
        patient=cast.ewan,
        by=by or cast.ewan_user,
        signs=[sign],
        note="",
        at=None,
        client_id=uuid4(),
        now=now,
    )
    return Alert.objects.get(kind="flag", flag__rule__in=["F1", "F2"])


def turns(alert: Alert) -> list[tuple[str, str]]:
    """What people did with an alert and what came of it, oldest first."""
    kinds = ["acknowledged", "passed_on", "lapsed", "closed"]
    events = AlertEvent.objects.filter(alert=alert, kind__in=kinds).order_by("pk")
    return [(each.kind, each.person.name if each.person else "") for each in events]


def episodes(kind: str) -> list[tuple[int, str]]:
    found = Alert.objects.filter(kind=kind).order_by("episode")
    return list(found.values_list("episode", "close_reason"))


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
    care_link_end(care_link=cast.link_of(cast.isla), by=cast.ewan_user, now=after(100))

    assert addresses(sweep_and_dispatch(after(100))) == [TOMASZ]

    assert turns(alert) == [("acknowledged", "Isla Macrae"), ("lapsed", "Isla Macrae")]
    alert.refresh_from_db()
    assert alert.held_by is None
    assert sweep_and_dispatch(after(180) - SECOND) == []
    assert {OUT_OF_HOURS, PRIYA} == set(addresses(sweep_and_dispatch(after(180))))


def test_a_hold_ends_in_the_next_sweep_after_its_clinician_left_the_clinic(
    cast: Cast, alert: Alert
) -> None:
    alert_acknowledge(alert=alert, by=cast.adaeze, now=after(95))
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


def test_a_silence_is_closed_by_a_clinicians_note_and_stays_closed(
    cast: Cast, alert: Alert
) -> None:
    with pytest.raises(Refusal, match="what was found"):
        alert_close_with_note(alert=alert, by=cast.priya, note=" ", now=after(95))

    alert_close_with_note(alert=alert, by=cast.priya, note=" Called, he is well ", now=after(95))

    mails = sweep_and_dispatch(after(95))
    assert addresses(mails) == [ISLA, TOMASZ]
    assert all("The clinic closed it with a note at 17:35" in mail.body for mail in mails)
    assert AlertEvent.objects.get(kind="closed").note == "Called, he is well"
    sweep_and_dispatch(after(600))
    assert episodes("no_log") == [(1, "noted")]


def test_the_alert_of_a_flag_closes_with_its_flag_and_not_alone(cast: Cast, plan: Plan) -> None:
    alert = sign(cast, "fever", TUESDAY)

    with pytest.raises(Refusal, match="Close the flag"):
        alert_close_with_note(alert=alert, by=cast.priya, note="Seen", now=after(1))
    assert Alert.objects.open().filter(pk=alert.pk).exists()


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

    mails = [mail for mail in sweep_and_dispatch(after(95)) if "stopped" in mail.body]
    assert addresses(mails) == [ISLA, TOMASZ]
    assert episodes("no_log") == [(1, "plan_stopped")]
    assert Alert.objects.open().get() == about_a_sign
    assert Flag.objects.open().filter(rule="F2").exists()


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
