"""What every answer carries, and what a person sees when something is away or broken."""

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.urls("tests.config.broken_urls")
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
}


@pytest.fixture
def anybody() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("path", ["/public/", "/private/", "/broken/mistake/", "/nowhere/", "/x"])
def test_every_answer_carries_the_strict_headers(anybody: Client, path: str) -> None:
    headers = anybody.get(path).headers

    assert set(headers["Content-Security-Policy"].split("; ")) == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]


def test_a_secret_link_never_leaves_in_a_referer(anybody: Client) -> None:
    assert anybody.get("/secret/abc/").headers["Referrer-Policy"] == "strict-origin"


def test_a_page_is_private_unless_its_view_says_otherwise(anybody: Client) -> None:
    answer = anybody.get("/private/")
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("?next=/private/")
    assert anybody.get("/public/").content == b"public"


@pytest.mark.parametrize(
    ("came_from", "next_page"),
    [
        ("http://testserver/today/?logged=1#x", "/today/%3Flogged%3D1"),
        ("http://elsewhere.example/today/", "/"),
        ("http://testserver//elsewhere.example/", "/"),
        ("", "/"),
    ],
)
def test_signing_in_after_a_form_leads_back_to_the_page_the_form_was_on(
    anybody: Client, came_from: str, next_page: str
) -> None:
    plain = anybody.post("/private/", headers={"Referer": came_from})
    assert (plain.status_code, plain["Location"].split("next=")[1]) == (302, next_page)
    part = {"HX-Request": "true", "HX-Current-URL": came_from}
    for answer in (anybody.post("/private/", headers=part), anybody.get("/private/", headers=part)):
        assert (answer.status_code, answer["HX-Redirect"].split("next=")[1]) == (200, next_page)


def test_a_public_page_needs_no_database_even_with_a_session_cookie(anybody: Client) -> None:
    # No `db` mark: any query would fail this test.
    anybody.cookies["session"] = "0123456789abcdef0123456789abcdef"
    assert anybody.get("/public/").status_code == 200


@pytest.mark.parametrize("failure", ["database", "valkey"])
def test_a_page_says_so_when_the_database_or_valkey_is_away(anybody: Client, failure: str) -> None:
    answer = anybody.get(f"/broken/{failure}/")

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "10"
    assert b"<h1" in answer.content
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    ("failure", "status", "fault"),
    [("database", 503, "PostgreSQL is away"), ("mistake", 500, "a mistake of ours")],
)
def test_a_monitor_is_told_in_its_own_shape_what_is_away(
    anybody: Client, failure: str, status: int, fault: str
) -> None:
    answer = anybody.get(f"/healthz/{failure}/")

    assert answer.status_code == status
    assert answer.json() == {"status": "fault", "faults": [fault]}


def test_a_mistake_of_ours_shows_nothing_of_itself(anybody: Client) -> None:
    answer = anybody.get("/broken/mistake/")

    assert answer.status_code == 500
    assert b"<h1" in answer.content
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    ("failure", "status", "code"), [("database", 503, "unavailable"), ("mistake", 500, "error")]
)
def test_the_api_keeps_its_error_shape_where_even_its_frame_failed(
    anybody: Client, failure: str, status: int, code: str
) -> None:
    answer = anybody.get(f"/api/plain/{failure}/")

    assert answer.status_code == status
    assert answer.json()["type"] == "server_error"
    assert [error["code"] for error in answer.json()["errors"]] == [code]
    assert b"secret" not in answer.content


@pytest.mark.parametrize(
    ("failure", "status", "error"),
    [
        ("database", 503, {"code": "database_away", "attr": None}),
        ("refusal", 400, {"code": "invalid", "attr": "2.amount"}),
        ("conflict", 409, {"code": "conflict", "attr": None}),
    ],
)
def test_the_api_answers_each_kind_of_refusal_in_the_one_shape(
    anybody: Client, failure: str, status: int, error: dict[str, str | None]
) -> None:
    answer = anybody.get(f"/api/v1/broken/{failure}/")

    assert answer.status_code == status
    (shown,) = answer.json()["errors"]
    assert shown.items() >= error.items()
    assert shown["detail"]


def test_broken_json_is_refused_in_the_one_shape(anybody: Client) -> None:
    answer = anybody.post("/api/v1/broken/refusal/", "{", content_type="application/json")
    assert answer.status_code in {400, 405}
    assert answer.json()["errors"]


@override_settings(ALLOWED_HOSTS=["stepdown.example"])
def test_a_foreign_host_name_is_refused(anybody: Client) -> None:
    assert anybody.get("/public/", headers={"host": "evil.example"}).status_code == 400


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31_536_000)
def test_with_tls_everything_but_the_health_pages_is_redirected(anybody: Client) -> None:
    assert anybody.get("/public/").headers["Location"] == "https://testserver/public/"
    assert anybody.get("/livez/").status_code == 200
    secure = anybody.get("/public/", secure=True)
    assert "max-age=31536000" in secure.headers["Strict-Transport-Security"]
