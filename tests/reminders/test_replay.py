"""A replay decides as the engine would, names what it cannot read, keeps and sends nothing."""

from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.models import Clinic
from reminders.models import Message
from tracker.models import Entry

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "oncmap"
CAP = """Cap,Opened UTC
A1,2026-03-27T08:10:00+00:00
A1,2026-03-28T09:30:00+00:00
A1,
A1,2026-03-29717:00:00+00:00
A1,2026-03-29T17:40:00+00:00
"""


def replayed(path: Path, *arguments: str) -> str:
    """Run the command and return what it printed."""
    out = StringIO()
    call_command("replay", str(path), *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def cap(tmp_path: Path) -> Path:
    """Three openings of an invented cap, and two rows that cannot be read."""
    path = tmp_path / "cap.csv"
    path.write_text(CAP, encoding="utf-8-sig")
    return path


@pytest.mark.django_db
def test_a_replay_prints_entries_prompts_alerts_and_measures_in_the_order_of_time(cap) -> None:
    printed = replayed(
        cap, "--utc-column", "Opened UTC", "--zone", "Europe/London", "--dose", "08:00=10 mg"
    )
    assert "row 4: has no time" in printed
    assert "row 5: “2026-03-29717:00:00+00:00” is not a time" in printed
    assert "taken: dose of 2026-03-27 08:00 (device)" in printed
    lines = [line for line in printed.splitlines() if "2026-03-29" in line]
    assert any("prompt   decided: No log for the 08:00 dose" in line for line in lines)
    assert any("alert    listed: No log for the 08:00 dose" in line for line in lines)
    assert "Taking adherence: 3 of" in printed
    assert "device openings" in printed


@pytest.mark.django_db
def test_a_replay_keeps_nothing_and_sends_nothing(cap) -> None:
    replayed(cap, "--utc-column", "Opened UTC", "--zone", "Europe/London", "--dose", "08:00=10 mg")
    assert not Clinic.objects.exists()
    assert not Entry.objects.exists()
    assert not Message.objects.exists()
    assert mail.outbox == []


@pytest.mark.django_db
def test_a_column_that_is_not_there_is_refused_with_the_columns_that_are(cap) -> None:
    with pytest.raises(CommandError, match="The columns are: Cap, Opened UTC"):
        replayed(cap, "--utc-column", "UTC", "--zone", "Europe/London", "--dose", "08:00=10 mg")


if DATA.exists():

    @pytest.mark.django_db
    def test_real_openings_of_one_dose_a_day_play_through(tmp_path: Path) -> None:
        beginning = tmp_path / "beginning.csv"
        lines = (DATA / "test_ecap3.csv").read_text().splitlines()
        beginning.write_text("\n".join(lines[:6]))
        printed = replayed(
            beginning,
            *("--utc-column", "Dose Timestamp UTC", "--zone", "America/New_York"),
            *("--dose", "23:00=1 capsule"),
        )
        assert "5 openings read, 0 rows could not be." in printed
        assert printed.count("drug holiday") >= 1

    @pytest.mark.django_db
    def test_real_openings_of_two_doses_a_day_name_the_rows_without_a_time() -> None:
        arguments = ("--utc-column", "Time_Recorded_UTC", "--zone", "America/New_York")
        doses = ("--dose", "07:00=1 capsule", "--dose", "19:00=1 capsule")
        with pytest.raises(CommandError, match="No row of this file could be read"):
            replayed(DATA / "test_adheretech.csv", *arguments, *doses)
        printed = replayed(
            DATA / "test_adheretech.csv", *arguments, *doses, "--dates", "month-first"
        )
        assert "12 openings read, 2 rows could not be." in printed
        assert "row 4: has no time" in printed
        assert "row 15: has no time" in printed
