"""The pages of a plan's life: each move asks, says what it does, and refuses in words."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from accounts.clock import database_now
from accounts.models import Clinic
from tests.cast import Cast
from tests.tapers import taper_signed
from tests.tracker.changing import change_kept, change_signed
from tests.tracker.test_plan_pages import keep, readable, sign, value_of
from tracker.domain.plan_states import PlanState, VersionKind
from tracker.models import Flag, Plan, PlanMove, PlanVersion, VersionSeen
from tracker.services.plan_moves import plan_stop

DAY = timedelta(days=1)


@pytest.fixture
def plan(live_cast: Cast) -> Plan:
    """Ewan's running plan, signed by Dr Raman."""
    return taper_signed(live_cast.ewan, by=live_cast.priya, now=live_cast.now - DAY)


@pytest.fixture
def priya(live_cast: Cast) -> Client:
    return live_cast.client(live_cast.priya)


def page(client: Client, name: str, plan: Plan) -> HttpResponse:
    return client.get(reverse(name, args=[plan.pk]))


def hold(client: Client, plan: Plan, **changed: str) -> HttpResponse:
    typed = {"reason": "Surgery", "review_on": (plan.created_at + 9 * DAY).date().isoformat()}
    return client.post(reverse("plan-hold", args=[plan.pk]), typed | changed)


def test_the_documented_warning_stands_before_every_move_that_ends_doses(
    priya: Client, plan: Plan
) -> None:
    for name in ("plan-hold", "plan-stop", "plan-complete"):
        assert "Never stop baclofen suddenly" in readable(page(priya, name, plan))


def test_a_hold_offers_no_review_date_and_no_reason(priya: Client, plan: Plan) -> None:
    form = page(priya, "plan-hold", plan).content.decode()

    for name in ("reason", "review_on"):
        field = re.search(rf'<input[^>]*name="{name}"[^>]*>', form)
        assert field is not None
        assert "value=" not in field[0]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"reason": " "}, "one line of at most 200 characters"),
        ({"review_on": ""}, "Type the date on which the hold is reviewed."),
        ({"review_on": "2020-01-01"}, "date"),
    ],
)
def test_a_hold_that_lacks_something_says_what_and_holds_nothing(
    priya: Client, plan: Plan, typed: dict[str, str], said: str
) -> None:
    response = hold(priya, plan, **typed)

    assert response.status_code == 200
    assert said in readable(response)
    plan.refresh_from_db()
    assert plan.state == PlanState.ACTIVE


def test_a_held_plan_cannot_be_held_again_and_the_page_says_so(priya: Client, plan: Plan) -> None:
    assert hold(priya, plan).status_code == 302

    response = priya.post(reverse("plan-hold", args=[plan.pk]), {"reason": "Again"}, follow=True)

    assert "Only a plan that is active can be put on hold." in readable(response)
    assert PlanMove.objects.filter(plan=plan, to_state=PlanState.ON_HOLD).count() == 1


def test_a_held_plan_says_so_to_the_patient_with_the_reason(
    priya: Client, plan: Plan, live_cast: Cast
) -> None:
    hold(priya, plan)

    today = readable(live_cast.client(live_cast.ewan_user).get(reverse("today")))

    assert "Your plan is on hold" in today
    assert "Surgery" in today


def test_nobody_but_the_clinics_clinicians_moves_a_plan(plan: Plan, live_cast: Cast) -> None:
    for user in (live_cast.ewan_user, live_cast.isla, live_cast.stranger):
        client = live_cast.client(user)
        for name in ("plan", "plan-hold", "plan-stop", "plan-complete"):
            assert page(client, name, plan).status_code == 404
        assert hold(client, plan).status_code == 404
    plan.refresh_from_db()
    assert plan.state == PlanState.ACTIVE


def test_a_draft_thrown_away_leaves_the_chart_without_it(priya: Client, live_cast: Cast) -> None:
    draft = keep(priya, live_cast)

    response = priya.post(reverse("plan-discard", args=[draft.pk]), follow=True)

    assert "thrown away" in readable(response)
    assert priya.get(reverse("plan-read-back", args=[draft.pk])).status_code in {302, 404}


def two_signatures(cast: Cast) -> None:
    Clinic.objects.filter(pk=cast.harbour.pk).update(is_cosign_required=True)


def test_with_two_signatures_the_first_starts_nothing(priya: Client, live_cast: Cast) -> None:
    two_signatures(live_cast)
    draft = keep(priya, live_cast)

    response = priya.get(sign(priya, draft).url)

    assert "another clinician has signed it too" in readable(response)
    assert not PlanVersion.objects.filter(plan=draft).exists()


def test_the_second_signature_is_another_clinicians(priya: Client, live_cast: Cast) -> None:
    two_signatures(live_cast)
    draft = keep(priya, live_cast)
    sign(priya, draft)

    again = sign(priya, draft)
    assert again.status_code == 200
    assert "The second signature is another clinician" in readable(again)

    assert sign(live_cast.client(live_cast.adaeze), draft).status_code == 302
    version = PlanVersion.objects.get(plan=draft)
    assert (version.signed_by, version.cosigned_by) == (live_cast.priya, live_cast.adaeze)


def test_a_withdrawn_signature_gives_the_draft_back(priya: Client, live_cast: Cast) -> None:
    two_signatures(live_cast)
    draft = keep(priya, live_cast)
    sign(priya, draft)

    priya.post(reverse("plan-withdraw", args=[draft.pk]))

    draft.refresh_from_db()
    assert draft.state == PlanState.DRAFT
    url = reverse("plan-read-back", args=[draft.pk])
    assert value_of(priya.get(url), "text_sha256")


@pytest.fixture
def changed(plan: Plan, live_cast: Cast) -> PlanVersion:
    """The second version of Ewan's plan, from the day after tomorrow on."""
    begins_at = (live_cast.now + 2 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    return change_signed(live_cast, plan, begins_at, live_cast.now)


def test_the_patient_reads_what_changed_and_says_that_they_saw_it(
    changed: PlanVersion, live_cast: Cast
) -> None:
    ewan = live_cast.client(live_cast.ewan_user)
    assert "Your plan changed" in readable(ewan.get(reverse("today")))

    entered = readable(ewan.get(reverse("entered-plan")))
    assert "15 mg" in entered
    assert changed.change_reason in entered
    ewan.post(reverse("entered-plan"), {"version": changed.pk})

    assert VersionSeen.objects.get().by == live_cast.ewan_user
    assert "Your plan changed" not in readable(ewan.get(reverse("today")))


def test_saying_it_twice_is_one_row(changed: PlanVersion, live_cast: Cast) -> None:
    ewan = live_cast.client(live_cast.ewan_user)
    for _time in range(2):
        ewan.post(reverse("entered-plan"), {"version": changed.pk})

    assert VersionSeen.objects.count() == 1


def test_an_older_version_cannot_be_said_to_be_seen(changed: PlanVersion, live_cast: Cast) -> None:
    first = PlanVersion.objects.get(plan=changed.plan, number=1)

    response = live_cast.client(live_cast.ewan_user).post(
        reverse("entered-plan"), {"version": first.pk}
    )

    assert response.status_code == 404
    assert not VersionSeen.objects.exists()


def test_a_caregiver_who_may_not_log_reads_it_and_cannot_confirm_it(
    changed: PlanVersion, live_cast: Cast
) -> None:
    tomasz = live_cast.client(live_cast.tomasz)
    url = reverse("entered-plan", args=[live_cast.ewan.pk])

    assert "15 mg" in readable(tomasz.get(url))
    assert tomasz.post(url, {"version": changed.pk}).status_code == 404
    assert not VersionSeen.objects.exists()


def test_the_clinic_sees_on_the_plans_page_who_has_seen_the_change(
    changed: PlanVersion, priya: Client, live_cast: Cast
) -> None:
    before = readable(page(priya, "plan", changed.plan))
    assert "Nobody has said yet that they have seen it." in before

    live_cast.client(live_cast.ewan_user).post(reverse("entered-plan"), {"version": changed.pk})

    after = readable(page(priya, "plan", changed.plan))
    assert f"{live_cast.ewan_user.name} has said that they saw it" in after
    assert changed.signed_sha256 in after


def test_read_back_of_a_change_shows_both_amounts_as_entered(
    changed: PlanVersion, priya: Client
) -> None:
    shown = readable(page(priya, "plan", changed.plan))

    assert "10 mg" in shown
    assert "15 mg" in shown
    assert not Flag.objects.filter(rule="P1").exists()


def test_stopping_looks_at_the_newest_version_for_the_last_step(
    changed: PlanVersion, priya: Client
) -> None:
    words = readable(page(priya, "plan-stop", changed.plan))

    assert "has not begun: stopping now opens a same-day flag." in words
    assert "Version 2 is signed and not yet in force: it never begins." in words
    assert "Complete" not in readable(page(priya, "plan", changed.plan))


def test_holding_says_that_a_signed_change_does_not_begin(
    changed: PlanVersion, priya: Client
) -> None:
    words = readable(page(priya, "plan-hold", changed.plan))

    assert "Version 2 is signed and not yet in force: it does not begin" in words


def test_a_plan_that_does_not_run_cannot_be_completed_and_the_page_says_so(
    priya: Client, plan: Plan
) -> None:
    assert hold(priya, plan).status_code == 302

    response = priya.get(reverse("plan-complete", args=[plan.pk]), follow=True)

    assert "Only a plan that is active can be completed." in readable(response)


def test_every_move_leads_back_to_the_plan(priya: Client, plan: Plan) -> None:
    for name in ("plan-hold", "plan-stop", "plan-complete"):
        assert page(priya, name, plan).content.decode().count(f'href="/plans/{plan.pk}/"') == 2


def test_until_a_change_counts_its_reader_finds_what_counts_now_below_it(
    changed: PlanVersion, live_cast: Cast
) -> None:
    entered = readable(live_cast.client(live_cast.ewan_user).get(reverse("entered-plan")))

    above, below = entered.split("This counts now, until the change above does.")
    assert "Plan version 2" in above
    assert "10 mg" in below
    assert "15 mg" not in below


def test_the_entered_plan_says_that_it_is_on_hold(
    priya: Client, plan: Plan, live_cast: Cast
) -> None:
    hold(priya, plan)

    entered = readable(live_cast.client(live_cast.ewan_user).get(reverse("entered-plan")))
    assert "This plan is on hold. Nothing below is expected" in entered


def test_until_a_resume_counts_the_entered_plan_says_that_nothing_is_expected(
    priya: Client, plan: Plan, live_cast: Cast
) -> None:
    hold(priya, plan)
    begins_at = (live_cast.now + 2 * DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    change_signed(live_cast, plan, begins_at, database_now(), kind=VersionKind.RESUME)

    entered = readable(live_cast.client(live_cast.ewan_user).get(reverse("entered-plan")))
    assert "Until then nothing is expected." in entered
    assert "This counts now" not in entered


def test_a_plan_that_has_ended_says_so_above_its_steps(plan: Plan, live_cast: Cast) -> None:
    plan_stop(plan=plan, by=live_cast.priya, reason="Moved away", now=live_cast.now)

    entered = readable(live_cast.client(live_cast.ewan_user).get(reverse("entered-plan")))
    assert "This plan has ended. Nothing below is expected any more." in entered


def test_no_version_of_a_held_plan_is_said_to_be_in_force(
    changed: PlanVersion, priya: Client
) -> None:
    assert hold(priya, changed.plan).status_code == 302

    words = readable(page(priya, "plan", changed.plan))

    assert "Version 2, signed, did not begin" in words
    assert "in force" not in words


def test_a_change_typed_before_a_hold_says_that_it_cannot_be_signed_now(
    plan: Plan, priya: Client, live_cast: Cast
) -> None:
    change_kept(live_cast, plan, live_cast.now + 2 * DAY, live_cast.now)
    assert hold(priya, plan).status_code == 302

    response = priya.get(reverse("plan-read-back", args=[plan.pk]), follow=True)

    assert "This plan is on hold. Resume it" in readable(response)
    assert "so this draft can no longer be signed" in readable(response)
    assert "Throw the draft away" in readable(response)
    assert "Read back and sign" not in readable(response)


def test_until_a_resumed_plan_begins_again_no_version_is_said_to_be_in_force(
    changed: PlanVersion, priya: Client, live_cast: Cast
) -> None:
    plan, now = changed.plan, live_cast.now
    assert hold(priya, plan).status_code == 302
    change_kept(live_cast, plan, changed.counts_from_at, now, kind=VersionKind.RESUME)
    read_back = readable(page(priya, "plan-read-back", plan))
    assert "Until then no dose is expected." in read_back

    signed = readable(priya.get(sign(priya, plan, read=["1"]).headers["Location"]))
    words = readable(page(priya, "plan", plan))

    assert "Version 3 is signed. Until it begins no dose is expected." in signed
    assert "Version 3, signed, not yet in force" in words
    assert "Version 2, signed, did not begin" in words
    assert "Version 1 Signed by" in words


def test_the_chart_says_what_became_of_a_change_that_a_hold_overtook(
    changed: PlanVersion, priya: Client
) -> None:
    chart = reverse("chart", args=[changed.plan.patient_id])
    assert "Signed, not yet in force." in readable(priya.get(chart))

    assert hold(priya, changed.plan).status_code == 302

    assert "Signed, did not begin." in readable(priya.get(chart))


def test_the_page_of_a_plan_that_has_ended_is_reached_from_the_chart(
    plan: Plan, priya: Client
) -> None:
    stopped = priya.post(reverse("plan-stop", args=[plan.pk]), {"reason": "Prescribed anew"})

    chart = priya.get(stopped.headers["Location"]).content.decode()

    assert f'href="{reverse("plan", args=[plan.pk])}"' in chart
    assert f'href="{reverse("plan-form", args=[plan.patient_id])}"' in chart
