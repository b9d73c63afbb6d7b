"""System checks: what must be right before anybody is served."""

from collections.abc import Sequence
from pathlib import Path

from django.core.checks import CheckMessage, Error, register

from tracker.domain.content_reading import InvalidContentError
from tracker.selectors.medicine import CONTENT_FILE, medicine_from_file


@register()
def medicine_content_is_valid(
    app_configs: Sequence[object] | None = None,  # noqa: ARG001  Django passes it by name
    path: Path = CONTENT_FILE,
    **kwargs: object,  # noqa: ARG001  and may pass more
) -> list[CheckMessage]:
    """E001: a sign without a source or an urgency must never be shown, so nothing starts."""
    found: list[CheckMessage] = []
    for file in (path, *sorted(path.parent.glob(f"{path.stem}.*.yaml"))):
        try:
            medicine_from_file(file)
        except InvalidContentError as error:
            hint = "See docs/operations.md, section tracker.E001"
            found += [
                Error(f"{file.name}: {problem}", hint=hint, id="tracker.E001")
                for problem in error.problems
            ]
    return found
