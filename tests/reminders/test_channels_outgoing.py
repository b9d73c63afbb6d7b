"""No letter opens a door into our own network: what is refused, and what rebinding changes."""

import socket
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest
from urllib3.util import connection

from accounts.domain.public_addresses import is_public
from accounts.domain.push_subscriptions import is_push_endpoint
from reminders.channels import outgoing
from reminders.channels.outgoing import Outgoing, OutgoingFailed, OutgoingRefused
from tests.support.providers import certificate_for, provider

INSIDE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.254", "192.168.1.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16",
    "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::101:101"]
SPELLINGS = ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "[::1]"]

Resolver = Callable[..., list]


def answering(**names: list[str]) -> Resolver:
    """A resolver that gives each name's answers in turn; what is no name it reads as it is."""
    real = socket.getaddrinfo
    asked = {name.replace("_", "."): list(answers) for name, answers in names.items()}

    def resolve(host: str, port: int, *rest: object, **options: object) -> list:
        if host not in asked:
            return real(host, port, *rest, **options)
        answers = asked[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in found.split()
        ]

    return resolve


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_of_a_network_of_our_own_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_public_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_the_loopback_address_is_reached(host: str) -> None:
    with provider() as inside, pytest.raises((OutgoingRefused, OutgoingFailed)):
        Outgoing().post(f"http://{host}:{inside.port}/", body=b"x")
    assert inside.received == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "100.64.1.1"])
def test_a_name_that_leads_inside_is_refused(monkeypatch, address: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(push_example=[address]))
    with pytest.raises(OutgoingRefused):
        Outgoing().post("https://push.example/x", body=b"x")


def test_one_address_inside_among_several_is_enough_to_refuse(monkeypatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(push_example=["1.1.1.1 10.0.0.1"]))
    with pytest.raises(OutgoingRefused):
        Outgoing().post("https://push.example/x", body=b"x")


def test_a_second_answer_of_the_resolver_changes_nothing(monkeypatch) -> None:
    reached = []

    def connect(address: tuple[str, int], *_rest: object, **_options: object) -> socket.socket:
        reached.append(address)
        raise OSError("nobody is there")

    with provider() as inside:
        names = answering(push_example=["1.1.1.1", "127.0.0.1"])
        monkeypatch.setattr(socket, "getaddrinfo", names)
        monkeypatch.setattr(connection, "create_connection", connect)
        with pytest.raises(OutgoingFailed):
            Outgoing().post(f"http://push.example:{inside.port}/", body=b"x")

    assert reached == [("1.1.1.1", inside.port)]
    assert socket.getaddrinfo("push.example", 1)[0][4][0] == "127.0.0.1"
    assert inside.received == []


def test_a_redirect_into_our_network_is_not_followed() -> None:
    with provider() as secret, provider() as shown:
        shown.answers = [(307, {})]
        shown.headers = {"Location": f"{secret.url}/latest/meta-data/"}
        answer = Outgoing(inside=["127.0.0.1"]).post(f"{shown.url}/", body=b"x")

    assert answer.status == 307
    assert secret.received == []


def test_the_certificate_is_checked_for_the_name_and_not_for_the_address(
    monkeypatch, settings, tmp_path: Path
) -> None:
    certificate = certificate_for("push.example", tmp_path)
    settings.OUTGOING_CA_FILE = str(certificate)
    names = answering(push_example=["127.0.0.1"], other_example=["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    with provider(certificate=certificate) as api:
        out = Outgoing(inside=["push.example", "other.example"])
        assert out.post(f"https://push.example:{api.port}/p/1", body=b"x").is_ok
        with pytest.raises(OutgoingFailed):
            out.post(f"https://other.example:{api.port}/p/1", body=b"x")

    (request,) = api.received
    assert request.headers["Host"] == f"push.example:{api.port}"
    assert api.names_asked == ["push.example", "other.example"]


def test_an_answer_is_read_to_a_limit() -> None:
    with provider() as api:
        api.answers = [(200, "x" * 1_000_000)]
        answer = Outgoing(inside=["127.0.0.1"]).post(f"{api.url}/", body=b"x")
    assert len(answer.text) == outgoing.MOST_READ


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch) -> None:
    with provider() as proxy, provider() as api:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        assert Outgoing(inside=["127.0.0.1"]).post(f"{api.url}/", body=b"x").is_ok
    assert (len(proxy.received), len(api.received)) == (0, 1)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://push.example/", "file:///etc/passwd", "gopher://push.example/", "//push.example/",
        "http://user@push.example/", "http://user:word@push.example/", "http://", "https://[::1",
        "http://push.example:port/",
    ],
)  # fmt: skip
def test_only_plain_web_addresses_are_posted_to(url: str) -> None:
    with pytest.raises(OutgoingRefused):
        Outgoing().post(url, body=b"x")


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/x", "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/x",
        "https://169.254.169.254/latest/", "https://localhost/x", "https://intranet/x",
        "https://router.local/x", "https://metadata.google.internal/x", "https://a:b@push.example/",
        "https://push.example/\n", "https://push.example/ x", "https://" + "a" * 1000 + ".example/",
        "javascript:alert(1)", "", "https://push.example:25/", "https://push.example:8443/",
    ],
)  # fmt: skip
def test_what_cannot_be_a_push_service_is_refused_when_it_is_added(endpoint: str) -> None:
    assert not is_push_endpoint(endpoint)


def test_the_push_services_of_the_browsers_are_taken() -> None:
    for host in (
        "fcm.googleapis.com/fcm/send/abc", "updates.push.services.mozilla.com/wpush/v2/abc",
        "web.push.apple.com/abc", "wns2-par02p.notify.windows.com/w/?token=abc",
    ):  # fmt: skip
        assert is_push_endpoint(f"https://{host}")
