"""Lists come in pages of a hundred; nothing is lost or shown twice between them."""

from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from tests.api.callers import Answer, Caller
from tests.cast import Cast, patient_make
from tests.tapers import taper_signed
from tracker.domain.plan_states import PlanState
from tracker.models import CheckIn, Flag, Plan


def pages(caller: Caller, path: str) -> list[list[dict[str, object]]]:
    """Every page, as `next` leads from one to the other."""
    found, answer = [], caller.get(path)
    while True:
        assert answer.status == 200, answer
        found.append(answer.body["results"])
        if answer.body["next"] is None:
            return found
        answer = Answer(caller.client.get(answer.body["next"]))


def check_ins_make(cast: Cast, count: int, at: datetime) -> None:
    CheckIn.objects.bulk_create(
        CheckIn(
            patient=cast.ewan,
            at=at,
            received_at=at + timedelta(seconds=number // 3),  # three at the same instant
            by=cast.ewan_user,
            client_id=uuid4(),
            body_sha256="0" * 64,
            content_version="1",
        )
        for number in range(count)
    )


def test_a_long_list_is_whole_over_its_pages(live_cast: Cast, by) -> None:
    check_ins_make(live_cast, 250, live_cast.now - timedelta(days=1))

    found = pages(by("isla"), f"/patients/{live_cast.ewan.pk}/check-ins/")

    assert [len(page) for page in found] == [100, 100, 50]
    ids = [row["id"] for page in found for row in page]
    assert len(set(ids)) == 250
    moments = [row["received_at"] for page in found for row in page]
    assert moments == sorted(moments, reverse=True)


def test_a_page_costs_as_many_queries_as_a_row(
    live_cast: Cast, by, django_assert_max_num_queries
) -> None:
    plan = taper_signed(
        live_cast.ewan,
        by=live_cast.priya,
        now=live_cast.now,
        times=("06:00", "10:00", "14:00", "18:00", "22:00"),
    )
    assert plan.doses.count() > 60
    check_ins_make(live_cast, 60, live_cast.now)
    isla = by("isla")
    for last in ("doses/", "check-ins/", "plans/", "flags/", "alerts/", "stays/"):
        with django_assert_max_num_queries(26):
            assert isla.get(f"/patients/{live_cast.ewan.pk}/{last}").status == 200


def test_no_name_is_in_the_address_of_the_next_page(live_cast: Cast, by) -> None:
    check_ins_make(live_cast, 101, live_cast.now)

    answer = by("ewan").get(f"/patients/{live_cast.ewan.pk}/check-ins/")

    (cursor,) = parse_qs(urlsplit(answer.body["next"]).query)["cursor"]
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


def test_the_worklist_goes_on_after_its_first_hundred(live_cast: Cast, by) -> None:
    patients = [
        patient_make(f"Pat Number{number}", live_cast.harbour, by=live_cast.priya, at=live_cast.now)
        for number in range(103)
    ]
    plans = Plan.objects.bulk_create(
        Plan(
            patient=patient,
            route="oral",
            state=PlanState.ACTIVE,
            created_at=live_cast.now,
            created_by=live_cast.priya,
        )
        for patient in patients
    )
    Flag.objects.bulk_create(
        Flag(
            patient=plan.patient,
            plan=plan,
            rule="F9",
            flag_class="D",
            subject="plan",
            evidence={},
            opened_at=live_cast.now,
        )
        for plan in plans
    )
    priya = by("priya")

    found = pages(priya, "/worklist/")

    assert [len(page) for page in found] == [100, 3]
    assert len({row["patient"] for page in found for row in page}) == 103
    second = priya.get("/worklist/").body["next"]
    Flag.objects.filter(patient=found[0][-1]["patient"]).update(closed_at=live_cast.now)
    assert Answer(priya.client.get(second)).status == 404
