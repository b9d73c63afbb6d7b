"""What may be done in which room of an app."""

import ast
import re

from tests.architecture.sources import PACKAGES, ROOT, Source, assert_none, dotted, sources

DOORS = {
    "api", "web", "admin", "tasks", "management", "templatetags", "urls", "context_processors",
    "middleware", "adapters",
}  # fmt: skip
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.now",
    "timezone.localdate", "timezone.localtime", "time.time", "localdate", "localtime",
    "database_now", "clock.database_now",
}  # fmt: skip
# A quiet exception needs its rule and, after a dash, its reason.
GOOD_NOQA = re.compile(r"# noqa: [A-Z]+\d+(, [A-Z]+\d+)*( -|  ?) ?\w")
GOOD_IGNORE = re.compile(r"# type: ignore\[[a-z-]+(, ?[a-z-]+)*\]  # \w")


def where(source: Source, node: ast.AST) -> str:
    return f"{source.path}:{getattr(node, 'lineno', 0)}"


def test_pages_and_api_never_ask_a_model_for_its_objects() -> None:
    wrong = [
        where(source, node)
        for source in sources()
        if source.layer in {"web", "api"}
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"objects", "_default_manager", "_base_manager"}
    ]
    assert_none(wrong)


def test_nobody_below_a_door_reads_a_clock() -> None:
    wrong = [
        f"{where(source, call)}: {dotted(call.func)}"
        for source in sources()
        if source.package != "config" and source.layer not in DOORS | {"clock"}
        for call in source.calls()
        if dotted(call.func) in CLOCKS
    ]
    assert_none(wrong)


def test_there_are_no_signals() -> None:
    wrong = [
        where(source, node)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        and node.module in {"django.dispatch", "django.db.models.signals", "django.core.signals"}
    ]
    assert_none(wrong)


def test_services_that_write_take_their_arguments_by_name() -> None:
    wrong = [
        f"{where(source, function)} {function.name}"
        for source in sources()
        if source.layer == "services"
        for function in source.tree.body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and any("atomic" in dotted(decorator) for decorator in function.decorator_list)
        and (function.args.args or function.args.posonlyargs or function.args.vararg)
    ]
    assert_none(wrong)


def test_no_except_catches_everything() -> None:
    wrong = [
        where(source, node)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"Exception", "BaseException"})
    ]
    assert_none(wrong)


def test_every_exception_from_a_rule_gives_its_reason() -> None:
    wrong = [
        f"{source.path}:{number}"
        for source in sources()
        for number, line in enumerate(source.text.splitlines(), start=1)
        if ("# noqa" in line and not GOOD_NOQA.search(line))
        or ("# type: ignore" in line and not GOOD_IGNORE.search(line))
    ]
    assert_none(wrong)


def test_no_page_has_inline_script_or_style() -> None:
    inline = re.compile(
        r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("templates/**/*.html"))
        if (found := inline.search(path.read_text()))
    ]
    assert_none(wrong)
