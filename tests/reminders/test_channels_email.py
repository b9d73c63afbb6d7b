"""E-mail, against servers that speak SMTP and Postmark's API."""

import email
import json
from collections.abc import Iterator
from time import sleep

import pytest

from reminders.channels.base import DeliveryError
from reminders.channels.email import EmailChannel
from tests.reminders.letters import KEY, letter
from tests.support.providers import MailServer, Provider, mail_server, provider

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def server(settings) -> Iterator[MailServer]:
    """An SMTP server that the settings point at."""
    with mail_server() as (kept, port):
        settings.EMAIL_BACKEND = SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield kept


@pytest.fixture
def postmark(settings) -> Iterator[Provider]:
    """Postmark's API, as its documentation has it."""
    with provider() as api:
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "server-token",
            "POSTMARK_API_URL": f"{api.url}/",
        }
        api.answers = [
            (
                200,
                {
                    "To": "isla@work.example",
                    "SubmittedAt": "2026-11-24T15:00:00.0000000-05:00",
                    "MessageID": "0a129aee-e1cd-480d-b08d-4f48548ff48d",
                    "ErrorCode": 0,
                    "Message": "OK",
                },
            )
        ]
        yield api


def test_a_mail_carries_the_key_so_that_a_repeat_is_known(server: MailServer) -> None:
    assert EmailChannel().send(letter()) == ""

    (envelope,) = server.letters
    mail = email.message_from_bytes(envelope.content)
    assert envelope.rcpt_tos == ["isla@work.example"]
    assert str(KEY) in mail["Message-ID"]
    assert mail["Subject"] == "Stepdown: something to look at"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Ewan: No log." in mail.get_payload()


def test_one_connection_carries_all_mails_of_a_session(server: MailServer) -> None:
    channel = EmailChannel()
    with channel.session():
        for _ in range(5):
            channel.send(letter())
    assert (len(server.letters), server.connections) == (5, 1)

    channel.send(letter())
    channel.send(letter())
    assert (len(server.letters), server.connections) == (7, 3)


def test_a_refused_recipient_does_not_cost_the_others_the_connection(server: MailServer) -> None:
    channel = EmailChannel()
    with channel.session():
        channel.send(letter())
        server.says["RCPT"] = "550 5.1.1 no such user"
        with pytest.raises(DeliveryError):
            channel.send(letter())
        server.says.clear()
        channel.send(letter())
    assert (len(server.letters), server.connections) == (2, 1)


def test_a_server_that_ends_a_kept_connection_gets_a_new_one(server: MailServer) -> None:
    server.ends_after = 2
    channel = EmailChannel()
    with channel.session():
        for _ in range(5):
            channel.send(letter())
    assert (len(server.letters), server.connections) == (5, 3)


def test_a_server_that_hung_up_without_a_word_gets_a_new_connection(server: MailServer) -> None:
    server.hangs_up = True
    channel = EmailChannel()
    with channel.session():
        for _ in range(3):
            channel.send(letter())
            sleep(0.3)
    assert (len(server.letters), server.connections) == (3, 3)


def test_a_mail_whose_answer_was_lost_may_have_arrived(server: MailServer, settings) -> None:
    server.loses_answers = True
    channel = EmailChannel()
    with channel.session(), pytest.raises(DeliveryError) as failed:
        channel.send(letter())
    assert len(server.letters) == 1
    assert failed.value.is_unclear

    settings.EMAIL_PORT = 1
    with channel.session(), pytest.raises(DeliveryError) as failed:
        channel.send(letter())
    assert not failed.value.is_unclear


@pytest.mark.parametrize(
    ("command", "answer", "is_permanent"),
    [
        ("RCPT", "550 5.1.1 no such user", True),
        ("RCPT", "450 4.2.0 greylisted, come back", False),
        ("RCPT", "421 4.3.2 closing", False),
        ("MAIL", "451 4.3.0 not now", False),
        ("MAIL", "550 5.7.1 this sender may not", False),
        ("DATA", "452 4.3.1 no room", False),
        ("DATA", "554 5.7.1 looks like spam", False),
    ],
)
def test_only_a_refused_recipient_is_for_good(
    server: MailServer, command: str, answer: str, is_permanent: bool
) -> None:
    server.says[command] = answer

    with pytest.raises(DeliveryError) as failed:
        EmailChannel().send(letter())

    assert failed.value.is_permanent is is_permanent
    assert failed.value.detail.startswith(answer[:3])


def test_a_server_that_is_not_there_may_come_back(server: MailServer, settings) -> None:
    settings.EMAIL_PORT = 1
    with pytest.raises(DeliveryError) as failed:
        EmailChannel().send(letter())
    assert not failed.value.is_permanent


def test_an_address_that_no_mail_can_be_written_to_is_for_good(server: MailServer) -> None:
    with pytest.raises(DeliveryError) as failed:
        EmailChannel().send(letter("isla@work.example\nBcc: all@example.org"))
    assert failed.value.is_permanent
    assert server.letters == []


# --- by a provider's API


def test_a_provider_gets_the_mail_as_its_api_has_it(postmark: Provider) -> None:
    told = EmailChannel().send(letter())

    assert told == "0a129aee-e1cd-480d-b08d-4f48548ff48d"
    (request,) = postmark.received
    assert request.path == "/email"
    assert request.headers["X-Postmark-Server-Token"] == "server-token"
    sent = json.loads(request.body)
    assert sent["To"] == "isla@work.example"
    assert sent["Subject"] == "Stepdown: something to look at"
    assert "Ewan: No log." in sent["TextBody"]
    assert {"Name": "Auto-Submitted", "Value": "auto-generated"} in sent["Headers"]


def test_one_connection_carries_all_mails_to_a_provider(postmark: Provider) -> None:
    channel = EmailChannel()
    with channel.session():
        for _ in range(3):
            channel.send(letter())
    assert (len(postmark.received), postmark.connections) == (3, 1)


def test_an_inactive_recipient_is_for_good_and_not_named(postmark: Provider) -> None:
    text = (
        "You tried to send to recipient(s) that have been marked as inactive. "
        "Found inactive addresses: isla@work.example. Inactive recipients are ones that have "
        "generated a hard bounce, a spam complaint, or a manual suppression."
    )
    postmark.answers = [(422, {"ErrorCode": 406, "Message": text})]

    with pytest.raises(DeliveryError) as failed:
        EmailChannel().send(letter())

    assert failed.value.is_permanent
    assert failed.value.detail == "The provider refuses the address: rejected"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"ErrorCode": 10, "Message": "No Account or Server API tokens were supplied"}),
        (422, {"ErrorCode": 400, "Message": "The 'From' address is not a Sender Signature"}),
        (429, {"ErrorCode": 429, "Message": "Rate limit exceeded"}),
        (500, "no JSON at all"),
        (503, {"ErrorCode": 100, "Message": "Maintenance"}),
    ],
)
def test_a_fault_of_the_provider_or_of_ours_may_pass(
    postmark: Provider, status: int, body: object
) -> None:
    postmark.answers = [(status, body)]

    with pytest.raises(DeliveryError) as failed:
        EmailChannel().send(letter())

    assert not failed.value.is_permanent
    assert failed.value.detail.startswith(str(status))


def test_a_provider_that_is_away_may_come_back(postmark: Provider, settings) -> None:
    settings.ANYMAIL = {**settings.ANYMAIL, "POSTMARK_API_URL": "http://127.0.0.1:1/"}
    with pytest.raises(DeliveryError) as failed:
        EmailChannel().send(letter())
    assert not failed.value.is_permanent
    assert "isla" not in failed.value.detail
