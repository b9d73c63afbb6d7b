"""Instants, days, spans and phone numbers, as pages show them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.template import Context, Template
from django.utils import translation

from accounts.templatetags.contact import tel
from accounts.templatetags.when import (
    clock,
    day_and_clock,
    day_minute,
    full_day,
    long_day,
    minute,
    short_day,
)

EIGHT_IN_LONDON = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def rendered(text: str, **context: object) -> str:
    return Template("{% load when icons %}" + text).render(Context(context))


def test_an_instant_is_shown_in_the_zone_it_is_asked_for() -> None:
    assert clock(EIGHT_IN_LONDON, "Europe/London") == "08:00"
    assert clock(EIGHT_IN_LONDON, "America/New_York") == "03:00"
    assert day_and_clock(EIGHT_IN_LONDON, "Pacific/Auckland") == "Wed 25 Nov 21:00"


def test_what_happened_is_told_without_its_seconds() -> None:
    happened = EIGHT_IN_LONDON.replace(second=59, microsecond=999)
    assert clock(happened, "UTC") == "08:00:59"
    assert minute(happened, "UTC") == "08:00"
    assert day_minute(happened, "Asia/Kolkata") == "Wed 25 Nov 13:30"


def test_both_passes_of_a_repeated_hour_read_the_same() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1)
    assert [clock(at, "Europe/London") for at in (first, second)] == ["01:30", "01:30"]


def test_the_day_is_the_one_of_the_zone() -> None:
    late = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    assert short_day(late, "Europe/London") == "Wed 25 Nov"
    assert short_day(late, "Europe/Warsaw") == "Thu 26 Nov"


def test_a_wall_time_shows_its_seconds_only_where_it_has_some() -> None:
    assert clock(time(8, 0)) == "08:00"
    assert clock(time(8, 0, 30)) == "08:00:30"


def test_days_read_short_long_and_with_their_year() -> None:
    day = date(2026, 11, 25)
    assert short_day(day) == "Wed 25 Nov"
    assert long_day(day) == "Wednesday 25 November"
    assert full_day(day) == "25 November 2026"


def test_days_follow_the_readers_language() -> None:
    with translation.override("es"):
        assert long_day(date(2026, 11, 25)).lower() == "miércoles 25 de noviembre"


@pytest.mark.parametrize("show", [clock, short_day, long_day, full_day])
def test_nothing_reads_as_nothing(show: object) -> None:
    assert callable(show)
    assert show(None) == ""
    assert (minute(None, "UTC"), day_minute(None, "UTC")) == ("", "")


def test_an_icon_without_a_label_is_passed_over() -> None:
    assert 'aria-hidden="true"' in rendered('{% icon "taken" %}')
    assert 'role="img" aria-label="Taken"' in rendered('{% icon "taken" "Taken" %}')


@pytest.mark.parametrize(
    ("typed", "dialled"),
    [
        ("01632 960 118", "tel:01632960118"),
        ("+44 (0)1632 960-118", "tel:+441632960118"),
        ("999", "tel:999"),
        ("", ""),
        ("ask at the desk", ""),
    ],
)
def test_a_number_is_dialled_as_it_was_typed(typed: str, dialled: str) -> None:
    assert tel(typed) == dialled
