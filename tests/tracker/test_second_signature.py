"""Two signatures where the clinic asks for them: of two people, to one text, and nothing before."""

import pytest
from django.utils.translation import override

from accounts.domain.problems import Conflict, Refusal
from accounts.services.clinics import membership_end
from tests.cast import PASSWORD, Cast
from tests.tracker.changing import change_kept, expected
from tests.tracker.days import SECOND, SIGNED, at, plan_signed
from tests.tracker.plans import dose, raw_step
from tracker.domain.plan_states import PlanState
from tracker.models import ExpectedDose, Plan, PlanDraft, PlanVersion
from tracker.selectors.plan_reading import plan_reading
from tracker.selectors.plans import content_of, draft_behind
from tracker.services.plan_signing import plan_cosign, plan_sign, plan_signature_withdraw
from tracker.services.plan_text import plan_text, text_sha256
from tracker.services.signing import plan_cosign_with_password

NOW = at(12)
BEGINS = at(0, day=26)


def sign_all(cast: Cast, plan: Plan, **changed: object) -> PlanVersion | None:
    asked = {"by": cast.priya, "ticked_steps": [1], "has_confirmed_hours": True, "now": NOW}
    return plan_sign(plan=plan, **(asked | changed))


def test_a_second_signature_is_another_clinicians(cast: Cast) -> None:
    plan = awaiting(cast)
    assert plan.state == PlanState.AWAITING
    assert not ExpectedDose.objects.exists()
    with pytest.raises(Refusal, match="another clinician's"):
        cosign(cast, plan, by=cast.priya)
    version = cosign(cast, plan)
    plan.refresh_from_db()
    assert plan.state == PlanState.ACTIVE
    assert (version.signed_by, version.signed_at) == (cast.priya, SIGNED)
    assert (version.cosigned_by, version.cosigned_at) == (cast.adaeze, SIGNED + SECOND)
    assert version.counts_from_at == SIGNED + SECOND
    states = plan.moves.values_list("from_state", "to_state", "by__name")
    assert list(states) == [
        ("draft", "awaiting_cosign", "Dr Priya Raman"),
        ("awaiting_cosign", "active", "Nurse Adaeze Obi"),
    ]


def awaiting(cast: Cast) -> Plan:
    """A new plan with the first of two signatures."""
    cast.harbour.is_cosign_required = True
    cast.harbour.save()
    steps = [raw_step("2026-11-24", "", dose("08:00", "15 mg"))]
    return plan_signed(cast.ewan, cast.priya, SIGNED, steps)


def cosign(cast: Cast, plan: Plan, **changed: object) -> PlanVersion:
    asked = {
        "by": cast.adaeze,
        "ticked_steps": [1],
        "has_confirmed_hours": True,
        "now": SIGNED + SECOND,
    }
    return plan_cosign(plan=plan, **(asked | changed))


def test_a_change_with_one_signature_of_two_leaves_the_old_version_running(cast: Cast) -> None:
    plan = awaiting(cast)
    cosign(cast, plan)
    plan.refresh_from_db()
    change_kept(cast, plan, BEGINS, NOW)
    assert sign_all(cast, plan) is None
    plan.refresh_from_db()
    assert plan.state == PlanState.ACTIVE
    assert {number for _due, _amount, number in expected(plan)} == {1}
    with pytest.raises(Conflict, match="Dr Priya Raman signed this"):
        change_kept(cast, plan, BEGINS, NOW, opened_at=NOW)
    with pytest.raises(Conflict, match="waits for another clinician"):
        sign_all(cast, plan)
    assert cosign(cast, plan, now=NOW + SECOND).number == 2


def test_a_first_signature_can_be_withdrawn_and_the_draft_changed(cast: Cast) -> None:
    plan = awaiting(cast)
    plan_signature_withdraw(plan=plan, by=cast.adaeze, now=NOW)
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    with pytest.raises(Conflict, match="Nobody has signed"):
        cosign(cast, plan, now=NOW)
    with pytest.raises(Conflict, match="no first signature"):
        plan_signature_withdraw(plan=plan, by=cast.adaeze, now=NOW)


def test_the_second_signature_is_given_to_the_text_of_the_first(cast: Cast) -> None:
    plan = awaiting(cast)
    PlanDraft.objects.filter(plan=plan).update(first_signed_sha256="0" * 64)
    with pytest.raises(Conflict, match="reads differently"):
        cosign(cast, plan)


def test_the_second_signature_needs_the_second_persons_password(cast: Cast) -> None:
    plan = awaiting(cast)
    asked = {
        "plan": plan,
        "by": cast.adaeze,
        "ticked_steps": [1],
        "has_confirmed_hours": True,
        "read_sha256": read_sha256(plan),
        "now": SIGNED + SECOND,
    }
    with pytest.raises(Refusal, match="not your password"):
        plan_cosign_with_password(password="guess", **asked)
    assert plan_cosign_with_password(password=PASSWORD, **asked).cosigned_by == cast.adaeze


def read_sha256(plan: Plan) -> str:
    draft, now = draft_behind(plan), SIGNED + SECOND
    reading = plan_reading(plan, content_of(draft, plan.patient, now), now)
    return text_sha256(plan_text(reading, plan.patient))


def test_a_first_signature_of_somebody_who_has_left_the_clinic_does_not_count(cast: Cast) -> None:
    plan = awaiting(cast)
    membership_end(membership=cast.priya.memberships.get(), by=cast.admin, now=SIGNED)
    PlanDraft.objects.filter(plan=plan).update(
        content=plan.draft.content | {"named_clinician": str(cast.adaeze.pk)}
    )
    with pytest.raises(Conflict, match="Priya Raman signed this first and is not a clinician"):
        cosign(cast, plan)
    plan_signature_withdraw(plan=plan, by=cast.adaeze, now=SIGNED + SECOND)
    assert not ExpectedDose.objects.exists()


def test_signers_with_different_languages_sign_the_same_text(cast: Cast) -> None:
    with override("es"):
        plan = awaiting(cast)
        read = read_text(plan)
    with override("en"):
        assert read_text(plan) == read
        version = cosign(cast, plan, read_sha256=text_sha256(read))
    assert version.cosigned_by == cast.adaeze
    assert version.signed_text == read
    assert read.startswith("Plan for Ewan")


def read_text(plan: Plan) -> str:
    """The text as it is read back in the active language's page."""
    content = content_of(draft_behind(plan), plan.patient, SIGNED)
    return plan_text(plan_reading(plan, content, SIGNED), plan.patient)
