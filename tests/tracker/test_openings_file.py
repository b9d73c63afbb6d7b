"""A maker's file is read as its columns are meant; what cannot be read is named by its row."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from accounts.domain.problems import Refusal
from tracker.domain.openings_file import (
    ColumnMapping,
    OpeningsRead,
    RowReason,
    openings_from,
    openings_headings,
)
from tracker.domain.openings_time import DateOrder

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "oncmap"

US_SLASHES = ColumnMapping(
    local_column="Date",
    zone="America/New_York",
    date_order=DateOrder.MONTH_FIRST,
    event_column="IntakeStatusDisplayResource",
    opening_words=("No change made",),
)
STAMPS = ColumnMapping(utc_column="Dose Timestamp UTC", local_column="Dose Timestamp")

MAKERS: dict[str, tuple[ColumnMapping, int, int, dict[int, RowReason]]] = {
    "test_adheretech.csv": (
        ColumnMapping(
            utc_column="Time_Recorded_UTC",
            local_column="Time_Recorded_Patient_Timezone",
            zone="America/New_York",
            date_order=DateOrder.MONTH_FIRST,
            event_column="Status",
            opening_words=("ONTIME", "LATE"),
        ),
        12,
        2,
        {},
    ),
    "test_ecap.csv": (STAMPS, 0, 0, dict.fromkeys((2, 3, 4), RowReason.NOT_A_TIME)),
    "test_ecap1.csv": (STAMPS, 13, 0, {5: RowReason.NOT_A_TIME}),
    "test_ecap2.csv": (STAMPS, 9, 0, dict.fromkeys((4, 6, 7, 8, 9), RowReason.NOT_A_TIME)),
    "test_ecap3.csv": (STAMPS, 60, 0, {}),
    "test_mems.csv": (US_SLASHES, 13, 0, {}),
    "test_mems2.csv": (US_SLASHES, 117, 39, {}),
    "test_patchcap.csv": (
        ColumnMapping(
            utc_column="Measurement Time", event_column="Primary Value", opening_words=("1",)
        ),
        19,
        19,
        {},
    ),
    "test_simplemed.csv": (
        ColumnMapping(
            local_column="Create Time",
            zone="America/New_York",
            date_order=DateOrder.MONTH_FIRST,
            event_column="Event Type",
            opening_words=("Pill was taken", "Wrong cell opened"),
        ),
        5,
        8,
        {},
    ),
}
"""What each file means, and what it comes to: openings, rows that are none, rows unread."""


def read(text: str, **said: object) -> OpeningsRead:
    """Read with a column "UTC", or as said."""
    return openings_from(text, ColumnMapping(**(said or {"utc_column": "UTC"})))


def test_a_column_of_utc_times_is_trusted_over_one_of_local_times() -> None:
    text = "UTC,Local\n2026-03-29T07:00:00Z,2026-03-29T09:30:00+01:00\n"
    (opening,) = read(text, utc_column="UTC", local_column="Local").openings
    assert opening.at == datetime(2026, 3, 29, 7, tzinfo=UTC)
    assert opening.differs_by == timedelta(hours=1, minutes=30)


def test_local_times_alone_are_read_in_the_zone_that_was_said() -> None:
    text = "Local\n2026-03-29 08:00\n2026-03-28 08:00\n2026-03-29T08:00:00+05:00\n"
    found = read(text, local_column="Local", zone="Europe/London")
    assert [(opening.row, opening.at.hour) for opening in found.openings] == [
        (3, 8),
        (4, 3),
        (2, 7),
    ]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", RowReason.NO_TIME),
        ("3/4/2026 8:00", RowReason.ORDER_UNKNOWN),
        ("2026-03-29717:00:00+00:00", RowReason.NOT_A_TIME),
        ("2026-13-01T08:00Z", RowReason.NOT_A_TIME),
        ("2026-Aor-01T08:00:00Z", RowReason.NOT_A_TIME),
        ("0001-01-01T00:00:00+14:00", RowReason.NOT_A_TIME),
        ("soon", RowReason.NOT_A_TIME),
    ],
)
def test_a_row_that_is_not_clearly_a_time_is_named_with_its_reason(
    cell: str, reason: RowReason
) -> None:
    found = read(f"Cap,UTC\nA,{cell}\n")
    assert [(left.row, left.reason, left.cell) for left in found.unread] == [(2, reason, cell)]
    assert found.openings == ()


def test_a_row_with_more_cells_than_names_is_not_read_by_guessing() -> None:
    found = read("Cap,UTC\nA,B,2026-03-29T07:00:00Z\nA,2026-03-29T07:00:00Z,,\n")
    assert [(left.row, left.reason) for left in found.unread] == [(2, RowReason.MISALIGNED)]
    assert [opening.row for opening in found.openings] == [3]


def test_lines_above_the_heading_and_other_separators_are_read_past() -> None:
    text = "\ufeffExported by nobody;;\nCap;UTC;Note\nA;2026-03-29T07:00:00Z;x\n\n"
    assert openings_headings(text) == ("Cap", "UTC", "Note")
    assert len(read(text).openings) == 1
    assert openings_headings("") == ()


def test_a_column_that_is_not_in_the_file_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refusal, match="The columns are: Cap, When"):
        read("Cap,When\nA,2026-03-29T07:00:00Z\n")
    with pytest.raises(Refusal, match="Say which column"):
        read("Cap,When\nA,2026-03-29T07:00:00Z\n", event_column="Cap", opening_words=("A",))


if DATA.exists():

    @pytest.mark.parametrize("name", MAKERS)
    def test_every_makers_file_comes_to_openings_or_says_why_not_by_row(name: str) -> None:
        mapping, openings, none, unread = MAKERS[name]
        text = (DATA / name).read_text(encoding="utf-8-sig")
        found = openings_from(text, mapping)
        assert set(openings_headings(text)) >= {mapping.time_column, mapping.event_column} - {""}
        assert {left.row: left.reason for left in found.unread} == unread
        assert (len(found.openings), len(found.passed_over)) == (openings, none)

    def test_a_file_whose_cells_moved_under_other_names_is_read_where_somebody_says_so() -> None:
        text = (DATA / "test_ecap.csv").read_text(encoding="utf-8-sig")
        assert len(openings_from(text, ColumnMapping(utc_column="Dose Label")).openings) == 3

    def test_no_makers_file_is_left_out() -> None:
        assert {path.name for path in DATA.glob("*.csv")} == set(MAKERS)
