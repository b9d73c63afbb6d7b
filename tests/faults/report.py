"""The report: each fault with its counts, and what could not be run with the reason."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from config.commands import ROOT
from tests.faults.records import Record

REPORT = ROOT / "docs" / "faults.md"
HEADINGS = (
    "Fault", "Strikes", "Doses", "Messages", "Arrived", "Again", "Overtaken", "Missing", "Twice",
    "Unaccounted", "s",
)  # fmt: skip
GROUPS = (
    "Every step of decide and send",
    "Kill -9 of a part",
    "Valkey",
    "PostgreSQL",
    "The mail server",
    "Many at once",
)
INTRODUCTION = """\
# Faults

Written by `make faults` on {day}, in {minutes} minutes on {cores} cores and
{memory} GiB of memory ({machine}). Do not edit. A fault that was
run again by itself (`make faults ARGS="..."`) has the line of its last run.

The processes are the real ones: web, worker, beat, PostgreSQL, Valkey and a mail server. The faults
are built in from outside, by `tests/faults/launcher.py`; production code knows nothing of them.
After each fault the parts go on by themselves until nothing is left to do, and then
`tests/faults/reckoning.py` compares what was decided with what arrived:

| Column | Counts |
|---|---|
| Strikes | how often the fault struck |
| Doses | expected doses that were due, each with an entry or an alert afterwards |
| Messages | messages decided |
| Arrived | mails at the mail server; no key but those of messages decided |
| Again | mails that came once more, with the same key: a sender died after sending |
| Overtaken | messages that no longer had to leave: a prompt after its window, for which a \
question was sent, or one to an address that refuses for good |
| Missing | decided and not delivered, not recorded, or not decided at all although it was due |
| Twice | decided or filed more than once |
| Unaccounted | doses with neither entry nor alert, logged with an open alert, or missing as rows |

{sentence}
"""


def report_text(records: Sequence[Record], *, minutes: int) -> str:
    """Return the whole document."""
    run = [record for record in records if not record.not_run]
    strikes = sum(record.strikes for record in run)
    messages = sum(record.messages for record in run)
    wrong = [record for record in run if not record.is_whole or record.note.startswith("FAILED")]
    sentence = (
        f"{len(run)} faults struck {strikes:,} times; {messages:,} messages were decided. "
        + (
            "None is missing, none was decided twice, every dose is accounted for."
            if not wrong
            else f"After {len(wrong)} of them something is wrong; their lines say FAILED."
        )
    )
    text = INTRODUCTION.format(
        day=datetime.now(tz=UTC).date().isoformat(),
        minutes=minutes,
        cores=os.cpu_count(),
        memory=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        machine=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        sentence=sentence,
    )
    return text + _tables(run) + _not_run(records)


def table_text(records: Sequence[Record]) -> str:
    """Return what is printed at the end of a run."""
    return "\n" + _tables([record for record in records if not record.not_run]) + _not_run(records)


def _tables(records: Sequence[Record]) -> str:
    parts = []
    for group in GROUPS:
        members = [record for record in records if record.group == group]
        if members:
            parts.append(f"\n## {group}\n\n{_table(sorted(members, key=lambda m: m.fault))}")
    return "".join(parts)


def _table(records: Sequence[Record]) -> str:
    lines = [f"| {' | '.join(HEADINGS)} |", f"|---|{'---:|' * (len(HEADINGS) - 1)}"]
    lines += [
        f"| {_words(each)} | {each.strikes:,} | {each.doses:,} | {each.messages:,} | "
        f"{each.arrived:,} | {each.repeated:,} | {each.overtaken:,} | {each.missing:,} | "
        f"{each.twice:,} | "
        f"{each.unaccounted:,} | {each.seconds:.0f} |"
        for each in records
    ]
    return "\n".join(lines) + "\n"


def _words(record: Record) -> str:
    note = f" ({record.note})" if record.note else ""
    return (record.fault + note).replace("|", "/")


def _not_run(records: Sequence[Record]) -> str:
    left_out = [record for record in records if record.not_run]
    if not left_out:
        return "\n## Not run\n\nNothing: this machine could run every fault.\n"
    lines = [f"- {record.fault}: {record.not_run}" for record in left_out]
    return "\n## Not run\n\n" + "\n".join(lines) + "\n"
