"""docs/pages.md shows every page of a phone: a new one without its picture fails here."""

import re
from pathlib import Path

from tests.architecture.sources import PACKAGES, ROOT

PAGES = (ROOT / "docs" / "pages.md").read_text()
PICTURES = ROOT / "docs" / "pictures" / "phone"
MOST_BYTES = 3_000_000
"""All pictures of phones together: a checkout stays small."""
EXTENDS = re.compile(r"{% extends (\S+) %}")
SHELLS = {"phone.html", "public.html"}
# What a page of either shell says in its `extends`: the view chooses.
CHOSEN = "shell"
NOT_SHOWN = {
    "tracker/templates/tracker/patient/sub.html": "a shell",
    "tracker/templates/tracker/device/shell.html": "a shell",
    "config/templates/allauth/layouts/base.html": "a shell",
    "config/templates/account/account_inactive.html": "a single sentence",
    "config/templates/account/password_reset_done.html": "a single sentence",
    "config/templates/account/password_reset_from_key.html": "reads like the change of a password",
    "config/templates/account/password_reset_from_key_done.html": "a single sentence",
    "accounts/templates/accounts/handed_link.html": "one code to hold up",
    "accounts/templates/accounts/address_remove.html": "only where it is the last address",
}


def templates() -> dict[str, Path]:
    """Every template by the name under which others extend it."""
    found = [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).glob("templates/**/*.html"))
    ]
    return {str(path).split("/templates/", 1)[1]: path for path in found}


def shell_of(name: str, by_name: dict[str, Path]) -> str:
    """The shell that a template ends up in; "" for a part of a page."""
    above = EXTENDS.search(by_name[name].read_text()) if name in by_name else None
    if above is None or name in SHELLS:
        return name if name in SHELLS else ""
    if above[1] == CHOSEN:
        return CHOSEN
    return shell_of(above[1].strip('"'), by_name)


def pages_of_a_phone() -> set[str]:
    """The paths of the templates that a patient or a caregiver may get, errors left out."""
    by_name = templates()
    pages = {
        str(path.relative_to(ROOT))
        for name, path in by_name.items()
        if shell_of(name, by_name) in {*SHELLS, CHOSEN}
        and name not in SHELLS
        and not re.fullmatch(r"\d{3}(_csrf)?\.html", name)
    }
    return pages - NOT_SHOWN.keys()


def test_every_page_of_a_phone_is_shown_with_its_picture() -> None:
    named = set(re.findall(r"`([\w/]+\.html)`", PAGES))

    assert pages_of_a_phone() - named == set()
    assert all((ROOT / each).is_file() for each in [*named, *NOT_SHOWN])


def test_each_picture_of_a_phone_exists_once_and_stands_over_its_page() -> None:
    shown = re.findall(r"^<img src=\"pictures/phone/([\w-]+)\.jpg\"", PAGES, flags=re.MULTILINE)
    there = {path.stem: path.stat().st_size for path in PICTURES.glob("*.jpg")}

    assert sorted(shown) == sorted(there)
    assert sum(there.values()) <= MOST_BYTES
    for part in re.split(r"^### ", PAGES, flags=re.MULTILINE)[1:]:
        assert part.count("<img") == part.count(".html`") == 1, part
