"""Cuts a failing case down to the least that still breaks the same invariant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from tests.simulation.case import Act, Case, Fault, PatientSpec
from tests.simulation.invariants import Broken
from tests.simulation.loop import Loop
from tests.simulation.rules import Rules

MOST_RUNS = 2000
WIDTH = 100
DAY = 24 * 60


def broken_by(case: Case, rules: Rules | None = None) -> Broken | None:
    """Run a case; return what it broke, or None."""
    try:
        Loop(case, rules).run()
    except Broken as broken:
        return broken
    return None


def shrunk(case: Case, invariant: int, rules: Rules | None = None) -> Case:
    """Return a smaller case that breaks the same invariant: fewer days, people, acts and faults."""

    def is_kept(smaller: Case) -> bool:
        broken = broken_by(smaller, rules)
        return broken is not None and broken.invariant == invariant

    runs = 0
    has_shrunk = True
    while has_shrunk and runs < MOST_RUNS:
        has_shrunk = False
        for smaller in _smaller(case):
            runs += 1
            if runs >= MOST_RUNS:
                break
            if is_kept(smaller):
                case, has_shrunk = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    """Yield smaller cases, those that are much smaller first."""
    for days in sorted({1, case.days // 4, case.days // 2, case.days - 1}):
        if 0 < days < case.days:
            yield _within(replace(case, days=days))
    yield from _without_patients(case)
    yield from _without(case, "faults")
    yield from _without(case, "acts")
    yield from _without_people(case)
    yield from _plainer(case)


def _within(case: Case) -> Case:
    last = case.days * DAY
    return replace(
        case,
        acts=tuple(act for act in case.acts if act.minute < last),
        faults=tuple(fault for fault in case.faults if fault.minute < last),
    )


def _without_patients(case: Case) -> Iterator[Case]:
    for gone in range(len(case.patients) if len(case.patients) > 1 else 0):
        acts = [
            replace(act, patient=act.patient - (act.patient > gone))
            for act in case.acts
            if act.patient != gone
        ]
        patients = case.patients[:gone] + case.patients[gone + 1 :]
        yield replace(case, patients=patients, acts=tuple(acts))


def _without(case: Case, name: str) -> Iterator[Case]:
    """Leave out runs of acts or of faults: halves, quarters, and so on down to single ones."""
    rows: tuple[Act | Fault, ...] = getattr(case, name)
    size = len(rows)
    while size:
        for first in range(0, len(rows), size):
            yield replace(case, **{name: rows[:first] + rows[first + size :]})
        size //= 2


def _without_people(case: Case) -> Iterator[Case]:
    for patient in case.patients:
        for name in patient.caregivers:
            left = tuple(each for each in patient.caregivers if each != name)
            yield _with_patient(case, patient, replace(patient, caregivers=left))
    named = {case.clinic.clinician, *(patient.person for patient in case.patients)}
    named |= {name for patient in case.patients for name in patient.caregivers}
    kept = tuple(person for person in case.people if person.name in named)
    if len(kept) < len(case.people):
        yield replace(case, people=kept)


def _plainer(case: Case) -> Iterator[Case]:
    """Yield the case with one dose time, rung or version less."""
    if case.amended and all(act.kind != "amend" for act in case.acts):
        yield replace(case, amended=())
    for patient in case.patients:
        plan = patient.plan
        for place in range(len(plan.times) if len(plan.times) > 1 else 0):
            times = plan.times[:place] + plan.times[place + 1 :]
            yield _with_patient(case, patient, replace(patient, plan=replace(plan, times=times)))
        for place in range(len(plan.rungs) - 1):
            rungs = plan.rungs[:place] + plan.rungs[place + 1 :]
            yield _with_patient(case, patient, replace(patient, plan=replace(plan, rungs=rungs)))


def _with_patient(case: Case, before: PatientSpec, after: PatientSpec) -> Case:
    patients = tuple(after if each is before else each for each in case.patients)
    return replace(case, patients=patients)


def case_text(case: Case, *, invariant: int, said: str) -> str:
    """Return a whole test file that runs the case and fails as long as the invariant breaks."""
    names = sorted({type(each).__name__ for each in _parts(case)})
    imports = "".join(f"    {name},\n" for name in names)
    return (
        f'"""Found by `make simulate` with seed {case.seed}: {said}."""\n\n'
        "from datetime import date\n\n"
        f"from tests.simulation.case import (\n{imports})\n"
        "from tests.simulation.loop import Loop\n\n"
        f"{_text(case, 0, 'CASE = ')}\n\n\n"
        f"def test_seed_{case.seed}_keeps_invariant_{invariant}() -> None:\n"
        "    Loop(CASE).run()\n"
    )


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for each in value:
            yield from _parts(each)
    elif hasattr(value, "__dataclass_fields__"):
        yield value
        for field in fields(value):  # type: ignore[arg-type]
            yield from _parts(getattr(value, field.name))


def _text(value: Any, indent: int, before: str = "") -> str:
    """Return the Python that makes a value, on one line where it fits."""
    if isinstance(value, tuple):
        parts = [("", each) for each in value]
        return _wrapped(before + "(", parts, indent, is_tuple=True)
    if hasattr(value, "__dataclass_fields__"):
        parts = [
            (f"{field.name}=", getattr(value, field.name))
            for field in fields(value)
            if getattr(value, field.name) != field.default
        ]
        return _wrapped(f"{before}{type(value).__name__}(", parts, indent)
    if hasattr(value, "isoformat"):
        return f'{before}date.fromisoformat("{value.isoformat()}")'
    return before + repr(value).replace("'", '"')


def _wrapped(
    begin: str, parts: list[tuple[str, Any]], indent: int, *, is_tuple: bool = False
) -> str:
    flat = begin + ", ".join(_text(value, indent, name) for name, value in parts)
    flat += ",)" if is_tuple and len(parts) == 1 else ")"
    if len(flat) + indent < WIDTH and "\n" not in flat:
        return flat
    spaces = " " * (indent + 4)
    inner = "".join(f"{spaces}{_text(value, indent + 4, name)},\n" for name, value in parts)
    return f"{begin}\n{inner}{' ' * indent})"
