"""A rung that is told again: typed, refused, signed, read back, changed, and in the template."""

from datetime import timedelta

import pytest

from accounts.domain.audiences import Audience, RungTemplate
from accounts.domain.problems import Refusal
from accounts.services.clinics import clinic_set_rungs
from reminders.models import Notification
from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY, Cast
from tests.tapers import taper_signed
from tests.tracker.alerting import alert_opened
from tests.tracker.changing import change_signed
from tests.tracker.plans import raw_plan
from tests.tracker.test_plan_pages import cells_that_are_wrong, form_url, keep, readable, typed_plan
from tracker.domain.alerts import AlertKind
from tracker.domain.ladder import tellings
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_rungs import MOST_RUNGS
from tracker.models import Alert, Plan
from tracker.selectors.ladders import ladder_behind
from tracker.selectors.plan_difference import difference_signed
from tracker.selectors.plan_records import content_signed, versions_of
from tracker.selectors.plans import template_for

MINUTE = timedelta(minutes=1)
REPEATED = [
    {"delay": "0", "audience": "patient", "repeat_delay": "0:20", "repeat_times": "2"},
    {"delay": "90", "audience": "caregivers", "repeat_delay": "30", "repeat_times": "1"},
    {"delay": "180", "audience": "clinic"},
]


def problems_of(**rung: str) -> list[tuple[str, int | None, str]]:
    """What is wrong with a plan whose third line says this besides."""
    raw = raw_plan()
    raw["rungs"][2] |= rung
    with pytest.raises(Refusal) as refused:
        plan_content_from(raw)
    return [(each.field, each.row, each.text) for each in refused.value.problems]


def test_a_line_that_says_nothing_of_repeats_is_told_once() -> None:
    content = plan_content_from(raw_plan())
    assert {rung.repeat_times for rung in content.rungs} == {0}
    assert tellings(content.rungs) == content.rungs


def test_repeats_are_read_as_typed_and_written_back_the_same() -> None:
    content = plan_content_from(raw_plan(rungs=REPEATED))
    assert [(rung.repeat_delay, rung.repeat_times) for rung in content.rungs] == [
        (timedelta(seconds=20), 2),
        (30 * MINUTE, 1),
        (timedelta(), 0),
    ]
    assert plan_content_from(content.as_raw()) == content


@pytest.mark.parametrize(
    ("rung", "field", "words"),
    [
        ({"repeat_delay": "10"}, "repeat_times", "say how often"),
        ({"repeat_times": "2"}, "repeat_delay", "say after how many minutes"),
        ({"repeat_delay": "0", "repeat_times": "2"}, "repeat_delay", "is not between"),
        ({"repeat_delay": "soon", "repeat_times": "2"}, "repeat_delay", "not a number of minutes"),
        ({"repeat_delay": "10", "repeat_times": "0"}, "repeat_times", "from 1 to 10"),
        ({"repeat_delay": "10", "repeat_times": "11"}, "repeat_times", "from 1 to 10"),
        ({"repeat_delay": "10", "repeat_times": "two"}, "repeat_times", "not a whole number"),
        ({"repeat_delay": "4995:01", "repeat_times": "2"}, "repeat_times", "more than 7 days on"),
    ],
)
def test_a_repeat_that_cannot_be_is_refused_at_its_row(
    rung: dict[str, str], field: str, words: str
) -> None:
    ((found, row, text),) = problems_of(**rung)
    assert (found, row) == (field, 3)
    assert words in text


def test_the_last_telling_may_come_seven_days_after_the_dose_and_no_second_later() -> None:
    raw = raw_plan()
    raw["rungs"][2] |= {"repeat_delay": "4995", "repeat_times": "2"}
    assert tellings(plan_content_from(raw).rungs)[-1].delay == timedelta(days=7)


@pytest.mark.parametrize(("lines", "is_refused"), [(-1, False), (0, False), (1, True)])
def test_a_ladder_has_so_many_lines_and_not_one_more(lines: int, is_refused: bool) -> None:
    raw = raw_plan(rungs=[{"delay": "5", "audience": "clinic"}] * (MOST_RUNGS + lines))
    if is_refused:
        with pytest.raises(Refusal, match="lines at most"):
            plan_content_from(raw)
    else:
        plan_content_from(raw)


@pytest.mark.parametrize(("typed", "is_refused"), [("0", True), ("0:01", False), ("1440", False)])
def test_the_minutes_until_an_alert_is_flagged_are_a_second_at_least_and_a_day_at_most(
    typed: str, is_refused: bool
) -> None:
    if is_refused:
        with pytest.raises(Refusal, match="is not between"):
            plan_content_from(raw_plan(unacknowledged_delay=typed))
    else:
        assert plan_content_from(raw_plan(unacknowledged_delay=typed)).unacknowledged_delay


def test_a_text_kept_before_it_could_say_so_flags_after_an_hour() -> None:
    assert "unacknowledged_delay" not in raw_plan()
    assert plan_content_from(raw_plan()).unacknowledged_delay == 60 * MINUTE


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Ewan's plan, with two lines that are told again."""
    return taper_signed(
        cast.ewan, by=cast.priya, now=TUESDAY, rungs=REPEATED, unacknowledged_delay="75"
    )


def test_what_is_signed_says_every_repeat_and_holds_it(plan: Plan) -> None:
    version = plan.versions.get()
    text = version.signed_text
    assert (
        "1. At the dose time: The patient, told again 2 times, every 20 seconds, at the next "
        "contact of each" in text
    )
    assert "Caregivers who are alerted, told again once, 30 minutes later" in text
    assert "3. 180 minutes after the dose time: The clinic\n" in text
    assert "nobody has said “I have it” to is flagged after: 75 minutes" in text
    assert version.unacknowledged_delay == 75 * MINUTE
    assert content_signed(version).rungs == plan_content_from(raw_plan(rungs=REPEATED)).rungs


def test_an_alert_climbs_each_telling_of_the_signed_ladder(plan: Plan) -> None:
    dose = plan.doses.select_related("plan__patient__clinic", "version").earliest("due_at")
    alert = alert_opened(dose=dose, kind=AlertKind.NO_LOG, now=dose.due_at)
    told = [(rung.delay, rung.audience, rung.turn) for rung in ladder_behind(alert)]
    assert told == [
        (timedelta(), Audience.PATIENT, 0),
        (timedelta(seconds=20), Audience.PATIENT, 1),
        (timedelta(seconds=40), Audience.PATIENT, 2),
        (90 * MINUTE, Audience.CAREGIVERS, 0),
        (120 * MINUTE, Audience.CAREGIVERS, 1),
        (180 * MINUTE, Audience.CLINIC, 0),
    ]


def test_a_change_of_the_repeats_is_said_as_a_difference(cast: Cast, plan: Plan) -> None:
    rungs = [REPEATED[0] | {"repeat_times": "3"}, *REPEATED[1:]]
    begins_at = TUESDAY + timedelta(days=2)
    change_signed(cast, plan, begins_at, TUESDAY, rungs=rungs, unacknowledged_delay="30")
    difference = difference_signed(*versions_of(plan))
    terms = {term.name: (term.before, term.after) for term in difference.terms}
    before, after = terms["Who is told when a dose has no log"]
    assert ("told again 2 times" in before, "told again 3 times" in after) == (True, True)
    assert terms["Flagged when nobody has it after"] == ("75 minutes", "30 minutes")


def test_the_form_keeps_a_repeat_and_the_read_back_lists_every_telling(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    typed = {"rung_repeat_delay_3": "15", "rung_repeat_times_3": "2"}
    plan = keep(browser, live_cast, **typed)
    words = readable(browser.get(f"/plans/{plan.pk}/read-back/"))
    told = words[words.index("dose has no log From today") :]
    assert told.count("Isla Macrae, Tomasz Wrona") >= 3
    assert "Isla Macrae, Tomasz Wrona again" in told
    shown = browser.get(f"/plans/{plan.pk}/change/", follow=True).content.decode()
    assert 'name="rung_repeat_delay_2" value="15"' in shown


def test_half_a_repeat_is_marked_at_its_field(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    response = browser.post(form_url(live_cast), typed_plan(live_cast, rung_repeat_times_3="2"))
    assert cells_that_are_wrong(response) == {"rung_repeat_delay_3"}


def test_the_clinics_template_holds_repeats_and_new_plans_start_from_it(cast: Cast) -> None:
    rungs = [
        RungTemplate(0 * MINUTE, Audience.PATIENT, 10 * MINUTE, 2),
        RungTemplate(60 * MINUTE, Audience.CLINIC),
    ]
    clinic_set_rungs(clinic=cast.harbour, rungs=rungs, by=cast.admin, now=cast.now)
    assert template_for(cast.ewan, cast.priya, cast.now)["rungs"] == [
        {"delay": "0", "audience": "patient", "repeat_delay": "10", "repeat_times": "2"},
        {"delay": "60", "audience": "clinic", "repeat_delay": "", "repeat_times": ""},
    ]


@pytest.mark.parametrize(
    ("repeat_delay", "repeat_times", "field"),
    [
        (0 * MINUTE, 1, "repeat_delay"),
        (10 * MINUTE, 0, "repeat_times"),
        (10 * MINUTE, 11, "repeat_times"),
        (timedelta(days=7), 1, "repeat_times"),
    ],
)
def test_a_clinics_repeat_that_cannot_be_is_refused_at_its_row(
    cast: Cast, repeat_delay: timedelta, repeat_times: int, field: str
) -> None:
    rungs = [RungTemplate(MINUTE, Audience.CLINIC, repeat_delay, repeat_times)]
    with pytest.raises(Refusal) as refused:
        clinic_set_rungs(clinic=cast.harbour, rungs=rungs, by=cast.admin, now=cast.now)
    assert [(each.field, each.row) for each in refused.value.problems] == [(field, 1)]


def test_an_administrator_types_repeats_and_half_of_one_is_asked_for(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.admin)
    typed = {"minutes_1": "0", "audience_1": "clinic", "repeat_minutes_1": "10"}
    page = browser.post("/clinic/harbour/rungs/", typed).content.decode()
    assert 'id="id_repeat_times_1_error"' in page
    browser.post("/clinic/harbour/rungs/", typed | {"repeat_times_1": "3"})
    rung = live_cast.harbour.rungs.get()
    assert (rung.repeat_delay, rung.repeat_times) == (10 * MINUTE, 3)
    assert 'name="repeat_times_1" value="3"' in browser.get("/clinic/").content.decode()


@pytest.mark.parametrize(
    ("minutes", "purpose"), [(0, "prompt"), (20, "prompt"), (40, "prompt"), (60, "alert")]
)
def test_a_repeat_after_the_doses_window_asks_what_happened_and_prompts_no_more(
    cast: Cast, minutes: int, purpose: str
) -> None:
    rungs = [{"delay": "0", "audience": "patient", "repeat_delay": "20", "repeat_times": "3"}]
    rungs.append({"delay": "90", "audience": "clinic"})
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, rungs=rungs, on_time_window="45")
    due_at = plan.doses.earliest("due_at").due_at
    for each in range(0, minutes + 1, 20):
        sweep_run(now=due_at + each * MINUTE)
    line = Notification.objects.order_by("rung").last()
    assert line is not None
    assert (line.rung, line.message.purpose) == (minutes // 20 + 1, purpose)
    assert line.message.contact_turn == minutes // 20


def test_a_sweep_that_comes_hours_late_prompts_for_nothing_stale(cast: Cast) -> None:
    rungs = [{"delay": "0", "audience": "patient", "repeat_delay": "20", "repeat_times": "3"}]
    rungs.append({"delay": "90", "audience": "clinic"})
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, rungs=rungs, on_time_window="45")
    sweep_run(now=plan.doses.earliest("due_at").due_at + 360 * MINUTE)
    assert set(Notification.objects.values_list("message__purpose", flat=True)) == {"alert"}
    assert Alert.objects.get().listed_at is not None
