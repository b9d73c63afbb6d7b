"""What a provider brings back after it had taken it goes on another way, or is flagged."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import ContactPoint
from reminders.domain.backoff import MOST_ATTEMPTS
from reminders.models import Attempt, Message
from reminders.services.returned import message_returned
from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import dispatch_all, sweep_and_dispatch
from tests.reminders.providers import Provider, providers_put, second_way
from tests.tapers import first_dose, taper_signed
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Flag, Plan
from tracker.services.entries import entry_add

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
CAREGIVERS_AT = DUE + timedelta(minutes=90)
BACK_AT = CAREGIVERS_AT + timedelta(minutes=5)
ISLA, TOMASZ = "isla.macrae@example.org", "tomasz.wrona@example.org"


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Provider]:
    """A provider behind every kind of contact point."""
    return providers_put(monkeypatch)


@pytest.fixture
def plan(cast: Cast, providers: dict[str, Provider]) -> Plan:
    """Ewan's plan, its first dose silent, both caregivers just told."""
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    for minutes in (0, 45, 90):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    return plan


def id_of(address: str) -> str:
    """The provider's id of the alert that went to this address."""
    tries = Attempt.objects.filter(contact_point__address=address, message__purpose="alert")
    return tries.latest("pk").provider_id


def returned(address: str, *, is_permanent: bool = True, now=BACK_AT) -> bool:
    """The provider reports that the alert to this address has come back."""
    return message_returned(
        provider_id=id_of(address), detail="550 no such box", is_permanent=is_permanent, now=now
    )


def alert_to(address: str) -> Message:
    """The message about the silence that was for whoever owns this address."""
    owner = ContactPoint.objects.get(address=address).person
    return Message.objects.get(person=owner, purpose="alert", lines__alert__kind="no_log")


def turns_of(cast: Cast) -> list[tuple[str, str, str]]:
    """Isla's lines in the silence's thread: kind, way, what was said."""
    events = AlertEvent.objects.filter(alert__kind="no_log", person=cast.isla, rung=3)
    return [
        (each.kind, each.facts.get("way", ""), each.facts.get("said", ""))
        for each in events.order_by("pk")
    ]


def test_a_message_that_came_back_goes_to_the_next_contact_point_at_once(
    plan: Plan, cast: Cast, providers: dict[str, Provider]
) -> None:
    phone = second_way(cast.isla)

    assert returned(ISLA)
    dispatch_all(BACK_AT)

    assert providers["sms"].addresses == [phone.address]
    assert turns_of(cast) == [
        ("decided", "", ""),
        ("told", "email", ""),
        ("bounced", "email", "550 no such box"),
        ("told", "sms", ""),
    ]
    tries = Attempt.objects.filter(message=alert_to(ISLA)).values_list("result", flat=True)
    assert list(tries) == ["sent", "returned", "sent"]


def test_an_address_that_returned_a_message_for_good_is_switched_off_and_says_why(
    plan: Plan, cast: Cast
) -> None:
    returned(ISLA)

    point = cast.isla.contact_points.get(address=ISLA)
    assert (point.last_error, point.last_error_at) == ("550 no such box", BACK_AT)
    assert (point.disabled_reason, point.disabled_at) == ("550 no such box", BACK_AT)
    assert Flag.objects.open().get(rule="F23").evidence == {"who": "Isla Macrae"}


def test_what_came_back_from_the_only_address_is_given_up_and_the_ladder_goes_on(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    assert returned(ISLA)
    assert returned(TOMASZ)

    assert alert_to(ISLA).state == alert_to(TOMASZ).state == "failed"
    sweep_and_dispatch(BACK_AT + SECOND)
    assert Alert.objects.get(kind="no_log").rung == 4
    assert "desk@harbour.example" in providers["email"].addresses


def test_a_report_that_comes_twice_changes_nothing(plan: Plan) -> None:
    returned(ISLA)
    before = (AlertEvent.objects.count(), Attempt.objects.count())

    assert returned(ISLA, now=BACK_AT + SECOND)

    assert (AlertEvent.objects.count(), Attempt.objects.count()) == before


@pytest.mark.parametrize("provider_id", ["", "of somebody else"])
def test_an_id_that_nobody_knows_is_answered_with_no(plan: Plan, provider_id: str) -> None:
    before = Attempt.objects.count()
    assert not message_returned(provider_id=provider_id, detail="", is_permanent=True, now=BACK_AT)
    assert Attempt.objects.count() == before


@pytest.mark.parametrize(("seconds", "count"), [(-1, 0), (0, 1), (1, 1)])
def test_a_passing_fault_of_the_only_address_is_tried_again_there_later(
    plan: Plan, cast: Cast, providers: dict[str, Provider], seconds: int, count: int
) -> None:
    before = providers["email"].addresses.count(ISLA)

    assert returned(ISLA, is_permanent=False)

    point = cast.isla.contact_points.get(address=ISLA)
    assert point.is_usable
    assert point.last_error == "550 no such box"
    again_at = alert_to(ISLA).next_try_at
    assert again_at > BACK_AT
    dispatch_all(again_at + seconds * SECOND)
    assert providers["email"].addresses.count(ISLA) == before + count


def test_a_passing_fault_goes_to_another_address_at_once(
    plan: Plan, cast: Cast, providers: dict[str, Provider]
) -> None:
    second_way(cast.isla)
    returned(ISLA, is_permanent=False)
    dispatch_all(BACK_AT)
    assert providers["sms"].addresses == ["+447700900999"]


def test_what_comes_back_again_and_again_is_given_up_in_the_end(
    plan: Plan, providers: dict[str, Provider]
) -> None:
    now = BACK_AT
    for _ in range(MOST_ATTEMPTS + 2):
        returned(ISLA, is_permanent=False, now=now)
        now = max(now, alert_to(ISLA).next_try_at)
        dispatch_all(now)
    message = alert_to(ISLA)
    assert (message.state, message.attempts) == ("failed", MOST_ATTEMPTS)


def test_what_comes_back_after_the_alert_has_closed_is_sent_to_nobody(
    plan: Plan, cast: Cast, providers: dict[str, Provider]
) -> None:
    second_way(cast.isla)
    entry_add(
        patient=cast.ewan,
        by=cast.ewan_user,
        via="page",
        outcome=Outcome.TAKEN,
        taken_at=None,
        device_at=None,
        client_id=uuid4(),
        now=BACK_AT,
        dose=first_dose(plan),
    )
    sweep_run(now=BACK_AT)

    returned(ISLA)
    dispatch_all(BACK_AT + SECOND)

    assert alert_to(ISLA).state == "cancelled"
    assert not any("No log" in letter.body for letter in providers["sms"].letters)
