"""Invariant 1: an amount is one text, kept character for character, and never a number."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.domain.amounts import amount_problems, amount_warning

AS_TYPED = [
    "7.5 mg",
    "7.50 mg",
    "half a 10 mg tablet",
    "½ tablet",
    "7,5 mg",
    " 10 mg",
    "10 mg ",
    "10  mg",
    "10\u00a0mg",
    "10 µg",
    "10 μg",
    "نصف قرص",
    "半錠",
    "0",
    "x",
    "a" * 80,
    "<b>10 mg</b>",
    "'; drop table doses; --",
]


@pytest.mark.parametrize("text", AS_TYPED)
def test_an_amount_is_taken_in_whatever_words_and_signs_it_was_typed(text: str) -> None:
    assert amount_problems(text) == []


@pytest.mark.parametrize("text", ["", " ", "\u00a0", " \t ", "\u2003"])
def test_an_empty_amount_is_refused(text: str) -> None:
    assert amount_problems(text) == ["The amount is empty."]


@pytest.mark.parametrize(("length", "is_refused"), [(79, False), (80, False), (81, True)])
def test_an_amount_has_80_characters_at_most(length: int, is_refused: bool) -> None:
    problems = amount_problems("é" * length)

    assert bool(problems) is is_refused
    assert not is_refused or "has 81 characters" in problems[0]


@pytest.mark.parametrize(
    "character",
    [
        pytest.param("\0", id="null"),
        pytest.param("\t", id="tab"),
        pytest.param("\n", id="line feed"),
        pytest.param("\r", id="carriage return"),
        pytest.param("\x1b", id="escape"),
        pytest.param("\x85", id="next line"),
        pytest.param("\xad", id="soft hyphen"),
        pytest.param("\u061c", id="Arabic letter mark"),
        pytest.param("\u200b", id="zero width space"),
        pytest.param("\u200d", id="zero width joiner"),
        pytest.param("\u200e", id="left-to-right mark"),
        pytest.param("\u200f", id="right-to-left mark"),
        pytest.param("\u2028", id="line separator"),
        pytest.param("\u2029", id="paragraph separator"),
        pytest.param("\u202a", id="left-to-right embedding"),
        pytest.param("\u202e", id="right-to-left override"),
        pytest.param("\u2066", id="left-to-right isolate"),
        pytest.param("\u2069", id="pop directional isolate"),
        pytest.param("\ufeff", id="byte order mark"),
        pytest.param("\ud800", id="surrogate"),
        pytest.param("\ue000", id="private use"),
        pytest.param("\uffff", id="no character"),
        pytest.param("\u3164", id="Hangul filler"),
        pytest.param("\u2800", id="blank Braille"),
        pytest.param("\ufe0f", id="variation selector"),
        pytest.param("\U000e0101", id="variation selector of the supplement"),
    ],
)
@pytest.mark.parametrize("pattern", ["{}10 mg", "10 {}mg", "10 mg{}"])
def test_a_character_that_cannot_be_seen_is_refused_and_named(pattern: str, character: str) -> None:
    text = pattern.format(character)

    (problem,) = amount_problems(text)

    assert f"U+{ord(character):04X}" in problem
    assert f"Character {text.index(character) + 1} " in problem
    assert problem.isprintable()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0x034F, 0x034F),  # combining grapheme joiner
        (0x115F, 0x1160),  # Hangul fillers
        (0x17B4, 0x17B5),  # Khmer inherent vowels
        (0x180B, 0x180F),  # Mongolian selectors
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),  # variation selectors
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    ],
)
def test_letters_and_marks_that_show_nothing_are_refused_to_the_last_and_no_others(
    first: int, last: int
) -> None:
    for point in range(first, last + 1):
        assert amount_problems(f"10 {chr(point)}mg"), hex(point)
    for point in (first - 1, last + 1):
        is_shown = unicodedata.category(chr(point)) not in {"Cn", "Cf"}
        assert not (is_shown and amount_problems(f"10 {chr(point)}mg")), hex(point)


def test_the_name_of_a_hidden_character_is_given() -> None:
    assert amount_problems("10\u202e mg") == [
        "Character 3 of the amount (U+202E RIGHT-TO-LEFT OVERRIDE) cannot be seen. "
        "Type the amount again without it."
    ]


@pytest.mark.parametrize("text", ["7.5", "10", "½", "1/2", "7,5", "1-2", " 5 ", "\u0665", "10 + 5"])
def test_a_number_without_a_unit_is_warned_about_and_kept(text: str) -> None:
    assert amount_warning(text) == f"{text} has no unit. It will be shown as {text}, exactly so."
    assert amount_problems(text) == []


@pytest.mark.parametrize(
    "text", ["7.5 mg", "10mg", "half a tablet", "½ tab", "5 ㎎", "one", "半錠"]
)
def test_an_amount_with_a_unit_or_in_words_gets_no_warning(text: str) -> None:
    assert amount_warning(text) is None


@given(st.text())
def test_whatever_is_accepted_can_be_shown_and_stored(text: str) -> None:
    if amount_problems(text):
        return

    assert 1 <= len(text) <= 80
    assert not text.isspace()
    assert text.encode()  # PostgreSQL takes it
    kinds = {unicodedata.category(character) for character in text}
    assert kinds.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
