"""The API describes itself, truthfully, to people who are signed in."""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from playwright.sync_api import Page
from rest_framework import serializers

from tests.api.callers import Caller
from tests.api.operations import operations
from tests.architecture.sources import ROOT
from tests.cast import Cast
from tests.support.stack import Stack

DEMO_LOGIN = ("priya@harbour.example", "harbour-light-7")
COMMITTED = ROOT / "docs" / "openapi.yaml"


def described() -> dict:
    return yaml.safe_load(COMMITTED.read_text())


def test_the_committed_description_is_what_the_code_says(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"

    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)

    assert made.read_text() == COMMITTED.read_text(), "run `make schema` and commit the difference"


def test_every_operation_is_described_and_every_description_is_an_operation() -> None:
    found = {
        (method.upper(), path)
        for path, methods in described()["paths"].items()
        for method in methods
    }

    known = {
        (each.method, "/api/v1/" + each.route.replace("<uuid:", "{").replace(">", "}"))
        for each in operations()
    }
    assert found == known


def test_every_operation_says_what_it_does_and_has_a_name_of_its_own() -> None:
    names = []
    for path, methods in described()["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], (method, path)
            names.append(operation["operationId"])
            assert operation["responses"]["default"]["content"]["application/json"]["schema"] == {
                "$ref": "#/components/schemas/Error"
            }
    assert len(set(names)) == len(names)


def test_an_amount_is_text_everywhere() -> None:
    for name, schema in described()["components"]["schemas"].items():
        for field, kind in schema.get("properties", {}).items():
            if field in {"amount", "amount_note"}:
                assert kind["type"] == "string", (name, field)
            assert kind.get("format") not in {"double", "float", "decimal"}, (name, field)


def test_no_serializer_writes_to_a_model_by_itself() -> None:
    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(each) for each in kind.__subclasses__()))

    ours = {"accounts", "tracker", "reminders", "config"}
    found = [
        kind for kind in below(serializers.ModelSerializer) if kind.__module__.split(".")[0] in ours
    ]
    assert found == []


def test_strangers_to_the_site_read_no_description(live_cast: Cast) -> None:
    nobody = Caller(None).client

    assert nobody.get("/api/schema/").status_code == 401
    assert nobody.get("/api/docs/").headers["Location"].startswith("/account/login/")
    signed_in = Caller(live_cast.stranger).client
    assert "/api/v1/me/" in signed_in.get("/api/schema/").content.decode()
    assert signed_in.get("/api/docs/").status_code == 200


@pytest.mark.stack
@pytest.mark.browser
@pytest.mark.timeout(180)
def test_the_description_is_a_page_under_the_strict_policy(
    idle_stack: Stack, page: Page, tmp_path: Path
) -> None:
    idle_stack.extra_environment["DEMO"] = "1"
    idle_stack.manage("seed")
    idle_stack.start("valkey", "web")
    refused: list[str] = []
    page.on("requestfailed", lambda request: refused.append(request.url))
    page.set_viewport_size({"width": 1280, "height": 1600})

    page.goto(f"{idle_stack.url}/api/docs/")
    page.fill("input[name=login]", DEMO_LOGIN[0])
    page.fill("input[name=password]", DEMO_LOGIN[1])
    page.press("input[name=password]", "Enter")

    page.wait_for_selector("#operations-me-me")
    page.screenshot(path=tmp_path / "docs.png")
    page.click("#operations-me-me button.opblock-summary-control")
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    answer = page.locator("#operations-me-me .live-responses-table .microlight").first
    answer.wait_for()
    assert "Dr Priya Raman" in answer.inner_text()
    page.screenshot(path=tmp_path / "tried.png")
    assert all(url.startswith(idle_stack.url) for url in refused)
