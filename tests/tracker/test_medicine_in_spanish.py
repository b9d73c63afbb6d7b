"""The documented facts in Spanish: the same facts, other words, and marked as not yet compared."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from tracker.selectors.medicine import CONTENT_FILE, baclofen, content_file_in

# What is words, by the key it stands under; everything else is the same in every language.
WORDS = frozenset(
    (
        *("title", "language", "document", "section", "was_read", "name", "plain", "card"),
        *("note", "why", "feature", "oral", "intrathecal", "term", "attribution", "open_questions"),
    )
)
MARKS = {"translation_reviewed_by", "translation_reviewed_on"}
ALIKE = {  # written the same in both languages
    "Delirium",
    "Meythaler et al. Arch Phys Med Rehabil 2003;84:638",
    "Ross et al. Neurocrit Care 2011;14:103-108",
}
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]


@pytest.fixture(autouse=True)
def _languages_stay_here() -> Iterator[None]:
    """A request leaves its language active; the tests after these begin as they always do."""
    with override("en"):
        yield


def read(language: str) -> dict[str, Any]:
    return yaml.safe_load(content_file_in(language).read_text(encoding="utf-8"))


def leaves(node: object, where: str = "", key: str = "") -> Iterator[tuple[str, str, object]]:
    """Every value with its place and the key above it."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from leaves(value, f"{where}.{name}", name)
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from leaves(value, f"{where}[{number}]", key)
    else:
        yield where, key, node


def is_words(where: str, key: str) -> bool:
    return key in WORDS and ".urgency." not in where


@pytest.mark.parametrize("language", OTHERS)
def test_both_files_agree_in_everything_but_the_words(language: str) -> None:
    ours = {
        where: None if is_words(where, key) else value for where, key, value in leaves(read("en"))
    }
    theirs = {
        where: None if is_words(where, key) else value
        for where, key, value in leaves(read(language))
        if key not in MARKS
    }
    assert theirs == ours


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_left_in_english(language: str) -> None:
    ours = {where: value for where, key, value in leaves(read("en")) if is_words(where, key)}
    theirs = {where: value for where, _key, value in leaves(read(language))}
    same = {where: text for where, text in ours.items() if theirs[where] == text}
    assert {text for text in same.values() if text not in ALIKE} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_numbers_in_the_words_are_the_same(language: str) -> None:
    def numbers(text: object) -> list[str]:
        return sorted("".join(c if c.isdigit() else " " for c in str(text)).split())

    theirs = {where: value for where, _key, value in leaves(read(language))}
    for where, key, text in leaves(read("en")):
        if is_words(where, key):
            assert numbers(theirs[where]) == numbers(text), where


def test_the_facts_follow_the_language_and_fall_back_to_the_source() -> None:
    with override("es-mx"):
        assert baclofen().sign("fever").name == "Fiebre alta"
    with override("fr"):
        assert baclofen().sign("fever").name == "High fever"
    assert content_file_in("en") == CONTENT_FILE


def test_the_page_says_that_no_clinician_has_compared_the_translation(client: Client) -> None:
    spanish = client.get("/signs/", headers={"accept-language": "es"}).content.decode()
    assert '<html lang="es" dir="ltr"' in spanish
    assert "Traducción no revisada por un profesional clínico" in spanish
    assert "Fiebre alta" in spanish
    english = client.get("/signs/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="en" dir="ltr"' in english
    assert "Translation not reviewed" not in english


def test_the_api_says_which_language_its_words_are_in(client: Client) -> None:
    answer = client.get("/api/v1/medicines/baclofen/", headers={"accept-language": "es"})
    assert answer.json()["language"] == "es"
    assert "Accept-Language" in answer["Vary"]
