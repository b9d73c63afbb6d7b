"""Web push, against a push service that decrypts what it gets and checks who signed it."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reminders.channels.base import DeliveryError, PushKeys
from reminders.channels.webpush import WebPushChannel
from tests.cast import TUESDAY
from tests.reminders.letters import KEY, Browser, claims_in, letter
from tests.reminders.test_channels_outgoing import answering
from tests.support.providers import Provider, certificate_for, provider

PRIVATE = "WQrH6c8xbCyKQJ7LZP9xkHQfKGQpW3eUoGwlmUmTQ9k"


@pytest.fixture
def service(settings, monkeypatch, tmp_path: Path) -> Iterator[Provider]:
    """A push service at push.example, with TLS, on this machine."""
    certificate = certificate_for("push.example", tmp_path)
    settings.OUTGOING_CA_FILE = str(certificate)
    settings.PUSH_INSIDE_HOSTS = ["push.example"]
    settings.VAPID_PRIVATE_KEY = PRIVATE
    settings.VAPID_SUBJECT = "mailto:ops@stepdown.example"
    monkeypatch.setattr(socket, "getaddrinfo", answering(push_example=["127.0.0.1"]))
    with provider(certificate=certificate) as api:
        api.answers = [(201, "")]
        yield api


def endpoint(service: Provider) -> str:
    return f"https://push.example:{service.port}/wpush/v2/abc"


def test_only_the_browser_itself_can_read_the_note(service: Provider) -> None:
    browser = Browser()
    sent = letter(endpoint(service), push_keys=browser.keys)

    assert WebPushChannel().send(sent) == ""

    (request,) = service.received
    assert request.path == "/wpush/v2/abc"
    assert request.headers["Content-Encoding"] == "aes128gcm"
    assert browser.read(request.body) == {
        "id": str(KEY),
        "title": "Stepdown",
        "body": "",
        "url": "/feed/",
    }
    assert b"Stepdown" not in request.body
    with pytest.raises(Exception, match=r"[Dd]ecrypt|InvalidTag|"):
        Browser().read(request.body)


def test_the_push_service_can_check_who_sent_it(service: Provider) -> None:
    sent = letter(endpoint(service), push_keys=Browser().keys, is_urgent=True)

    WebPushChannel().send(sent)

    headers = service.received[0].headers
    claims = claims_in(headers["Authorization"])
    assert claims["aud"] == f"https://push.example:{service.port}"
    assert claims["sub"] == "mailto:ops@stepdown.example"
    assert claims["exp"] == int((TUESDAY + timedelta(hours=12)).timestamp())
    assert (headers["TTL"], headers["Urgency"]) == ("3600", "high")
    assert headers["Topic"] == KEY.hex
    assert len(headers["Topic"]) <= 32


@pytest.mark.parametrize(
    ("status", "is_permanent"),
    [
        (404, True),
        (410, True),
        (400, False),
        (403, False),
        (413, False),
        (429, False),
        (500, False),
    ],
)
def test_a_subscription_that_has_ended_is_for_good(
    service: Provider, status: int, is_permanent: bool
) -> None:
    service.answers = [(status, "sorry")]
    with pytest.raises(DeliveryError) as failed:
        WebPushChannel().send(letter(endpoint(service), push_keys=Browser().keys))
    assert failed.value.is_permanent is is_permanent


def test_an_endpoint_that_leads_inside_is_never_asked_again(service: Provider, settings) -> None:
    settings.PUSH_INSIDE_HOSTS = []
    settings.OUTGOING_INSIDE_HOSTS = ["push.example", "127.0.0.1"]

    with pytest.raises(DeliveryError) as failed:
        WebPushChannel().send(letter(endpoint(service), push_keys=Browser().keys))

    assert failed.value.is_permanent
    assert service.received == []


@pytest.mark.parametrize(
    "keys", [None, PushKeys("", ""), PushKeys("AAAA", "AAAA"), PushKeys("*", "*")]
)
def test_keys_that_are_none_are_for_good(service: Provider, keys: PushKeys | None) -> None:
    with pytest.raises(DeliveryError) as failed:
        WebPushChannel().send(letter(endpoint(service), push_keys=keys))
    assert failed.value.is_permanent
    assert service.received == []


def test_nothing_is_sent_while_no_key_is_given(service: Provider, settings) -> None:
    settings.VAPID_PRIVATE_KEY = ""
    with pytest.raises(DeliveryError) as failed:
        WebPushChannel().send(letter(endpoint(service), push_keys=Browser().keys))
    assert not failed.value.is_permanent
