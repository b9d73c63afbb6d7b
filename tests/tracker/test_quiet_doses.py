"""Somebody whose quiet hours cover a dose is told so where they set them."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.clock import database_now
from accounts.models import ContactPoint
from tests.cast import Cast, cast_make
from tests.tracker.days import plan_around
from tracker.domain.plan_input import clock_text
from tracker.models import ExpectedDose
from tracker.selectors.quiet_doses import dose_times_in_quiet_hours

HOUR = timedelta(hours=1)
WARNING = "in these quiet hours"


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast at the database's present, because the page reads its clock."""
    return cast_make(database_now())


@pytest.fixture
def dose(cast: Cast) -> ExpectedDose:
    """A dose of Ewan's in three hours."""
    return plan_around(cast, cast.now, later=3 * HOUR)["later"]


def quiet_around(point: ContactPoint, dose: ExpectedDose, *, hours_later: int = 0) -> None:
    """Let nothing come for an hour from this dose's time on, or so many hours later."""
    zone = ZoneInfo(point.person.zone)
    begins = (dose.due_at + hours_later * HOUR).astimezone(zone)
    point.quiet_from_time = begins.time().replace(fold=0)
    point.quiet_until_time = (begins + HOUR).time().replace(fold=0)
    point.save()


def test_quiet_hours_over_a_dose_time_are_warned_of(cast: Cast, dose: ExpectedDose) -> None:
    browser = cast.client(cast.ewan_user)
    assert WARNING not in browser.get("/me/").content.decode()
    point = cast.ewan_user.contact_points.get()
    quiet_around(point, dose)
    said = f"Your dose at {clock_text(dose.wall_time)} lies in these quiet hours"
    assert said in browser.get("/me/").content.decode()
    quiet_around(point, dose, hours_later=2)
    assert WARNING not in browser.get("/me/").content.decode()


def test_quiet_hours_are_read_in_the_persons_zone_and_doses_in_the_plans(
    cast: Cast, dose: ExpectedDose
) -> None:
    cast.ewan_user.zone = "Pacific/Auckland"
    cast.ewan_user.save()
    point = cast.ewan_user.contact_points.get()
    quiet_around(point, dose)
    assert point.quiet_from_time != dose.wall_time
    assert dose_times_in_quiet_hours(point, cast.now) == [clock_text(dose.wall_time)]


def test_nobody_is_warned_of_somebody_elses_doses_or_of_doses_that_were_taken_off(
    cast: Cast, dose: ExpectedDose
) -> None:
    helper = cast.isla.contact_points.get()
    quiet_around(helper, dose)
    assert dose_times_in_quiet_hours(helper, cast.now) == []
    point = cast.ewan_user.contact_points.get()
    point.quiet_from_time, point.quiet_until_time = time(0), time(23, 59)
    point.save()
    ExpectedDose.objects.update(cancelled_at=cast.now, cancel_reason="held")
    assert dose_times_in_quiet_hours(point, cast.now) == []
