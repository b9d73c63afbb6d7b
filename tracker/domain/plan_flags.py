"""The flags of a plan's own life: a step change near, a hold, a review, a change not settled.

Dates turn at the local midnight of the plan's zone. Nothing here closes a flag because time has
passed: what stands goes on standing until a fact undoes it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from accounts.domain.zones import ONE_DAY, local_date, local_midnight
from tracker.domain.flags import NOTHING, Evidence, FlagClass, Raised, Rule, Verdict


@dataclass(frozen=True, slots=True)
class StepBegin:
    """A step that follows another, in the version that has it in force when it begins."""

    version: int
    step: int
    begins_on: date
    begins_at: datetime  # local midnight, or the programming visit of a plan by pump
    is_logged: bool  # somebody has said what happened to a dose of it

    @property
    def subject(self) -> str:
        """What tells its flag from that of another step."""
        return f"version {self.version} step {self.step}"


def step_change_near(
    changes: Sequence[StepBegin],
    open_subjects: Collection[str],
    *,
    threshold: int | None,
    zone: ZoneInfo,
    now: datetime,
) -> Verdict:
    """F10: a step begins within `threshold` days; it stands until a dose of that step is logged.

    One that begins later without ever having been flagged is not flagged afterwards.
    """
    if threshold is None:
        return NOTHING
    raised, looks = [], []
    for change in changes:
        raise_at = local_midnight(change.begins_on - threshold * ONE_DAY, zone)
        is_kept = change.subject in open_subjects and not change.is_logged
        if now < raise_at:
            looks.append(raise_at)
        elif now < change.begins_at or is_kept:
            evidence: Evidence = {
                "step": change.step,
                "step_begins_on": change.begins_on.isoformat(),
                "threshold": threshold,
            }
            raised.append(Raised(Rule.STEP_CHANGE, change.subject, evidence))
    return Verdict(tuple(raised), min(looks, default=None))


def sign_after_step(
    changes: Sequence[StepBegin], *, threshold: int | None, said_at: datetime
) -> StepBegin | None:
    """F11: return the newest step that had begun `threshold` hours or less before a sign, if any.

    Linked in time only; no cause is claimed.
    """
    if threshold is None:
        return None
    begun = [change for change in changes if change.begins_at <= said_at]
    newest = max(begun, key=lambda change: change.begins_at, default=None)
    if newest is None or said_at > newest.begins_at + timedelta(hours=threshold):
        return None
    return newest


def not_reviewed(
    reviewed_at: datetime, *, threshold: int | None, zone: ZoneInfo, now: datetime
) -> Verdict:
    """F25: `threshold` days have passed since the plan was last signed or reviewed with a note."""
    if threshold is None:
        return NOTHING
    reviewed_on = local_date(reviewed_at, zone)
    raise_at = local_midnight(reviewed_on + threshold * ONE_DAY, zone)
    if now < raise_at:
        return Verdict((), raise_at)
    evidence: Evidence = {"reviewed_on": reviewed_on.isoformat(), "threshold": threshold}
    return Verdict((Raised(Rule.NOT_REVIEWED, "plan", evidence),), None)


def on_hold(
    held_at: datetime, review_on: date | None, *, by: str, zone: ZoneInfo, now: datetime
) -> Verdict:
    """F26: the plan is on hold; same-day once its review date has passed."""
    passes_at = local_midnight(review_on + ONE_DAY, zone) if review_on is not None else held_at
    is_passed = now >= passes_at
    evidence: Evidence = {
        "held_at": held_at.isoformat(),
        "held_by": by,
        "review_on": review_on.isoformat() if review_on is not None else "",
        "is_review_passed": int(is_passed),
    }
    flag_class = FlagClass.SAME_DAY if is_passed else FlagClass.INFORMATION
    raised = Raised(Rule.ON_HOLD, "plan", evidence, flag_class)
    return Verdict((raised,), None if is_passed else passes_at)


def change_not_signed(begins_at: datetime | None, *, by: str, now: datetime) -> Verdict:
    """P1: a change that somebody typed was to count by now, and it is not wholly signed.

    `begins_at` is None when no change waits, or none that says from when it would count.
    """
    if begins_at is None:
        return NOTHING
    if now < begins_at:
        return Verdict((), begins_at)
    evidence: Evidence = {"was_to_count_from": begins_at.isoformat(), "typed_by": by}
    return Verdict((Raised(Rule.CHANGE_NOT_SIGNED, "plan", evidence),), None)


def change_not_seen(
    number: int, counts_from_at: datetime, *, is_seen: bool, now: datetime
) -> Verdict:
    """P2: nobody who goes by the plan has confirmed seeing this version; watch once it counts."""
    if is_seen:
        return NOTHING
    has_begun = now >= counts_from_at
    evidence: Evidence = {
        "version": number,
        "counts_from": counts_from_at.isoformat(),
        "has_begun": int(has_begun),
    }
    flag_class = FlagClass.WATCH if has_begun else FlagClass.INFORMATION
    raised = Raised(Rule.CHANGE_NOT_SEEN, f"version {number}", evidence, flag_class)
    return Verdict((raised,), None if has_begun else counts_from_at)


@dataclass(frozen=True, slots=True)
class CheckInsAsked:
    """How often check-ins are expected, and the local date from which the days count.

    `since_on` is the date of the last check-in; before the first one that from which on they are
    asked for. `last_on` is the former, None when there is none.
    """

    subject: str  # what tells its flag from that of another plan or of earlier days
    every_days: int
    since_on: date
    last_on: date | None

    @property
    def expected_on(self) -> date:
        """The date of the next check-in, or of the first that nobody answered."""
        return self.since_on + self.every_days * ONE_DAY


def check_in_unanswered(asked: CheckInsAsked | None, *, zone: ZoneInfo, now: datetime) -> Verdict:
    """F27: the check-in expected on a date was not answered by the day the next one is due.

    `asked` is None where the plan asks for none, and while nobody is asked.
    """
    if asked is None:
        return NOTHING
    raise_at = local_midnight(asked.expected_on + asked.every_days * ONE_DAY, zone)
    if now < raise_at:
        return Verdict((), raise_at)
    evidence: Evidence = {
        "expected_on": asked.expected_on.isoformat(),
        "every_days": asked.every_days,
        "last_on": asked.last_on.isoformat() if asked.last_on is not None else "",
    }
    return Verdict((Raised(Rule.CHECK_IN_UNANSWERED, asked.subject, evidence),), None)
