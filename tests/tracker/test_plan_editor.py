"""The plan editor without script: what its buttons do, what it keeps, what it never fills in."""

import json
import re
from datetime import date, timedelta
from time import perf_counter

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.tapers import taper_signed
from tests.tracker.test_plan_pages import cells_that_are_wrong, form_url, readable, value_of
from tracker.models import Plan, PlanDraft
from tracker.services.plan_moves import plan_hold

TYPED = {
    "route": "oral",
    "zone": "Europe/London",
    "rows": "2",
    "columns": "2",
    "time-1": "08:00",
    "time-2": "20:00",
    "weekdays-2": "Mon Wed",
    "begins-1": "9 Dec 2026",
    "amount-1-1": "20 mg",
    "amount-1-2": "half a 10 mg tablet",
    "note-1": "with food",
    "begins-2": "16 Dec 2026",
    "amount-2-1": "7,5 mg",
    "amount-2-2": "no dose",
}


def fields(response: HttpResponse) -> dict[str, str]:
    """Every text of the page's grid, by name."""
    page = response.content.decode()
    found = re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page)
    return {name: value.replace("&quot;", '"') for name, value in found}


def press(browser: Client, cast: Cast, action: str, **typed: str) -> HttpResponse:
    return browser.post(form_url(cast), {**TYPED, **typed, "do": action})


@pytest.fixture
def priya(live_cast: Cast) -> Client:
    return live_cast.client(live_cast.priya)


def test_steps_move_up_and_down(live_cast: Cast, priya: Client) -> None:
    for action in ("down-1", "up-2"):
        moved = fields(press(priya, live_cast, action))
        assert (moved["amount-1-1"], moved["amount-2-2"]) == ("7,5 mg", "half a 10 mg tablet")
    for action in ("up-1", "down-2", "up-9"):
        assert fields(press(priya, live_cast, action))["amount-1-1"] == "20 mg"


def test_a_duplicate_fills_in_no_amount_and_shows_each_to_be_put_in(
    live_cast: Cast, priya: Client
) -> None:
    page = press(priya, live_cast, "duplicate-1")
    typed = fields(page)
    assert [typed[name] for name in ("begins-2", "amount-2-1", "amount-2-2")] == ["", "", ""]
    assert typed["begins-3"] == "16 Dec 2026"
    assert "2 amounts are to be confirmed one by one." in readable(page)
    taken = fields(press(priya, live_cast, "take-2-2", **typed))
    assert (taken["amount-2-1"], taken["amount-2-2"]) == ("", "half a 10 mg tablet")
    assert taken["earlier-2-1"] == "20 mg"


def test_a_step_to_be_confirmed_cannot_be_kept_as_if_it_were_typed(
    live_cast: Cast, priya: Client
) -> None:
    typed = fields(press(priya, live_cast, "duplicate-2"))
    response = priya.post(form_url(live_cast), TYPED | typed)
    assert {"amount-3-1", "amount-3-2", "begins-3"} <= cells_that_are_wrong(response)
    assert not Plan.objects.exists()


@pytest.mark.parametrize("action", ["remove-step-1", "remove-time-2"])
def test_what_is_deleted_comes_back_whole(live_cast: Cast, priya: Client, action: str) -> None:
    gone = fields(press(priya, live_cast, action))
    assert "half a 10 mg tablet" not in {v for n, v in gone.items() if n != "deleted"}
    typed = {"route": "oral", "zone": "Europe/London", **gone, "do": "undo"}
    back = fields(priya.post(form_url(live_cast), typed))
    names = [name for name in TYPED if name not in {"route", "zone"}]
    assert {name: back[name] for name in names} == {name: TYPED[name] for name in names}


@pytest.mark.parametrize("carried", ["{", "[1]", '[{"at":-4}]', '[{"at":1,"row":[]}]', "null"])
def test_a_torn_undo_breaks_nothing(live_cast: Cast, priya: Client, carried: str) -> None:
    assert press(priya, live_cast, "undo", deleted=carried).status_code == 200
    assert press(priya, live_cast, "add-step", deleted=carried).status_code == 200


@pytest.mark.parametrize("action", ["drop", "up-x", "take-1", "take-x-1", "nothing-1"])
def test_a_button_that_the_page_does_not_have_is_not_found(
    live_cast: Cast, priya: Client, action: str
) -> None:
    assert press(priya, live_cast, action).status_code == 404


def test_pasted_rows_stand_below_the_typed_ones_with_each_problem_at_its_cell(
    live_cast: Cast, priya: Client
) -> None:
    rows = "Begins;20:00 Mon Wed;08:00;Note\n31 Nov 2026;7,5 mg;=A1;call\n2027-01-06; 5 mg;5;\n"
    page = press(priya, live_cast, "paste", paste=rows)
    typed = fields(page)
    assert [typed[f"amount-3-{n}"] for n in (1, 2)] == ["", "7,5 mg"]
    assert [typed[f"amount-4-{n}"] for n in (1, 2)] == ["5", " 5 mg"]
    assert typed["begins-1"] == "9 Dec 2026"
    assert cells_that_are_wrong(page) == {"begins-3", "amount-3-1"}
    assert "2 rows are in the grid" in readable(page)
    assert not Plan.objects.exists()


def test_a_paste_that_asks_about_its_dates_puts_nothing_in(live_cast: Cast, priya: Client) -> None:
    page = press(priya, live_cast, "paste", paste="01/02/2027;5 mg;5 mg\n")
    assert "begins-3" not in fields(page)
    assert 'value="day" checked' not in page.content.decode()
    answered = press(priya, live_cast, "paste", paste="01/02/2027;5 mg;5 mg\n", paste_order="month")
    assert fields(answered)["begins-3"] == "Sat 2 Jan 2027"


def test_two_thousand_rows_are_pasted_and_kept(live_cast: Cast, priya: Client) -> None:
    first = date(2026, 12, 9)
    lines = [f"{first + timedelta(days=n)}\t20 mg\t7,5 mg\tnote {n}" for n in range(1998)]
    began = perf_counter()
    page = press(priya, live_cast, "paste", paste="\n".join(lines))
    assert perf_counter() - began < 10  # about one second alone on a machine
    typed = fields(page)
    assert typed["amount-2000-2"] == "7,5 mg"
    kept = priya.post(form_url(live_cast), {**TYPED, **typed, "do": "autosave"})
    assert kept.status_code == 200, kept.content


def autosave(browser: Client, cast: Cast, **typed: str) -> tuple[int, dict[str, str]]:
    answer = press(browser, cast, "autosave", **typed)
    return answer.status_code, json.loads(answer.content)


def test_unfinished_typing_is_kept_as_it_is_and_opens_again(live_cast: Cast, priya: Client) -> None:
    typed = {"begins-1": "some day", "amount-2-1": "", "earlier-2-1": "7,5 mg", "time-2": "late"}
    status, answer = autosave(priya, live_cast, **typed)
    assert status == 200
    assert re.fullmatch(r"Draft kept \d\d:\d\d", answer["said"])
    page = priya.get(form_url(live_cast))
    assert {name: value_of(page, name) for name in typed} == typed
    assert value_of(page, "weekdays-2") == "Mon Wed"
    again = autosave(priya, live_cast, plan=answer["plan"], opened_at=answer["opened_at"])
    assert again[0] == 200
    assert PlanDraft.objects.count() == 1


def test_a_newer_draft_is_said_in_words_with_its_address(live_cast: Cast, priya: Client) -> None:
    _status, mine = autosave(priya, live_cast)
    opened = {name: mine[name] for name in ("plan", "opened_at")}
    theirs = live_cast.client(live_cast.adaeze)
    assert autosave(theirs, live_cast, **opened, risk_note="theirs")[0] == 200
    status, answer = autosave(priya, live_cast, **opened, risk_note="mine")
    assert status == 409
    assert "Nurse Adaeze Obi changed this draft" in answer["said"]
    assert answer["href"] == form_url(live_cast)
    assert PlanDraft.objects.get().content["risk_note"] == "theirs"


def test_the_other_routes_texts_are_kept_unseen(live_cast: Cast, priya: Client) -> None:
    pump = fields(press(priya, live_cast, "route", route="intrathecal", **{"rate-1": "200"}))
    assert pump["rate-1"] == "200"
    assert pump["amount-1-2"] == "half a 10 mg tablet"
    back = fields(press(priya, live_cast, "route", **pump | {"route": "oral"}))
    assert (back["rate-1"], back["amount-1-2"]) == ("200", "half a 10 mg tablet")


def test_amending_starts_from_the_rows_as_entered(live_cast: Cast, priya: Client) -> None:
    plan = taper_signed(live_cast.ewan, by=live_cast.priya, now=live_cast.now)
    typed = fields(priya.get(reverse("plan-change", args=[plan.pk])))
    assert typed["amount-1-1"]
    assert typed["begins-1"]
    assert typed["plan"] == str(plan.pk)
    page = priya.post(reverse("plan-change", args=[plan.pk]), typed | {"route": "oral"})
    assert page.status_code == 200
    assert plan.versions.count() == 1


@pytest.mark.parametrize("name", ["plan-step-back", "plan-resume"])
def test_stepping_back_and_resuming_carry_nothing_over(
    live_cast: Cast, priya: Client, name: str
) -> None:
    plan = taper_signed(live_cast.ewan, by=live_cast.priya, now=live_cast.now)
    if name == "plan-resume":
        review_on = (live_cast.now + timedelta(days=9)).date()
        hold = {"reason": "infection", "review_on": review_on, "now": live_cast.now}
        plan_hold(plan=plan, by=live_cast.priya, **hold)
    page = priya.get(reverse(name, args=[plan.pk]))
    typed = fields(page)
    amounts = {value for key, value in typed.items() if re.fullmatch(r"amount-\d+-\d+", key)}
    dates = {value for key, value in typed.items() if re.fullmatch(r"(begins|ends)-\d+", key)}
    assert (amounts, dates) == ({""}, {""})
    assert typed["earlier-1-1"]
    assert "to be confirmed" in readable(page)


def test_a_kind_of_change_that_the_plan_does_not_allow_is_said(
    live_cast: Cast, priya: Client
) -> None:
    plan = taper_signed(live_cast.ewan, by=live_cast.priya, now=live_cast.now)
    page = priya.get(reverse("plan-resume", args=[plan.pk]), follow=True)
    assert "This plan is not on hold, so it cannot be resumed." in readable(page)


def test_one_change_is_typed_at_a_time(live_cast: Cast, priya: Client) -> None:
    plan = taper_signed(live_cast.ewan, by=live_cast.priya, now=live_cast.now)
    url = reverse("plan-change", args=[plan.pk])
    typed = {**fields(priya.get(url)), "route": "oral", "do": "autosave"}
    assert priya.post(url, typed).status_code == 200
    page = priya.get(reverse("plan-step-back", args=[plan.pk]), follow=True)
    assert page.redirect_chain == [(url, 302)]
    assert "Another change of this plan is typed" in readable(page)
