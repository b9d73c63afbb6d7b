"""A phone without a network keeps what was said, says so and sends it once."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.clock import database_now
from accounts.models import ContactPoint, User
from config.local_postgres import LocalPostgres
from config.processes import wait_until
from tests.cast import Cast, cast_make
from tests.reminders.letters import Browser as PushedBrowser
from tests.reminders.test_channels_webpush import PRIVATE
from tests.support import chromium
from tests.support.axe import axe_violations
from tests.support.browser_fixtures import PHONE
from tests.support.postgres import cloned
from tests.support.stack import Stack
from tests.tracker.days import log, plan_around
from tracker.models import CheckIn, Entry, ExpectedDose, Report

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.timeout(240)]

HOUR = timedelta(hours=1)
KEPT = "Kept on this phone at "
STRIP = "#device"
PATIENCE = 20_000  # milliseconds, for what goes to the server and back


@pytest.fixture(scope="module")
def stack(
    test_server: LocalPostgres,
    django_test_environment,
    django_db_blocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """One stack without an engine for all of this file."""
    with cloned(test_server, purpose="offlinequeue") as clone:
        started = Stack(clone, tmp_path_factory.mktemp("offline"), django_db_blocker)
        started.extra_environment = {
            "VAPID_PRIVATE_KEY": PRIVATE,
            "VAPID_SUBJECT": "mailto:ops@stepdown.example",
        }
        try:
            started.start("valkey", "web")
            yield started
        finally:
            started.stop()


@pytest.fixture(scope="module")
def world(stack: Stack) -> tuple[Cast, dict[str, ExpectedDose]]:
    """Ewan with a dose that is due and three that nobody spoke of."""
    with stack.orm():
        cast = cast_make(database_now())
        times = {
            "due": -timedelta(minutes=5),
            "one": -3 * HOUR,
            "two": -5 * HOUR,
            "three": -7 * HOUR,
        }
        return cast, plan_around(cast, cast.now, **times)


@pytest.fixture
def cast(world: tuple[Cast, dict[str, ExpectedDose]]) -> Cast:
    return world[0]


@pytest.fixture
def doses(world: tuple[Cast, dict[str, ExpectedDose]]) -> dict[str, ExpectedDose]:
    return world[1]


@pytest.fixture
def sign_in(stack: Stack, cast: Cast) -> Callable[[BrowserContext, User], None]:
    """Put somebody's session into a browser, to last through a restart of it."""

    def put(context: BrowserContext, who: User) -> None:
        with stack.orm():
            value = cast.client(who).cookies[settings.SESSION_COOKIE_NAME].value
        expires = (cast.now + timedelta(days=1)).timestamp()
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": value, "url": stack.url, "expires": expires}
        context.add_cookies([cookie])

    return put


@pytest.fixture
def phone(context: BrowserContext, page: Page, cast: Cast, sign_in) -> Page:
    """A fresh phone on which Ewan is signed in."""
    sign_in(context, cast.ewan_user)
    return page


@pytest.fixture
def restarted(
    browser: Browser, tmp_path: Path
) -> Callable[[], AbstractContextManager[BrowserContext]]:
    """Start a browser that keeps its profile when it is closed."""
    return lambda: browser_on(browser, tmp_path)


@contextmanager
def browser_on(browser: Browser, profile: Path) -> Iterator[BrowserContext]:
    opened = browser.browser_type.launch_persistent_context(
        profile,
        executable_path=chromium.executable(),
        args=chromium.FLAGS,
        viewport=PHONE,
        locale="en-GB",
        timezone_id="Europe/London",
    )
    opened.set_default_timeout(15_000)
    try:
        yield opened
    finally:
        opened.close()


def says(page: Page, text: str) -> None:
    """Wait until the strip shows this; what it could say stands in it hidden."""
    expect(page.locator(STRIP).get_by_text(text)).to_be_visible(timeout=PATIENCE)


def entries_of(stack: Stack, dose: ExpectedDose) -> list[Entry]:
    with stack.orm():
        found = Entry.objects.filter(dose=dose).select_related("by")
        return list(found.order_by("received_at"))


def test_a_tap_offline_is_kept_through_a_restart_and_meets_what_a_caregiver_logged(
    stack: Stack, restarted, cast: Cast, doses, sign_in
) -> None:
    with restarted() as first:
        sign_in(first, cast.ewan_user)
        page = first.pages[0]
        page.goto(f"{stack.url}/today/", wait_until="networkidle")
        first.set_offline(offline=True)
        page.get_by_role("button", name="Taken").click()

        kept = page.locator("[data-note='kept']")
        expect(kept).to_contain_text(KEPT)
        expect(kept).to_contain_text("It is sent when there is a network again.")
        expect(kept).to_be_focused()
        says(page, "1 entry waits on this phone.")
        assert axe_violations(page) == []
        expect(page.get_by_role("button", name="Taken")).to_be_hidden()
        expect(page.locator("#logged")).to_have_count(0)
        assert entries_of(stack, doses["due"]) == []
    with stack.orm():
        before = database_now()
        log(cast, doses["due"], before, by=cast.isla)

    with restarted() as again:
        page = again.pages[0]
        page.goto(f"{stack.url}/today/")

        strip = page.locator(STRIP)
        says(page, "1 entry was sent")
        says(page, "Somebody else logged this dose too.")
        expect(page.get_by_text("More than one entry for the")).to_be_visible()
        assert axe_violations(page) == []
        of_isla, of_ewan = entries_of(stack, doses["due"])
        assert (of_isla.by, of_ewan.by) == (cast.isla, cast.ewan_user)
        assert of_ewan.taken_at < before < of_ewan.received_at
        page.get_by_role("button", name="I have read this").click()
        page.reload(wait_until="networkidle")
        expect(strip).to_be_hidden()
        assert len(entries_of(stack, doses["due"])) == 2


def test_forms_are_kept_when_the_server_is_away_and_what_it_refuses_stays_with_its_reason(
    stack: Stack, phone: Page, doses
) -> None:
    phone.goto(f"{stack.url}/today/doses/{doses['one'].pk}/skip/", wait_until="networkidle")
    stack.block_database()
    phone.get_by_text("None left").click()
    phone.get_by_role("button", name="Skip this dose").click()
    expect(phone.locator("[data-note='kept']")).to_contain_text(KEPT)
    stack.unblock_database()
    phone.get_by_role("button", name="Send now").click()
    says(phone, "1 entry was sent")
    (entry,) = entries_of(stack, doses["one"])
    assert (entry.outcome, entry.reason) == ("skipped", "None left")
    with stack.orm():
        assert Report.objects.get().by == entry.by

    phone.goto(f"{stack.url}/today/doses/{doses['two'].pk}/taken/", wait_until="networkidle")
    phone.context.set_offline(offline=True)
    phone.get_by_label("Time", exact=True).fill("")
    phone.get_by_role("button", name="Log as taken").click()
    expect(phone.get_by_role("alert")).to_contain_text("Not kept yet")
    phone.get_by_label("Day").fill((doses["two"].local_date - timedelta(days=3)).isoformat())
    phone.get_by_label("Time", exact=True).fill("12:30")
    phone.get_by_role("button", name="Log as taken").click()
    expect(phone.locator("[data-note='kept']")).to_contain_text(KEPT)
    phone.context.set_offline(offline=False)

    refused = phone.locator(f"{STRIP} [data-part='parked'] li")
    expect(refused).to_contain_text("Not filed:")
    expect(refused).to_contain_text("before the plan was signed")
    expect(refused).not_to_contain_text("15 mg")
    phone.goto(f"{stack.url}/history/", wait_until="networkidle")
    expect(refused.get_by_role("link", name="Say it again")).to_have_attribute(
        "href", f"/today/doses/{doses['two'].pk}/"
    )
    refused.get_by_role("button", name="Drop it").click()
    assert axe_violations(phone) == []
    refused.get_by_role("button", name="Yes, drop it").click()
    expect(phone.locator(STRIP)).to_be_hidden()
    assert entries_of(stack, doses["two"]) == []


def test_an_emergency_sign_ticked_offline_opens_the_numbers_at_once_and_is_sent_later(
    stack: Stack, phone: Page, cast: Cast
) -> None:
    phone.goto(f"{stack.url}/check-in/", wait_until="networkidle")
    phone.context.set_offline(offline=True)
    phone.locator(".tog--e input").first.check()
    phone.get_by_role("button", name="Send ticked").click()
    expect(phone.get_by_role("heading", name="Get help now.")).to_be_visible()
    expect(phone.get_by_role("link", name="Call 999")).to_be_visible()
    with stack.orm():
        assert not CheckIn.objects.exists()

    phone.context.set_offline(offline=False)
    phone.goto(f"{stack.url}/today/")
    says(phone, "1 entry was sent")
    with stack.orm():
        (check_in,) = CheckIn.objects.all()
        assert check_in.by == cast.ewan_user
        assert check_in.at < check_in.received_at


def test_another_person_on_the_phone_sends_and_sees_nothing_of_the_first(
    stack: Stack, phone: Page, cast: Cast, doses, sign_in
) -> None:
    phone.goto(f"{stack.url}/today/doses/{doses['three'].pk}/taken/", wait_until="networkidle")
    phone.evaluate(
        "person => DeviceStore.agree(person).then(() => DeviceStore.keep({ person, doses: [] }))",
        str(cast.ewan_user.pk),
    )
    phone.context.set_offline(offline=True)
    phone.get_by_role("button", name="Taken at the dose time").click()
    expect(phone.locator("[data-note='kept']")).to_be_visible()
    phone.context.clear_cookies()
    phone.context.set_offline(offline=False)
    says(phone, "Sign in again to send them")

    sign_in(phone.context, cast.isla)
    phone.goto(f"{stack.url}/feed/", wait_until="networkidle")
    says(phone, "Entries of another person wait on this phone")
    assert phone.evaluate("DeviceStore.kept()") is None
    assert phone.evaluate("DeviceStore.agreed()") is None
    assert entries_of(stack, doses["three"]) == []

    phone.context.clear_cookies()
    sign_in(phone.context, cast.ewan_user)
    phone.goto(f"{stack.url}/today/")
    says(phone, "1 entry was sent")
    (entry,) = entries_of(stack, doses["three"])
    assert (entry.by, entry.taken_at) == (cast.ewan_user, doses["three"].due_at)


def test_signing_out_with_something_unsent_warns_and_then_leaves_nothing_on_the_phone(
    stack: Stack, phone: Page, cast: Cast
) -> None:
    phone.goto(f"{stack.url}/today/", wait_until="networkidle")
    phone.evaluate(
        "([person, address, id]) => DeviceStore.add("
        "{ client_id: id, person, kind: 'extra', address, body: { amount_note: '' } })",
        [str(cast.ewan_user.pk), f"/api/v1/patients/{uuid4()}/entries/", str(uuid4())],
    )
    phone.get_by_label("Menu").click()
    phone.get_by_role("button", name="Sign out").click()
    expect(phone.get_by_role("heading", name="Not everything was sent")).to_be_visible()
    phone.get_by_role("main").get_by_role("button", name="Send now").click()
    expect(phone.locator(f"{STRIP} [data-part='parked'] li")).to_have_count(1)

    with phone.expect_response("**/account/logout/") as heard:
        phone.get_by_role("button", name="Throw away and sign out").click()
    assert heard.value.all_headers()["clear-site-data"] == '"cache", "storage"'
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    assert phone.evaluate("DeviceStore.parked()") == []
    expect(phone.locator(STRIP)).to_be_hidden()


# No push service can be reached: what the browser would get from one is put in its place.
FAR_END = """
([p256dh, auth]) => {
  const made = () => ({
    endpoint: "https://push.example/abc",
    toJSON: () => ({ endpoint: "https://push.example/abc", keys: { p256dh, auth } }),
    unsubscribe: async () => { localStorage.removeItem("made"); return true; },
  });
  PushManager.prototype.subscribe = async () => { localStorage.made = "yes"; return made(); };
  PushManager.prototype.getSubscription = async () => (localStorage.made ? made() : null);
}
"""


SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map(({ title, body, actions }) => [title, body, actions.map((one) => one.title)])"""


def pushed_to(page: Page, note: dict[str, object]) -> None:
    """Hand a note to the service worker, as a push service does, until the browser shows it.

    Chromium drops a note that it is about to show when it is asked just then which ones are shown:
    the question waits a second, and a note that was dropped is sent again.
    """
    heard: list[str] = []
    tools = page.context.new_cdp_session(page)
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: heard.extend(one["registrationId"] for one in event["registrations"]),
    )
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    tools.send("ServiceWorker.enable")
    wait_until(lambda: page.evaluate("1") == 1 and bool(heard), seconds=20)  # the browser tells it
    origin = page.evaluate("location.origin")
    sent = {"origin": origin, "registrationId": heard[-1], "data": json.dumps(note)}

    def is_shown() -> bool:
        tools.send("ServiceWorker.deliverPushMessage", sent)
        page.wait_for_timeout(1_000)
        return bool(page.evaluate(SHOWN))

    assert wait_until(is_shown, seconds=30)
    tools.detach()


def test_a_phone_shows_messages_once_its_person_asks_and_its_button_logs_the_dose(
    stack: Stack, restarted, cast: Cast, doses, sign_in
) -> None:
    keys = PushedBrowser().keys
    dose = doses["two"]
    with restarted() as context:
        sign_in(context, cast.ewan_user)
        context.grant_permissions(["notifications"], origin=stack.url)
        context.add_init_script(f"({FAR_END})({json.dumps([keys.p256dh, keys.auth])})")
        page = context.pages[0]
        page.goto(f"{stack.url}/me/", wait_until="networkidle")
        page.get_by_role("button", name="Show messages on this phone").click()
        expect(page.get_by_text("Messages show on this phone.")).to_be_visible(timeout=PATIENCE)
        with stack.orm():
            point = ContactPoint.objects.get(kind="push")
            assert (point.person, point.is_usable) == (cast.ewan_user, True)

        tap = {
            "dose": str(dose.pk), "person": str(cast.ewan_user.pk), "request": str(uuid4()),
            "due_at": dose.due_at.isoformat(), "zone": "UTC", "url": "/t/none/",
            "taken": "Taken", "sent": "Sent.", "kept": "Kept.",
        }  # fmt: skip
        note = {
            "id": "1",
            "title": "Stepdown: time to log",
            "body": "",
            "url": "/today/",
            "tap": tap,
        }
        pushed_to(page, note)
        assert page.evaluate(SHOWN) == [["Stepdown: time to log", "", ["Taken"]]]

        (worker,) = context.service_workers
        for _ in range(2):
            worker.evaluate("note => logTaken(note)", note)
        stack.wait_until(lambda: page.evaluate(SHOWN)[0][1] == "Sent.", what="what became of it")
        (entry,) = entries_of(stack, dose)
        assert (entry.by, entry.outcome, str(entry.client_id)) == (
            cast.ewan_user,
            "taken",
            tap["request"],
        )

        page.evaluate("localStorage.removeItem('made'); sessionStorage.clear()")
        page.goto(f"{stack.url}/today/")
        stack.wait_until(
            lambda: page.evaluate("localStorage.made") == "yes", what="a new subscription"
        )
        page.get_by_label("Menu").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        with stack.orm():
            point.refresh_from_db()
            assert point.removed_at is not None
