"""What each fault came to: written down as the run goes, read by the report."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from config.commands import ROOT
from tests.faults.reckoning import Reckoning

FOLDER = ROOT / ".local" / "faults"
RECORDS = FOLDER / "records.jsonl"
MINUTES = FOLDER / "minutes"  # how long the last whole run took
RUNS = "FAULTS"  # set by `make faults`: otherwise nothing is written, and most faults are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of the report."""

    group: str
    fault: str
    strikes: int = 0
    doses: int = 0
    messages: int = 0
    arrived: int = 0
    repeated: int = 0
    missing: int = 0
    twice: int = 0
    unaccounted: int = 0
    seconds: float = 0
    note: str = ""
    not_run: str = ""

    @property
    def is_whole(self) -> bool:
        """Tell whether the fault was run and nothing is wrong after it."""
        return not (self.not_run or self.missing or self.twice or self.unaccounted)

    @property
    def overtaken(self) -> int:
        """Return how many messages ended without being sent."""
        return self.messages - (self.arrived - self.repeated)


def record_write(record: Record) -> None:
    """Append one line; several test processes may write at once."""
    if not os.environ.get(RUNS):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    with RECORDS.open("a") as file:
        file.write(json.dumps(asdict(record)) + "\n")


def records_read(path: Path = RECORDS) -> list[Record]:
    """Return the last line of every fault since the last whole run began."""
    if not path.exists():
        return []
    records = [Record(**json.loads(line)) for line in path.read_text().splitlines()]
    return list({(each.group, each.fault): each for each in records}.values())


def record_of(
    found: Sequence[Reckoning],
    *,
    group: str,
    fault: str,
    strikes: int,
    seconds: float,
    note: str = "",
) -> Record:
    """Return the line for a fault after which these reckonings were made."""
    return Record(
        group=group,
        fault=fault,
        strikes=strikes,
        doses=sum(each.doses for each in found),
        messages=sum(each.messages for each in found),
        arrived=sum(each.arrived for each in found),
        repeated=sum(each.repeated for each in found),
        missing=sum(len(each.missing) for each in found),
        twice=sum(len(each.twice) for each in found),
        unaccounted=sum(len(each.unaccounted) for each in found),
        seconds=round(seconds, 1),
        note=note,
    )
