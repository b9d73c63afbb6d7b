"""Configuration: what is read, and the one sentence that a bad value gets."""

import subprocess

import pytest

from config import env
from config.commands import MANAGE, ROOT

GOOD = {
    "SECRET_KEY": "x",
    "DATABASE_URL": "postgresql://app@127.0.0.1/stepdown",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "PATH": "/usr/bin:/bin",
}


@pytest.mark.parametrize("raw", ["", "12.5", "-3", "0x1f", "١٢", "999999"])
def test_a_number_out_of_place_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, raw: str
) -> None:
    monkeypatch.setenv("SWEEP_SECONDS", raw)
    if raw == "":
        assert env.integer("SWEEP_SECONDS", 15) == 15
        return
    with pytest.raises(env.Misconfigured, match=r"^SWEEP_SECONDS must be"):
        env.integer("SWEEP_SECONDS", 15, maximum=120)


def test_a_variable_without_a_default_must_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with pytest.raises(env.Misconfigured, match=r"^SECRET_KEY is not set"):
        env.text("SECRET_KEY")


def test_yes_and_no_have_few_spellings(monkeypatch: pytest.MonkeyPatch) -> None:
    for raw, expected in {"1": True, "Yes": True, "off": False, "": False}.items():
        monkeypatch.setenv("DEMO", raw)
        assert env.flag("DEMO") is expected
    monkeypatch.setenv("DEMO", "maybe")
    with pytest.raises(env.Misconfigured, match=r"^DEMO must be 1 or 0"):
        env.flag("DEMO")


def test_a_database_address_is_taken_apart() -> None:
    address = env.database_address("postgresql://a%40b:p%2Fw@db.example:6543/name?sslmode=require")
    assert address == {
        "NAME": "name",
        "USER": "a@b",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "6543",
        "OPTIONS": {"sslmode": "require"},
    }


def test_a_database_address_may_name_a_socket_folder() -> None:
    address = env.database_address("postgresql:///name?host=/run/postgresql")
    assert (address["HOST"], address["OPTIONS"]) == ("/run/postgresql", {})


@pytest.mark.parametrize("raw", ["mysql://a@b/c", "postgresql://a@b", "postgresql://a@b:x/c", "x"])
def test_a_wrong_database_address_is_refused_without_showing_it(raw: str) -> None:
    with pytest.raises(env.Misconfigured) as refusal:
        env.database_address(raw, name="MIGRATE_DATABASE_URL")
    assert str(refusal.value).startswith("MIGRATE_DATABASE_URL ")
    assert raw not in str(refusal.value) or raw == "x"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("DATABASE_URL", "sqlite:///db"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("PUBLIC_URL", "stepdown.example"),
        ("EMAIL_SECURITY", "ssl"),
        ("EMAIL_PORT", "70000"),
        ("DISPATCH_SECONDS", "0"),
        ("PROXIES", "one"),
        ("LOG_LEVEL", "loud"),
        ("DEMO", "perhaps"),
    ],
)
def test_a_bad_value_stops_the_boot_with_one_sentence(name: str, value: str) -> None:
    done = subprocess.run(
        [*MANAGE, "check"],
        env=GOOD | {name: value}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"{name} ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "is_secure"), [("https://stepdown.example", True), ("http://127.0.0.1:8000", False)]
)
def test_an_https_address_is_what_makes_cookies_and_redirects_insist_on_tls(
    url: str, is_secure: bool
) -> None:
    show = (
        "from django.conf import settings as s; print(s.SESSION_COOKIE_SECURE, "
        "s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS > 0, s.DEBUG)"
    )
    done = subprocess.run(
        [*MANAGE, "shell", "--verbosity", "0", "--command", show],
        env=GOOD | {"PUBLIC_URL": url}, cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == [str(is_secure)] * 3 + ["False"]


def test_a_demo_is_refused_on_a_public_address() -> None:
    done = subprocess.run(
        [*MANAGE, "check"],
        env=GOOD | {"DEMO": "1", "PUBLIC_URL": "https://stepdown.example"},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "config.E003" in done.stderr


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"SECRET_KEY": "k" * 49}, "config.E004"),
        ({"SECRET_KEY": "k" * 50}, None),
        ({"DATABASE_URL": "postgresql://a:change-me@db/stepdown"}, "config.E005"),
        ({"MIGRATE_DATABASE_URL": "postgresql://a:change-me-too@db/stepdown"}, "config.E005"),
        ({"SECRET_KEY": "short", "PUBLIC_URL": "http://localhost:8000"}, None),
        (
            {
                "DATABASE_URL": "postgresql://a:change-me@db/stepdown",
                "PUBLIC_URL": "http://127.0.0.1:8000",
            },
            None,
        ),
    ],
)
def test_secrets_that_anybody_may_know_are_refused_on_a_public_address(
    changed: dict[str, str], number: str | None
) -> None:
    public = {"SECRET_KEY": "k" * 60, "PUBLIC_URL": "https://stepdown.example"}
    done = subprocess.run(
        [*MANAGE, "check"],
        env=GOOD | public | changed,
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == (0 if number is None else 1), done.stderr
    assert (number or "") in done.stderr


SMS = {"SMS_ACCOUNT": "AC1", "SMS_TOKEN": "t", "SMS_FROM": "+15005550006"}


@pytest.mark.parametrize(
    ("changed", "number", "code"),
    [
        ({"EMAIL_PROVIDER": "postmark"}, "config.W006", 0),
        ({"EMAIL_PROVIDER": "postmark", "ANYMAIL_WEBHOOK_SECRET": "a:b"}, "no issues", 0),
        (SMS | {"PUBLIC_URL": "http://stepdown.example"}, "config.W007", 0),
        (SMS | {"SMS_API_URL": "http://gateway.example"}, "config.E008", 1),
        (
            SMS | {"SMS_API_URL": "http://gateway", "OUTGOING_INSIDE_HOSTS": "gateway"},
            "no issues",
            0,
        ),
        ({"SMS_ACCOUNT": "AC1"}, "SMS_TOKEN is not set", 1),
        ({"EMAIL_PROVIDER": "pigeon"}, "EMAIL_PROVIDER must be one of", 1),
        ({"VAPID_PRIVATE_KEY": "nonsense"}, "VAPID_PRIVATE_KEY is not a P-256 key", 1),
    ],
)
def test_a_channel_that_is_set_up_by_half_is_told_of(
    changed: dict[str, str], number: str, code: int
) -> None:
    public = {"SECRET_KEY": "k" * 60, "PUBLIC_URL": "https://stepdown.example"}
    done = subprocess.run(
        [*MANAGE, "check"],
        env=GOOD | public | changed,
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert number in done.stderr + done.stdout
    assert done.returncode == code
