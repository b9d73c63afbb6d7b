"""The clinic's pages for stays and for risk factors: recorded, ended, corrected, taken back."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.urls import reverse

from tests.cast import Cast
from tests.tracker.days import words
from tracker.models import RiskRecord, Stay, StayKind
from tracker.services.risks import risk_record
from tracker.services.stays import stay_record

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def stay_make(cast: Cast, **changed: object) -> Stay:
    """Ewan in hospital since yesterday."""
    terms = {
        "kind": StayKind.HOSPITAL,
        "from_at": cast.now - DAY,
        "until_at": None,
        "note": "Ward 4",
    }
    return stay_record(patient=cast.ewan, by=cast.priya, now=cast.now, **(terms | changed))


def typed(cast: Cast, name: str, before: timedelta) -> dict[str, str]:
    """A day and a clock time in Ewan's zone."""
    local = (cast.now - before).astimezone(cast.ewan.zone_info)
    return {f"{name}_on": f"{local:%Y-%m-%d}", f"{name}_time": f"{local:%H:%M}"}


def send(
    cast: Cast, name: str, body: dict[str, str], *, who: str = "priya", **rows
) -> HttpResponse:
    """Send a form as somebody and follow where it leads."""
    address = reverse(name, kwargs={"patient_id": cast.ewan.pk} | rows)
    return cast.client(getattr(cast, who)).post(address, body, follow=True)


def text_of(response: HttpResponse) -> str:
    """The page as it is read."""
    assert response.status_code == 200
    return words(response.content.decode())


def test_a_clinician_records_a_period_not_monitored_and_the_chart_says_so(live_cast: Cast) -> None:
    body = {"kind": "not_monitored", "note": "Abroad"} | typed(live_cast, "from", DAY)

    page = text_of(send(live_cast, "stays", body))

    stay = Stay.objects.get()
    assert (stay.kind, stay.until_at, stay.note) == ("not_monitored", None, "Abroad")
    assert stay.from_at == (live_cast.now - DAY).replace(second=0, microsecond=0)
    assert "Not monitored, now." in page
    assert "No end recorded." in page
    assert f"Recorded by {live_cast.priya.name}" in page
    chart = live_cast.client(live_cast.priya).get(f"/patients/{live_cast.ewan.pk}/")
    assert "Not monitored since" in text_of(chart)
    assert "Nobody is asked to log" in text_of(chart)


def test_a_stay_in_hospital_is_ended_on_its_page(live_cast: Cast) -> None:
    stay = stay_make(live_cast)

    page = text_of(send(live_cast, "stay-end", typed(live_cast, "until", HOUR), stay_id=stay.pk))

    stay.refresh_from_db()
    assert stay.until_at == (live_cast.now - HOUR).replace(second=0, microsecond=0)
    assert f"End recorded by {live_cast.priya.name}" in page


def test_a_correction_opens_with_what_was_recorded_and_keeps_both(live_cast: Cast) -> None:
    stay = stay_make(live_cast)
    address = reverse("stay-correct", args=[live_cast.ewan.pk, stay.pk])
    form = live_cast.client(live_cast.adaeze).get(address).content.decode()
    assert 'value="Ward 4"' in form

    body = {"kind": "hospital", "note": "Ward 5", "reason": "Moved"} | typed(
        live_cast, "from", 2 * DAY
    )
    page = text_of(send(live_cast, "stay-correct", body, who="adaeze", stay_id=stay.pk))

    assert [each.note for each in Stay.objects.order_by("from_at")] == ["Ward 5", "Ward 4"]
    assert f"Taken back by {live_cast.adaeze.name}" in page
    assert "In hospital (taken back)" in page


def test_a_stay_is_taken_back_with_a_reason(live_cast: Cast) -> None:
    stay = stay_make(live_cast)

    refused = text_of(send(live_cast, "stay-take-back", {"reason": ""}, stay_id=stay.pk))
    assert "Say why the stay is taken back." in refused
    page = text_of(send(live_cast, "stay-take-back", {"reason": "Mistaken"}, stay_id=stay.pk))

    assert "Taken back. It stays readable and counts for nothing." in page
    stay.refresh_from_db()
    assert stay.taken_back_at is not None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": ""}, "Choose which it is."),
        ({"from_on": ""}, "On which day?"),
        ({"from_time": ""}, "At what time?"),
        ({"from_on": "9026-11-24"}, "more than twenty years away"),
        ({"until_on": "2026-11-24"}, "At what time?"),
        ({"until_time": "10:00"}, "On which day?"),
        ({"until_on": "2020-01-01", "until_time": "10:00"}, "A stay ends after it begins."),
        ({"note": "x" * 201}, "at most 200"),
    ],
    ids=str,
)
def test_what_is_missing_is_said_and_what_was_typed_stays_typed(
    live_cast: Cast, changed: dict[str, str], said: str
) -> None:
    body = {"kind": "hospital", "note": "Ward 9"} | typed(live_cast, "from", DAY)

    response = send(live_cast, "stays", body | changed)

    assert said in text_of(response)
    assert "Ward 9" in response.content.decode() or "note" in changed
    assert not Stay.objects.exists()


def test_a_risk_factor_is_put_on_file_and_taken_off_on_its_page(live_cast: Cast) -> None:
    page = text_of(send(live_cast, "risks", {"factor": "stroke", "note": "2019"}))
    risk = RiskRecord.objects.get()
    assert f"Recorded by {live_cast.priya.name}" in page
    chart = live_cast.client(live_cast.priya).get(f"/patients/{live_cast.ewan.pk}/")
    assert "Stroke" in text_of(chart)

    page = text_of(send(live_cast, "risk-take-off", {"reason": "Not hers"}, risk_id=risk.pk))
    assert "Stroke (taken off)" in page
    assert "Not hers" in page
    again = text_of(send(live_cast, "risks", {}))
    assert "Choose which one." in again


@pytest.mark.parametrize(
    "who", ["ewan_user", "isla", "tomasz", "juno", "admin", "stranger", "ended_clinician"]
)
def test_nobody_but_the_clinics_clinicians_finds_these_pages(live_cast: Cast, who: str) -> None:
    stay = stay_make(live_cast)
    risk = risk_record(
        patient=live_cast.ewan, by=live_cast.priya, factor="stroke", note="", now=live_cast.now
    )
    client = live_cast.client(getattr(live_cast, who))
    one = {"patient_id": live_cast.ewan.pk}
    addresses = [
        reverse("stays", kwargs=one),
        *(
            reverse(name, kwargs=one | {"stay_id": stay.pk})
            for name in ("stay-end", "stay-correct", "stay-take-back")
        ),
        reverse("risks", kwargs=one),
        reverse("risk-take-off", kwargs=one | {"risk_id": risk.pk}),
    ]
    for address in addresses:
        for method in (client.get, client.post):
            assert method(address).status_code == 404, address


def test_a_stay_of_somebody_else_is_not_found_under_this_patient(live_cast: Cast) -> None:
    stay = stay_make(live_cast)
    address = reverse("stay-take-back", args=[live_cast.samira.pk, stay.pk])

    assert live_cast.client(live_cast.priya).post(address, {"reason": "x"}).status_code == 404
