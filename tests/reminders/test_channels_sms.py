"""Text messages, against a server that speaks Twilio's documented API."""

from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from reminders.channels.base import DeliveryError
from reminders.channels.sms import SmsChannel
from tests.reminders.letters import letter
from tests.support.providers import Provider, provider

NUMBER = "+447700900412"
ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TAKEN = {"sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "error_code": None}


@pytest.fixture
def twilio(settings) -> Iterator[Provider]:
    """Twilio's API on this machine, as the settings have it."""
    with provider() as api:
        settings.SMS_API_URL = api.url
        settings.SMS_ACCOUNT, settings.SMS_TOKEN = ACCOUNT, "token"
        settings.SMS_FROM = "+441632960118"
        settings.OUTGOING_INSIDE_HOSTS = ["127.0.0.1"]
        settings.PUBLIC_URL, settings.IS_HTTPS = "https://stepdown.example", True
        api.answers = [(201, TAKEN)]
        yield api


def test_a_text_is_posted_as_the_api_has_it_and_its_id_comes_back(twilio: Provider) -> None:
    assert SmsChannel().send(letter(NUMBER)) == TAKEN["sid"]

    (request,) = twilio.received
    assert request.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    basic = b64encode(f"{ACCOUNT}:token".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert parse_qs(request.body.decode()) == {
        "To": [NUMBER],
        "From": ["+441632960118"],
        "Body": ["Stepdown: something to look at. https://stepdown.example/feed/"],
        "StatusCallback": ["https://stepdown.example/webhooks/sms/#rc=5&rp=5xx,ct,rt"],
    }


def test_a_messaging_service_takes_the_place_of_a_number(twilio: Provider, settings) -> None:
    settings.SMS_FROM = "MG0123456789abcdef0123456789abcdef"
    settings.IS_HTTPS = False

    SmsChannel().send(letter(NUMBER))

    form = parse_qs(twilio.received[0].body.decode())
    assert form["MessagingServiceSid"] == ["MG0123456789abcdef0123456789abcdef"]
    assert "From" not in form
    assert "StatusCallback" not in form


def test_one_connection_carries_all_texts_of_a_session(twilio: Provider) -> None:
    channel = SmsChannel()
    with channel.session():
        for _ in range(3):
            channel.send(letter(NUMBER))
    assert (len(twilio.received), twilio.connections) == (3, 1)


@pytest.mark.parametrize(
    ("status", "code", "is_permanent"),
    [
        (400, 21211, True),  # not a valid number
        (400, 21614, True),  # not a mobile number
        (400, 21610, True),  # has answered STOP
        (400, 21408, False),  # our account may not send to this country
        (401, 20003, False),  # our token is wrong
        (429, 20429, False),
        (500, 20500, False),
    ],
)
def test_only_what_is_about_the_number_is_for_good(
    twilio: Provider, status: int, code: int, is_permanent: bool
) -> None:
    said = {"code": code, "message": f"The 'To' number {NUMBER} ...", "status": status}
    twilio.answers = [(status, said)]

    with pytest.raises(DeliveryError) as failed:
        SmsChannel().send(letter(NUMBER))

    assert failed.value.is_permanent is is_permanent
    assert failed.value.detail.startswith(f"{status} {code}")
    assert NUMBER not in failed.value.detail


@pytest.mark.parametrize("said", ["not json", [], {"code": "many"}, ""])
def test_an_answer_that_is_no_answer_may_pass(twilio: Provider, said: object) -> None:
    twilio.answers = [(502, said)]
    with pytest.raises(DeliveryError) as failed:
        SmsChannel().send(letter(NUMBER))
    assert not failed.value.is_permanent


def test_a_gateway_inside_needs_the_operators_word(twilio: Provider, settings) -> None:
    settings.OUTGOING_INSIDE_HOSTS = []

    with pytest.raises(DeliveryError) as failed:
        SmsChannel().send(letter(NUMBER))

    assert not failed.value.is_permanent
    assert twilio.received == []


def test_nothing_is_sent_while_no_account_is_given(twilio: Provider, settings) -> None:
    settings.SMS_ACCOUNT = ""
    with pytest.raises(DeliveryError) as failed:
        SmsChannel().send(letter(NUMBER))
    assert not failed.value.is_permanent
    assert twilio.received == []
