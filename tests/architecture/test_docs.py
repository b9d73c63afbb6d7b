"""Documents that cannot rot: what they link to, name, count and cite is really there."""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import get_commands

from accounts.models import ContactPoint
from reminders.channels.registry import CHANNELS
from tests.architecture.sources import PACKAGES, ROOT, assert_none, dotted, sources
from tracker.selectors.medicine import baclofen

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()

LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CODE = re.compile(r"^```[^\n]*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
MAKE = re.compile(r"(?:^|[\s;&(])make((?: +[a-z-]+)*)")
MANAGE = re.compile(r"manage\.py +(?!COMMAND)([a-z_]+)")
MODULE = re.compile(r"python3? -m ([a-z_.]+)")
TEST = re.compile(r"(tests/[\w/]+\.py)(?:::(test_\w+))?")
PLACE = re.compile(rf"((?:{'|'.join(PACKAGES)}|tests|docs|docker|\.ci)/[\w./-]*)")
TRANSLATED = re.compile(
    r"{%-?\s*translate\s+\"([^\"]*)\"|{%\s*blocktranslate[^%]*%}(.*?){%\s*endblocktranslate",
    re.DOTALL,
)
TRANSLATES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_in(text: str) -> str:
    """What a document shows as code: blocks and words between backticks."""
    return "\n".join("".join(found) for found in CODE.findall(text))


def code_by_document() -> Iterator[tuple[str, str]]:
    return ((name_of(path), code_in(path.read_text())) for path in DOCUMENTS)


def anchors_of(path: Path) -> set[str]:
    """The addresses of a document's headings, as forges make them."""
    plain = (
        re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(path.read_text())
    )
    return {heading.strip().replace(" ", "-") for heading in plain}


def dead_links(path: Path, text: str) -> Iterator[str]:
    for found in LINK.findall(text):
        target, _, anchor = "".join(found).partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        there = (path.parent / target).resolve() if target else path
        is_there = there.is_file() or (there.is_dir() and not anchor)
        if not is_there or (anchor and anchor not in anchors_of(there)):
            yield f"{name_of(path)}: {target}#{anchor}"


# --- the shape


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 200


def test_the_readme_shows_a_picture_of_each_audience_with_its_words() -> None:
    shown = pictures_in(ROOT / "README.md")

    assert list(shown) == ["patient-today", "caregiver-feed", "clinician-worklist"]


def test_every_picture_is_shown_with_words_that_say_what_is_on_it() -> None:
    shown = {name: words for path in DOCUMENTS for name, words in pictures_in(path).items()}

    assert [name for name, words in shown.items() if len(words) <= 40] == []
    assert {path.stem for path in (ROOT / "docs" / "pictures").rglob("*.*")} == shown.keys()


def pictures_in(path: Path) -> dict[str, str]:
    """The pictures of a document by name, each with the words that stand for it."""
    file = r"(?:docs/)?pictures/(?:phone/)?([\w-]+)\.(?:png|jpg)"
    tag = rf"<img src=\"{file}\" width=\"\d+\" alt=\"([^\"]+)\""
    return dict(re.findall(tag, path.read_text()))


def test_decisions_are_numbered_one_after_the_other() -> None:
    numbers = [path.name.split("-")[0] for path in DECISIONS]

    assert numbers == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_with_context_decision_and_consequences(path: Path) -> None:
    text = path.read_text()
    title, *parts = HEADING.findall(text)

    assert title.split()[0] == path.name.split("-")[0]
    assert parts == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 50
    assert "Held by" in text


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs" / "adr" / "README.md").read_text()
    lines = [
        f"| [{path.name.split('-')[0]}]({path.name}) | {HEADING.findall(path.read_text())[0][5:]} |"
        for path in DECISIONS
    ]

    assert re.findall(r"^\| \[.*$", listed, flags=re.MULTILINE) == lines


# --- what documents name


def test_no_link_inside_the_documents_is_dead() -> None:
    assert_none(dead for path in DOCUMENTS for dead in dead_links(path, path.read_text()))


def test_documents_name_only_verbs_that_make_has() -> None:
    verbs = set(re.findall(r"^([a-z-]+):", MAKEFILE, flags=re.MULTILINE))
    assert "run" in verbs
    assert_none(
        f"{name}: make {verb}"
        for name, code in code_by_document()
        for found in MAKE.findall(code)
        for verb in found.split()
        if verb not in verbs
    )


def test_documents_name_only_commands_that_exist() -> None:
    known = get_commands()
    assert_none(
        f"{name}: manage.py {command}"
        for name, code in code_by_document()
        for command in MANAGE.findall(code)
        if command not in known and command != "help"
    )
    assert_none(
        f"{name}: python -m {module}"
        for name, code in code_by_document()
        for module in MODULE.findall(code)
        if find_spec(module) is None
    )


def test_documents_name_only_files_that_exist() -> None:
    assert_none(
        f"{name}: {place}"
        for name, code in code_by_document()
        for place in PLACE.findall(code)
        if not (ROOT / place).exists()
    )


def test_every_test_that_a_document_cites_exists() -> None:
    cited = [
        (name, path, test) for name, code in code_by_document() for path, test in TEST.findall(code)
    ]
    assert len(cited) > 30
    assert_none(
        f"{name}: {path}::{test}"
        for name, path, test in cited
        if not (ROOT / path).exists() or (test and f"def {test}(" not in (ROOT / path).read_text())
    )


# --- words


def words_to_avoid() -> list[str]:
    """What stands behind "Avoid" in the glossary."""
    lists = re.findall(r"\*Avoid:\*\s+([^.]+)\.", GLOSSARY)
    return [" ".join(word.split()) for each in lists for word in each.split(",")]


def texts_for_people() -> Iterator[tuple[str, str]]:
    """Every text of templates and code that is translated, with where it stands."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("templates/**/*.html")):
            for found in TRANSLATED.findall(path.read_text()):
                yield name_of(path), "".join(found)
    for source in sources():
        for call in source.calls():
            if dotted(call.func).split(".")[-1] in TRANSLATES:
                yield from ((source.path, text) for text in constants(call.args))


def constants(arguments: list[ast.expr]) -> list[str]:
    return [
        argument.value
        for argument in arguments
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


def test_no_text_that_people_see_uses_a_word_to_avoid() -> None:
    avoided = words_to_avoid()
    assert len(avoided) > 50
    one_of_them = re.compile(rf"\b({'|'.join(map(re.escape, avoided))})\b", re.IGNORECASE)
    texts = list(texts_for_people())
    assert len(texts) > 1000
    assert_none(
        f"{where}: {found[0]!r} in {text!r}"
        for where, text in texts
        if (found := one_of_them.search(text))
    )


def test_no_word_is_both_to_be_used_and_to_be_avoided() -> None:
    terms = {
        word.strip().lower()
        for found in re.findall(r"^\*\*([^*]+)\*\*", GLOSSARY, flags=re.MULTILINE)
        for word in found.split(",")
    }
    assert len(terms) > 30
    assert terms.isdisjoint(word.lower() for word in words_to_avoid())


# --- what docs/data-and-privacy.md says of messages


def test_no_text_that_a_message_can_carry_names_the_medicine() -> None:
    facts = baclofen()
    rooms = ("reminders/", "tracker/selectors/wording.py")
    texts = [text for where, text in texts_for_people() if where.startswith(rooms)]
    texts += [sign.name for sign in facts.signs] + [alike.plain for alike in facts.look_alikes]

    assert len(texts) > 100
    assert_none(text for text in texts if re.search("baclofen|lioresal", text, re.IGNORECASE))


# --- the recipes of CONTRIBUTING.md


def test_every_kind_of_contact_point_has_a_channel() -> None:
    (rule,) = [
        rule for rule in ContactPoint._meta.constraints if rule.name == "contact_point_kind_known"
    ]
    kinds: set[str] = set()
    for _field, value in rule.condition.children:
        kinds |= {value} if isinstance(value, str) else set(value)

    assert kinds == set(CHANNELS)
