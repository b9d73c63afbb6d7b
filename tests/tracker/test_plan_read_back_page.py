"""What a clinician reads and ticks before signing says all of each step, and leads somewhere."""

import re

from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.tracker.test_plan_pages import keep
from tracker.models import Plan


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
