"""What is documented about baclofen, read from the content file; no database."""

from functools import cache
from pathlib import Path

import yaml
from django.utils.translation import get_language

from tracker.domain.content_reading import ContentProblem, InvalidContentError
from tracker.domain.medicine import SOURCE_LANGUAGE, Medicine
from tracker.domain.medicine_content import medicine_from

CONTENT_FILE = Path(__file__).resolve().parent.parent / "content" / "baclofen.yaml"


def baclofen() -> Medicine:
    """Return the documented facts in the active language; in the source's where there is no other.

    The same object for the life of the process. Raises InvalidContentError when the file is missing
    or invalid; the system check tracker.E001 reports that before the first request.
    """
    return _baclofen_in((get_language() or SOURCE_LANGUAGE).split("-")[0])


@cache
def _baclofen_in(language: str) -> Medicine:
    translated = content_file_in(language)
    return medicine_from_file(translated if translated.exists() else CONTENT_FILE)


def content_file_in(language: str) -> Path:
    """Return where the words of the documented facts stand in this language, if anywhere."""
    if language == SOURCE_LANGUAGE:
        return CONTENT_FILE
    return CONTENT_FILE.with_suffix(f".{language}.yaml")


def medicine_from_file(path: Path) -> Medicine:
    """Return the medicine a content file describes; InvalidContentError when it is unusable."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InvalidContentError([ContentProblem(path.name, str(error))]) from error
    if not isinstance(raw, dict):
        raise InvalidContentError([ContentProblem(path.name, "must be a mapping")])
    return medicine_from(raw)
