"""What a clinician needs beside the facts of doses: whom to call, what is on file, who sees it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from accounts.models import CareLink, Patient
from accounts.selectors.contact_points import caregivers_without_a_way
from tracker.models import PlanVersion, RiskRecord
from tracker.selectors.medicine import baclofen


@dataclass(frozen=True, slots=True)
class CallNumber:
    """One number to call; `relation` is "" for the patient."""

    name: str
    relation: str
    phone: str


@dataclass(frozen=True, slots=True)
class Watcher:
    """A caregiver on file and how far the patient lets them."""

    name: str
    relation: str
    is_current: bool  # consented, accepted and not ended
    is_alerted: bool
    may_log: bool
    is_without_a_way: bool  # no message can reach them: no address of theirs is proved and works

    @property
    def is_unreached(self) -> bool:
        """Whether they are to be told of alerts and no message can reach them."""
        return self.is_current and self.is_alerted and self.is_without_a_way


@dataclass(frozen=True, slots=True)
class RiskContext:
    """Risk factors on file, in words; shown as context and never counted."""

    factors: tuple[str, ...]
    note: str

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on file."""
        return not self.factors and not self.note


def call_numbers(patient: Patient, links: Iterable[CareLink], now: datetime) -> list[CallNumber]:
    """Return the patient's number and those of current caregivers; people without one left out."""
    numbers = [CallNumber(patient.name, "", patient.phone)]
    numbers += [
        CallNumber(link.name, link.relation, link.caregiver.phone)
        for link in links
        if link.caregiver is not None and is_current(link, now)
    ]
    return [number for number in numbers if number.phone]


def watchers(links: Sequence[CareLink], now: datetime) -> list[Watcher]:
    """Return every caregiver who has not been ended, those still to answer included."""
    without = caregivers_without_a_way(links) if links else set()
    return [
        Watcher(
            name=link.name,
            relation=link.relation,
            is_current=is_current(link, now),
            is_alerted=link.is_alerted,
            may_log=link.may_log,
            is_without_a_way=link.caregiver_id in without,
        )
        for link in links
    ]


def is_current(link: CareLink, now: datetime) -> bool:
    """Say whether the link gives a right at `now`."""
    said_yes = link.consented_at is not None and link.consented_at <= now
    has_accepted = link.accepted_at is not None and link.accepted_at <= now
    return said_yes and has_accepted and (link.ended_at is None or link.ended_at > now)


def risk_context(version: PlanVersion | None, recorded: Iterable[RiskRecord] = ()) -> RiskContext:
    """Return what the plan's version has on file, and what was put there beside it."""
    signed, note = (version.risk_factors, version.risk_note) if version is not None else ([], "")
    return risk_words((*signed, *(risk.factor for risk in recorded)), note)


def risk_words(factors: Iterable[str], note: str) -> RiskContext:
    """Return risk factors by name, each once."""
    named = dict.fromkeys(risk_name(each) for each in factors)
    return RiskContext(factors=tuple(named), note=note)


def risk_name(factor: str) -> str:
    """Return the name of a risk factor; an id that the content no longer has stays an id."""
    names = {each.id: each.name for each in baclofen().risk_factors}
    return names.get(factor, factor)


def factors_noted() -> ArraySubquery:
    """Return, for each patient of a query, the ids of what stands on file beside the plan."""
    rows = RiskRecord.objects.standing().filter(patient=OuterRef("pk")).order_by("recorded_at")
    return ArraySubquery(rows.values("factor"))


def risks_on_file(patient: Patient) -> QuerySet[RiskRecord]:
    """Return what clinicians have put on file beside the plan and nobody has taken off."""
    return patient.risks.standing().select_related("recorded_by").order_by("recorded_at")
