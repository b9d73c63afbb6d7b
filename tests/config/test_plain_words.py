"""The words that patients and caregivers read: short sentences of short words, about age 11.

The measure is Flesch and Kincaid's grade (1975), counted over all texts of a template together:

    grade = 0.39 x words per sentence + 11.8 x syllables per word - 15.59

A grade of 6 is read at about age 11. It knows nothing of meaning, and it was made for running
English prose: labels of one word and names push it up or down, so it is taken over a whole page,
and syllables are counted by groups of vowels, which is right for about nine words in ten. Names of
the medicine, of conditions and of the people who treat them are given and do not count. Beside it,
no single sentence is long.
"""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

MOST_GRADE = 6.9  # still the sixth year of school
MOST_WORDS = 25  # in one sentence
FEWEST_WORDS = 60  # for a grade to say anything
FOLDERS = (
    "tracker/templates/tracker/patient",
    "tracker/templates/tracker/caregiver",
    "tracker/templates/tracker/signs",
    "tracker/templates/tracker/device",
    "reminders/templates/reminders",
)
TEXT = re.compile(
    r"""{%\s*translate\s+"([^"]+)"|{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate""",
    re.DOTALL,
)
GIVEN = re.compile(
    r"(?i)baclofen|stepdown|clinicians?|medicine|emergency|hospital|hallucinations?|intrathecal"
)
VOWELS = re.compile(r"[aeiouy]+")


def sentences_of(text: str) -> list[list[str]]:
    """The words of each sentence; what is filled in at run time counts as one short word."""
    text = re.sub(r"{%\s*plural\s*%}.*", "", text, flags=re.DOTALL)
    text = GIVEN.sub("it", re.sub(r"{{.*?}}|%\(\w+\)s|{\w+}", "it", text))
    parts = re.split(r"[.?!]+(?:\s|$|”)", text)
    return [words for part in parts if (words := re.findall(r"[A-Za-z’']+", part))]


def syllables(word: str) -> int:
    """Groups of vowels, without a silent e at the end."""
    word = word.lower()
    groups = len(VOWELS.findall(word))
    is_silent = word.endswith(("e", "ed", "es")) and not word.endswith(("le", "ted", "ded"))
    return max(groups - (1 if is_silent else 0), 1)


def grade(sentences: list[list[str]]) -> float:
    """Flesch and Kincaid's grade."""
    words = [word for sentence in sentences for word in sentence]
    each = sum(map(syllables, words)) / len(words)
    return 0.39 * len(words) / len(sentences) + 11.8 * each - 15.59


def texts_of(path: Path) -> list[str]:
    found = [first or second for first, second in TEXT.findall(path.read_text())]
    return [" ".join(text.split()) for text in found]


TEMPLATES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.html"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_pages_of_patients_and_caregivers_are_read_at_about_age_eleven(folder: str) -> None:
    sentences = [
        sentence
        for path in sorted((ROOT / folder).rglob("*.html"))
        for text in texts_of(path)
        for sentence in sentences_of(text)
        if len(sentence) > 2  # a label is no sentence
    ]
    assert sum(map(len, sentences)) >= FEWEST_WORDS
    assert grade(sentences) <= MOST_GRADE


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_on_a_phone_is_long(path: Path) -> None:
    long = [
        " ".join(sentence)
        for text in texts_of(path)
        for sentence in sentences_of(text)
        if len(sentence) > MOST_WORDS
    ]
    assert long == []


def test_the_measure_knows_hard_words_from_plain_ones() -> None:
    plain = "Call the clinic now. Do not wait for a reply."
    hard = "Abrupt discontinuation necessitates immediate consultation regarding complications."
    assert grade(sentences_of(plain)) < 3
    assert grade(sentences_of(hard)) > 15


def test_the_signs_themselves_are_in_plain_words() -> None:
    from tracker.selectors.medicine import baclofen

    facts = baclofen()
    said = [sign.plain for sign in facts.patient_signs()]
    said += [fact.plain for fact in (*facts.look_alikes, *facts.cautions, *facts.side_effects)]
    assert grade([sentence for text in said for sentence in sentences_of(text)]) <= MOST_GRADE
