"""The sweep decides from facts and `now`, once, and says who was told."""

from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command

from accounts.clock import database_now
from accounts.services.care_links import care_link_set_scope
from reminders.models import Heartbeat, Message, Notification
from reminders.services.sweep import PLANS, sweep_run
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import addresses, states, sweep_and_dispatch
from tests.tapers import first_dose, taper_signed
from tracker.domain.alerts import AlertKind, CloseReason
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Flag, Plan
from tracker.services.alerts import alert_acknowledge, alert_pass_on
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_add, entry_void

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
EWAN, ISLA, TOMASZ = (
    "ewan.macrae@example.org",
    "isla.macrae@example.org",
    "tomasz.wrona@example.org",
)
DESK, PRIYA = "desk@harbour.example", "priya.raman@example.org"
OUT_OF_HOURS = "out_of_hours@harbour.example"


@pytest.fixture
def plan(cast: Cast):
    """Ewan's plan: one dose at 16:00; told at 0, 45, 90 and 180 minutes; held for 20."""
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, follow_up_delay="20")
    sweep_and_dispatch(TUESDAY)
    return plan


def log(plan, by, now, outcome=Outcome.TAKEN, taken_at=None):
    """Log the first dose of the plan."""
    return entry_add(
        patient=plan.patient,
        by=by,
        via="page",
        outcome=outcome,
        taken_at=taken_at,
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=first_dose(plan),
    )


@pytest.mark.parametrize(("seconds", "told"), [(-1, []), (0, [EWAN]), (1, [EWAN])])
def test_the_patient_is_told_at_the_dose_time_and_not_before(plan, seconds, told) -> None:
    assert addresses(sweep_and_dispatch(DUE + seconds * SECOND)) == told


def test_the_ladder_climbs_from_the_patient_to_the_clinic(plan) -> None:
    assert addresses(sweep_and_dispatch(DUE)) == [EWAN]
    assert addresses(sweep_and_dispatch(DUE + timedelta(minutes=45))) == [EWAN]
    assert addresses(sweep_and_dispatch(DUE + timedelta(minutes=90))) == [ISLA, TOMASZ]
    assert not Alert.objects.on_the_worklist().exists()
    assert addresses(sweep_and_dispatch(DUE + timedelta(minutes=180))) == sorted(
        [OUT_OF_HOURS, PRIYA]
    )
    alert = Alert.objects.on_the_worklist().get()
    assert (alert.kind, alert.alert_class) == ("no_log", "W")


def test_a_sweep_that_runs_again_decides_nothing_twice(plan) -> None:
    sweep_and_dispatch(DUE)
    decided = Notification.objects.count(), AlertEvent.objects.count()
    for _ in range(3):
        assert sweep_and_dispatch(DUE) == []
    assert (Notification.objects.count(), AlertEvent.objects.count()) == decided


def test_a_sweep_that_comes_hours_late_decides_every_rung_and_prompts_for_nothing_stale(
    plan,
) -> None:
    mails = sweep_and_dispatch(DUE + timedelta(hours=6))
    assert addresses(mails) == sorted([EWAN, ISLA, TOMASZ, OUT_OF_HOURS, PRIYA])
    to_ewan = next(letter for letter in mails if letter.to == [EWAN])
    assert "No log for 16:00" in to_ewan.body
    assert "Time to log" not in to_ewan.body
    assert not Message.objects.filter(purpose="prompt", ended_at__gt=TUESDAY).exists()


def test_an_entry_before_the_caregivers_rung_means_that_nobody_else_is_told(plan, cast) -> None:
    sweep_and_dispatch(DUE)
    log(plan, cast.ewan_user, DUE + timedelta(minutes=5))
    assert sweep_and_dispatch(DUE + timedelta(minutes=5)) == []
    assert sweep_and_dispatch(DUE + timedelta(hours=5)) == []
    assert Alert.objects.get().close_reason == "entry"


def test_a_late_entry_closes_the_alert_and_those_who_were_told_are_told_its_outcome(
    plan, cast
) -> None:
    for minutes in (0, 45, 90):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    logged_at = DUE + timedelta(minutes=100)
    log(plan, cast.ewan_user, logged_at)
    mails = sweep_and_dispatch(logged_at)
    assert addresses(mails) == [ISLA, TOMASZ]
    assert all("Logged as taken at 17:40" in letter.body for letter in mails)
    assert all("clear" not in letter.body and "resolved" not in letter.body for letter in mails)
    assert Alert.objects.open().count() == 0


def test_an_acknowledgement_holds_the_ladder_and_then_it_goes_on_from_that_rung(plan, cast) -> None:
    for minutes in (0, 45, 90):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    acknowledged_at = DUE + timedelta(minutes=95)
    alert_acknowledge(alert=Alert.objects.get(), by=cast.isla, now=acknowledged_at)
    until = acknowledged_at + timedelta(minutes=20)
    assert sweep_and_dispatch(until - SECOND) == []
    assert addresses(sweep_and_dispatch(until)) == [ISLA, TOMASZ]
    assert Alert.objects.get().round == 2
    next_rung_at = until + timedelta(minutes=90)
    assert sweep_and_dispatch(next_rung_at - SECOND) == []
    assert addresses(sweep_and_dispatch(next_rung_at)) == sorted([OUT_OF_HOURS, PRIYA])


def test_when_everybody_told_passes_on_the_next_rung_is_due_at_once(plan, cast) -> None:
    for minutes in (0, 45, 90):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    now = DUE + timedelta(minutes=95)
    alert_pass_on(alert=Alert.objects.get(), by=cast.tomasz, note="At work until six", now=now)
    assert sweep_and_dispatch(now) == []
    alert_pass_on(alert=Alert.objects.get(), by=cast.isla, note="", now=now)
    assert addresses(sweep_and_dispatch(now)) == sorted([DESK, PRIYA])


def test_a_dose_said_to_be_missed_tells_the_people_outside_at_once(plan, cast) -> None:
    sweep_and_dispatch(DUE)
    now = DUE + timedelta(minutes=10)
    log(plan, cast.ewan_user, now, Outcome.MISSED)
    mails = sweep_and_dispatch(now)
    assert addresses(mails) == [ISLA, TOMASZ]
    assert all("missed, somebody said so" in letter.body for letter in mails)
    assert addresses(sweep_and_dispatch(now + timedelta(minutes=90))) == sorted([DESK, PRIYA])


def test_taking_an_entry_back_opens_the_next_episode(plan, cast) -> None:
    sweep_and_dispatch(DUE)
    entry = log(plan, cast.ewan_user, DUE + timedelta(minutes=5)).entry
    sweep_and_dispatch(DUE + timedelta(minutes=5))
    entry_void(entry=entry, by=cast.ewan_user, reason="wrong dose", now=DUE + timedelta(minutes=9))
    sweep_and_dispatch(DUE + timedelta(minutes=9))
    assert list(Alert.objects.order_by("episode").values_list("episode", "close_reason")) == [
        (1, "entry"),
        (2, ""),
    ]


def test_what_was_said_while_the_clock_was_ahead_is_decided_once_it_is_put_back(plan, cast) -> None:
    entry = log(plan, cast.ewan.user, DUE).entry
    ahead = DUE + timedelta(hours=2)
    sweep_run(now=ahead - SECOND)
    entry_void(entry=entry, by=cast.ewan.user, reason="not yet", now=ahead)
    back = DUE + timedelta(minutes=1)
    assert addresses(sweep_and_dispatch(back)) == [EWAN]


def test_a_message_decided_while_the_clock_was_ahead_leaves_once_it_is_put_back(plan) -> None:
    sweep_run(now=DUE + timedelta(minutes=44))
    assert addresses(sweep_and_dispatch(DUE + timedelta(minutes=1))) == [EWAN]


def test_an_emergency_sign_tells_everybody_at_once_whatever_the_hour(plan, cast) -> None:
    night = TUESDAY + timedelta(hours=12)
    check_in_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        signs=["hallucination"],
        note="",
        at=None,
        client_id=uuid4(),
        now=night,
    )
    mails = sweep_and_dispatch(night)
    assert {ISLA, TOMASZ, DESK, OUT_OF_HOURS, PRIYA} <= set(addresses(mails))
    urgent = [letter for letter in mails if letter.subject == "Stepdown: get help now"]
    assert len(urgent) == 5
    assert all("call 999" in letter.body for letter in urgent)
    assert Flag.objects.open().filter(rule="F1").exists()


def test_a_caregivers_word_never_stops_the_clinics_rung_of_a_same_day_alert(plan, cast) -> None:
    check_in_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        signs=["anxiety"],
        note="",
        at=None,
        client_id=uuid4(),
        now=TUESDAY,
    )
    assert addresses(sweep_and_dispatch(TUESDAY)) == [ISLA, TOMASZ]
    alert = Alert.objects.get(flag__rule="F2")
    alert_acknowledge(alert=alert, by=cast.isla, now=TUESDAY + timedelta(minutes=80))
    told = addresses(sweep_and_dispatch(TUESDAY + timedelta(minutes=90)))
    assert DESK in told
    assert PRIYA in told


def test_messages_carry_no_amount_and_no_medicine_unless_the_person_chose_so(plan, cast) -> None:
    letter = sweep_and_dispatch(DUE)[0]
    assert "10 mg" not in letter.body + letter.subject
    assert "aclofen" not in letter.body + letter.subject
    cast.ewan_user.contact_points.update(is_discreet=False)
    tomorrow = DUE + timedelta(days=1)
    letters = sweep_and_dispatch(tomorrow)
    told = next(
        letter for letter in letters if letter.to == [EWAN] and "Time to log" in letter.body
    )
    assert "10 mg" in told.body


def test_a_caregiver_with_quiet_hours_is_not_waited_for_and_gets_the_message_after_them(
    plan, cast
) -> None:
    for person in (cast.isla, cast.tomasz):
        person.contact_points.update(quiet_from_time="17:00", quiet_until_time="07:00")
    for minutes in (0, 45):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    assert addresses(sweep_and_dispatch(DUE + timedelta(minutes=90))) == sorted([DESK, PRIYA])
    morning = DUE.replace(day=25, hour=7)
    assert states()["queued"] >= 1
    assert sweep_and_dispatch(morning - SECOND) == []
    assert {ISLA, TOMASZ} <= set(addresses(sweep_and_dispatch(morning)))
    assert not Flag.objects.filter(rule="F23").exists()


def test_a_caregiver_without_a_usable_address_is_skipped_at_once_and_flagged(plan, cast) -> None:
    for person in (cast.isla, cast.tomasz):
        person.contact_points.update(disabled_at=TUESDAY, disabled_reason="mailbox is gone")
    for minutes in (0, 45):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    told = addresses(sweep_and_dispatch(DUE + timedelta(minutes=90)))
    assert {DESK, PRIYA} <= set(told)
    assert Flag.objects.open().filter(rule="F23").count() == 2


def test_an_ended_caregiver_gets_nothing_more_queued_messages_included(plan, cast) -> None:
    for minutes in (0, 45):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    at = DUE + timedelta(minutes=90)
    sweep_run(now=at)
    link = cast.link_of(cast.isla)
    link.ended_at, link.ended_by = at, cast.ewan_user
    link.save()
    assert addresses(sweep_and_dispatch(at)) == [TOMASZ]


def test_a_caregiver_who_is_no_longer_alerted_gets_nothing_more_queued_messages_included(
    plan, cast
) -> None:
    for minutes in (0, 45):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    at = DUE + timedelta(minutes=90)
    sweep_run(now=at)
    link = cast.link_of(cast.isla)
    care_link_set_scope(care_link=link, by=cast.ewan_user, is_alerted=False, may_log=True, now=at)
    assert addresses(sweep_and_dispatch(at)) == [TOMASZ]


def test_expected_doses_reach_fourteen_days_ahead_and_are_extended_by_the_sweep(plan) -> None:
    assert plan.doses.count() == 14
    sweep_run(now=TUESDAY + timedelta(days=3))
    assert plan.doses.latest("due_at").due_at == DUE + timedelta(days=16)


def test_a_dry_run_says_what_is_due_and_decides_nothing(plan) -> None:
    now = database_now()
    plan.doses.update(due_at=now, next_look_at=now)
    out = StringIO()
    call_command("sweep", "--dry-run", stdout=out)
    assert "would look at 14 doses" in out.getvalue()
    assert not Alert.objects.exists()
    call_command("sweep", stdout=out)
    assert Alert.objects.count() == 14


def test_a_plan_whose_rows_contradict_each_other_keeps_back_no_other(plan, cast) -> None:
    other = taper_signed(cast.samira, by=cast.priya, now=TUESDAY)
    far_ahead = TUESDAY + timedelta(days=15)
    plan.doses.create(
        version=plan.versions.get(),
        step_number=1,
        local_date=far_ahead.date(),
        wall_time=first_dose(plan).wall_time,
        due_at=TUESDAY - timedelta(days=1),
        amount="10 mg",
        zone="Europe/London",
    )
    now = TUESDAY + timedelta(days=3)

    sweep_run(now=now)

    plan.refresh_from_db()
    other.refresh_from_db()
    assert plan.next_look_at == now + timedelta(minutes=5)
    assert other.doses.filter(due_at__gt=now + timedelta(days=13)).exists()
    assert not plan.doses.filter(due_at__gt=now + timedelta(days=13)).exists()


def test_a_dose_whose_rows_contradict_each_other_keeps_back_no_other(plan, cast, caplog) -> None:
    other = first_dose(taper_signed(cast.samira, by=cast.priya, now=TUESDAY))
    dose = first_dose(plan)
    Alert.objects.create(
        patient=cast.ewan,
        kind=AlertKind.NO_LOG,
        dose=dose,
        episode=2,  # the first is missing, so the next one would be the second again
        opened_at=TUESDAY,
        closed_at=TUESDAY,
        close_reason=CloseReason.ENTRY,
        climb_from_at=TUESDAY,
    )

    sweep_run(now=DUE)

    dose.refresh_from_db()
    assert dose.next_look_at == DUE + timedelta(minutes=5)
    assert f"expected dose {dose.pk} could not be looked at" in caplog.text
    assert other.alerts.open().exists()


def test_a_pass_that_runs_out_of_time_keeps_what_it_did_and_leaves_plans_to_the_next(
    plan, cast, settings
) -> None:
    settings.CELERY_TASK_SOFT_TIME_LIMIT = 0
    others = [
        Plan(
            patient=cast.samira,
            route="oral",
            state="closed",
            created_at=TUESDAY,
            created_by=cast.priya,
            next_look_at=DUE,
        )
        for _number in range(PLANS + 3)
    ]
    Plan.objects.bulk_create(others)

    passes = [sweep_run(now=DUE) for _number in range(3)]

    assert [each.plans for each in passes] == [PLANS, 3, 0]
    assert passes[0].doses == 1
    assert Heartbeat.objects.get(leg="sweep").finished_at == DUE


def test_a_flag_that_a_plans_look_raises_is_told_in_the_same_pass(cast) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, hours_since_taken_threshold="1")
    sweep_run(now=TUESDAY)

    sweep_run(now=DUE + timedelta(hours=1))

    assert Alert.objects.get(flag__rule="F6").notifications.exists()
