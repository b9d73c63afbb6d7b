"""What a version changed, in words: its steps as entered, and every other term that differs."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_difference import StepChange, step_changes
from tracker.models import PlanVersion
from tracker.selectors.plan_records import content_signed
from tracker.selectors.plan_words import (
    delay_text,
    formulation_text,
    observation_text,
    reason_text,
    risk_lines,
    rung_text,
    rungs_title,
    threshold_lines,
)


@dataclass(frozen=True, slots=True)
class TermChange:
    """One term beside the steps, as it was and as it is."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs between two versions."""

    steps: tuple[StepChange, ...]
    terms: tuple[TermChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two say the same."""
        return not self.steps and not self.terms


def difference_signed(before: PlanVersion, after: PlanVersion) -> Difference:
    """Return what one signed version changed of another; read both with `versions_of`."""
    return difference_between(
        content_signed(before),
        content_signed(after),
        clinicians=(before.named_clinician.name, after.named_clinician.name),
    )


def difference_between(
    before: PlanContent, after: PlanContent, *, clinicians: tuple[str, str]
) -> Difference:
    """Return what differs; `clinicians` are the names of the two named clinicians."""
    old, new = _terms(before, clinicians[0]), _terms(after, clinicians[1])
    names = list(dict.fromkeys([*old, *new]))
    terms = (TermChange(name, old.get(name, ""), new.get(name, "")) for name in names)
    return Difference(
        steps=step_changes(before.steps, after.steps),
        terms=tuple(term for term in terms if term.before != term.after),
    )


def _terms(content: PlanContent, clinician: str) -> dict[str, str]:
    not_set = _("not set")
    rungs = [rung_text(rung, content.route) for rung in content.rungs]
    return {
        _("How baclofen is given"): formulation_text(content),
        _("Reason for treatment"): reason_text(content),
        _("Time zone"): content.zone,
        _("Risk context"): "; ".join(risk_lines(content)) or _("none ticked"),
        _("Note on risks"): content.risk_note,
        _("Named clinician"): clinician,
        rungs_title(content.route): ". ".join(rungs),
        _("On-time window"): delay_text(content.on_time_window),
        _("Wait after “I have it”"): delay_text(content.follow_up_delay),
        _("Flagged when nobody has it after"): delay_text(content.unacknowledged_delay),
        **{
            name: not_set if number is None else str(number)
            for name, number in threshold_lines(content)
        },
        _("Days between check-ins"): str(content.check_in_every_days or not_set),
        _("Check-ins after the last dose"): observation_text(content.observation_days),
        _("If a dose was missed"): content.missed_dose_advice,
    }
