"""Phones of the fixed cast on a stack that runs whole: the stage of a journey."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from playwright.sync_api import Browser, Page

from accounts.clock import database_now
from accounts.domain.opening_hours import OpenSpan
from accounts.models import User
from accounts.services.clinics import clinic_set_opening_hours
from tests.cast import JOB, Cast, cast_make
from tests.journeys.scene import zone_by_day
from tests.support.axe import axe_violations
from tests.support.hands import hindrances
from tests.support.stack import Stack
from tests.tracker.days import plan_signed
from tests.tracker.plans import dose, raw_step
from tracker.models import ExpectedDose, Plan

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "locale": "en-GB",
    "reduced_motion": "reduce",  # colours change at once, not while they are looked at
}
AMOUNT, LESS = "15 mg", "half a 20 mg tablet"
SIGNED_BEFORE = timedelta(hours=4)


@dataclass
class Phones:
    """Everybody's phone, on the clock of a zone in which it is day."""

    stack: Stack
    browser: Browser
    rooms: ExitStack
    zone: ZoneInfo = field(default_factory=zone_by_day)
    cast: Cast = field(init=False)

    def __post_init__(self) -> None:
        with self.stack.orm():
            now = database_now()
            self.cast = cast_make(now)
            spans = [OpenSpan(weekday, time(0), time(0)) for weekday in range(7)]
            harbour = self.cast.harbour
            clinic_set_opening_hours(clinic=harbour, spans=spans, job=JOB, now=now)

    def open(self, who: User | None, path: str, *, zone: str = "", **options: object) -> Page:
        """This person's phone with a page open, or nobody's; it closes with the file."""
        context = self.browser.new_context(
            **{**PHONE, "timezone_id": zone or self.zone.key, **options}
        )
        self.rooms.callback(context.close)
        context.set_default_timeout(20_000)
        if who is not None:
            with self.stack.orm():
                value = self.cast.client(who).cookies[settings.SESSION_COOKIE_NAME].value
            name = settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": value, "url": self.stack.url}])
        page = context.new_page()
        page.goto(f"{self.stack.url}{path}")
        return page

    def plan(self, *shifts: timedelta) -> tuple[Plan, list[ExpectedDose]]:
        """Ewan's plan with a dose at each of these times from now, and less from tomorrow on."""
        with self.stack.orm():
            due = sorted(
                (self.cast.now + shift).replace(second=0, microsecond=0) for shift in shifts
            )
            today = self.today
            clocks = [self.clock(moment) for moment in due]
            steps = [
                raw_step(
                    (today + timedelta(days=ahead)).isoformat(), "",
                    *(dose(clock, amount) for clock in clocks),
                )
                for ahead, amount in ((0, AMOUNT), (1, LESS))
            ]  # fmt: skip
            signed_at = self.cast.now - SIGNED_BEFORE
            plan = plan_signed(
                self.cast.ewan, self.cast.priya, signed_at, steps, zone=self.zone.key
            )
            return plan, [plan.doses.get(due_at=moment) for moment in due]

    @property
    def today(self) -> date:
        """The date on the phones."""
        return self.cast.now.astimezone(self.zone).date()

    def clock(self, at: datetime) -> str:
        """An instant as the clock on the wall shows it."""
        return at.astimezone(self.zone).strftime("%H:%M")


def assert_sound(page: Page, *, is_for_any_hands: bool = False) -> None:
    """axe finds nothing by day or by night; if asked, nothing stands in any hands' way either."""
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        found = axe_violations(page)
        assert found == [], (page.url, found)
    if is_for_any_hands:
        found = hindrances(page)
        assert found == [], (page.url, found)
