"""What cannot be delivered is never lost: another address, the next rung, and a flag say so."""

import smtplib
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage

from accounts.models import ContactPoint, User
from accounts.services.contact_points import (
    contact_point_add,
    contact_point_mint_token,
    contact_point_verify,
)
from reminders.models import Attempt, Message
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import addresses, sweep_and_dispatch
from tests.tapers import taper_signed
from tracker.models import Alert, AlertEvent, Flag, Plan

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
CAREGIVERS_AT, CLINIC_AT = DUE + timedelta(minutes=90), DUE + timedelta(minutes=180)
ISLA, TOMASZ = "isla.macrae@example.org", "tomasz.wrona@example.org"
AT_WORK = "isla@work.example"
PRIYA, OUT_OF_HOURS = "priya.raman@example.org", "out_of_hours@harbour.example"


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """Ewan's plan, with everything up to the second reminder told."""
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    for minutes in (0, 45):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    return plan


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The mail server at the far end refuses these addresses, each with its SMTP code."""
    codes: dict[str, int] = {}
    really_send = EmailMessage.send

    def send(letter: EmailMessage, fail_silently: bool = False) -> int:
        address = letter.to[0]
        if address in codes:
            raise smtplib.SMTPRecipientsRefused({address: (codes[address], b"no")})
        return really_send(letter, fail_silently)

    monkeypatch.setattr(EmailMessage, "send", send)
    return codes


def second_address(person: User) -> ContactPoint:
    """A second, verified address."""
    point = contact_point_add(person=person, address=AT_WORK, by=person, now=TUESDAY)
    token = contact_point_mint_token(contact_point=point, now=TUESDAY)
    return contact_point_verify(token=token, now=TUESDAY)


def undelivered() -> dict[str, str]:
    """Open F23 flags: who could not be told."""
    flags = Flag.objects.open().filter(rule="F23")
    return {flag.subject: flag.evidence["who"] for flag in flags}


def test_while_one_caregiver_can_be_told_the_ladder_keeps_its_time(
    plan: Plan, cast: Cast, refused: dict[str, int]
) -> None:
    refused[ISLA] = 550

    assert addresses(sweep_and_dispatch(CAREGIVERS_AT)) == [TOMASZ]

    assert undelivered() == {str(cast.isla.pk): "Isla Macrae"}
    flagged = addresses(sweep_and_dispatch(CAREGIVERS_AT + SECOND))
    assert TOMASZ in flagged  # of the flag itself, which somebody must know today
    silence = Alert.objects.get(kind="no_log")
    assert silence.rung == 3
    sweep_and_dispatch(CLINIC_AT - SECOND)
    silence.refresh_from_db()
    assert silence.rung == 3


def test_a_second_address_is_used_at_once_and_the_first_is_flagged(
    plan: Plan, cast: Cast, refused: dict[str, int]
) -> None:
    second_address(cast.isla)
    refused[ISLA] = 550

    assert addresses(sweep_and_dispatch(CAREGIVERS_AT)) == [AT_WORK, TOMASZ]

    assert undelivered() == {str(cast.isla.pk): "Isla Macrae"}
    turns = AlertEvent.objects.filter(alert__kind="no_log", person=cast.isla, rung=3)
    assert list(turns.values_list("kind", flat=True)) == ["decided", "bounced", "told"]
    tries = Attempt.objects.filter(message__person=cast.isla).values_list("result", flat=True)
    assert list(tries) == ["permanent", "sent"]


def test_a_message_that_will_be_tried_again_takes_no_more_lines(
    cast: Cast, refused: dict[str, int]
) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, times=("16:00", "16:00:05"))
    refused[cast.ewan_user.email] = 451
    for now in (DUE, DUE + 5 * SECOND):
        sweep_and_dispatch(now)

    prompts = Message.objects.filter(purpose="prompt")
    assert [(message.state, message.lines.count()) for message in prompts] == [("queued", 1)] * 2


def test_the_clinics_own_address_that_bounces_is_flagged_and_stays_on_the_worklist(
    plan: Plan, cast: Cast, refused: dict[str, int]
) -> None:
    sweep_and_dispatch(CAREGIVERS_AT)
    refused[OUT_OF_HOURS] = 554

    assert addresses(sweep_and_dispatch(CLINIC_AT)) == [PRIYA]

    assert undelivered() == {"out_of_hours": "Harbour clinic"}
    assert Alert.objects.on_the_worklist().filter(kind="no_log").exists()


def test_a_flag_about_delivery_says_who_once_however_many_alerts_there_are(
    cast: Cast, refused: dict[str, int]
) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, times=("16:00", "16:10"))
    cast.isla.contact_points.update(disabled_at=TUESDAY, disabled_reason="gone")

    sweep_and_dispatch(CLINIC_AT)

    assert undelivered() == {str(cast.isla.pk): "Isla Macrae"}
    assert Flag.objects.filter(rule="F23").count() == 1


def test_a_patient_who_has_not_joined_is_passed_over_without_a_flag(cast: Cast) -> None:
    taper_signed(cast.samira, by=cast.priya, now=TUESDAY)

    sweep_and_dispatch(DUE)

    alert = Alert.objects.get(kind="no_log")
    notes = alert.events.filter(kind="unreachable").values_list("note", flat=True)
    assert "Samira Haddad" in notes
    assert "Samira Haddad" not in undelivered().values()
    assert alert.rung == 4  # nobody but the clinic can be told, and it is at once


def test_whoever_was_told_another_way_keeps_the_ladder_in_its_time(
    plan: Plan, cast: Cast, refused: dict[str, int]
) -> None:
    second_address(cast.isla)
    refused[ISLA] = 550
    refused[TOMASZ] = 451
    assert addresses(sweep_and_dispatch(CAREGIVERS_AT)) == [AT_WORK]

    refused[TOMASZ] = 550
    told = Message.objects.get(person=cast.tomasz, purpose="alert", lines__alert__kind="no_log")
    sweep_and_dispatch(told.next_try_at)
    told.refresh_from_db()
    sweep_and_dispatch(told.ended_at + SECOND)

    assert told.state == "failed"
    assert Alert.objects.get(kind="no_log").rung == 3
