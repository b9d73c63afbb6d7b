"""What a clinician reads and ticks before signing says all of each step, and leads somewhere."""

import re
from datetime import timedelta

from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.tapers import taper_signed
from tests.tracker.changing import change_kept
from tests.tracker.test_plan_pages import keep, readable
from tracker.models import Plan

DAY = timedelta(days=1)


def lines_to_tick(browser: Client, plan: Plan) -> list[str]:
    """The words beside each box that is ticked before signing."""
    page = browser.get(reverse("plan-read-back", args=[plan.pk])).content.decode()
    labels = re.findall(r'<label><input type="checkbox" name="read".*?</label>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", label).split()) for label in labels]


def test_the_line_that_is_ticked_names_the_weekdays_of_each_dose(live_cast: Cast) -> None:
    weekdays = {"weekdays-1": "Mon Wed Fri", "weekdays-2": "Tue Thu", "time-2": "08:00"}
    browser = live_cast.client(live_cast.priya)
    first, *_ = lines_to_tick(browser, keep(browser, live_cast, **weekdays))
    assert "08:00 (Mon, Wed, Fri) 20 mg , 08:00 (Tue, Thu) 20 mg , 20:00 20 mg" in first


def test_the_line_that_is_ticked_of_a_pump_names_the_visit_and_the_rate(live_cast: Cast) -> None:
    visits = {f"visit-{row}": "10:30" for row in range(1, 5)}
    visits |= {f"rate-{row}": "299,5 micrograms/day" for row in range(1, 5)}
    browser = live_cast.client(live_cast.priya)
    plan = keep(browser, live_cast, route="intrathecal", formulation="pump", **visits)
    lines = lines_to_tick(browser, plan)
    assert len(lines) == 4
    assert all("Visit at 10:30: 299,5 micrograms/day" in line for line in lines)
    assert not any("No doses" in line for line in lines)
    words = readable(browser.get(reverse("plan-read-back", args=[plan.pk])))
    assert words.count("· visit at 10:30") == 4
    assert "Caregivers who are alerted: 90 minutes after an alert opens" in words


def test_read_back_of_a_change_never_says_that_what_still_runs_has_passed(
    live_cast: Cast,
) -> None:
    now = live_cast.now
    plan = taper_signed(live_cast.ewan, by=live_cast.priya, now=now - DAY)
    noon = (now + 2 * DAY).replace(hour=12, minute=0, second=0, microsecond=0)
    change_kept(live_cast, plan, noon, now)
    browser = live_cast.client(live_cast.priya)
    words = readable(browser.get(reverse("plan-read-back", args=[plan.pk])))
    coming = words[words.index("Coming doses Every dose") :]
    assert "has passed" not in coming
    assert f"{noon:%a} {noon.day} {noon:%b} 22:00 10 mg 08:00 comes before the change" in coming
    day_before = noon - DAY
    assert f"{day_before:%a} {day_before.day} {day_before:%b} " not in coming
