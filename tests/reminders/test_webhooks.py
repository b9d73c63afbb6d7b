"""What comes back later: only the provider may say so, and the next way is taken at once."""

import base64
import hmac
import json
from collections.abc import Iterator

import pytest
from django.test import Client

from accounts.models import ContactPoint
from accounts.services.contact_choices import contact_point_move
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_mint_token,
    contact_point_verify,
)
from reminders.models import Attempt
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import sweep_and_dispatch
from tests.reminders.test_letters import after
from tests.support.providers import Provider, provider
from tests.tapers import taper_signed

NUMBER = "+447700900413"
SID = "SM0123456789abcdef0123456789abcdef"
MAIL_ID = "0a129aee-e1cd-480d-b08d-4f48548ff48d"
URL = "https://stepdown.example/webhooks/sms/"
SECRET = "stepdown:secret"


@pytest.fixture
def twilio(settings) -> Iterator[Provider]:
    """Twilio's API, which takes every text."""
    with provider() as api:
        settings.SMS_API_URL = api.url
        settings.SMS_ACCOUNT, settings.SMS_TOKEN = "AC1", "token"
        settings.SMS_FROM = "+441632960118"
        settings.OUTGOING_INSIDE_HOSTS = ["127.0.0.1"]
        settings.PUBLIC_URL = "https://stepdown.example"
        api.answers = [(201, {"sid": SID})]
        yield api


@pytest.fixture
def number(cast: Cast, twilio: Provider) -> ContactPoint:
    """Isla's telephone, verified and tried first; a text about Ewan has gone there."""
    point = contact_point_add(
        person=cast.isla, address="07700 900413", kind="sms", by=cast.isla, now=TUESDAY
    )
    contact_point_verify(
        token=contact_point_mint_token(contact_point=point, now=TUESDAY), now=TUESDAY
    )
    contact_point_move(contact_point=point, is_up=True, by=cast.isla, now=TUESDAY)
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    for minutes in (0, 45, 90):
        sweep_and_dispatch(after(minutes))
    assert Attempt.objects.filter(provider_id=SID, contact_point=point).count() == 1
    point.refresh_from_db()
    return point


def signature(form: dict[str, str], *, url: str = URL, key: str = "token") -> str:
    """What Twilio sends with a form."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha1")).decode()


def report(form: dict[str, str], signed: str) -> int:
    """Post a report; the status of the answer."""
    answer = Client().post("/webhooks/sms/", form, headers={"X-Twilio-Signature": signed})
    return answer.status_code


FAILED = {"MessageSid": SID, "MessageStatus": "undelivered", "ErrorCode": "30006", "To": NUMBER}


def test_a_national_number_was_read_in_the_clinics_country(number: ContactPoint) -> None:
    assert number.address == NUMBER


def test_a_text_that_comes_back_goes_out_on_the_next_way_at_once(number: ContactPoint) -> None:
    assert report(FAILED, signature(FAILED)) == 204

    number.refresh_from_db()
    assert number.disabled_at is not None
    assert number.last_error == "undelivered 30006"
    mails = sweep_and_dispatch(after(91))
    assert ["isla.macrae@example.org"] in [mail.to for mail in mails]


def test_a_phone_that_is_switched_off_is_not_given_up(number: ContactPoint) -> None:
    said = FAILED | {"ErrorCode": "30003"}
    assert report(said, signature(said)) == 204
    number.refresh_from_db()
    assert number.disabled_at is None


def test_a_report_that_comes_twice_changes_nothing(number: ContactPoint) -> None:
    for _ in range(2):
        assert report(FAILED, signature(FAILED)) == 204
    assert Attempt.objects.filter(provider_id=SID, result="returned").count() == 1


@pytest.mark.parametrize(
    "signed",
    [
        "",
        "nonsense",
        "ünsinn",
        signature(FAILED, key="another"),
        signature(FAILED, url="https://evil.example/webhooks/sms/"),
        signature(FAILED | {"ErrorCode": "30003"}),
    ],
)
def test_only_the_provider_may_report(number: ContactPoint, signed: str) -> None:
    assert report(FAILED, signed.encode("ascii", "replace").decode()) == 403
    number.refresh_from_db()
    assert number.disabled_at is None


def test_a_delivered_text_changes_nothing(number: ContactPoint) -> None:
    said = FAILED | {"MessageStatus": "delivered", "ErrorCode": ""}
    assert report(said, signature(said)) == 204
    number.refresh_from_db()
    assert (number.disabled_at, number.last_error) == (None, "")


def test_a_report_about_what_we_do_not_know_yet_is_asked_for_again(number: ContactPoint) -> None:
    said = FAILED | {"MessageSid": "SM9"}
    assert report(said, signature(said)) == 503


def test_there_is_no_door_for_reports_while_no_account_is_given(db, settings) -> None:
    settings.SMS_ACCOUNT = ""
    assert report(FAILED, signature(FAILED)) == 404
    settings.EMAIL_WEBHOOK_SECRET = ""
    assert Client().post("/webhooks/mail/").status_code == 404


# --- mail


@pytest.fixture
def postmark(settings) -> Iterator[Provider]:
    """Postmark's API, which takes every mail, and the secret with which it reports."""
    with provider() as api:
        settings.EMAIL_PROVIDER = "postmark"
        settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
        settings.EMAIL_WEBHOOK_SECRET = SECRET
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "server-token",
            "POSTMARK_API_URL": f"{api.url}/",
        }
        taken = {"ErrorCode": 0, "Message": "OK", "MessageID": MAIL_ID, "To": "isla@work.example"}
        api.answers = [(200, taken)]
        yield api


BOUNCE = {
    "RecordType": "Bounce",
    "Type": "HardBounce",
    "ID": 692560173,
    "MessageID": MAIL_ID,
    "Description": "The server was unable to deliver your message",
    "Details": "550 5.1.1 <isla.macrae@example.org> no such mailbox",
    "Email": "isla.macrae@example.org",
    "BouncedAt": "2026-11-24T18:05:00Z",
}


def mail_report(said: object, secret: str = SECRET) -> int:
    """Post what Postmark posts; the status of the answer."""
    basic = base64.b64encode(secret.encode()).decode()
    answer = Client().post(
        "/webhooks/mail/",
        said if isinstance(said, bytes) else json.dumps(said),
        content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )
    return answer.status_code


def asked_mail(cast: Cast) -> ContactPoint:
    """One mail, a link for an address of Isla's, has been taken by the provider."""
    point = contact_point_add(
        person=cast.isla, address="isla@work.example", by=cast.isla, now=TUESDAY
    )
    sweep_and_dispatch(TUESDAY)
    assert Attempt.objects.filter(provider_id=MAIL_ID, contact_point=point).exists()
    return point


def test_a_mail_that_bounces_later_switches_its_address_off(cast: Cast, postmark: Provider) -> None:
    cast.samira.invitations.update(mail_wanted_at=None)
    point = asked_mail(cast)

    assert mail_report(BOUNCE) == 200

    point.refresh_from_db()
    assert point.disabled_at is not None
    assert "no such mailbox" in point.last_error
    assert "isla.macrae@example.org" not in point.last_error


@pytest.mark.parametrize("password", ["", "stepdown:wrong", "stepdown", ":"])
def test_only_the_mail_provider_may_report(cast: Cast, postmark: Provider, password: str) -> None:
    assert mail_report(BOUNCE, password) == 400
    assert not ContactPoint.objects.exclude(disabled_at=None).exists()


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"null", b'{"RecordType": []}', b"\xff"])
def test_what_is_no_report_is_refused(cast: Cast, postmark: Provider, said: bytes) -> None:
    assert mail_report(said) in {200, 400}


def test_a_bounce_of_another_mail_of_ours_is_nobodys(cast: Cast, postmark: Provider) -> None:
    assert mail_report(BOUNCE) == 503
    assert mail_report(BOUNCE | {"RecordType": "Delivery"}) == 200


@pytest.mark.parametrize("word", ["\x00", "\ud800", "\u202e", "\r\nBcc: all@example.org"])
def test_no_words_of_a_strange_mail_server_lose_a_bounce(
    cast: Cast, postmark: Provider, word: str
) -> None:
    point = asked_mail(cast)

    assert mail_report(BOUNCE | {"Details": f"550 no{word}such mailbox"}) == 200

    point.refresh_from_db()
    assert point.disabled_at is not None
    assert word not in point.last_error


@pytest.mark.parametrize("sid", ["\x00", SID + "\x00"])
def test_a_report_about_an_id_that_can_be_none_is_asked_for_again(
    number: ContactPoint, sid: str
) -> None:
    said = FAILED | {"MessageSid": sid}
    assert report(said, signature(said)) == 503
