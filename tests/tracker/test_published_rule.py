"""A comparison, not a measure: CleanADHdata's rule on our imported facts gives its figures.

docs/measures-compared.md says where our measures differ and why.
"""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from tests.cast import Cast
from tests.support.sheets import sheets_of
from tests.tracker.days import tuesday_plan
from tests.tracker.published_rule import (
    Monitored,
    Regimen,
    Span,
    implementation_of,
    mean_of,
    together,
)
from tracker.domain.dose_record import Basis
from tracker.domain.doses import Via
from tracker.domain.openings_file import ColumnMapping
from tracker.models import Entry
from tracker.selectors.measured import plan_measured
from tracker.services.openings import openings_file_give, openings_file_map, openings_take_in

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "cleanadhdata"
SERIAL = datetime(1899, 12, 30, tzinfo=UTC)
TO_OUR_TIME = timedelta(days=4200)
"""The files begin in 2015; the cast's plan begins in November 2026."""
LATER = datetime(2033, 1, 1, tzinfo=UTC)
PATIENTS = "ABCDEFGHIJ"


def moment(serial: str) -> datetime:
    """A spreadsheet's number as a wall-clock time, moved to our time."""
    at = SERIAL + timedelta(seconds=round(float(serial) * 86_400)) + TO_OUR_TIME
    return at.replace(tzinfo=None)


def span(row: dict[str, str]) -> Span:
    return Span(moment(row["StartDate"]).date(), moment(row["EndDate"]).date())


def take_in(cast: Cast, opened: list[datetime]) -> None:
    """Import openings into Ewan's record."""
    lines = ["Opened", *(at.isoformat() for at in opened)]
    content = "\n".join(lines).encode()
    file = openings_file_give(
        patient=cast.ewan, by=cast.priya, name="x.csv", content=content, now=LATER
    )
    mapping = ColumnMapping(local_column="Opened", zone="Etc/UTC")
    openings_file_map(file=file, by=cast.priya, mapping=mapping, now=LATER)
    list(openings_take_in(file=file, by=cast.priya, now=LATER))


def kept(cast: Cast) -> list[datetime]:
    """When the device entries of Ewan's record say it was opened, counted or not."""
    entries = Entry.objects.filter(patient=cast.ewan, via=Via.DEVICE)
    return [at.replace(tzinfo=None) for at in entries.values_list("taken_at", flat=True)]


def imported(cast: Cast, opened: list[datetime]) -> list[datetime]:
    """Import openings, read what is kept, and forget it again."""
    with transaction.atomic():
        take_in(cast, opened)
        found = kept(cast)
        transaction.set_rollback(True)
    return found


def monitors_of(patient: str) -> dict[str, Monitored]:
    """What the auxiliary tables say about each monitor of a patient."""
    tables = {
        name: [row for row in rows if row.get("PatientCode") == patient]
        for name, rows in sheets_of(DATA / "AuxiliaryData.xlsx").items()
    }
    regimens, added, unwatched = defaultdict(list), defaultdict(Counter), defaultdict(list)
    for row in tables["Regimen"]:
        cycle = (int(row.get("On", 1)), int(row.get("Off", 0)))
        regimens[row["Monitor"]].append(Regimen(span(row), int(row["ExpectedOpenings"]), *cycle))
    for row in tables["AddedOpenings"]:
        added[row["Monitor"]][moment(row["Date"]).date()] += int(row["AddedOpenings"])
    for row in tables["NonMonitoredPeriods"]:
        unwatched[row["Monitor"]].append(span(row))
    return {
        row["Monitor"]: Monitored(
            span(row),
            regimens[row["Monitor"]],
            added[row["Monitor"]],
            unwatched[row["Monitor"]],
        )
        for row in tables["EMInfo"]
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("clocks", "theirs", "taken", "extras"),
    [
        (("08:00", "14:00", "20:00"), True, 3, 0),
        (("08:00", "11:00", "11:30", "14:00"), True, 2, 2),  # theirs adds up what is too much
        (("08:00", "08:05", "14:00"), True, 2, 0),  # one opening of ours within ten minutes
        (("02:30", "14:00", "20:00"), False, 3, 0),  # their day begins at 03:00
    ],
)
def test_our_measures_differ_from_the_published_rule_where_the_docs_say_so(
    cast: Cast, clocks: tuple[str, ...], theirs: bool, taken: int, extras: int
) -> None:
    tuesday_plan(cast)
    day = date(2026, 11, 25)
    take_in(cast, [datetime.combine(day, time.fromisoformat(clock)) for clock in clocks])
    whole = Span(day, day)
    found = implementation_of(Monitored(whole, [Regimen(whole, 3)]), kept(cast))
    assert found == {day: theirs}
    figures = plan_measured(cast.ewan, plan_id=None, first_on=day, last_on=day, now=LATER)
    taking, correct = (measure for measure, _line in figures.pairs[:2])
    assert (taking.numerator, taking.denominator, taking.extras) == (taken, 3, extras)
    assert correct.numerator == int(taken == 3)
    assert taking.basis is Basis.DEVICE


def test_a_day_without_expected_doses_is_implemented_by_the_published_rule() -> None:
    day = date(2026, 11, 25)
    whole = Span(day, day)
    assert implementation_of(Monitored(whole, [Regimen(whole, 0)]), []) == {day: True}


if DATA.exists():

    @pytest.mark.django_db
    def test_the_published_rule_on_our_imported_facts_gives_the_published_figures(
        cast: Cast,
    ) -> None:
        tuesday_plan(cast)
        figures = sheets_of(DATA / "implementation.xlsx")
        published = {
            row["PatientCode"]: float(row["Implementation"])
            for row in figures["summary by patient"]
        }
        days: dict[str, dict[date, str | None]] = defaultdict(dict)
        for row in figures["by patient"]:
            days[row["PatientCode"]][moment(row["Date"]).date()] = row.get("Implementation")
        for patient in PATIENTS:
            events = sheets_of(DATA / f"{patient}_Simulated_Eventlist.xlsx")["Sheet1"]
            opened = defaultdict(list)
            for row in events:
                opened[row["Monitor"]].append(moment(row["Date"]))
            ours = together(
                implementation_of(monitor, imported(cast, opened[name]))
                for name, monitor in monitors_of(patient).items()
            )
            flat = {day: None if is_so is None else str(int(is_so)) for day, is_so in ours.items()}
            assert flat == days[patient], patient
            assert float(mean_of(ours)) == pytest.approx(published[patient], abs=1e-12), patient
        assert set(published) == set(PATIENTS)
