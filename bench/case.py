"""One case as a process of its own: `python -m bench.case NAME SIZE FILE`.

Each result is in the file as soon as it is known, so that a case that is ended keeps what it has.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import django

from bench.cluster import joined
from bench.measuring import SIZES, Result, save


def main() -> None:
    """Measure, and write after every result."""
    name, size, path = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    django.setup()
    results: list[Result] = []
    for result in import_module(f"bench.case_{name}").measure(joined(), SIZES[size]):
        results.append(result)
        save(results, path)


if __name__ == "__main__":
    main()
