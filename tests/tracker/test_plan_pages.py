"""The plan's pages: what was typed stays typed, and only the clinic's clinicians come in."""

import re
from datetime import date, time, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.domain.zones import local_date
from accounts.models import ContactPoint, Look
from tests.cast import PASSWORD, Cast
from tests.tapers import taper_signed
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import PlanState
from tracker.models import DoseTime, Plan, PlanDraft, PlanVersion
from tracker.services.plan_drafts import plan_draft_save

TIMES = ["08:00", "14:00", "20:00"]
AMOUNTS = [
    ["20 mg", "20 mg", "20 mg"],
    ["half a 10 mg tablet", "no dose", "7,5 mg"],
    ["no dose", "-", "no dose"],
    [" 5 mg", "no dose", "7.50"],
]


def first_day(cast: Cast) -> date:
    return local_date(cast.now, cast.ewan.zone_info) + timedelta(days=1)


def typed_grid(first_on: date) -> dict[str, str]:
    """Four steps of a week each, the third of them without doses."""
    typed = {"rows": "5", "columns": "4"}
    typed |= {f"time-{n}": time for n, time in enumerate(TIMES, 1)}
    for row, amounts in enumerate(AMOUNTS, 1):
        begins_on = first_on + timedelta(days=7 * (row - 1))
        typed[f"begins-{row}"] = begins_on.strftime("%d %b %Y")
        typed |= {f"amount-{row}-{n}": amount for n, amount in enumerate(amounts, 1)}
    typed["ends-4"] = (first_on + timedelta(days=27)).isoformat()
    return typed


def typed_plan(cast: Cast, **changed: str) -> dict[str, str | list[str]]:
    """Everything the browser sends for a plan that can be kept."""
    return {
        **typed_grid(first_day(cast)),
        "ending": "stop",
        "route": "oral",
        "formulation": "tablet",
        "zone": "Europe/London",
        "indication": "multiple_sclerosis",
        "risk_factors": ["epilepsy"],
        "named_clinician": str(cast.priya.pk),
        "rung_delay_1": "0:20",
        "rung_audience_1": "patient",
        "rung_delay_3": "90",
        "rung_audience_3": "caregivers",
        "on_time_window": "45",
        "follow_up_delay": "30",
        "unacknowledged_delay": "60",
        "observation_days": "28",
        **changed,
    }


def form_url(cast: Cast) -> str:
    return reverse("plan-form", args=[cast.ewan.pk])


def keep(browser: Client, cast: Cast, **changed: str) -> Plan:
    """Keep a draft and return its plan."""
    response = browser.post(form_url(cast), typed_plan(cast, **changed))
    assert response.status_code == 302, cells_that_are_wrong(response)
    return PlanDraft.objects.get().plan


def value_of(response: HttpResponse, name: str) -> str | None:
    """The text that stands in a field of the page, or None."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    return found and found[1]


def cells_that_are_wrong(response: HttpResponse) -> set[str]:
    page = response.content.decode()
    return {
        re.search(r'name="([^"]+)"', field)[1]
        for field in re.findall(r"<(?:input|select|textarea)[^>]*aria-invalid[^>]*>", page)
    }


def readable(response: HttpResponse) -> str:
    """The words of the page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def sign(browser: Client, plan: Plan, **changed: object) -> HttpResponse:
    """Read the plan back, tick everything, and sign what was read."""
    url = reverse("plan-read-back", args=[plan.pk])
    read = value_of(browser.get(url), "text_sha256")
    asked = {
        "text_sha256": read,
        "read": ["1", "2", "3", "4"],
        "confirmed_hours": "yes",
        "password": PASSWORD,
    }
    return browser.post(url, asked | changed)


def test_a_new_plans_form_has_no_amount_no_step_and_no_threshold(live_cast: Cast) -> None:
    response = live_cast.client(live_cast.priya).get(form_url(live_cast))
    names = ["time-1", "begins-1", "ends-1", "amount-1-1", "amount-4-3", "note-1"]
    assert {value_of(response, name) for name in names} == {""}
    page = response.content.decode()
    assert not re.search(r'name="amount-[^"]*" value="[^"]', page)
    assert not re.search(r'name="[a-z_]+_threshold"[^>]* value=', page)
    assert not re.search(r'name="observation_days"[^>]* value=', page)


def test_the_clinics_timings_are_the_start_of_the_ladder(live_cast: Cast) -> None:
    response = live_cast.client(live_cast.priya).get(form_url(live_cast))
    shown = re.findall(r'name="rung_delay_\d+" value="(\d+)"', response.content.decode())
    stored = [rung.delay // timedelta(minutes=1) for rung in live_cast.harbour.rungs.all()]
    assert [int(minutes) for minutes in shown] == sorted(stored)


def test_a_plan_is_entered_read_back_and_signed(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast)
    response = sign(browser, plan)
    assert response.url == reverse("chart", args=[live_cast.ewan.pk])
    version = PlanVersion.objects.get()
    stored = DoseTime.objects.filter(step__version=version).order_by("step__number", "wall_time")
    assert list(stored.values_list("step__number", "amount")) == [
        (1, "20 mg"),
        (1, "20 mg"),
        (1, "20 mg"),
        (2, "half a 10 mg tablet"),
        (2, "7,5 mg"),
        (4, " 5 mg"),
        (4, "7.50"),
    ]
    assert [step.is_dose_free for step in version.steps.all()] == [False, False, True, False]
    assert list(version.rungs.values_list("number", "delay", "audience")) == [
        (1, timedelta(seconds=20), "patient"),
        (2, timedelta(minutes=90), "caregivers"),
    ]


def test_what_was_typed_comes_back_with_every_problem_at_its_cell(live_cast: Cast) -> None:
    typed = typed_plan(live_cast, zone="Nowhere/Land", rung_delay_3="soon")
    typed |= {"begins-2": "31 Nov 2026", "amount-4-1": "", "time-2": "2pm"}
    typed |= {"on_time_window": "", "observation_days": " a month "}
    response = live_cast.client(live_cast.priya).post(form_url(live_cast), typed)
    assert cells_that_are_wrong(response) == {
        "begins-2",
        "amount-4-1",
        "time-2",
        "zone",
        "rung_delay_3",
        "on_time_window",
        "observation_days",
    }
    for name in ["begins-2", "time-2", "amount-2-1", "amount-4-3", "rung_delay_3"]:
        assert value_of(response, name) == typed[name]
    assert 'value=" 5 mg"' not in response.content.decode()
    assert not Plan.objects.exists()


def test_each_line_of_the_summary_leads_to_a_field_of_the_page(live_cast: Cast) -> None:
    response = live_cast.client(live_cast.priya).post(form_url(live_cast), {"rows": "2"})
    page = response.content.decode()
    targets = re.findall(r'<li[^>]*><a class="link" href="#([^"]+)"', page)
    assert targets
    assert all(f'id="{target}"' in page for target in targets)


def test_an_empty_cell_is_refused_and_no_dose_is_said_in_words(live_cast: Cast) -> None:
    typed = typed_plan(live_cast, **{"amount-2-2": ""})
    response = live_cast.client(live_cast.priya).post(form_url(live_cast), typed)
    assert cells_that_are_wrong(response) == {"amount-2-2"}
    assert "Step 2, 14:00: The amount is empty." in readable(response)
    assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("action", "field", "rows", "columns"),
    [
        ("add-step", "begins-6", "6", "4"),
        ("add-time", "time-5", "5", "5"),
        ("remove-step-5", "begins-4", "4", "4"),
    ],
)
def test_rows_and_columns_are_added_without_a_script_and_nothing_is_lost(
    live_cast: Cast, action: str, field: str, rows: str, columns: str
) -> None:
    typed = typed_plan(live_cast) | {"begins-1": "soon", "do": action}
    response = live_cast.client(live_cast.priya).post(form_url(live_cast), typed)
    assert (value_of(response, "rows"), value_of(response, "columns")) == (rows, columns)
    for name in ["begins-1", "amount-2-1", "amount-2-3", "amount-4-1", "time-3", "ends-4"]:
        assert value_of(response, name) == typed[name]
    assert f'id="{field}"' in response.content.decode()
    assert not Plan.objects.exists()


def test_a_step_that_is_removed_takes_only_itself(live_cast: Cast) -> None:
    typed = typed_plan(live_cast) | {"do": "remove-step-2"}
    response = live_cast.client(live_cast.priya).post(form_url(live_cast), typed)
    assert value_of(response, "amount-1-1") == "20 mg"
    assert value_of(response, "amount-2-1") == "no dose"
    assert value_of(response, "amount-3-1") == " 5 mg"


def test_a_kept_draft_opens_again_as_it_was_typed(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    keep(browser, live_cast)
    response = browser.get(form_url(live_cast))
    shown = [
        [value_of(response, f"amount-{row}-{column}") for column in (1, 2, 3)]
        for row in (1, 2, 3, 4)
    ]
    assert shown == [*AMOUNTS[:2], ["no dose"] * 3, AMOUNTS[3]]
    assert [value_of(response, f"ends-{row}") for row in (1, 2, 3)] == ["", "", ""]
    assert "7.50 has no unit. It will be shown as 7.50, exactly so." in readable(response)


def test_a_draft_is_changed_not_doubled(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast)
    page = browser.get(form_url(live_cast))
    opened = {name: value_of(page, name) for name in ("plan", "opened_at")}
    opened["opened_at"] = opened["opened_at"].replace("&#x2B;", "+")
    assert keep(browser, live_cast, observation_days="none", **opened) == plan
    assert PlanDraft.objects.get().content["observation_days"] == "none"


def test_a_draft_that_a_colleague_changed_meanwhile_is_not_overwritten(live_cast: Cast) -> None:
    mine, theirs = live_cast.client(live_cast.priya), live_cast.client(live_cast.adaeze)
    keep(mine, live_cast)
    page = mine.get(form_url(live_cast))
    opened = {name: value_of(page, name) for name in ("plan", "opened_at")}
    keep(theirs, live_cast, **opened, risk_note="theirs")
    response = mine.post(form_url(live_cast), typed_plan(live_cast, **opened, risk_note="mine"))
    assert "Nurse Adaeze Obi changed this draft after you opened it" in readable(response)
    assert 'value="mine"' in response.content.decode()
    assert "Open the newer draft beside it" in readable(response)
    assert value_of(mine.get(form_url(live_cast)), "risk_note") == "theirs"
    assert PlanDraft.objects.get().content["risk_note"] == "theirs"


def test_read_back_shows_every_coming_day_and_dose(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast)
    page = browser.get(reverse("plan-read-back", args=[plan.pk])).content.decode()
    coming = page[page.index('id="coming"') : page.index('id="told"')]
    days = re.findall(r'<li class="day"><span>(\w+ \d+ \w+)</span>(.*?)</li>', coming, re.DOTALL)
    every = [first_day(live_cast) + timedelta(days=n) for n in range(28)]
    assert [day for day, _ in days] == [f"{on:%a} {on.day} {on:%b}" for on in every]
    shown = [re.findall(r'(\d\d:\d\d) <span class="amt" dir="auto">([^<]*)', d) for _, d in days]
    first = [(time, "20 mg") for time in TIMES]
    second = [("08:00", "half a 10 mg tablet"), ("20:00", "7,5 mg")]
    fourth = [("08:00", " 5 mg"), ("20:00", "7.50")]
    assert shown == [first] * 7 + [second] * 7 + [[]] * 7 + [fourth] * 7


def test_read_back_says_who_is_told_when_and_what_is_not_set(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast, missed_doses_threshold="2")
    words = readable(browser.get(reverse("plan-read-back", args=[plan.pk])))
    assert "If the 08:00 dose has no log 08:00:20 Ewan Macrae E-mail at once." in words
    assert "09:30 Isla Macrae, Tomasz Wrona" in words
    assert "stands on the worklist of Harbour clinic" in words
    assert "Doses reported missed or skipped in a row 2, typed" in words
    assert "Hours since the last dose logged taken Not set" in words


def test_read_back_says_when_quiet_hours_leave_a_line_without_anybody(live_cast: Cast) -> None:
    caregivers = ContactPoint.objects.filter(person__in=[live_cast.isla, live_cast.tomasz])
    caregivers.update(quiet_from_time=time(21), quiet_until_time=time(7))
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast)
    words = readable(browser.get(reverse("plan-read-back", args=[plan.pk])))
    quiet = "Isla Macrae: quiet hours, the message waits until 07:00."
    assert quiet in words[words.index("If the 20:00 dose has no log") :]
    assert quiet not in words[: words.index("If the 20:00 dose has no log")]
    assert "Nobody here can be told then, and the next is not waited for." in words
    assert "every day from 21:00 to 07:00 on the next day" in words


@pytest.mark.parametrize(
    ("quiet_from", "quiet_until", "warned"),
    [
        (time(20, 0), time(7, 0), ["20:00"]),
        (time(20, 0, 1), time(7, 0), []),
        (time(19, 0), time(20, 0), []),
        (time(19, 0), time(20, 0, 1), ["20:00"]),
        (time(7, 0), time(21, 0), ["08:00", "14:00", "20:00"]),
    ],
)
def test_read_back_warns_of_a_dose_time_in_the_patients_own_quiet_hours(
    live_cast: Cast, quiet_from: time, quiet_until: time, warned: list[str]
) -> None:
    own = ContactPoint.objects.filter(person=live_cast.ewan_user)
    own.update(quiet_from_time=quiet_from, quiet_until_time=quiet_until)
    browser = live_cast.client(live_cast.priya)
    words = readable(browser.get(reverse("plan-read-back", args=[keep(browser, live_cast).pk])))
    assert re.findall(r"has quiet hours at (\S+) and is not reminded then", words) == warned
    assert ("Quiet hours cover a dose time" in words) is bool(warned)


def test_a_signature_that_is_refused_keeps_the_ticks_and_says_why(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast)
    response = sign(browser, plan, read=["1", "3"], password="not-her-word")
    words = readable(response)
    assert "2 steps are not read back yet" in words
    assert "This is not your password." in words
    ticked = re.findall(r'name="read" value="(\d)" checked', response.content.decode())
    assert ticked == ["1", "3"]
    assert "not-her-word" not in response.content.decode()
    assert not PlanVersion.objects.exists()


def test_a_page_cannot_sign_without_the_text_that_was_read(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast)
    for read in ("", "0" * 64):
        response = sign(browser, plan, text_sha256=read)
        assert "The plan has changed since you read it" in readable(response)
        assert 'name="read" value="1" checked' not in response.content.decode()
    assert not PlanVersion.objects.exists()


def test_a_plan_by_pump_is_kept_and_says_why_it_cannot_be_signed(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    visits = {f"visit-{row}": "10:30" for row in range(1, 5)}
    visits |= {f"rate-{row}": "299,5 micrograms/day" for row in range(1, 5)}
    plan = keep(browser, live_cast, route="intrathecal", formulation="pump", **visits)
    page = browser.get(reverse("plan-read-back", args=[plan.pk]))
    assert "once the pump is on record" in readable(page)
    assert "once the pump is on record" in readable(sign(browser, plan))
    assert not PlanVersion.objects.exists()


def test_the_stop_page_warns_first_and_asks_why(live_cast: Cast) -> None:
    plan = taper_signed(live_cast.ewan, by=live_cast.priya, now=live_cast.now)
    browser, url = live_cast.client(live_cast.priya), reverse("plan-stop", args=[plan.pk])
    page = browser.get(url).content.decode()
    assert page.index("Never stop baclofen suddenly.") < page.index('name="reason"')
    assert "why the plan is stopped" in readable(browser.post(url, {"reason": " "}))
    plan.refresh_from_db()
    assert plan.state == PlanState.ACTIVE
    assert browser.post(url, {"reason": "prescribed anew"}).status_code == 302
    plan.refresh_from_db()
    assert plan.state == PlanState.OBSERVATION


def test_a_plan_that_does_not_run_leads_back_to_the_chart(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast)
    response = browser.get(reverse("plan-stop", args=[plan.pk]))
    assert response.url == reverse("chart", args=[live_cast.ewan.pk])
    sign(browser, plan)
    response = browser.get(reverse("plan-read-back", args=[plan.pk]))
    assert response.url == reverse("chart", args=[live_cast.ewan.pk])


def test_every_look_at_a_plan_is_recorded(live_cast: Cast) -> None:
    live_cast.client(live_cast.adaeze).get(form_url(live_cast))
    look = Look.objects.get(patient=live_cast.ewan, actor=live_cast.adaeze)
    assert (look.page, look.capacity) == ("plan", "clinician")


NOT_THEIRS = [
    "admin",
    "ended_clinician",
    "ewan_user",
    "isla",
    "watcher",
    "ended_caregiver",
    "stranger",
    "juno",
]


@pytest.mark.parametrize("who", NOT_THEIRS)
def test_nobody_but_a_clinician_of_the_clinic_finds_a_plans_pages(
    live_cast: Cast, who: str
) -> None:
    browser = live_cast.client(getattr(live_cast, who))
    running = taper_signed(live_cast.ewan, by=live_cast.priya, now=live_cast.now)
    steps = [raw_step("2030-01-01", "2030-01-07", dose("08:00", "5 mg"))]
    raw = raw_plan(named_clinician=str(live_cast.priya.pk), steps=steps)
    draft = plan_draft_save(
        patient=live_cast.ewan,
        by=live_cast.priya,
        content=plan_content_from(raw),
        now=live_cast.now,
    )
    urls = [
        form_url(live_cast),
        reverse("plan-read-back", args=[draft.pk]),
        reverse("plan-stop", args=[running.pk]),
    ]
    typed = {**typed_plan(live_cast), "reason": "x", "password": PASSWORD}
    answers = [browser.get(url).status_code for url in urls]
    answers += [browser.post(url, typed).status_code for url in urls]
    assert answers == [404] * 6
    running.refresh_from_db()
    assert running.state == PlanState.ACTIVE


def test_somebody_who_is_not_signed_in_is_asked_to(live_cast: Cast) -> None:
    response = live_cast.client(None).get(form_url(live_cast))
    assert response.status_code == 302
    assert "login" in response.url
