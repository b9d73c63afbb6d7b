"""What a telephone and a browser show: little, within one text, and never the medicine."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs
from uuid import uuid4

import pytest

from accounts.models import ContactPoint
from accounts.services.contact_choices import contact_point_move, contact_point_set_discreet
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_mint_token,
    contact_point_verify,
)
from reminders.services.brief import Tap, Words, push_payload, short_text
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import sweep_and_dispatch
from tests.reminders.test_letters import after
from tests.support.providers import Provider, provider
from tests.tapers import taper_signed
from tracker.models import ReportKind
from tracker.services.checkins import check_in_add, report_add

LINK = "https://stepdown.example/feed/"


@pytest.fixture
def twilio(settings) -> Iterator[Provider]:
    """Twilio's API, which takes every text."""
    with provider() as api:
        settings.SMS_API_URL, settings.SMS_ACCOUNT = api.url, "AC1"
        settings.SMS_TOKEN, settings.SMS_FROM = "token", "+441632960118"
        settings.OUTGOING_INSIDE_HOSTS = ["127.0.0.1"]
        settings.PUBLIC_URL = "https://stepdown.example"
        api.answers = [(201, {"sid": ""})]
        yield api


def texts(api: Provider) -> list[str]:
    """Every text that was sent."""
    return [parse_qs(request.body.decode())["Body"][0] for request in api.received]


def telephone(cast: Cast, *, of: str, number: str, is_discreet: bool = True) -> ContactPoint:
    """Somebody's number, proved, and tried first."""
    person = cast.ewan_user if of == "ewan" else getattr(cast, of)
    point = contact_point_add(person=person, address=number, kind="sms", by=person, now=TUESDAY)
    token = contact_point_mint_token(contact_point=point, now=TUESDAY)
    contact_point_verify(token=token, now=TUESDAY)
    point.refresh_from_db()
    contact_point_move(contact_point=point, is_up=True, by=person, now=TUESDAY)
    contact_point_set_discreet(contact_point=point, is_discreet=is_discreet, by=person, now=TUESDAY)
    return point


def everything_happens(cast: Cast) -> None:
    """A prompt, a question, an alert, an emergency and what became of them."""
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    for minutes in (0, 45, 90, 180):
        sweep_and_dispatch(after(minutes))
    said = {"by": cast.ewan_user, "at": None, "client_id": uuid4(), "now": after(200)}
    check_in_add(patient=cast.ewan, signs=["seizure"], note="", **said)
    report_add(patient=cast.ewan, kind=ReportKind.STOPPED, note="none left", **said)
    sweep_and_dispatch(after(200))


@pytest.mark.parametrize("is_discreet", [True, False])
def test_every_text_is_short_and_says_that_this_is_no_emergency_service(
    cast: Cast, twilio: Provider, is_discreet: bool
) -> None:
    telephone(cast, of="ewan", number="07700 900412", is_discreet=is_discreet)
    telephone(cast, of="isla", number="07700 900413", is_discreet=is_discreet)
    everything_happens(cast)

    sent = texts(twilio)
    assert len(sent) >= 4
    for text in sent:
        assert len(text) <= 300
        assert "Stepdown is not an emergency service." in text
        for secret in ("baclofen", "taper", "withdrawal", "macrae"):
            assert secret not in text.lower()
    assert any("Ewan" in text for text in sent) is not is_discreet
    assert any("10 mg" in text for text in sent) is not is_discreet


def test_an_emergency_says_whom_to_call(cast: Cast, twilio: Provider) -> None:
    telephone(cast, of="isla", number="07700 900413")
    everything_happens(cast)
    assert any("Get help now: call 999." in text for text in texts(twilio))


def test_a_prompt_by_text_opens_the_page_of_that_dose(cast: Cast, twilio: Provider) -> None:
    telephone(cast, of="ewan", number="07700 900412")
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    sweep_and_dispatch(after(0))
    (text,) = texts(twilio)
    assert text.startswith("Stepdown: time to log. Time to log: 16:00. https://stepdown.example/t/")


def test_a_number_is_proved_by_a_link_in_a_text(cast: Cast, twilio: Provider) -> None:
    point = contact_point_add(
        person=cast.isla, address="07700 900413", kind="sms", by=cast.isla, now=TUESDAY
    )
    sweep_and_dispatch(TUESDAY)
    (text,) = texts(twilio)
    (path,) = [word for word in text.split() if "/verify/" in word]
    assert len(text) <= 300
    point.refresh_from_db()
    assert point.verified_at is None
    assert path.startswith("https://stepdown.example/verify/")


# --- what fits


@pytest.mark.parametrize("length", [0, 50, 150, 200, 250, 290, 400])
def test_what_does_not_fit_is_left_out_whole_and_never_the_link(length: int) -> None:
    words = Words(
        subject="Stepdown: something to look at",
        paragraphs=[],
        brief="Get help now: call 999.",
        detail="x" * length,
        link=LINK,
    )
    text = short_text(words, is_discreet=False)
    assert len(text) <= 300
    assert LINK in text
    assert "Get help now: call 999." in text
    assert ("x" in text.replace("example", "")) is (0 < length <= 150)


def test_a_note_for_a_browser_names_nobody_unless_asked_to() -> None:
    words = Words(subject="Stepdown", paragraphs=[], detail="Ewan: No log", page="/feed/")
    key = uuid4()
    assert json.loads(push_payload(words, key=key, is_discreet=True)) == {
        "id": str(key),
        "title": "Stepdown",
        "body": "",
        "url": "/feed/",
    }
    assert "Ewan" in push_payload(words, key=key, is_discreet=False)


def test_the_button_of_a_note_carries_ids_and_times_and_is_one_request_however_often() -> None:
    tap = Tap(dose=uuid4(), person=uuid4(), due_at=TUESDAY, zone="Europe/London", path="/t/abc/")
    words = Words(subject="Stepdown: time to log", paragraphs=[], tap=tap)
    key = uuid4()
    first, again = (push_payload(words, key=key, is_discreet=True) for _ in range(2))
    assert first == again
    said = json.loads(first)["tap"]
    assert said.pop("request") != json.loads(push_payload(words, key=uuid4(), is_discreet=True))[
        "tap"
    ].pop("request")
    assert said == {
        "dose": str(tap.dose),
        "person": str(tap.person),
        "due_at": "2026-11-24T15:00:00+00:00",
        "zone": "Europe/London",
        "url": "/t/abc/",
        "taken": "Taken",
        "sent": "Sent.",
        "kept": "Kept on this phone. It is sent when there is a network again.",
    }
