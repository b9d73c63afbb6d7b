"""The pump's pages: the clinic's, the patient's and a caregiver's, and who may open which."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.domain.zones import local_date
from tests.cast import Cast
from tests.tracker.days import words
from tests.tracker.pumping import TERMS, dates_set, pump_make, pump_plan, refill, tell
from tracker.domain.pumps import PumpEventKind
from tracker.models import Flag, Pump, PumpDate, PumpDateConfirmation, PumpEvent
from tracker.services.flag_rules import flags_evaluate

DAY = timedelta(days=1)
CLINIC_DOORS = ("patient-pump", "pump-record", "pump-dates", "pump-told")
PHONE_DOORS = ("pump", "pump-alarm", "pump-refill-done", "pump-oral")


def today(cast: Cast) -> date:
    return local_date(cast.now, cast.ewan.zone_info)


@pytest.fixture
def pump(live_cast: Cast) -> Pump:
    """Ewan's pump as in the story: the refill date passed six days ago, the alarm date two."""
    cast = live_cast
    then = cast.now - 6 * DAY
    pump = pump_make(cast.ewan, cast.priya, then)
    plan = pump_plan(cast.ewan, cast.priya, then)
    dates = {"refill": today(cast) - 6 * DAY, "low_reservoir": today(cast) - 2 * DAY}
    dates_set(pump, cast.adaeze, cast.priya, then, **dates)
    dates_set(pump, cast.adaeze, None, then, replacement=today(cast) + 500 * DAY)
    flags_evaluate(plan=plan, now=cast.now)
    return pump


def page_of(cast: Cast, who: str, name: str, **args: object) -> str:
    """The text of a page as somebody reads it."""
    response = cast.client(getattr(cast, who)).get(reverse(name, kwargs=args))
    assert response.status_code == 200
    return words(response.content.decode())


def form_of(cast: Cast, **changed: str) -> dict[str, str]:
    """What a clinician types about a refill of this morning."""
    soon = today(cast) + 80 * DAY
    return {
        "client_id": str(uuid4()),
        "on": (today(cast) - DAY).isoformat(),
        "at": "10:40",
        "done_by": "Pump team, Harbour ward 3",
        "refill": soon.isoformat(),
        "low_reservoir": (soon + 5 * DAY).isoformat(),
        "read_from": "programmer printout",
    } | changed


def refill_recorded(cast: Cast, **changed: str) -> HttpResponse:
    address = reverse("pump-refill", args=[cast.ewan.pk])
    return cast.client(cast.adaeze).post(address, form_of(cast, **changed))


def open_flags() -> set[str]:
    return set(Flag.objects.open().exclude(rule="F24").values_list("rule", flat=True))


def test_the_clinics_page_says_what_passed_who_typed_it_and_who_confirmed(
    live_cast: Cast, pump: Pump
) -> None:
    text = page_of(live_cast, "priya", "patient-pump", patient_id=live_cast.ewan.pk)

    assert "Passed 6 days ago" in text
    assert "Passed 2 days ago" in text
    assert "Typed by Nurse Adaeze Obi" in text
    assert "Confirmed by Dr Priya Raman" in text
    assert "182.4 micrograms a day" in text
    assert "Time alone closes none of them." in text
    assert re.search(r"Low-reservoir alarm date .* passed, no refill recorded", text)


def test_the_line_is_drawn_from_the_dates_and_has_no_style_of_its_own(
    live_cast: Cast, pump: Pump
) -> None:
    address = reverse("patient-pump", args=[live_cast.ewan.pk])
    html = live_cast.client(live_cast.priya).get(address).content.decode()
    drawing = html[html.index('<svg class="plot"') :].split("</svg>")[0]

    assert drawing.count('class="m-date') == 3
    assert "m-date--e" in drawing
    assert "m-date--d" in drawing
    assert "style=" not in html
    assert "reservoir level" not in html.lower()


def test_a_pump_without_anything_on_record_says_so_and_can_be_recorded(live_cast: Cast) -> None:
    cast = live_cast
    assert "No pump on record" in page_of(cast, "priya", "patient-pump", patient_id=cast.ewan.pk)
    browser = cast.client(cast.priya)
    address = reverse("pump-record", args=[cast.ewan.pk])
    refused = browser.post(address, {"model": "SynchroMed II"})
    assert "This field is required" in words(refused.content.decode())
    terms = {name: value for name, value in TERMS.items() if name != "implanted_on"}
    assert browser.post(address, terms).status_code == 302
    assert Pump.objects.get().critical_alarm == TERMS["critical_alarm"]


def test_a_record_that_somebody_else_changed_meanwhile_is_not_overwritten(
    live_cast: Cast, pump: Pump
) -> None:
    cast, seen_at = live_cast, pump.recorded_at.isoformat()
    pump_make(cast.ewan, cast.adaeze, cast.now, seen_at=pump.recorded_at, serial="A1")
    terms = TERMS | {"implanted_on": "2021-06-03", "serial": "B2", "seen_at": seen_at}
    address = reverse("pump-record", args=[cast.ewan.pk])
    answer = cast.client(cast.priya).post(address, terms)

    assert "Somebody changed the pump’s record" in words(answer.content.decode())
    pump.refresh_from_db()
    assert pump.serial == "A1"


def test_a_refill_waits_for_a_second_person_who_does_not_see_its_dates(
    live_cast: Cast, pump: Pump
) -> None:
    cast = live_cast
    assert refill_recorded(cast).status_code == 302
    event = PumpEvent.objects.get()
    day = today(cast) + 80 * DAY
    seen = {"patient-pump": cast.ewan.pk}
    text = page_of(cast, "priya", "patient-pump", patient_id=seen["patient-pump"])
    asked = page_of(cast, "priya", "pump-event-confirm", event_id=event.pk)

    assert "waits for a second person" in text
    assert "Not shown until it is typed again" in text
    for shown in (text, asked):
        assert f"{day.day} {day:%b} {day.year}" not in shown
        assert day.isoformat() not in shown
    assert open_flags() == {"F15", "F16"}


def test_a_second_person_confirms_and_the_flags_close_on_the_page_that_follows(
    live_cast: Cast, pump: Pump
) -> None:
    cast = live_cast
    refill_recorded(cast)
    address = reverse("pump-event-confirm", args=[PumpEvent.objects.get().pk])
    sent = form_of(cast)
    dates = {name: sent[name] for name in ("refill", "low_reservoir")}

    differs = cast.client(cast.priya).post(address, dates | {"refill": today(cast).isoformat()})
    assert "This is not the date that Nurse Adaeze Obi typed" in words(differs.content.decode())
    assert open_flags() == {"F15", "F16"}

    shown = cast.client(cast.priya).post(address, dates, follow=True)
    text = words(shown.content.decode())
    assert "2 closed today" in text
    assert "By a fact: what it stated no longer stands." in text
    assert "Kept, no longer in force" in text
    assert open_flags() == set()


def test_whoever_recorded_a_refill_is_told_that_somebody_else_confirms_it(
    live_cast: Cast, pump: Pump
) -> None:
    cast = live_cast
    refill_recorded(cast)
    address = reverse("pump-event-confirm", args=[PumpEvent.objects.get().pk])
    sent = form_of(cast)
    answer = cast.client(cast.adaeze).post(
        address, {name: sent[name] for name in ("refill", "low_reservoir")}
    )

    assert "You said this yourself" in words(answer.content.decode())
    assert not PumpDateConfirmation.objects.filter(pump_date__event__isnull=False).exists()


def test_a_refill_that_was_none_is_denied_with_a_note(live_cast: Cast, pump: Pump) -> None:
    cast = live_cast
    refill_recorded(cast)
    address = reverse("pump-event-confirm", args=[PumpEvent.objects.get().pk])
    browser = cast.client(cast.priya)
    assert "Write why" in words(browser.post(address, {"deny": "1"}).content.decode())
    assert browser.post(address, {"deny": "1", "note": "Visit cancelled"}).status_code == 302
    assert open_flags() == {"F15", "F16"}


def test_a_refill_form_keeps_what_was_typed_beside_what_is_missing(
    live_cast: Cast, pump: Pump
) -> None:
    answer = refill_recorded(live_cast, low_reservoir="", done_by="Ward 3")
    html = answer.content.decode()

    assert "Type this date from the printout." in words(html)
    assert 'value="Ward 3"' in html
    assert not PumpEvent.objects.exists()


def test_a_date_is_typed_again_by_somebody_else_on_a_page_that_does_not_show_it(
    live_cast: Cast, pump: Pump
) -> None:
    cast = live_cast
    row = PumpDate.objects.get(kind="replacement")
    address = reverse("pump-date-confirm", args=[row.pk])
    text = page_of(cast, "priya", "pump-date-confirm", date_id=row.pk)
    assert str(row.falls_on.year) not in text
    browser = cast.client(cast.priya)
    assert browser.post(address, {"replacement": row.falls_on.isoformat()}).status_code == 302
    assert PumpDateConfirmation.objects.filter(pump_date=row, by=cast.priya).exists()


@pytest.mark.parametrize("who", ["ewan_user", "isla", "admin", "juno", "stranger"])
def test_nobody_but_the_clinic_finds_the_clinics_pump_pages(
    live_cast: Cast, pump: Pump, who: str
) -> None:
    cast = live_cast
    event = refill(
        pump, cast.adaeze, cast.now, **{"refill": today(cast), "low_reservoir": today(cast)}
    )
    browser = cast.client(getattr(cast, who))
    doors = [reverse(name, args=[cast.ewan.pk]) for name in (*CLINIC_DOORS, "pump-refill")]
    doors.append(reverse("pump-event-confirm", args=[event.pk]))
    doors.append(reverse("pump-date-confirm", args=[PumpDate.objects.first().pk]))
    for door in doors:
        assert browser.get(door).status_code in {404, 405}
        assert browser.post(door, {}).status_code in {404, 405}
    assert PumpEvent.objects.count() == 1


@pytest.mark.parametrize("who", ["priya", "admin", "juno", "stranger", "ended_caregiver"])
def test_nobody_but_a_caregiver_finds_a_caregivers_pump_pages(
    live_cast: Cast, pump: Pump, who: str
) -> None:
    browser = live_cast.client(getattr(live_cast, who))
    for name in PHONE_DOORS:
        door = reverse(name, kwargs={"patient_id": live_cast.ewan.pk})
        assert browser.get(door).status_code == 404
        assert browser.post(door, {}).status_code in {404, 405}


def test_somebody_without_a_pump_finds_no_pump_page(live_cast: Cast) -> None:
    for name in PHONE_DOORS:
        assert live_cast.client(live_cast.ewan_user).get(reverse(name)).status_code == 404


def test_the_patients_page_has_the_dates_the_numbers_and_three_things_to_say(
    live_cast: Cast, pump: Pump
) -> None:
    text = page_of(live_cast, "ewan_user", "pump")

    for said in ("passed 6 days ago", "Alarm heard", "Refill done", "01632 960 143"):
        assert said in text


@pytest.mark.parametrize(
    ("alarm", "rule", "leads_to"),
    [
        ("alarm_critical", "F18", "urgent"),
        ("not_sure", "F18", "urgent"),
        ("alarm_non_critical", "F17", "pump"),
    ],
)
def test_an_alarm_is_told_in_the_makers_words_and_not_being_sure_counts_as_critical(
    live_cast: Cast, pump: Pump, alarm: str, rule: str, leads_to: str
) -> None:
    cast, browser = live_cast, live_cast.client(live_cast.ewan_user)
    page = browser.get(reverse("pump-alarm")).content.decode()
    assert TERMS["critical_alarm"] in page
    assert TERMS["non_critical_alarm"] in page
    answer = browser.post(
        reverse("pump-alarm"), {"client_id": str(uuid4()), "alarm": alarm, "note": ""}
    )

    assert answer.url == reverse(leads_to)
    assert rule in open_flags()
    assert cast.ewan_user.name in Flag.objects.get(rule=rule).evidence["by"]


def test_an_alarm_is_not_told_without_choosing_one(live_cast: Cast, pump: Pump) -> None:
    browser = live_cast.client(live_cast.ewan_user)
    answer = browser.post(reverse("pump-alarm"), {"client_id": str(uuid4())})

    assert "If you are not sure, choose" in words(answer.content.decode())
    assert not PumpEvent.objects.exists()


def test_a_caregiver_tells_of_a_refill_and_the_dates_stay_until_the_clinic_confirms(
    live_cast: Cast, pump: Pump
) -> None:
    cast, scope = live_cast, {"patient_id": live_cast.ewan.pk}
    browser = cast.client(cast.watcher)
    said = {
        "client_id": str(uuid4()),
        "on": (today(cast) - DAY).isoformat(),
        "at": "10:40",
        "done_by": "",
    }
    answer = browser.post(reverse("pump-refill-done", kwargs=scope), said, follow=True)
    text = words(answer.content.decode())

    assert "Your clinic has not confirmed it yet." in text
    assert "passed 6 days ago" in text
    assert open_flags() == {"F15", "F16"}


def test_oral_baclofen_on_hand_is_told_with_the_date_on_its_pack(
    live_cast: Cast, pump: Pump
) -> None:
    cast, browser = live_cast, live_cast.client(live_cast.ewan_user)
    asked = {"client_id": str(uuid4()), "is_on_hand": "yes", "expires_on": ""}
    missing = browser.post(reverse("pump-oral"), asked)
    assert "Type the date that stands on the pack." in words(missing.content.decode())

    none = {"client_id": str(uuid4()), "is_on_hand": "no", "expires_on": ""}
    assert browser.post(reverse("pump-oral"), none).status_code == 302
    assert "F21" in open_flags()
    some = {
        "client_id": str(uuid4()),
        "is_on_hand": "yes",
        "expires_on": (today(cast) + 90 * DAY).isoformat(),
    }
    assert browser.post(reverse("pump-oral"), some).status_code == 302
    assert "F21" not in open_flags()


def test_the_clinic_records_a_problem_that_it_found(live_cast: Cast, pump: Pump) -> None:
    cast: Cast = live_cast
    browser: Client = cast.client(cast.priya)
    address = reverse("pump-told", args=[cast.ewan.pk])
    said = {"client_id": str(uuid4()), "kind": "catheter_problem", "note": "Kink on X-ray"}
    text = words(browser.post(address, said, follow=True).content.decode())

    assert "Catheter problem recorded" in text
    assert "F20" in open_flags()
    chart = words(browser.get(f"/patients/{cast.ewan.pk}/").content.decode())
    assert "Catheter problem recorded. By Dr Priya Raman." in chart
    assert "Kink on X-ray" in chart


def test_a_problem_is_recorded_with_when_it_was_found(live_cast: Cast, pump: Pump) -> None:
    browser = live_cast.client(live_cast.priya)
    address = reverse("pump-told", args=[live_cast.ewan.pk])
    found = (live_cast.now - DAY).astimezone(live_cast.ewan.zone_info)
    said = {"client_id": str(uuid4()), "kind": "programming_problem", "note": "Wrong mode"}
    day = {"found_on": f"{found:%Y-%m-%d}"}
    ahead = {"found_on": f"{found + 3 * DAY:%Y-%m-%d}", "found_time": "10:00"}

    assert "At what time?" in words(browser.post(address, said | day).content.decode())
    assert "That is still ahead." in words(browser.post(address, said | ahead).content.decode())
    assert not PumpEvent.objects.filter(kind="programming_problem").exists()
    answer = browser.post(address, said | day | {"found_time": f"{found:%H:%M}"})

    assert answer.status_code == 302
    event = PumpEvent.objects.get(kind="programming_problem")
    assert event.at == found.replace(second=0, microsecond=0)
    flag = Flag.objects.get(rule="F20")
    assert flag.evidence["at"] == event.at.isoformat()


def test_names_and_notes_are_shown_as_typed_and_never_as_markup(
    live_cast: Cast, pump: Pump
) -> None:
    cast = live_cast
    note = "<b>beep</b> & more"
    tell(pump, cast.isla, PumpEventKind.ALARM_NON_CRITICAL, cast.now, note=note)
    address = reverse("patient-pump", args=[cast.ewan.pk])
    html = cast.client(cast.priya).get(address).content.decode()

    assert "&lt;b&gt;beep&lt;/b&gt; &amp; more" in html
    assert note not in html


def test_a_whole_pump_page_takes_few_queries(
    live_cast: Cast, pump: Pump, django_assert_max_num_queries
) -> None:
    cast = live_cast
    for hours in range(1, 9):
        at = cast.now - timedelta(hours=hours)
        tell(pump, cast.isla, PumpEventKind.ALARM_NON_CRITICAL, at)
    browser, address = cast.client(cast.priya), reverse("patient-pump", args=[cast.ewan.pk])
    with django_assert_max_num_queries(40):
        browser.get(address)
