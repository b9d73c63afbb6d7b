"""Every main page of every role in a real browser: what stands on it, and whether all can use it.

The demo clinic of `make run` is seeded into a stack of its own. With PICTURES=1, as `make docs`
sets it, the pictures of README.md are taken on the way; otherwise nothing is written.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from accounts.clock import database_now
from config.local_postgres import LocalPostgres
from tests.architecture.sources import ROOT
from tests.support import pictures
from tests.support.hands import hindrances, pages_of
from tests.support.postgres import cloned
from tests.support.stack import Stack
from tests.tracker.plans import dose, raw_plan, raw_step

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(300)]

PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "harbour-light-7"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 860}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NOBODY = ""
SAMIRA, EWAN = "samira@harbour.example", "ewan@harbour.example"  # due now; on track
HALINA, PIOTR = "halina@harbour.example", "piotr@harbour.example"  # by pump; her son
ISLA = "isla@harbour.example"  # caregiver of three
PRIYA, MORAG = "priya@harbour.example", "morag@harbour.example"  # clinician, administrator

# Who opens which page, its heading, and its picture in docs/pages.md unless a journey takes it. A
# name in braces is an id that the seed made.
PHONE_PAGES = [
    (NOBODY, "/signs/", "Baclofen: warning signs", "signs"),
    (NOBODY, "/c/harbour/signs/", "Baclofen: warning signs", ""),
    (NOBODY, "/medicine/", "Baclofen", "medicine"),
    (NOBODY, "/account/login/", "Sign in", "sign-in"),
    (NOBODY, "/account/password/reset/", "", "password-reset"),
    (NOBODY, "/join/nothing/", "This link no longer works", "link-gone"),
    (SAMIRA, "/today/", "", ""),
    (EWAN, "/today/", "", ""),
    (EWAN, "/today/steps/2/", "", "step"),
    (EWAN, "/today/plan/", "The plan as entered", ""),
    (EWAN, "/today/signs/", "Baclofen: warning signs", "own-signs"),
    (EWAN, "/today/zone/", "", ""),
    (SAMIRA, "/today/doses/{dose}/", "dose", ""),
    (SAMIRA, "/today/doses/{dose}/taken/", "", ""),
    (SAMIRA, "/today/doses/{dose}/skip/", "", ""),
    (SAMIRA, "/today/extra/", "A dose was taken beside the plan", ""),
    (SAMIRA, "/today/supply/", "Nothing is left: call today", "supply"),
    (SAMIRA, "/check-in/", "How are you right now?", ""),
    (SAMIRA, "/urgent/", "Get help now.", ""),
    (EWAN, "/history/", "The last 14 days", "history"),
    (EWAN, "/me/", "You and your messages", ""),
    (EWAN, "/account/password/change/", "", "password-change"),
    (EWAN, "/account/logout/", "", "sign-out"),
    (EWAN, "/me/looks/", "Who looked at your record", "looks"),
    (EWAN, "/patients/{ewan}/people/", "Your caregivers", "people"),
    (HALINA, "/today/", "", "today-pump"),
    (HALINA, "/pump/", "Your pump", "pump"),
    (HALINA, "/pump/alarm/", "Which alarm did you hear?", "pump-alarm"),
    (HALINA, "/pump/refill/", "When was the pump refilled?", "pump-refill"),
    (HALINA, "/pump/oral/", "Baclofen to swallow, on hand", "pump-oral"),
    (HALINA, "/check-in/", "How are you right now?", ""),
    (HALINA, "/urgent/", "Get help now.", ""),
    (PIOTR, "/feed/{halina}/", "Halina Dąbrowska", ""),
    (PIOTR, "/feed/{halina}/pump/", "Pump of Halina Dąbrowska", ""),
    (ISLA, "/feed/", "People you help", "feed"),
    (ISLA, "/feed/{beatriz}/", "Beatriz Carvalho", "person"),
    (ISLA, "/feed/{beatriz}/check-in/", "How is Beatriz Carvalho right now?", ""),
    (ISLA, "/feed/{beatriz}/urgent/", "Get help now.", "urgent-for"),
    (ISLA, "/alerts/{silence}/", "", "thread"),
    (ISLA, "/me/", "You and your messages", ""),
]
DESK_PAGES = [
    (PRIYA, "/worklist/", "Worklist"),
    (PRIYA, "/worklist/?patient={kofi}", "Worklist"),
    (PRIYA, "/worklist/?show=no-open-flag", "Worklist"),
    (PRIYA, "/patients/", "Patients"),
    (PRIYA, "/patients/{ewan}/", "Ewan Macrae"),
    (PRIYA, "/patients/{kofi}/", "Kofi Mensah-Bright"),
    (PRIYA, "/patients/{halina}/", "Halina Dąbrowska"),
    (PRIYA, "/patients/{halina}/pump/", "Halina Dąbrowska"),
    (PRIYA, "/patients/{halina}/pump/record/", "Pump record"),
    (PRIYA, "/patients/{halina}/pump/dates/", "Type dates of the pump"),
    (PRIYA, "/patients/{halina}/pump/told/", "What were you told, or what did you find?"),
    (PRIYA, "/patients/{new}/", "Lucia Ferrer"),
    (PRIYA, "/patients/{new}/plan/", "New plan for Lucia Ferrer"),
    (PRIYA, "/plans/{draft}/read-back/", "Read back the plan for Lucia Ferrer"),
    (PRIYA, "/plans/{plan}/", "The plan of Ewan Macrae"),
    (PRIYA, "/plans/{plan}/change/", "Change the plan of Ewan Macrae"),
    (PRIYA, "/plans/{plan}/step-back/", "Step back in the plan of Ewan Macrae"),
    (PRIYA, "/plans/{plan}/hold/", "Put the plan of Ewan Macrae on hold"),
    (PRIYA, "/plans/{plan}/complete/", "Complete the plan of Ewan Macrae"),
    (PRIYA, "/plans/{plan}/stop/", "Stop the plan of Ewan Macrae"),
    (PRIYA, "/patients/{new}/invitation/", "Lucia Ferrer"),
    (PRIYA, "/patients/{ewan}/people/", "Caregivers of Ewan Macrae"),
    (PRIYA, "/alerts/{sign}/", ""),
    (PRIYA, "/flags/{flag}/close/", "Close with a note"),
    (PRIYA, "/take-in/", "Take a patient in"),
    (PRIYA, "/me/", "You and your messages"),
    (MORAG, "/clinic/", "Harbour clinic"),
    (MORAG, "/me/", "You and your messages"),
]
ID_OF = {
    "ewan": "SELECT id FROM accounts_patient WHERE starts_with(name, 'Ewan ')",
    "kofi": "SELECT id FROM accounts_patient WHERE starts_with(name, 'Kofi ')",
    "halina": "SELECT id FROM accounts_patient WHERE starts_with(name, 'Halina ')",
    "beatriz": "SELECT id FROM accounts_patient WHERE starts_with(name, 'Beatriz ')",
    "new": "SELECT id FROM accounts_patient WHERE name = 'Lucia Ferrer'",
    "dose": """SELECT dose.id FROM tracker_expecteddose dose
        JOIN tracker_plan plan ON plan.id = dose.plan_id
        JOIN accounts_patient patient ON patient.id = plan.patient_id
        WHERE starts_with(patient.name, 'Samira ') ORDER BY dose.due_at LIMIT 1""",
    "plan": """SELECT plan.id FROM tracker_plan plan
        JOIN accounts_patient patient ON patient.id = plan.patient_id
        WHERE starts_with(patient.name, 'Ewan ')""",
    "draft": "SELECT id FROM tracker_plan WHERE state = 'draft'",
    "flag": "SELECT id FROM tracker_flag WHERE rule = 'F2'",
    "sign": "SELECT id FROM tracker_alert WHERE kind = 'flag' AND alert_class = 'D' LIMIT 1",
    "silence": """SELECT alert.id FROM tracker_alert alert
        JOIN accounts_patient patient ON patient.id = alert.patient_id
        WHERE starts_with(patient.name, 'Beatriz ') AND alert.kind = 'no_log'""",
}


@dataclass
class Demo:
    """The seeded clinic, running; who has signed in once stays signed in."""

    stack: Stack
    browser: Browser
    ids: dict[str, str]
    cookies: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def open(self, rooms: ExitStack, who: str, path: str, size: ViewportSize) -> Page:
        """Return this person's page in a window of this size; `rooms` closes it."""
        context = self.browser.new_context(
            viewport=size,
            device_scale_factor=2,
            locale="en-GB",
            timezone_id="Europe/London",
            color_scheme="light",
            reduced_motion="reduce",
        )
        rooms.callback(context.close)
        context.set_default_timeout(30_000)
        page = context.new_page()
        if who in self.cookies:
            context.add_cookies(self.cookies[who])
        elif who:
            self._sign_in(page, who)
            self.cookies[who] = context.cookies()
        page.goto(self.stack.url + path.format(**self.ids), wait_until="networkidle")
        return page

    def _sign_in(self, page: Page, who: str) -> None:
        page.goto(f"{self.stack.url}/sign-in/")
        page.get_by_label("Email").fill(who)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)


@pytest.fixture(scope="module")
def demo(
    test_server: LocalPostgres,
    django_test_environment,
    django_db_blocker,
    tmp_path_factory: pytest.TempPathFactory,
    browser: Browser,
) -> Iterator[Demo]:
    """The demo clinic after the engine has looked at it: who must know has been told."""
    with cloned(test_server, purpose="pictures") as clone:
        stack = Stack(clone, tmp_path_factory.mktemp("pictures"), django_db_blocker)
        stack.extra_environment["DEMO"] = "1"
        try:
            assert "Demo logins" in stack.manage("seed")
            somebody_new_make(stack)
            change_make(stack)
            stack.start()
            stack.inbox.wait_for(ISLA, seconds=90)
            stack.wait_until(lambda: stack.get("/healthz/engine/")[0] == 200, seconds=60)
            yield Demo(stack, browser, ids_of(stack))
        finally:
            stack.stop()


def somebody_new_make(stack: Stack) -> None:
    """Take Lucia in and keep a draft for her: what a clinician sees before a plan runs."""
    from accounts.models import Clinic, User
    from accounts.services.intake import patient_take_in
    from tracker.domain.plan_content import plan_content_from
    from tracker.services.plan_drafts import plan_draft_save

    with stack.orm():
        now = database_now()
        priya = User.objects.get(email=PRIYA)
        lucia = patient_take_in(
            clinic=Clinic.objects.get(),
            by=priya,
            name="Lucia Ferrer",
            born_on=None,
            clinic_number="20551",
            zone="Europe/London",
            language="en",
            phone="",
            email="lucia@harbour.example",
            now=now,
        )
        days = [(now.date() + timedelta(days=ahead)).isoformat() for ahead in (1, 8)]
        steps = [
            raw_step(days[0], "", dose("08:00", "10 mg"), dose("20:00", "half a 10 mg tablet")),
            raw_step(days[1], "", dose("08:00", "5 mg")),
        ]
        raw = raw_plan(steps=steps, ending="open", named_clinician=str(priya.pk))
        plan_draft_save(patient=lucia, by=priya, content=plan_content_from(raw), now=now)


def change_make(stack: Stack) -> None:
    """Change Ewan's plan from tomorrow on: the second version of a plan that runs."""
    from accounts.models import Patient
    from tracker.domain.plan_content import plan_content_from
    from tracker.domain.plan_states import VersionKind
    from tracker.selectors.plan_records import content_signed, versions_of
    from tracker.services.plan_drafts import plan_draft_save
    from tracker.services.plan_signing import plan_sign

    with stack.orm():
        now = database_now()
        ewan = Patient.objects.get(name="Ewan Macrae")
        plan = ewan.plans.get()
        signed = versions_of(plan).get()
        raw = content_signed(signed).as_raw() | {
            "counts_from_on": (now.date() + timedelta(days=2)).isoformat(),
            "counts_from_time": "00:00",
            "change_reason": "Spasms at night",
        }
        steps = raw["steps"]
        assert isinstance(steps, list)
        steps[-1]["doses"][0]["amount"] = "half a 20 mg tablet"
        content = plan_content_from(raw)
        kind = VersionKind.AMEND
        by = signed.signed_by
        plan_draft_save(patient=ewan, by=by, content=content, now=now, plan=plan, kind=kind)
        ticked = range(1, len(steps) + 1)
        plan_sign(plan=plan, by=by, ticked_steps=ticked, has_confirmed_hours=True, now=now)


def ids_of(stack: Stack) -> dict[str, str]:
    """The ids that addresses carry, by the names used above."""
    return {name: str(stack.query(question)[0][0]) for name, question in ID_OF.items()}


@pytest.fixture
def opened(demo: Demo) -> Iterator[Callable[[str, str, ViewportSize], Page]]:
    """Open pages as somebody; their windows close with the test."""
    with ExitStack() as rooms:
        yield lambda who, path, size: demo.open(rooms, who, path, size)


Opened = Callable[[str, str, ViewportSize], Page]


@pytest.mark.parametrize(("who", "path", "heading", "name"), PHONE_PAGES)
def test_every_page_of_a_phone_can_be_used_by_everybody(
    opened: Opened, who: str, path: str, heading: str, name: str
) -> None:
    page = opened(who, path, PHONE)

    assert_usable(page, heading)
    if name:
        pictures.picture(page, name)
    assert hindrances(page) == []
    if who and path != "/today/signs/":
        signs = page.get_by_role("link", name=re.compile(r"\bsigns?\b", re.IGNORECASE))
        expect(signs.first).to_be_visible()


@pytest.mark.parametrize(("who", "path", "heading"), DESK_PAGES)
def test_every_page_of_a_desk_can_be_used_by_everybody(
    opened: Opened, who: str, path: str, heading: str
) -> None:
    page = opened(who, path, DESK)

    assert_usable(page, heading)
    bar = page.get_by_role("navigation", name="Main")
    expect(bar.get_by_role("link", name="Signs")).to_be_visible()


@pytest.mark.parametrize("sheet", ["A4", "Letter"])
def test_the_signs_are_one_sheet_of_paper_and_the_card_is_another(
    opened: Opened, sheet: str
) -> None:
    public = opened(NOBODY, "/c/harbour/signs/", PHONE)
    assert pages_of(public.pdf(format=sheet)) == 1
    own = opened(EWAN, "/today/signs/", PHONE)
    expect(own.locator(".own-plan")).to_contain_text("Plan version 1, signed")
    assert pages_of(own.pdf(format=sheet)) == 1
    own.get_by_role("link", name="Print the card alone").click()
    own.emulate_media(media="print")
    assert pages_of(own.pdf(format=sheet)) == 1
    expect(own.get_by_role("heading", level=1)).to_be_hidden()
    for side in own.locator(".wcard").all():
        box = side.bounding_box()
        assert box is not None
        assert [round(box[each] * 25.4 / 96, 1) for each in ("width", "height")] == [85.6, 54.0]
    expect(own.locator(".wcard").last).to_contain_text("Ewan Macrae")
    expect(own.locator(".wcard").last).to_contain_text("☑ mouth")


def test_the_picture_of_a_patient_shows_one_dose_and_one_large_button(opened: Opened) -> None:
    page = opened(SAMIRA, "/today/", PHONE)

    card = page.get_by_role("region", name=re.compile("Due now|What happened at"))
    expect(card.get_by_text("10 mg", exact=True)).to_be_visible()
    expect(card.get_by_role("button", name="Taken")).to_be_visible()
    dock = page.get_by_role("navigation", name="Main")
    expect(dock.get_by_role("link", name="Warning signs")).to_be_visible()
    picture(page, "patient-today")


def test_the_picture_of_a_caregiver_shows_an_open_alert_and_who_was_told(opened: Opened) -> None:
    page = opened(ISLA, "/feed/", PHONE)

    alert = page.get_by_role("article").filter(has_text="Beatriz Carvalho")
    expect(alert.get_by_role("heading", level=2)).to_contain_text("No log")
    expect(alert.get_by_role("button", name="I have it")).to_be_visible()
    expect(alert.get_by_role("heading", name="Who has been told")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("issed")
    picture(page, "caregiver-feed")


def test_the_picture_of_a_clinician_shows_whom_to_call_first(opened: Opened, demo: Demo) -> None:
    page = opened(PRIYA, "/worklist/?patient={kofi}", DESK)

    rows = page.get_by_role("table").get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Emergency")
    expect(rows.nth(1)).to_contain_text("Halina Dąbrowska")
    expect(rows.nth(2)).to_contain_text("Same-day")
    expect(rows.nth(2)).to_contain_text("Kofi Mensah-Bright")
    expect(page.locator("#peek")).to_contain_text("Kofi Mensah-Bright")
    expect(page.get_by_text("Order: class, then what nobody has")).to_be_visible()
    picture(page, "clinician-worklist")


CLINICIAN_PICTURES = [
    ("clinician-plan-form", "/patients/{new}/plan/", "Amounts are kept character for character"),
    ("clinician-read-back", "/plans/{draft}/read-back/", "Every dose Lucia Ferrer will see"),
    ("clinician-plan", "/plans/{plan}/", "Spasms at night"),
    ("clinician-hold", "/plans/{plan}/hold/", "Never stop baclofen suddenly"),
    ("clinician-chart", "/patients/{ewan}/", "Lanes are never added together"),
    ("clinician-pump", "/patients/{halina}/pump/", "No level of the reservoir"),
]


@pytest.mark.parametrize(("name", "path", "words"), CLINICIAN_PICTURES)
def test_the_pictures_of_the_clinicians_page_show_what_it_says(
    opened: Opened, name: str, path: str, words: str
) -> None:
    page = opened(PRIYA, path, DESK)

    expect(page.locator("main")).to_contain_text(words)
    picture(page, name)


def assert_usable(page: Page, heading: str) -> None:
    """One heading says where one is; nothing runs off the side; axe finds nothing, day or night."""
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("h1")).to_contain_text(heading)
    expect(page.locator("main")).to_have_count(1)
    expect(page.get_by_text("Reminders are delayed")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "runs sideways"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"


def picture(page: Page, name: str) -> None:
    """Take the picture when it is wanted."""
    if pictures.ARE_WANTED:
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
