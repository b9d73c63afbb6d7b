"""The dispatch loses nothing, repeats only after a crash, and writes down what it learned."""

import smtplib
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from accounts.domain.capacities import Capacity
from accounts.models import Membership
from accounts.models.invitations import FOR_STAFF
from accounts.services.invitations import invitation_create
from reminders import tasks
from reminders.channels.base import DeliveryError, Letter
from reminders.channels.email import EmailChannel
from reminders.domain.backoff import MOST_ATTEMPTS
from reminders.models import Attempt, Message
from reminders.services.compose import letter_for
from reminders.services.dispatch import (
    dispatch_reap,
    letters_prepare,
    messages_claim,
)
from reminders.services.passes import dispatch_run
from reminders.services.recording import Delivery, deliveries_record
from reminders.services.sweep import sweep_run
from tests.cast import TUESDAY, Cast
from tests.reminders.engine import addresses, dispatch_all, states, sweep_and_dispatch
from tests.tapers import first_dose, taper_signed
from tracker.domain.doses import Outcome
from tracker.models import Alert, AlertEvent, Flag
from tracker.services.entries import entry_add

DUE = TUESDAY + timedelta(hours=1)
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=120)
CAREGIVERS_AT = DUE + timedelta(minutes=90)
ISLA, TOMASZ = "isla.macrae@example.org", "tomasz.wrona@example.org"


@pytest.fixture
def plan(cast: Cast):
    """Ewan's plan, with everything up to the second reminder told."""
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    for minutes in (0, 45):
        sweep_and_dispatch(DUE + timedelta(minutes=minutes))
    return plan


class Server:
    """A mail server at the far end that answers as it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, Exception] = {}
        self.keys: list[str] = []
        really_send = EmailMessage.send

        def send(letter: EmailMessage, fail_silently: bool = False) -> int:
            self.keys.append(letter.extra_headers["Message-ID"])
            if letter.to[0] in self.answers:
                raise self.answers[letter.to[0]]
            return really_send(letter, fail_silently)

        monkeypatch.setattr(EmailMessage, "send", send)

    def refuses(self, address: str, code: int) -> None:
        """Answer this address with an SMTP code."""
        refused = smtplib.SMTPRecipientsRefused({address: (code, b"no")})
        self.answers[address] = refused


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    """The far end of SMTP."""
    return Server(monkeypatch)


def letter_to(address: str) -> Letter:
    """A letter to this address."""
    return Letter(
        key=uuid4(),
        address=address,
        subject="Hello",
        body="",
        short="Hello",
        payload="",
        written_at=TUESDAY,
    )


def log(plan, by, now):
    """Log the first dose as taken."""
    entry_add(
        patient=plan.patient,
        by=by,
        via="page",
        outcome=Outcome.TAKEN,
        taken_at=None,
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=first_dose(plan),
    )


def test_a_pass_says_whether_messages_get_through(plan, server) -> None:
    for address in (ISLA, TOMASZ):
        server.refuses(address, 451)
    sweep_run(now=CAREGIVERS_AT)
    assert not dispatch_run(clock=lambda: CAREGIVERS_AT)
    assert not dispatch_run(clock=lambda: CAREGIVERS_AT + SECOND)  # they wait for the next try
    server.answers.clear()
    assert dispatch_run(clock=lambda: CAREGIVERS_AT + timedelta(minutes=10))


def test_one_address_that_refuses_is_no_fault_of_delivery_while_others_get_through(
    plan, server
) -> None:
    server.refuses(ISLA, 451)
    sweep_run(now=CAREGIVERS_AT)
    assert dispatch_run(clock=lambda: CAREGIVERS_AT)


def test_a_message_that_was_sent_says_so_in_the_alerts_thread(plan) -> None:
    sweep_and_dispatch(CAREGIVERS_AT)
    told = AlertEvent.objects.filter(kind="told", rung=3).values_list("person__name", flat=True)
    assert sorted(told) == ["Isla Macrae", "Tomasz Wrona"]


def test_the_fact_is_looked_at_again_just_before_sending(plan, cast) -> None:
    sweep_run(now=CAREGIVERS_AT)
    log(plan, cast.ewan_user, CAREGIVERS_AT)
    assert dispatch_all(CAREGIVERS_AT) == []
    assert states()["cancelled"] == 2


@pytest.mark.parametrize(("seconds", "sent"), [(-1, 0), (0, 2), (1, 2)])
def test_what_a_dead_sender_held_is_sent_once_its_lease_has_run_out(plan, seconds, sent) -> None:
    sweep_run(now=CAREGIVERS_AT)
    assert len(messages_claim(now=CAREGIVERS_AT)) == 2
    assert len(dispatch_all(CAREGIVERS_AT + LEASE + seconds * SECOND)) == sent


def test_a_message_sent_again_after_a_crash_carries_the_same_key(plan, server) -> None:
    sweep_run(now=CAREGIVERS_AT)
    claimed = messages_claim(now=CAREGIVERS_AT)
    message = Message.objects.get(pk=claimed[0].message_id)
    host_key = f"<{message.pk}@"
    assert len(dispatch_all(CAREGIVERS_AT + LEASE)) == 2
    assert sum(key.startswith(host_key) for key in server.keys) == 1
    assert len(set(server.keys)) == 2


def test_a_sender_whose_lease_ran_out_can_neither_send_nor_record(plan) -> None:
    sweep_run(now=CAREGIVERS_AT)
    claimed = messages_claim(now=CAREGIVERS_AT)
    letters = letters_prepare(claimed=claimed, now=CAREGIVERS_AT)
    assert len(letters) == 2
    later = CAREGIVERS_AT + LEASE
    dispatch_all(later)
    assert letters_prepare(claimed=claimed, now=later) == []
    deliveries = [Delivery(each.claimed, each.point) for each in letters]
    told = AlertEvent.objects.count()
    deliveries_record(deliveries=deliveries, now=later)
    assert AlertEvent.objects.count() == told
    assert Message.objects.filter(purpose="alert", attempts=2, state="sent").count() == 2


def test_a_passing_refusal_is_tried_again_later_with_the_same_key(plan, server) -> None:
    server.refuses(ISLA, 451)
    assert addresses(sweep_and_dispatch(CAREGIVERS_AT)) == [TOMASZ]
    message = Message.objects.get(state="queued")
    assert message.next_try_at > CAREGIVERS_AT
    server.answers.clear()
    assert dispatch_all(message.next_try_at - SECOND) == []
    assert addresses(dispatch_all(message.next_try_at)) == [ISLA]
    assert server.keys.count(next(key for key in server.keys if str(message.pk) in key)) == 2
    assert not Flag.objects.filter(rule="F23").exists()


def test_a_permanent_refusal_disables_the_address_and_opens_a_flag(plan, server, cast) -> None:
    server.refuses(ISLA, 550)
    sweep_and_dispatch(CAREGIVERS_AT)
    point = cast.isla.contact_points.get()
    assert point.disabled_reason == "550 no"
    flag = Flag.objects.open().get(rule="F23")
    assert flag.evidence == {"who": "Isla Macrae"}
    assert AlertEvent.objects.filter(kind="bounced", person=cast.isla).exists()


def test_when_nobody_at_a_rung_can_be_told_the_next_is_told_at_once(plan, server) -> None:
    server.refuses(ISLA, 550)
    server.refuses(TOMASZ, 550)
    sweep_and_dispatch(CAREGIVERS_AT)
    told = addresses(sweep_and_dispatch(CAREGIVERS_AT + SECOND))
    assert "desk@harbour.example" in told
    assert Alert.objects.get(kind="no_log").rung == 4


def test_a_message_is_given_up_after_its_last_attempt_and_that_is_flagged(plan, server) -> None:
    server.refuses(ISLA, 451)
    now = CAREGIVERS_AT
    sweep_and_dispatch(now)
    for _ in range(MOST_ATTEMPTS):
        waiting = Message.objects.filter(state="queued", person__email=ISLA).first()
        if waiting is None:
            break
        now = waiting.next_try_at
        dispatch_all(now)
    message = Message.objects.get(person__email=ISLA, purpose="alert", lines__alert__kind="no_log")
    assert message.state == "failed"
    assert Attempt.objects.filter(message=message).count() == MOST_ATTEMPTS
    assert Flag.objects.open().filter(rule="F23").exists()


@pytest.mark.parametrize(("seconds", "words"), [(-1, "Time to log"), (0, "No log for")])
def test_a_prompt_is_never_sent_after_the_doses_window(cast, seconds, words) -> None:
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)
    sweep_run(now=DUE)
    window_ends_at = DUE + timedelta(minutes=45)
    letters = dispatch_all(window_ends_at + seconds * SECOND)
    bodies = [letter.body for letter in letters if letter.to == [cast.ewan_user.email]]
    assert [body.startswith(words) for body in bodies] == [True]


def test_whoever_records_a_message_on_a_closed_alert_writes_the_follow_up(plan, cast) -> None:
    sweep_run(now=CAREGIVERS_AT)
    letters = letters_prepare(claimed=messages_claim(now=CAREGIVERS_AT), now=CAREGIVERS_AT)
    log(plan, cast.ewan_user, CAREGIVERS_AT + SECOND)
    sweep_run(now=CAREGIVERS_AT + SECOND)
    deliveries = [Delivery(each.claimed, each.point) for each in letters]
    deliveries_record(deliveries=deliveries, now=CAREGIVERS_AT + SECOND)
    mails = dispatch_all(CAREGIVERS_AT + 2 * SECOND)
    assert addresses(mails) == [ISLA, TOMASZ]
    assert all("Logged as taken" in letter.body for letter in mails)


def test_emergencies_leave_before_everything_else(plan, cast) -> None:
    sweep_run(now=CAREGIVERS_AT)
    urgent = Message.objects.filter(purpose="alert", state="queued").last()
    assert urgent is not None
    Message.objects.filter(pk=urgent.pk).update(urgency=0, message_class="E")
    assert messages_claim(now=CAREGIVERS_AT)[0].message_id == urgent.pk


def test_the_reaper_leaves_messages_alone_that_are_still_held(plan) -> None:
    sweep_run(now=CAREGIVERS_AT)
    messages_claim(now=CAREGIVERS_AT)
    assert dispatch_reap(now=CAREGIVERS_AT + LEASE - SECOND) == 0
    assert dispatch_reap(now=CAREGIVERS_AT + LEASE) == 2


def test_an_invitation_that_stopped_working_before_its_mail_went_out_is_not_mailed(cast) -> None:
    invitation = invitation_create(
        kind=FOR_STAFF,
        clinic=cast.harbour,
        email="new.colleague@example.org",
        name="New Colleague",
        capacity=Capacity.CLINICIAN,
        by=cast.admin,
        now=TUESDAY,
    )
    sweep_run(now=TUESDAY)
    Membership.objects.filter(user=cast.admin).update(ended_at=TUESDAY)
    mails = dispatch_all(TUESDAY + SECOND)
    assert "new.colleague@example.org" not in addresses(mails)
    assert Message.objects.get(invitation=invitation).state == "cancelled"


def test_a_message_that_ends_every_pass_is_given_up_and_holds_up_no_other(
    plan, monkeypatch
) -> None:
    sweep_run(now=CAREGIVERS_AT)
    poisoned = Message.objects.get(person__email=ISLA, state="queued")

    def sick(*, message, **rest):
        if message.pk == poisoned.pk:
            raise ZeroDivisionError
        return letter_for(message=message, **rest)

    monkeypatch.setattr("reminders.services.dispatch.letter_for", sick)
    now = CAREGIVERS_AT
    for _ in range(3 * MOST_ATTEMPTS):
        monkeypatch.setattr("reminders.tasks.database_now", lambda now=now: now)
        with suppress(ZeroDivisionError):
            tasks.dispatch()
        now += LEASE / 2
    assert [letter for letter in mail.outbox if letter.to == [TOMASZ]]
    poisoned.refresh_from_db()
    assert poisoned.state == "failed"
    assert Flag.objects.open().filter(rule="F23").exists()


def test_an_address_that_no_mail_can_be_written_to_is_a_permanent_refusal() -> None:
    letter = letter_to("a@\u0627a.com")
    with pytest.raises(DeliveryError) as refused:
        EmailChannel().send(letter)
    assert refused.value.is_permanent


def test_whoever_may_have_been_told_by_a_sender_that_died_is_told_the_outcome(plan, cast) -> None:
    sweep_run(now=CAREGIVERS_AT)
    messages_claim(now=CAREGIVERS_AT)
    log(plan, cast.ewan_user, CAREGIVERS_AT + SECOND)
    sweep_run(now=CAREGIVERS_AT + SECOND)
    mails = dispatch_all(CAREGIVERS_AT + LEASE)
    assert addresses(mails) == [ISLA, TOMASZ]
    assert all("Logged as taken" in letter.body for letter in mails)
    assert states()["cancelled"] == 2
