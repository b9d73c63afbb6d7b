"""The people of a journey, each in a browser of their own, on real processes and a real clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.domain.capacities import Capacity
from accounts.domain.opening_hours import OpenSpan
from accounts.models.invitations import FOR_STAFF
from accounts.services.clinics import clinic_set_opening_hours
from accounts.services.invitations import invitation_create
from tests.cast import JOB, PASSWORD, clinic_make
from tests.support.inbox import Mail
from tests.support.stack import Stack

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
ZONES = ("Pacific/Honolulu", "America/Denver", "Europe/London", "Asia/Kolkata", "Asia/Tokyo")


def zone_by_day() -> ZoneInfo:
    """A zone in which it is neither night nor nearly midnight, so that doses stay on one date."""
    now = datetime.now(UTC)
    noon = time(12)
    return min(
        (ZoneInfo(name) for name in ZONES),
        key=lambda zone: abs(
            datetime.combine(now.date(), now.astimezone(zone).time())
            - datetime.combine(now.date(), noon)
        ),
    )


@dataclass
class Scene:
    """A clinic that is open, its clinician, and whoever is invited in the course of a journey."""

    stack: Stack
    browser: Browser
    zone: ZoneInfo = field(default_factory=zone_by_day)
    clinician_email: str = "priya.raman@example.org"

    def set(self) -> None:
        """Make the clinic, open at every hour, and invite its clinician."""
        with self.stack.orm():
            now = timezone.now()
            harbour = clinic_make("Harbour clinic", "harbour", at=now - timedelta(days=1))
            spans = [OpenSpan(weekday, time(0), time(0)) for weekday in range(7)]
            clinic_set_opening_hours(clinic=harbour, spans=spans, job=JOB, now=now)
            invitation_create(
                kind=FOR_STAFF,
                clinic=harbour,
                email=self.clinician_email,
                name="Dr Priya Raman",
                capacity=Capacity.CLINICIAN,
                job=JOB,
                now=now,
            )

    def page(self, viewport: dict[str, int]) -> Page:
        """A fresh browser profile."""
        context = self.browser.new_context(
            viewport=viewport, locale="en-GB", timezone_id=self.zone.key
        )
        context.set_default_timeout(20_000)
        return context.new_page()

    def accept(self, email: str, viewport: dict[str, int] = PHONE) -> Page:
        """Open the invitation in the mail, set a password, and arrive signed in."""
        mail = next(
            mail for mail in self.stack.inbox.wait_for(email) if "invitation" in mail.subject
        )
        page = self.page(viewport)
        page.goto(link_in(mail))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Accept and set the password").click()
        page.wait_for_url(lambda url: "/join/" not in url)
        return page

    def told(self, address: str, words: str, *, count: int = 1, seconds: float = 60) -> list[Mail]:
        """Wait until this address has `count` mails with these words; return them, oldest first."""

        def found() -> list[Mail]:
            return [mail for mail in self.stack.inbox.to(address) if words in mail.text]

        self.stack.wait_until(
            lambda: len(found()) >= count, seconds=seconds, what=f"{count} “{words}” to {address}"
        )
        return found()

    def wall_time(self, at: datetime) -> str:
        """An instant as the clock on the wall shows it, to the second."""
        return at.astimezone(self.zone).strftime("%H:%M:%S")


def link_in(mail: Mail) -> str:
    """The one link of a mail."""
    assert len(mail.links) == 1, mail.text
    return mail.links[0]
