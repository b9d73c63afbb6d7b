"""Small readers of what a person typed into a plan: dates, clock times, minutes, numbers, text.

Each returns the value, or raises ValueError with one sentence that can be shown. Where a text
could mean two things nothing is guessed: it is refused.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time, timedelta
from typing import TypeVar
from uuid import UUID

from accounts.domain.problems import Problem
from accounts.domain.texts import is_one_line

Raw = Mapping[str, object]
T = TypeVar("T")

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NO_DOSE = frozenset({"no dose", "-", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212"})
NONE = "none"

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_IN_WORDS = re.compile(
    r"(?:([a-z]+),? )?(?:([0-9]{1,2}) ([a-z]+)|([a-z]+) ([0-9]{1,2})),? ([0-9]{4})", re.IGNORECASE
)
_IN_FIGURES = re.compile(r"[0-9]{1,4}[./\- ][0-9]{1,2}[./\- ][0-9]{1,4}")
_FIGURES = re.compile(r"[0-9]+")
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
_MINUTES = re.compile(r"([0-9]{1,6})(?::([0-5][0-9]))?")
_JOINED = re.compile(r"\s*(?:[-\u2010-\u2015]|\bto\b)\s*", re.IGNORECASE)
_WHOLE = re.compile(r"[0-9]{1,6}")


def says_no_dose(text: str) -> bool:
    """Return whether a cell says in words, or with a dash, that there is no dose at its time."""
    return " ".join(text.split()).casefold() in NO_DOSE


def date_from(text: str) -> date:
    """Return the date of "2026-12-09", "9 Dec 2026", "Dec 9, 2026" or "Wed 9 Dec 2026".

    Dates all in figures other than year first could be day or month first and are refused; so is
    a weekday that is not the date's.
    """
    typed = " ".join(text.split())
    if not typed:
        raise ValueError("The date is empty.")
    iso = _ISO.fullmatch(typed)
    if iso:
        year, month, day = (int(part) for part in iso.groups())
        return calendar_date(typed, year, month, day)
    words = _IN_WORDS.fullmatch(typed)
    if words is None:
        raise ValueError(_not_a_date(typed))
    weekday, day_first, month_last, month_first, day_last, year_text = words.groups()
    month_at = _index_of(month_last or month_first, MONTHS)
    if month_at is None:
        raise ValueError(_not_a_date(typed))
    found = calendar_date(typed, int(year_text), month_at + 1, int(day_first or day_last))
    if weekday and _index_of(weekday, WEEKDAYS) != found.weekday():
        name = WEEKDAYS[found.weekday()]
        raise ValueError(f"“{typed}”: that day is a {name}. Check it against the prescription.")
    return found


def clock_time_from(text: str) -> time:
    """Return the wall time of "08:00" or "08:00:30": two digits each, 24 hours."""
    typed = text.strip()
    clock = _CLOCK.fullmatch(typed)
    if clock is None:
        if not typed:
            raise ValueError("The dose time is empty.")
        raise ValueError(f"“{typed}” is not a clock time. Write 08:00 or 20:00.")
    hour, minute, second = (int(part or 0) for part in clock.groups())
    try:
        return time(hour, minute, second)
    except ValueError:
        raise ValueError(f"“{typed}” is not a clock time. Write 08:00 or 20:00.") from None


def weekdays_from(text: str) -> tuple[int, ...]:
    """Return the weekdays (0 = Monday) of "Mon Wed Fri", "Mon to Fri" or "Mon-Fri", in order.

    An empty text means every day.
    """
    words = _JOINED.sub(" to ", text).replace(",", " ").split()
    if not words or [word.casefold() for word in words] == ["every", "day"]:
        return tuple(range(len(WEEKDAYS)))
    found: set[int] = set()
    place = 0
    while place < len(words):
        first = last = _weekday_of(words[place], text)
        if words[place + 1 : place + 2] == ["to"]:
            last = _weekday_of(words[place + 2] if place + 2 < len(words) else "", text)
            place += 2
        if last < first:
            raise ValueError(f"“{text.strip()}” runs past Sunday. Name each weekday.")
        found.update(range(first, last + 1))
        place += 1
    return tuple(sorted(found))


def minutes_from(text: str, *, least: timedelta, most: timedelta) -> timedelta:
    """Return the duration of "45" (minutes) or "0:20" (minutes and seconds)."""
    typed = text.strip()
    if not typed:
        raise ValueError("Type the minutes.")
    found = _MINUTES.fullmatch(typed)
    if found is None:
        raise ValueError(f"“{typed}” is not a number of minutes. Write 45, or 0:20 for 20 seconds.")
    delay = timedelta(minutes=int(found[1]), seconds=int(found[2] or 0))
    if not least <= delay <= most:
        raise ValueError(
            f"“{typed}” is not between {minutes_text(least)} and {minutes_text(most)} minutes."
        )
    return delay


def whole_number_from(text: str, *, least: int, most: int) -> int:
    """Return the whole number in the text, in ordinary digits."""
    typed = text.strip()
    if _WHOLE.fullmatch(typed) is None or not least <= int(typed) <= most:
        raise ValueError(f"“{typed}” is not a whole number from {least} to {most}.")
    return int(typed)


def one_line_from(text: str, *, most: int) -> str:
    """Return the text without the blanks around it; it may be empty."""
    line = text.strip()
    if not is_one_line(line):
        raise ValueError("The text has characters that cannot be shown. Type it again.")
    return _text_from(line, most=most)


def lines_from(text: str, *, most: int) -> str:
    """Return a text of several lines without the blanks around it; it may be empty."""
    return _text_from(text.replace("\r\n", "\n").strip(), most=most)


def minutes_text(delay: timedelta) -> str:
    """Return a duration as `minutes_from` reads it: "45", or "0:20"."""
    minutes, rest = divmod(delay, timedelta(minutes=1))
    seconds = rest // timedelta(seconds=1)
    return f"{minutes}:{seconds:02d}" if seconds else str(minutes)


def date_text(on: date) -> str:
    """Return a date as `date_from` reads it, with its weekday: "Wed 9 Dec 2026"."""
    return f"{WEEKDAYS[on.weekday()][:3]} {on.day} {MONTHS[on.month - 1][:3]} {on.year:04d}"


def clock_text(wall_time: time) -> str:
    """Return a wall time as `clock_time_from` reads it: "08:00", or "08:00:30"."""
    return wall_time.replace(tzinfo=None).isoformat("seconds" if wall_time.second else "minutes")


def _weekday_of(word: str, text: str) -> int:
    found = _index_of(word, WEEKDAYS)
    if found is None:
        raise ValueError(f"“{text.strip()}” are not weekdays. Write Mon Wed Fri; empty: every day.")
    return found


def calendar_date(typed: str, year: int, month: int, day: int) -> date:
    """Return the date; ValueError says how many days the month has, or that `typed` is no date."""
    try:
        return date(year, month, day)
    except ValueError:
        if not 1 <= month <= len(MONTHS) or year < 1:
            raise ValueError(_not_a_date(typed)) from None
        days = monthrange(year, month)[1]
        name = MONTHS[month - 1]
        raise ValueError(
            f"“{typed}” is not a date. {name} {year} has {days} days. Type the date on the "
            "prescription; nothing was guessed."
        ) from None


def _not_a_date(typed: str) -> str:
    if _IN_FIGURES.fullmatch(typed):
        could_be_months = [int(part) for part in _FIGURES.findall(typed) if 1 <= int(part) <= 12]
        said = "can be read in two ways" if len(could_be_months) > 1 else "is all in figures"
        return (
            f"“{typed}” {said}. Write the month as a word, 9 Dec 2026, or the year first, "
            "2026-12-09."
        )
    return f"“{typed}” is not a date. Write it like 9 Dec 2026 or 2026-12-09."


def _index_of(word: str, names: tuple[str, ...]) -> int | None:
    """Return where the name is that this word, of three letters or more, begins or is."""
    if len(word) < 3:
        return None
    folded = word.casefold()
    matches = [n for n, name in enumerate(names) if name.casefold().startswith(folded)]
    return matches[0] if matches else None


def _text_from(text: str, *, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"The text has {len(text)} characters. It may have {most} at most.")
    if not all(is_one_line(line) for line in text.split("\n")):
        raise ValueError("The text has characters that cannot be shown. Type it again.")
    return text


class RawReader:
    """Reads the fields of one mapping of typed texts and collects what is wrong with each.

    A field that cannot be read gives the stand-in and a problem; whoever reads must look at
    `problems` before using any of the values.
    """

    def __init__(self, raw: Raw, *, row: int | None = None, called: str = "") -> None:
        """Read `raw`; a `row` (from 1) goes into every problem, and so does what it is called."""
        self._raw = raw
        self._row = row
        self._called = f"{called} {row}: " if called else ""
        self.problems: list[Problem] = []

    def add(self, field: str, text: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(field=field, text=self._called + text, row=self._row))

    def has_problem_with(self, field: str) -> bool:
        """Return whether this field could not be read."""
        return any(problem.field == field for problem in self.problems)

    def typed(self, field: str) -> str:
        """Return the text as typed; a missing field is empty, a number is its digits."""
        value = self._raw.get(field)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        if isinstance(value, (date, time, UUID)) or type(value) is int:
            return str(value)
        self.add(field, "Send this as text.")
        return ""

    def read(self, field: str, parse: Callable[[str], T], otherwise: T) -> T:
        """Return the field's value, or `otherwise` with a problem."""
        try:
            return parse(self.typed(field))
        except ValueError as error:
            self.add(field, str(error))
            return otherwise

    def rows(self, field: str) -> list[Raw]:
        """Return a list of mappings; anything else gives a problem and an empty list."""
        value = self._raw.get(field)
        if value is None:
            return []
        if isinstance(value, Sequence) and all(isinstance(each, Mapping) for each in value):
            return list(value)
        self.add(field, "Send this as a list of rows.")
        return []
