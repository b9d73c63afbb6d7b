"""Enter a taper, log nothing, reach a caregiver, see it on the worklist: on real processes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import PASSWORD
from tests.journeys.scene import DESK, PHONE, Scene, link_in
from tests.support.stack import LEASE_SECONDS, Stack

EWAN, ISLA = "ewan.macrae@example.org", "isla.macrae@example.org"
PRIYA, CLINIC_DESK = "priya.raman@example.org", "desk@harbour.example"
RUNGS = (("0", "patient"), ("0:05", "patient"), ("0:10", "caregivers"), ("0:18", "clinic"))
HOLD_SECONDS = 8
THRESHOLDS = {
    "missed_doses_threshold": "3",
    "hours_since_taken_threshold": "30",
    "silent_doses_threshold": "4",
    "supply_days_threshold": "5",
    "step_change_days_threshold": "3",
    "sign_hours_threshold": "72",
    "review_days_threshold": "60",
}


@pytest.fixture
def scene(stack: Stack, browser: Browser) -> Scene:
    """Harbour clinic and Dr Raman, and every process running with ticks of one second."""
    scene = Scene(stack, browser)
    scene.set()
    return scene


@pytest.mark.timeout(600)
def test_the_whole_job(scene: Scene) -> None:
    clinician = scene.accept(PRIYA, DESK)
    chart = take_in(clinician, scene)
    patient = scene.accept(EWAN)
    invite_caregiver(patient)
    caregiver = scene.accept(ISLA)
    second_due_at = sign_a_plan(clinician, scene, chart)

    log_from_the_link(scene)
    silence_reaches_the_caregiver(scene, second_due_at)
    kill_the_worker_and_go_on(scene)
    the_ladder_waits_and_goes_on(scene, caregiver, clinician)
    a_late_entry_tells_its_outcome(scene, patient)
    a_sign_tells_everybody(scene, patient, clinician)
    nothing_was_lost_and_nothing_decided_twice(scene)


def take_in(clinician: Page, scene: Scene) -> str:
    """Take Ewan in; return the address of his chart."""
    clinician.goto(f"{scene.stack.url}/take-in/")
    clinician.get_by_label("Name", exact=True).fill("Ewan Macrae")
    clinician.locator("[name=email]").fill(EWAN)
    clinician.locator("[name=zone]").select_option(scene.zone.key)
    clinician.locator("main form button").last.click()
    clinician.wait_for_url("**/invitation/")
    return clinician.url.removesuffix("invitation/")


def invite_caregiver(patient: Page) -> None:
    """Ewan invites Isla: she is told, and may log."""
    patient.goto(patient.url.split("/", 3)[0] + "//" + patient.url.split("/", 3)[2] + "/me/")
    patient.get_by_role("link", name="Invite a caregiver").click()
    patient.locator("[name=name]").fill("Isla Macrae")
    patient.locator("[name=email]").fill(ISLA)
    patient.locator("[name=is_alerted]").check()
    patient.locator("[name=may_log]").check()
    patient.get_by_role("button", name="Mail the invitation").click()
    expect(patient.get_by_text("Isla Macrae").first).to_be_visible()


def sign_a_plan(clinician: Page, scene: Scene, chart: str) -> datetime:
    """Type three steps as rows, read them back, sign; return when the second dose is due."""
    clinician.goto(f"{chart}plan/")
    due = [datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=s) for s in (30, 42)]
    today = due[0].astimezone(scene.zone).date()
    while clinician.locator("[name=begins-3]").count() == 0:
        clinician.get_by_role("button", name="Step", exact=True).click()
    while clinician.locator("[name=time-2]").count() == 0:
        clinician.get_by_role("button", name="Dose time").click()
    for column, at in enumerate(due, start=1):
        clinician.locator(f"[name=time-{column}]").fill(scene.wall_time(at))
    amounts = (("20 mg", "20 mg"), ("half a 20 mg tablet", "7,5 mg"), ("5 mg", "no dose"))
    for row, (first, second) in enumerate(amounts, start=1):
        begins_on = today + timedelta(days=row - 1)
        clinician.locator(f"[name=begins-{row}]").fill(begins_on.isoformat())
        clinician.locator(f"[name=amount-{row}-1]").fill(first)
        clinician.locator(f"[name=amount-{row}-2]").fill(second)
    clinician.get_by_label("The last step goes on").check()
    clinician.locator("[name=route]").select_option("oral")
    clinician.locator("[name=formulation]").select_option("tablet")
    clinician.locator("[name=indication]").select_option("multiple_sclerosis")
    for row, (delay, audience) in enumerate(RUNGS, start=1):
        clinician.locator(f"[name=rung_delay_{row}]").fill(delay)
        clinician.locator(f"[name=rung_audience_{row}]").select_option(audience)
    clinician.locator("[name=on_time_window]").fill("0:30")
    clinician.locator("[name=follow_up_delay]").fill(f"0:{HOLD_SECONDS:02}")
    for name, number in THRESHOLDS.items():
        clinician.locator(f"[name={name}]").fill(number)
    clinician.locator("[name=observation_days]").fill("28")
    clinician.locator("[name=named_clinician]").select_option(label="Dr Priya Raman")
    clinician.get_by_role("button", name="Keep draft and read back").first.click()
    clinician.wait_for_url("**/read-back/")
    sign(clinician)
    return due[1]


def sign(clinician: Page) -> None:
    """Tick every step, confirm the hours if there are any, sign with the password."""
    for box in clinician.locator("[name=read]").all():
        box.check()
    hours = clinician.locator("[name=confirmed_hours]")
    if hours.count():
        hours.check()
    clinician.get_by_label("Your password").fill(PASSWORD)
    clinician.get_by_role("button", name="Sign version 1").click()
    clinician.wait_for_url(lambda url: "read-back" not in url)


def log_from_the_link(scene: Scene) -> None:
    """The first dose's message has one link; its page has one button."""
    prompt = scene.told(EWAN, "Time to log")[0]
    assert "20 mg" not in prompt.text
    page = scene.page(PHONE)
    page.goto(link_in_prompt(prompt.links))
    assert not scene.stack.query("SELECT id FROM tracker_entry")
    page.get_by_role("button", name="Taken").click()
    expect(page.get_by_role("heading", name="Logged")).to_be_visible()
    entries = scene.stack.query("SELECT outcome, via FROM tracker_entry")
    assert entries == [("taken", "link")]


def link_in_prompt(links: list[str]) -> str:
    """The address of the one-tap page."""
    return next(link for link in links if "/t/" in link)


def silence_reaches_the_caregiver(scene: Scene, due_at: datetime) -> None:
    """The second dose gets no log: two messages to Ewan, then one to Isla."""
    clock = due_at.astimezone(scene.zone).strftime("%H:%M")
    scene.told(EWAN, f"Time to log: {clock}", count=2)
    told = scene.told(ISLA, "No log for the")
    assert len(told) == 1
    assert told[0].received_at >= due_at + timedelta(seconds=10)
    assert "20 mg" not in told[0].text


def kill_the_worker_and_go_on(scene: Scene) -> None:
    """Kill -9 of the worker in the middle; another one goes on where it stopped."""
    scene.stack.kill("worker")
    scene.stack.start("worker")


def the_ladder_waits_and_goes_on(scene: Scene, caregiver: Page, clinician: Page) -> None:
    """Isla has it: the ladder waits; the fact stands, so it goes on to the worklist."""
    caregiver.goto(link_in(scene.told(ISLA, "No log for the")[0]))
    caregiver.get_by_role("button", name="I have it").first.click()
    expect(caregiver.get_by_text("If nothing changes by")).to_be_visible()
    acknowledged = scene.stack.query(
        "SELECT at FROM tracker_alertevent WHERE kind = 'acknowledged'"
    )[0][0]
    again = scene.told(ISLA, "No log for the", count=2)
    assert again[-1].received_at >= acknowledged + timedelta(seconds=HOLD_SECONDS)
    scene.told(CLINIC_DESK, "No log for the")
    clinician.goto(f"{scene.stack.url}/worklist/")
    expect(clinician.get_by_role("row", name="Ewan Macrae")).to_contain_text("No log for the")


def a_late_entry_tells_its_outcome(scene: Scene, patient: Page) -> None:
    """Ewan says what happened; whoever was told is told."""
    dose = scene.stack.query(
        "SELECT id FROM tracker_expecteddose WHERE standing_entry_id IS NULL"
        " AND due_at < now() AND cancelled_at IS NULL"
    )[0][0]
    patient.goto(f"{scene.stack.url}/today/doses/{dose}/taken/")
    patient.get_by_role("button", name="Taken at the dose time").click()
    patient.wait_for_url(lambda url: "/doses/" not in url)
    for address in (ISLA, CLINIC_DESK):
        # A follow-up waits for an original that a killed sender held.
        scene.told(address, "Logged as taken at", seconds=LEASE_SECONDS + 60)
    assert (
        scene.stack.query(
            "SELECT close_reason FROM tracker_alert WHERE kind = 'no_log' AND closed_at IS NULL"
        )
        == []
    )


def a_sign_tells_everybody(scene: Scene, patient: Page, clinician: Page) -> None:
    """A documented sign: the urgent page at once, caregiver and desk told, the flag stays."""
    patient.goto(f"{scene.stack.url}/check-in/")
    patient.locator("input[value=hallucination]").check()
    patient.get_by_role("button", name="Send ticked").click()
    expect(patient.get_by_role("heading", name="Get help now")).to_be_visible()
    expect(patient.get_by_role("link", name="Call 999")).to_be_visible()
    for address in (ISLA, CLINIC_DESK, PRIYA):
        scene.told(address, "hallucinations")
    clinician.goto(f"{scene.stack.url}/worklist/")
    row = clinician.get_by_role("row", name="Ewan Macrae")
    expect(row).to_contain_text("Emergency")
    expect(row).to_contain_text("Sign reported: hallucinations")
    open_flags = scene.stack.query(
        "SELECT rule FROM tracker_flag WHERE closed_at IS NULL AND rule = 'F1'"
    )
    assert open_flags == [("F1",)]


def nothing_was_lost_and_nothing_decided_twice(scene: Scene) -> None:
    """Every decided message arrived; what arrived twice carries the same key."""
    stack = scene.stack
    stack.wait_until(
        lambda: (
            not stack.query("SELECT id FROM reminders_message WHERE state IN ('queued', 'sending')")
        ),
        seconds=LEASE_SECONDS + 60,
        what="an empty queue",
    )
    states = dict(stack.query("SELECT id::text, state FROM reminders_message"))
    arrived = {mail.key.strip("<>").partition("@")[0] for mail in stack.inbox.mails}
    assert arrived <= states.keys()
    assert {key for key, state in states.items() if state == "sent"} <= arrived
    # What the killed sender sent and could not record is found moot later, and told its outcome.
    assert {states[key] for key in arrived} <= {"sent", "cancelled"}
    assert stack.query("SELECT id FROM reminders_message WHERE state = 'failed'") == []
    twice = stack.query(
        "SELECT alert_id, rung, round, person_id, clinic_id, duty, purpose, count(*)"
        " FROM reminders_notification GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING count(*) > 1"
    )
    assert twice == []
    alerts = stack.query(
        "SELECT dose_id, kind, episode FROM tracker_alert WHERE dose_id IS NOT NULL"
    )
    assert len(alerts) == len(set(alerts))
