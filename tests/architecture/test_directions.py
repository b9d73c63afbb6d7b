"""What import-linter cannot see: templates, url names and foreign keys also point one way only."""

import ast
import re
from functools import cache

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from tests.architecture.sources import PACKAGES, ROOT, assert_none, rank, sources

TEMPLATE_NAME = re.compile(r"""{%\s*(?:include|extends)\s+["']([^"']+)["']""")
URL_NAME = re.compile(r"""{%\s*url\s+["']([^"']+)["']""")
LOWER = [package for package in PACKAGES if package != "config"]


@cache
def owners_of_url_names() -> dict[str, str]:
    """The package whose view answers each url name (with its namespace)."""
    owners: dict[str, str] = {}

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
                walk(pattern.url_patterns, inner)
            elif pattern.name:
                view = getattr(pattern.callback, "view_class", None) or getattr(
                    pattern.callback, "cls", pattern.callback
                )
                owners[prefix + pattern.name] = view.__module__.split(".")[0]

    walk(get_resolver().url_patterns, "")
    return owners


def templates(package: str) -> list[tuple[str, str]]:
    paths = sorted((ROOT / package).rglob("templates/**/*.*"))
    return [(str(path.relative_to(ROOT)), path.read_text()) for path in paths if path.is_file()]


def owner_of_template(name: str) -> str:
    """The lowest package that has a template of this name; 'config' is everybody's frame."""
    found = [package for package in LOWER if list((ROOT / package).glob(f"templates/{name}"))]
    return found[0] if found else "frame"


@pytest.mark.parametrize("package", LOWER)
def test_no_template_includes_one_of_a_higher_package(package: str) -> None:
    wrong = [
        f"{path}: {name}"
        for path, text in templates(package)
        for name in TEMPLATE_NAME.findall(text)
        if rank(owner_of_template(name)) > rank(package)
    ]
    assert_none(wrong)


@pytest.mark.parametrize("package", LOWER)
def test_no_template_links_to_a_page_of_a_higher_package(package: str) -> None:
    owners = owners_of_url_names()
    wrong = [
        f"{path}: {name}"
        for path, text in templates(package)
        for name in URL_NAME.findall(text)
        if rank(owners.get(name, "")) > rank(package)
    ]
    assert_none(wrong)


@pytest.mark.parametrize("package", LOWER)
def test_no_python_names_a_page_of_a_higher_package(package: str) -> None:
    owners = owners_of_url_names()
    wrong = [
        f"{source.path}:{call.lineno}: {first.value}"
        for source in sources()
        if source.package == package
        for call in source.calls()
        if ast.unparse(call.func).split(".")[-1] in {"reverse", "reverse_lazy", "redirect"}
        and call.args
        and isinstance(first := call.args[0], ast.Constant)
        and rank(owners.get(str(first.value), "")) > rank(package)
    ]
    assert_none(wrong)


def test_every_url_name_in_a_template_exists() -> None:
    owners = owners_of_url_names()
    missing = [
        f"{path}: {name}"
        for package in PACKAGES
        for path, text in templates(package)
        for name in URL_NAME.findall(text)
        if name not in owners
    ]
    assert_none(missing)


def test_no_table_points_at_one_of_a_higher_package() -> None:
    wrong = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in PACKAGES
        for field in model._meta.get_fields()
        if not field.auto_created
        and field.related_model is not None
        and rank(field.related_model._meta.app_label) > rank(model._meta.app_label)
    ]
    assert_none(wrong)
