"""What is documented about baclofen, read from the content file; no database."""

from functools import cache
from pathlib import Path

import yaml

from tracker.domain.content_reading import ContentProblem, InvalidContentError
from tracker.domain.medicine import Medicine
from tracker.domain.medicine_content import medicine_from

CONTENT_FILE = Path(__file__).resolve().parent.parent / "content" / "baclofen.yaml"


@cache
def baclofen() -> Medicine:
    """Return the documented facts; the same object for the life of the process.

    Raises InvalidContentError when the file is missing or invalid; the system check tracker.E001
    reports that before the first request.
    """
    return medicine_from_file(CONTENT_FILE)


def medicine_from_file(path: Path) -> Medicine:
    """Return the medicine a content file describes; InvalidContentError when it is unusable."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InvalidContentError([ContentProblem(path.name, str(error))]) from error
    if not isinstance(raw, dict):
        raise InvalidContentError([ContentProblem(path.name, "must be a mapping")])
    return medicine_from(raw)
