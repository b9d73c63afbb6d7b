"""A plan moves as its table says and no other way: moves are kept, a refusal changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.domain.problems import Conflict, Problem, Refusal
from accounts.models import AuditRow
from tests.cast import Cast
from tests.tracker.changing import change_signed
from tests.tracker.days import SECOND, SIGNED
from tests.tracker.plans import dose, raw_plan, raw_step
from tracker.domain.plan_content import plan_content_from
from tracker.domain.plan_states import ALLOWED, ENDED, PlanState, VersionKind
from tracker.models import Alert, ExpectedDose, Flag, Plan, PlanDraft, PlanMove, PlanVersion
from tracker.services.doses import doses_extend
from tracker.services.plan_drafts import plan_draft_save
from tracker.services.plan_moves import plan_close_observed, plan_complete, plan_hold, plan_stop
from tracker.services.plan_signing import plan_cosign, plan_sign, plan_signature_withdraw

OBSERVED = timedelta(days=4)

# What each action does in each state that allows it: the states passed through, in order.
MOVES: dict[str, dict[PlanState, list[PlanState]]] = {
    "sign": {PlanState.DRAFT: [PlanState.ACTIVE]},
    "sign_first": {PlanState.DRAFT: [PlanState.AWAITING]},
    "cosign": {PlanState.AWAITING: [PlanState.ACTIVE]},
    "withdraw": {PlanState.AWAITING: [PlanState.DRAFT]},
    "amend": {PlanState.ACTIVE: []},
    "step_back": {PlanState.ACTIVE: []},
    "resume": {PlanState.ON_HOLD: [PlanState.ACTIVE]},
    "hold": {PlanState.ACTIVE: [PlanState.ON_HOLD]},
    "stop": {
        PlanState.ACTIVE: [PlanState.STOPPED, PlanState.OBSERVATION],
        PlanState.ON_HOLD: [PlanState.STOPPED, PlanState.OBSERVATION],
    },
    "complete": {PlanState.ACTIVE: [PlanState.COMPLETED, PlanState.OBSERVATION]},
    "close": {PlanState.OBSERVATION: [PlanState.CLOSED]},
}


class Life:
    """One plan and everything that can be done to it."""

    def __init__(self, cast: Cast) -> None:
        self.cast, self.now = cast, SIGNED
        raw = raw_plan(
            steps=[raw_step("2026-11-24", "", dose("08:00", "15 mg"), dose("20:00", "15 mg"))],
            named_clinician=str(cast.priya.pk),
            risk_factors=[],
            observation_days="3",
        )
        self.plan = plan_draft_save(
            patient=cast.ewan, by=cast.priya, content=plan_content_from(raw), now=SIGNED
        )

    def cosigning(self, is_required: bool) -> None:
        self.cast.harbour.is_cosign_required = is_required
        self.cast.harbour.save()
        self.plan.patient.clinic.refresh_from_db()

    def do(self, action: str) -> None:
        by = self.cast.priya
        doors: dict[str, Callable[[], object]] = {
            "sign": self._sign,
            "sign_first": self._sign_first,
            "cosign": lambda: plan_cosign(
                plan=self.plan, **(self._said() | {"by": self.cast.adaeze})
            ),
            "withdraw": lambda: plan_signature_withdraw(plan=self.plan, by=by, now=self.now),
            "amend": lambda: self._change(VersionKind.AMEND),
            "step_back": lambda: self._change(VersionKind.STEP_BACK),
            "resume": lambda: self._change(VersionKind.RESUME),
            "hold": lambda: plan_hold(
                plan=self.plan,
                by=by,
                reason="surgery",
                review_on=(self.now + timedelta(days=2)).date(),
                now=self.now,
            ),
            "stop": lambda: plan_stop(plan=self.plan, by=by, reason="asked to", now=self.now),
            "complete": lambda: plan_complete(plan=self.plan, by=by, now=self.now),
            "close": self._close,
        }
        doors[action]()

    def _said(self) -> dict[str, object]:
        steps = {"ticked_steps": [1], "has_confirmed_hours": True}
        return {"by": self.cast.priya, "now": self.now, **steps}

    def _sign(self) -> None:
        self.cosigning(False)
        plan_sign(plan=self.plan, **self._said())

    def _sign_first(self) -> None:
        self.cosigning(True)
        plan_sign(plan=self.plan, **self._said())

    def _change(self, kind: VersionKind) -> None:
        self.cosigning(False)
        begins_at = (self.now + timedelta(hours=30)).replace(microsecond=0)
        more = {"kind": kind, "observation_days": "3"}
        with transaction.atomic():  # two services: kept, then signed
            change_signed(self.cast, self.plan, begins_at, self.now, **more)

    def _close(self) -> None:
        plan = Plan.objects.select_related("patient").get(pk=self.plan.pk)
        was = plan.state
        plan_close_observed(plan=plan, now=self.now)
        if plan.state == was:
            raise Conflict(Problem("plan", "Nothing was closed."))

    def later(self, span: timedelta) -> None:
        """Let time pass while the engine makes the coming doses of a plan that runs."""
        self.now += span
        if self.state == PlanState.ACTIVE:
            doses_extend(plan=self.plan, now=self.now)

    @property
    def state(self) -> PlanState:
        return PlanState(Plan.objects.values_list("state", flat=True).get(pk=self.plan.pk))

    def facts(self) -> list[list[dict[str, object]]]:
        """Everything stored about the plan."""
        tables = (Plan, PlanDraft, PlanMove, PlanVersion, ExpectedDose, Flag, Alert, AuditRow)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    def past(self) -> list[dict[str, object]]:
        """The doses due by now, without when they are looked at next."""
        rows = ExpectedDose.objects.filter(due_at__lte=self.now).order_by("pk").values()
        return [{**row, "next_look_at": None} for row in rows]

    def tried(self, action: str) -> bool:
        """Try an action; say whether it was done. Refused, it must leave everything as it was."""
        before, past, moves = self.facts(), self.past(), PlanMove.objects.count()
        state = self.state
        audited = AuditRow.objects.filter(action__startswith="plan.").count()
        try:
            self.do(action)
        except Refusal:
            assert self.facts() == before, action
            return False
        path = MOVES[action][state]
        made = list(PlanMove.objects.order_by("pk").values_list("from_state", "to_state"))[moves:]
        assert made == list(zip([state, *path], path, strict=False)), action
        assert self.past() == past, action
        rows = AuditRow.objects.filter(action__startswith="plan.").count() - audited
        assert rows == (2 if action in {"amend", "step_back", "resume"} else 1), action
        return True


@pytest.fixture
def life(cast: Cast) -> Life:
    """A plan that is a draft."""
    return Life(cast)


WAYS: dict[PlanState, list[str]] = {
    PlanState.DRAFT: [],
    PlanState.AWAITING: ["sign_first"],
    PlanState.ACTIVE: ["sign"],
    PlanState.ON_HOLD: ["sign", "hold"],
    PlanState.OBSERVATION: ["sign", "complete"],
    PlanState.CLOSED: ["sign", "stop", "close"],
}


@pytest.mark.parametrize("action", MOVES)
@pytest.mark.parametrize("state", WAYS)
def test_every_action_in_every_state_moves_as_the_table_says_or_changes_nothing(
    life: Life, state: PlanState, action: str
) -> None:
    for way in WAYS[state]:
        life.now += OBSERVED if way == "close" else SECOND
        assert life.tried(way)
    assert life.state == state
    life.now += OBSERVED if action == "close" else SECOND
    assert life.tried(action) is (state in MOVES[action])


def test_every_move_of_the_table_is_one_that_somebody_can_make() -> None:
    made = {
        (start, to)
        for ways in MOVES.values()
        for state, path in ways.items()
        for start, to in zip([state, *path], path, strict=False)
    }
    allowed = {(start, to) for start, ends in ALLOWED.items() for to in ends}
    # Without observation days a stopped or completed plan stays where it is.
    left = {(PlanState.STOPPED, PlanState.CLOSED), (PlanState.COMPLETED, PlanState.CLOSED)}
    assert made == allowed - left


def machine_of(cast: Cast) -> type[RuleBasedStateMachine]:
    """Any actions in any order, seconds or days apart."""

    class PlanLives(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.savepoint = transaction.atomic()
            self.savepoint.__enter__()
            self.life = Life(cast)

        @rule(
            action=st.sampled_from(list(MOVES)),
            later=st.sampled_from([1, 3600, 29 * 3600, 86_400, 30 * 3600, 5 * 86_400]),
        )
        def act(self, action: str, later: int) -> None:
            self.life.later(timedelta(seconds=later))
            state = self.life.state
            was_done = self.life.tried(action)
            if state not in MOVES[action]:
                assert not was_done, (state, action)

        @invariant()
        def nothing_is_expected_of_a_plan_that_does_not_run(self) -> None:
            state = self.life.state
            if state in ENDED or state == PlanState.ON_HOLD:
                ahead = ExpectedDose.objects.standing().filter(due_at__gt=self.life.now)
                assert not ahead.exists()

        @invariant()
        def its_moves_are_one_chain(self) -> None:
            moves = list(PlanMove.objects.order_by("pk").values_list("from_state", "to_state"))
            states = [PlanState.DRAFT, *(to for _start, to in moves)]
            assert [start for start, _to in moves] == states[:-1]
            assert all(to in ALLOWED[PlanState(start)] for start, to in moves)
            assert states[-1] == self.life.state

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    return PlanLives


def test_whatever_is_tried_in_whatever_order_a_plan_moves_as_its_table_says(cast: Cast) -> None:
    run_state_machine_as_test(
        machine_of(cast),
        settings=settings(
            max_examples=12,
            stateful_step_count=14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
