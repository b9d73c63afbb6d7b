"""Static files as they are served: named by what is in them, packed, style sheets without comments.

A phone with bad reception waits for the style sheet before it shows anything; what people wrote
for each other in it, and its indentation, are a quarter of its packed size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

TOKEN = re.compile(
    r"""(?P<kept>"[^"]*"|'[^']*')   # a string stays as it is
    |/\*.*?\*/                      # a comment goes
    |\s*(?P<mark>[{};,])\s*         # nothing is needed around these
    |(?P<space>\s+)""",
    re.DOTALL | re.VERBOSE,
)


def lean(css: str) -> str:
    """Return a style sheet with the same meaning, without comments and indentation."""
    without_comments = TOKEN.sub(_shortly, css)
    return TOKEN.sub(_shortly, without_comments).strip()  # spaces that met where a comment was


def _shortly(found: re.Match[str]) -> str:
    return found["kept"] or found["mark"] or (" " if found["space"] else "")


class LeanStyles(ManifestStaticFilesStorage):
    """Writes the named copy of each style sheet anew without what only its authors read."""

    def post_process(self, *arguments: Any, **options: Any) -> Iterator[tuple[Any, ...]]:
        """Yield what the storage made; between naming and packing, style sheets become lean."""
        for name, hashed, processed in super().post_process(*arguments, **options):
            if hashed and hashed.endswith(".css"):
                self._make_lean(hashed)
            yield name, hashed, processed

    def _make_lean(self, hashed: str) -> None:
        with self.open(hashed) as file:
            text = file.read().decode()
        self.delete(hashed)
        self.save(hashed, ContentFile(lean(text).encode()))


class StaticFiles(CompressedManifestStaticFilesStorage, LeanStyles):  # type: ignore[misc]  # no types there
    """What `collectstatic` fills: names, then lean styles, then packed copies."""
