"""The exact text that a clinician signs, and its hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from accounts.models import Patient
from tracker.domain.plan_content import PlanContent
from tracker.domain.plan_input import clock_text
from tracker.domain.plan_states import VersionKind
from tracker.domain.schedule import EVERY_WEEKDAY, DoseTimeSpec, StepSpec
from tracker.selectors.medicine import baclofen
from tracker.selectors.plan_reading import PlanReading
from tracker.selectors.plan_words import (
    SHORT_WEEKDAYS,
    day_text,
    delay_text,
    dose_words,
    formulation_text,
    observation_text,
    reason_text,
    risk_lines,
    rung_text,
    rungs_title,
    step_dates,
    threshold_lines,
)

SIGNED_LANGUAGE = "en"  # of every signed text, whatever language its readers have

KIND_WORDS: Mapping[VersionKind, Promise] = MappingProxyType(
    {
        VersionKind.AMEND: gettext_lazy("This changes the version before it."),
        VersionKind.RESUME: gettext_lazy("This resumes the plan after a hold."),
        VersionKind.STEP_BACK: gettext_lazy("This steps back from the version before it."),
    }
)


def text_sha256(text: str) -> str:
    """Return the hash that binds a signature to this text, character for character."""
    return hashlib.sha256(text.encode()).hexdigest()


def plan_text(reading: PlanReading, patient: Patient) -> str:
    """Return the text of a version: what it holds and what was confirmed, amounts verbatim.

    The same reading gives the same text in every reader's language, so that what was read, what is
    signed and what a second person signs can be compared: it is always in `SIGNED_LANGUAGE`.
    """
    with override(SIGNED_LANGUAGE):
        return _joined(reading, patient)


def _joined(reading: PlanReading, patient: Patient) -> str:
    content = reading.content
    parts = [
        _heading(reading, patient),
        [_("Steps"), *(step_line(step) for step in content.steps)],
        [note.text for note in reading.notes],
        [
            rungs_title(content.route),
            *(f"{rung.number}. {rung_text(rung, content.route)}" for rung in content.rungs),
            _("After the last of these the alert stands on the clinic's worklist."),
        ],
        _untold(reading),
        _terms(content),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _heading(reading: PlanReading, patient: Patient) -> list[str]:
    content = reading.content
    number = patient.clinic_number
    lines = [
        _("Plan for %(name)s, version %(number)d")
        % {"name": patient.name, "number": reading.number},
        _("Clinic number: %(number)s") % {"number": number} if number else "",
        _("Clinic: %(clinic)s") % {"clinic": patient.clinic.name},
        _("Baclofen: %(form)s") % {"form": formulation_text(content)},
        _("Reason for treatment: %(reason)s") % {"reason": reason_text(content)},
        _("Risk context: %(risks)s")
        % {"risks": "; ".join(risk_lines(content)) or _("none ticked")},
        _("Note on risks: %(note)s") % {"note": content.risk_note} if content.risk_note else "",
        _("Named clinician: %(name)s") % {"name": reading.named.name},
        *_change_lines(reading),
        _("All dates and times are local to %(zone)s.") % {"zone": content.zone},
    ]
    return [line for line in lines if line]


def _change_lines(reading: PlanReading) -> list[str]:
    """Return what kind of change is signed, from when it counts and why; none of a first plan."""
    content = reading.content
    if content.counts_from_at is None:
        return []
    begins = content.counts_from_at.astimezone(content.zone_info)
    return [
        str(KIND_WORDS[reading.kind]),
        _("Counts from %(day)s, %(time)s. What is expected before then stays as it is.")
        % {"day": day_text(begins.date()), "time": clock_text(begins.time())},
        _("Reason for the change: %(reason)s") % {"reason": content.change_reason},
    ]


def step_line(step: StepSpec) -> str:
    """Return one step as it is signed: dates, then doses with their weekdays, or visit and rate."""
    words = [_dose_words(dose) for dose in step.doses]
    if step.visit_time is not None:
        words.append(_("visit at %(time)s") % {"time": clock_text(step.visit_time)})
    if step.rate:
        words.append(_("rate as programmed: %(rate)s") % {"rate": step.rate})
    line = f"{step.number}. {step_dates(step)}: {'; '.join(words) or _('no doses')}"
    return f"{line} ({_('note')}: {step.note})" if step.note else line


def _dose_words(dose: DoseTimeSpec) -> str:
    words = dose_words(dose.wall_time, dose.amount)
    if dose.weekdays == EVERY_WEEKDAY:
        return words
    return f"{', '.join(str(SHORT_WEEKDAYS[day]) for day in dose.weekdays)} {words}"


def _untold(reading: PlanReading) -> list[str]:
    lines = reading.untold_lines
    if not lines:
        return [_("Somebody besides the worklist would be told at every hour.")]
    return [_("Confirmed: hours in which nobody but the worklist would be told"), *lines]


def _terms(content: PlanContent) -> list[str]:
    not_set = _("not set")
    lines = [
        _("On-time window: %(span)s before and after the dose time")
        % {"span": delay_text(content.on_time_window)},
        _("After “I have it” the ladder waits: %(span)s")
        % {"span": delay_text(content.follow_up_delay)},
        _("An alert that nobody has said “I have it” to is flagged after: %(span)s")
        % {"span": delay_text(content.unacknowledged_delay)},
        *(
            f"{name}: {not_set if number is None else number}"
            for name, number in threshold_lines(content)
        ),
        _("Days between check-ins: %(days)s") % {"days": content.check_in_every_days or not_set},
        _("Check-ins after the last dose: %(days)s")
        % {"days": observation_text(content.observation_days)},
        _("Documented facts, version %(version)s") % {"version": baclofen().version},
    ]
    if content.missed_dose_advice:
        lines.append(
            _("If a dose was missed, the patient reads: %(advice)s")
            % {"advice": content.missed_dose_advice}
        )
    return lines
