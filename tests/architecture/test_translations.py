"""Every text that people read is in every language, whole: collected anew and compared."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.conf import settings

from tests.architecture.sources import ROOT

PACKAGES = ("accounts", "config", "reminders", "tracker")
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]
MARKS = re.compile(
    r"%\([a-z_A-Z0-9]+\)[sd]|%[sd]|\{[a-z_A-Z0-9]*\}|</?[a-z][^>]*>|&[a-z]+;", re.ASCII
)
CODE = re.compile(
    r"{%\s*comment.*?endcomment\s*%}|{%\s*blocktranslate.*?endblocktranslate\s*%}"
    r"|{%\s*block (?:shell|body_attributes)\s*%}[^<{]*{%\s*endblock|{%.*?%}|{{.*?}}|{#.*?#}",
    re.DOTALL,
)
TAGS = re.compile(r"<!--.*?-->|<[^>]*>|&#?\w+;", re.DOTALL)
NAMES = {"Stepdown", "API", "SHA", "Tab", "Enter", "Alt", "Ctrl"}  # the same in every language
WRITTEN_OUT = {  # see their own comment: the documented signs, for pages that can read nothing
    "config/templates/parts/emergency_signs.html"
}


def catalogue(path: Path) -> dict[tuple[str | None, str], Message]:
    with path.open("rb") as file:
        return {
            (each.context, each.id if isinstance(each.id, str) else each.id[0]): each
            for each in read_po(file)
            if each.id
        }


def file_of(root: Path, package: str, language: str) -> Path:
    return root / package / "locale" / language / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages in which the texts were collected anew."""
    if shutil.which("xgettext") is None:
        pytest.fail("xgettext is not here. Run: sudo apt-get install --yes gettext")
    copy = tmp_path_factory.mktemp("texts")
    for package in PACKAGES:
        skipped = shutil.ignore_patterns("__pycache__", "static", "fonts", "*.mo")
        shutil.copytree(ROOT / package, copy / package, ignore=skipped)
    command = [sys.executable, "-m", "django", "makemessages", "--all", "--no-location"]
    settled = [*command, "--no-obsolete"]
    done = subprocess.run(settled, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return copy


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("package", PACKAGES)
def test_every_text_is_in_the_catalogue_and_translated(
    package: str, language: str, collected: Path
) -> None:
    wanted = catalogue(file_of(collected, package, language))
    here = catalogue(file_of(ROOT, package, language))
    lacking = [key for key in wanted if key not in here or not is_whole(here[key])]
    assert lacking == [], "run `make messages` and translate these"


def is_whole(message: Message) -> bool:
    texts = [message.string] if isinstance(message.string, str) else message.string
    return not message.fuzzy and bool(texts) and all(texts)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("package", PACKAGES)
def test_a_translation_keeps_placeholders_and_marks(package: str, language: str) -> None:
    wrong = [
        message.id
        for message in catalogue(file_of(ROOT, package, language)).values()
        if not keeps_marks(message)
    ]
    assert wrong == []


def keeps_marks(message: Message) -> bool:
    if isinstance(message.id, str):
        return marks(message.id) == marks(str(message.string))
    singular, *others = message.string
    may_lack = set(marks(singular)) <= set(marks(message.id[1]))
    return may_lack and all(marks(each) == marks(message.id[1]) for each in others)


def marks(text: str) -> list[str]:
    return sorted(MARKS.findall(text))


def test_templates_say_nothing_outside_the_catalogue() -> None:
    assert list(words_outside()) == []


def words_outside() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / package / "templates").rglob("*.html")):
            name = str(path.relative_to(ROOT))
            left = TAGS.sub(" ", CODE.sub("", path.read_text()))
            words = [word for word in re.findall(r"[^\W\d_]{3,}", left) if word not in NAMES]
            if words and name not in WRITTEN_OUT:
                yield f"{name}: {' '.join(words[:8])}"
