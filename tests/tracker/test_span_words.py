"""A span of time reads as people say it."""

import pytest

from tracker.selectors.span_words import span_text


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 h"),
        (61, "1 h 1 min"),
        (349, "5 h 49 min"),
        (-349, "5 h 49 min"),
        (1439, "23 h 59 min"),
        (1440, "1 day"),
        (1499, "1 day"),
        (1500, "1 day 1 h"),
        (4400, "3 days 1 h"),
    ],
)
def test_a_span_is_said_in_minutes_then_hours_then_days(minutes: int, words: str) -> None:
    assert span_text(minutes) == words
