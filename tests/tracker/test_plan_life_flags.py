"""Flags of a plan's own life at their edges: F10, F11, F25, P1, P2, and a class that turns."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests.cast import Cast
from tests.tracker.changing import change_kept, change_signed
from tests.tracker.days import SECOND, SIGNED, at, log, plan_signed, tuesday_plan
from tests.tracker.plans import dose, raw_step
from tracker.domain.flags import FlagClass, Rule
from tracker.domain.plan_states import VersionKind
from tracker.models import Flag, FlagEvent, Plan, VersionSeen
from tracker.selectors.wording import flag_basis, flag_detail, flag_headline
from tracker.services.checkins import check_in_add
from tracker.services.flag_rules import flags_evaluate
from tracker.services.flags import flag_close, flag_open
from tracker.services.plan_drafts import plan_draft_discard, plan_draft_keep
from tracker.services.plan_seen import version_seen

NOW = at(12)
STEP = at(0, day=28)


def stepping(cast: Cast, **changed: object) -> Plan:
    """15 mg until the 27th, 10 mg from the 28th on."""
    steps = [
        raw_step("2026-11-24", "", dose("08:00", "15 mg")),
        raw_step("2026-11-28", "", dose("08:00", "10 mg")),
    ]
    return plan_signed(cast.ewan, cast.priya, SIGNED, steps, **changed)


def is_open(rule: Rule) -> bool:
    return Flag.objects.open().filter(rule=rule).exists()


@pytest.mark.parametrize(("seconds", "is_raised"), [(-1, False), (0, True), (1, True)])
def test_a_step_change_is_flagged_from_the_plans_days_before_it(
    cast: Cast, seconds: int, is_raised: bool
) -> None:
    plan = stepping(cast, step_change_days_threshold="3")
    look_at = flags_evaluate(plan=plan, now=at(0, day=25) + seconds * SECOND)
    assert is_open(Rule.STEP_CHANGE) is is_raised
    if not is_raised:
        assert look_at == at(0, day=25)


def test_a_step_change_without_a_threshold_is_not_flagged(cast: Cast) -> None:
    flags_evaluate(plan=stepping(cast), now=at(0, day=27))
    assert not is_open(Rule.STEP_CHANGE)


def test_a_step_change_stands_until_a_dose_of_the_step_is_logged(cast: Cast) -> None:
    plan = stepping(cast, step_change_days_threshold="3")
    flags_evaluate(plan=plan, now=at(0, day=27))
    flags_evaluate(plan=plan, now=at(7, day=29))
    assert is_open(Rule.STEP_CHANGE)
    log(cast, plan.doses.get(due_at=at(8, day=28)), at(9, day=29))
    flags_evaluate(plan=plan, now=at(9, day=29))
    assert not is_open(Rule.STEP_CHANGE)


def test_a_change_of_the_plan_is_a_step_change_and_replaces_those_after_it(cast: Cast) -> None:
    plan = stepping(cast, step_change_days_threshold="3")
    flags_evaluate(plan=plan, now=at(0, day=27))
    begins_at = at(12, day=27)
    change_signed(cast, plan, begins_at, at(1, day=27), step_change_days_threshold="3")
    flags_evaluate(plan=plan, now=at(2, day=27))
    (flag,) = Flag.objects.open().filter(rule=Rule.STEP_CHANGE)
    assert flag.subject == "version 2 step 1"


def sign(cast: Cast, said_at: datetime) -> bool:
    """Report a sign and say whether it was linked to a step change."""
    check_in_add(
        patient=cast.ewan,
        by=cast.isla,
        signs=["fever"],
        note="",
        at=said_at,
        client_id=uuid4(),
        now=said_at,
    )
    return is_open(Rule.SIGN_AFTER_CHANGE)


@pytest.mark.parametrize(
    ("said_at", "is_raised"),
    [
        (STEP - SECOND, False),
        (STEP, True),
        (STEP + timedelta(hours=72), True),
        (STEP + timedelta(hours=72) + SECOND, False),
    ],
)
def test_a_sign_within_the_plans_hours_after_a_step_change_is_linked_to_it(
    cast: Cast, said_at: datetime, is_raised: bool
) -> None:
    stepping(cast, sign_hours_threshold="72")
    assert sign(cast, said_at) is is_raised
    assert is_open(Rule.SAME_DAY_SIGN) or is_open(Rule.EMERGENCY_SIGN)


def test_without_its_threshold_a_sign_is_linked_to_nothing(cast: Cast) -> None:
    stepping(cast)
    assert not sign(cast, STEP)


@pytest.mark.parametrize(("seconds", "is_raised"), [(-1, False), (0, True), (1, True)])
def test_a_plan_is_to_be_reviewed_after_the_plans_days(
    cast: Cast, seconds: int, is_raised: bool
) -> None:
    plan = tuesday_plan(cast, review_days_threshold="7")
    flags_evaluate(plan=plan, now=at(0, day=24) + timedelta(days=7) + seconds * SECOND)
    assert is_open(Rule.NOT_REVIEWED) is is_raised


def test_a_note_is_a_review_and_the_days_count_from_it_anew(cast: Cast) -> None:
    plan = tuesday_plan(cast, review_days_threshold="7")
    week = timedelta(days=7)
    flags_evaluate(plan=plan, now=NOW + week)
    noted_at = NOW + week
    flag = Flag.objects.get(rule=Rule.NOT_REVIEWED)
    flag_close(flag=flag, by=cast.priya, note="Called, going well", now=noted_at)
    flags_evaluate(plan=plan, now=at(0) + 2 * week - SECOND)
    assert not is_open(Rule.NOT_REVIEWED)
    flags_evaluate(plan=plan, now=at(0) + 2 * week)
    assert is_open(Rule.NOT_REVIEWED)


def test_a_new_version_is_a_review(cast: Cast) -> None:
    plan = tuesday_plan(cast, review_days_threshold="7")
    now = NOW + timedelta(days=7)
    flags_evaluate(plan=plan, now=now)
    change_signed(cast, plan, now + timedelta(days=1), now, review_days_threshold="7")
    flags_evaluate(plan=plan, now=now)
    assert not is_open(Rule.NOT_REVIEWED)


@pytest.mark.parametrize(("seconds", "is_raised"), [(-1, False), (0, True), (1, True)])
def test_a_change_that_was_to_count_and_is_not_signed_is_flagged(
    cast: Cast, seconds: int, is_raised: bool
) -> None:
    plan, begins_at = tuesday_plan(cast), at(6, day=26)
    change_kept(cast, plan, begins_at, NOW)
    look_at = flags_evaluate(plan=plan, now=begins_at + seconds * SECOND)
    assert is_open(Rule.CHANGE_NOT_SIGNED) is is_raised
    assert Flag.objects.filter(rule="P1", flag_class="D").exists() is is_raised
    if not is_raised:
        assert look_at == begins_at


def test_unfinished_typing_without_a_begin_is_no_change_that_waits(cast: Cast) -> None:
    plan = tuesday_plan(cast)
    typed = {"zone": "Europe/London", "counts_from_on": "26 N"}
    plan_draft_keep(
        patient=cast.ewan, by=cast.priya, raw=typed, now=NOW, plan=plan, kind=VersionKind.AMEND
    )
    flags_evaluate(plan=plan, now=NOW + timedelta(days=30))
    assert not is_open(Rule.CHANGE_NOT_SIGNED)


def test_a_change_that_is_thrown_away_waits_no_longer(cast: Cast) -> None:
    plan, begins_at = tuesday_plan(cast), at(6, day=26)
    change_kept(cast, plan, begins_at, NOW)
    flags_evaluate(plan=plan, now=begins_at)
    plan_draft_discard(plan=plan, by=cast.priya, now=begins_at)
    flags_evaluate(plan=plan, now=begins_at)
    assert not is_open(Rule.CHANGE_NOT_SIGNED)


@pytest.mark.parametrize(("seconds", "flag_class"), [(-1, "I"), (0, "W"), (1, "W")])
def test_a_change_nobody_has_seen_is_watched_from_its_begin(
    cast: Cast, seconds: int, flag_class: str
) -> None:
    plan, begins_at = tuesday_plan(cast), at(6, day=26)
    change_signed(cast, plan, begins_at, NOW)
    flags_evaluate(plan=plan, now=NOW)
    flags_evaluate(plan=plan, now=begins_at + seconds * SECOND)
    assert Flag.objects.open().get(rule=Rule.CHANGE_NOT_SEEN).flag_class == flag_class


def test_a_change_that_somebody_has_seen_is_not_flagged(cast: Cast) -> None:
    plan = tuesday_plan(cast)
    version = change_signed(cast, plan, at(6, day=26), NOW)
    flags_evaluate(plan=plan, now=NOW)
    version_seen(version=version, by=cast.ewan_user, now=NOW)
    flags_evaluate(plan=plan, now=at(7, day=26))
    assert VersionSeen.objects.count() == 1
    assert not is_open(Rule.CHANGE_NOT_SEEN)


def test_a_first_version_is_not_asked_after(cast: Cast) -> None:
    flags_evaluate(plan=tuesday_plan(cast), now=NOW)
    assert not is_open(Rule.CHANGE_NOT_SEEN)


def turned(cast: Cast, *classes: FlagClass) -> Flag:
    """A flag that is stated once with each of these classes."""
    for minute, flag_class in enumerate(classes):
        flag = flag_open(
            patient=cast.ewan,
            plan=None,
            rule=Rule.ON_HOLD,
            subject="plan",
            evidence={"held_at": "then"},
            now=NOW + timedelta(minutes=minute),
            flag_class=flag_class,
        )
    return flag


def test_a_flag_that_turns_same_day_opens_its_alert(cast: Cast) -> None:
    flag = turned(cast, FlagClass.INFORMATION, FlagClass.SAME_DAY)
    alert = flag.alerts.get()
    assert (alert.alert_class, alert.opened_at) == ("D", NOW + timedelta(minutes=1))
    kinds = FlagEvent.objects.filter(flag=flag).values_list("kind", flat=True)
    assert list(kinds) == ["opened", "restated"]


def test_a_flag_that_turns_milder_closes_its_alert_and_may_open_another(cast: Cast) -> None:
    same_day, mild = FlagClass.SAME_DAY, FlagClass.INFORMATION
    flag = turned(cast, same_day, mild, same_day)
    assert [alert.episode for alert in flag.alerts.order_by("episode")] == [1, 2]
    assert flag.alerts.open().count() == 1


def test_every_flag_of_a_plans_life_is_said_in_words(cast: Cast) -> None:
    plan = stepping(cast, step_change_days_threshold="3", review_days_threshold="1")
    change_signed(
        cast,
        plan,
        at(8, day=26),
        NOW,
        step_change_days_threshold="3",
        review_days_threshold="1",
        sign_hours_threshold="72",
    )
    flags_evaluate(plan=plan, now=at(7, day=26))
    sign(cast, at(9, day=26))
    change_kept(cast, plan, at(9, day=27), at(9, day=26))
    flags_evaluate(plan=plan, now=at(9, day=27))
    rules = {Rule.STEP_CHANGE, Rule.SIGN_AFTER_CHANGE, Rule.NOT_REVIEWED}
    rules |= {Rule.CHANGE_NOT_SIGNED, Rule.CHANGE_NOT_SEEN}
    flags = Flag.objects.filter(rule__in=rules)
    assert {Rule(flag.rule) for flag in flags} == rules
    for flag in flags:
        said = (flag_headline(flag), flag_detail(flag, cast.ewan.zone_info), flag_basis(flag))
        assert all(said), flag.rule
