"""What a run of the simulator was and what it found, as the table of docs/simulation.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

BEGIN, END = "<!-- report -->", "<!-- /report -->"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "simulation.md"


@dataclass(slots=True)
class Found:
    """The sum over all cases of a run."""

    command: str
    first_seed: int
    cases: int = 0
    calm: int = 0
    patient_years: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    broken: list[tuple[int, str]] = field(default_factory=list)

    def add(self, patient_years: float, counts: Counter[str]) -> None:
        """Add what one case came to."""
        self.cases += 1
        self.calm += not any(name.startswith("faults") for name in counts)
        self.patient_years += patient_years
        self.counts.update(counts)


def report_text(found: Found, seconds: float, processes: int) -> str:
    """Return the report of a run, ready for the document."""
    last = found.first_seed + found.cases - 1
    rate = found.patient_years / seconds if seconds else 0.0
    verdict = "none"
    if found.broken:
        verdict = "; ".join(f"seed {seed}: {text}" for seed, text in found.broken)
    lines = [
        f"    {found.command}",
        "",
        "| What | Count |",
        "|---|---:|",
        f"| patient-years | {found.patient_years:,.1f} |",
        f"| cases, seeds {found.first_seed} to {last} | {found.cases:,} |",
        f"| cases without any fault | {found.calm:,} |",
        *(f"| {name} | {count:,} |" for name, count in sorted(found.counts.items())),
        f"| invariants broken | {verdict} |",
        "",
        f"It took {seconds:,.0f} seconds in {processes} processes: "
        f"{rate:.1f} patient-years in a second.",
    ]
    return "\n".join(lines)


def report_write(text: str) -> None:
    """Put the report into the document, in the place of the one before."""
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
