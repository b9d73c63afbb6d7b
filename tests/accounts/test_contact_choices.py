"""Order, discretion, numbers, browsers, tests: what somebody chooses about their messages."""

from datetime import timedelta

import pytest

from accounts.domain.problems import Conflict, Refusal
from accounts.domain.telephones import e164_of, shown_number
from accounts.models import Clinic, ContactPoint
from accounts.selectors.contact_points import (
    contact_points_of,
    contact_points_wanting_a_test,
    usable_contact_points,
)
from accounts.services.contact_choices import (
    MOST_TESTS_A_DAY,
    contact_point_ask_test,
    contact_point_mark_test_queued,
    contact_point_move,
)
from accounts.services.contact_points import contact_point_add, contact_point_disable
from accounts.services.push_subscriptions import MOST_BROWSERS, push_subscribe
from tests.cast import Cast
from tests.reminders.letters import Browser

ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/abc"


@pytest.mark.parametrize(
    ("typed", "country", "number"),
    [
        ("+44 7700 900412", "", "+447700900412"),
        ("0044 7700 900412", "GB", "+447700900412"),
        ("07700 900412", "GB", "+447700900412"),
        ("(07700) 900-412", "GB", "+447700900412"),
        ("07700 900412", "", ""),  # no country: nothing is guessed
        ("+44 77", "", ""),
        ("12", "GB", ""),
        ("999", "GB", ""),
        ("0123", "GB", ""),
        ("960118", "GB", ""),  # within one town only
        ("+44 7700 900412 ext. 5", "", ""),
        ("+1 800 FLOWERS", "", ""),
        ("isla@work.example", "GB", ""),
        ("٠٧٧٠٠٩٠٠٤١٢", "GB", "+447700900412"),
        ("", "GB", ""),
        ("09098 790000", "GB", ""),  # premium rate
        ("+1 900 555 1234", "", ""),
        ("+979 1 2345 6789", "", ""),
        ("08451 234567", "GB", ""),  # shared cost
    ],
)
def test_a_number_is_read_with_its_country_or_not_at_all(
    typed: str, country: str, number: str
) -> None:
    assert e164_of(typed, country) == number


def test_a_number_is_shown_back_in_groups() -> None:
    assert shown_number("+447700900412") == "+44 7700 900412"


def number_of(cast: Cast, typed: str) -> ContactPoint:
    return contact_point_add(
        person=cast.isla, address=typed, kind="sms", by=cast.isla, now=cast.now
    )


def test_a_national_number_is_one_of_the_clinics_country(cast: Cast) -> None:
    assert number_of(cast, "07700 900413").address == "+447700900413"
    with pytest.raises(Conflict):
        number_of(cast, "+44 7700 900413")


def test_where_nobody_can_say_which_country_the_code_is_asked_for(cast: Cast) -> None:
    Clinic.objects.filter(pk=cast.harbour.pk).update(country="ZZ")
    with pytest.raises(Refusal, match="country code"):
        number_of(cast, "07700 900413")


@pytest.mark.parametrize("kind", ["push", "pager", "sms"])
def test_a_kind_that_is_not_sent_from_here_is_refused(cast: Cast, settings, kind: str) -> None:
    settings.CONTACT_KINDS = ["email"]
    with pytest.raises(Refusal):
        contact_point_add(
            person=cast.isla, address="+447700900413", kind=kind, by=cast.isla, now=cast.now
        )


def test_no_message_goes_to_a_kind_that_is_no_longer_sent(cast: Cast, settings) -> None:
    assert usable_contact_points(person=cast.isla).exists()
    settings.CONTACT_KINDS = ["sms"]
    assert not usable_contact_points(person=cast.isla).exists()


def test_the_one_moved_up_is_tried_first(cast: Cast) -> None:
    first = contact_points_of(cast.isla).get()
    second = number_of(cast, "07700 900413")
    third = number_of(cast, "07700 900414")
    for _ in range(3):
        contact_point_move(contact_point=third, is_up=True, by=cast.isla, now=cast.now)
    contact_point_move(contact_point=first, is_up=False, by=cast.isla, now=cast.now)
    contact_point_move(contact_point=first, is_up=False, by=cast.isla, now=cast.now)
    assert list(contact_points_of(cast.isla)) == [third, second, first]


# --- a browser


def subscribed(cast: Cast, browser: Browser, *, person=None, endpoint=ENDPOINT) -> ContactPoint:
    return push_subscribe(
        person=person or cast.isla,
        endpoint=endpoint,
        p256dh=browser.keys.p256dh,
        auth=browser.keys.auth,
        label="My phone",
        now=cast.now,
    )


def test_a_browser_is_proved_by_the_session_that_subscribed_it(cast: Cast) -> None:
    assert subscribed(cast, Browser()) in usable_contact_points(person=cast.isla)


def test_the_same_browser_again_brings_its_keys_up_to_date(cast: Cast) -> None:
    point = subscribed(cast, Browser())
    contact_point_disable(contact_point=point, reason="410", now=cast.now)
    newer = Browser()

    again = subscribed(cast, newer)

    assert again.pk == point.pk
    assert again.push_p256dh == newer.keys.p256dh
    assert again.is_usable


def test_a_browser_shows_nothing_for_whoever_was_signed_in_before(cast: Cast) -> None:
    shared = Browser()
    islas = subscribed(cast, shared)

    tomaszs = subscribed(cast, shared, person=cast.tomasz)

    assert islas not in usable_contact_points(person=cast.isla)
    assert tomaszs in usable_contact_points(person=cast.tomasz)


def test_knowing_an_endpoint_takes_no_browser_away(cast: Cast) -> None:
    islas = subscribed(cast, Browser())
    subscribed(cast, Browser(secret=b"another secret !"), person=cast.tomasz)
    assert islas in usable_contact_points(person=cast.isla)


@pytest.mark.parametrize(
    "changed",
    [
        {"endpoint": "https://127.0.0.1/x"},
        {"endpoint": "http://push.example/x"},
        {"p256dh": ""},
        {"p256dh": "BAAA"},
        {"auth": "AAAA"},
        {"label": "x" * 81},
    ],
)
def test_what_is_no_subscription_is_refused(cast: Cast, changed: dict[str, str]) -> None:
    keys = Browser().keys
    sent = {"endpoint": ENDPOINT, "p256dh": keys.p256dh, "auth": keys.auth, "label": ""}
    with pytest.raises(Refusal):
        push_subscribe(person=cast.isla, now=cast.now, **(sent | changed))
    assert not ContactPoint.objects.filter(kind="push").exists()


def test_nobody_keeps_more_than_ten_browsers(cast: Cast) -> None:
    for number in range(MOST_BROWSERS):
        subscribed(cast, Browser(), endpoint=f"{ENDPOINT}{number}")
    with pytest.raises(Refusal):
        subscribed(cast, Browser())


# --- a test message


@pytest.mark.parametrize(("seconds", "is_sent"), [(-1, False), (0, True), (1, True)])
def test_a_test_is_sent_once_a_minute_at_most(cast: Cast, seconds: int, is_sent: bool) -> None:
    point = contact_points_of(cast.isla).get()
    contact_point_ask_test(contact_point=point, by=cast.isla, now=cast.now)
    assert list(contact_points_wanting_a_test(cast.now)) == [point]
    assert contact_point_mark_test_queued(contact_point=point, wanted_at=cast.now)
    later = cast.now + timedelta(minutes=1, seconds=seconds)
    if is_sent:
        contact_point_ask_test(contact_point=point, by=cast.isla, now=later)
    else:
        with pytest.raises(Refusal, match="on its way"):
            contact_point_ask_test(contact_point=point, by=cast.isla, now=later)
    assert contact_points_wanting_a_test(later).exists() is is_sent


def test_ten_tests_a_day_are_enough_however_many_addresses_somebody_has(cast: Cast) -> None:
    point = contact_points_of(cast.isla).get()
    browser = subscribed(cast, Browser())
    for number in range(MOST_TESTS_A_DAY):
        contact_point_ask_test(
            contact_point=(point, browser)[number % 2],
            by=cast.isla,
            now=cast.now + timedelta(minutes=2 * number),
        )

    later = cast.now + timedelta(hours=23)
    for each in (point, browser):
        with pytest.raises(Refusal, match="ten tests"):
            contact_point_ask_test(contact_point=each, by=cast.isla, now=later)
    contact_point_ask_test(contact_point=point, by=cast.isla, now=cast.now + timedelta(days=1))


def test_no_test_goes_to_an_address_that_is_not_proved(cast: Cast) -> None:
    with pytest.raises(Refusal, match="not verified"):
        contact_point_ask_test(
            contact_point=number_of(cast, "07700 900413"), by=cast.isla, now=cast.now
        )
