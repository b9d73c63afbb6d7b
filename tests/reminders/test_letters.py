"""What messages say: little, calmly, never a second dose, and that nobody here is an ambulance."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from accounts.models import CareLink, Clinic, ContactPoint
from accounts.services.contact_points import contact_point_add
from tests.cast import TUESDAY, Cast, caregiver_make, patient_join
from tests.reminders.engine import sweep_and_dispatch
from tests.tapers import first_dose, taper_signed
from tracker.domain.doses import Outcome
from tracker.models import Plan, ReportKind
from tracker.services.checkins import check_in_add, report_add
from tracker.services.entries import entry_add

DUE = TUESDAY + timedelta(hours=1)
EWAN, ISLA, PRIYA = (
    "ewan.macrae@example.org",
    "isla.macrae@example.org",
    "priya.raman@example.org",
)
DESK, OUT_OF_HOURS = "desk@harbour.example", "out_of_hours@harbour.example"


def after(minutes: int) -> datetime:
    """A moment after the dose was due."""
    return DUE + timedelta(minutes=minutes)


@pytest.fixture
def plan(cast: Cast) -> Plan:
    """One dose of "10 mg" at 16:00; told at 0, 45, 90 and 180 minutes."""
    return taper_signed(cast.ewan, by=cast.priya, now=TUESDAY)


def log(plan: Plan, now: datetime, outcome: Outcome = Outcome.TAKEN) -> None:
    """Ewan says what happened to the first dose."""
    entry_add(
        patient=plan.patient,
        by=plan.patient.user,
        via="page",
        outcome=outcome,
        taken_at=None,
        device_at=None,
        client_id=uuid4(),
        now=now,
        dose=first_dose(plan),
    )


def letter_to(address: str, mails: list[EmailMessage]) -> EmailMessage:
    """The one mail to this address."""
    (letter,) = [each for each in mails if each.to == [address]]
    return letter


@pytest.fixture
def letters(cast: Cast, plan: Plan) -> list[EmailMessage]:
    """Every kind of message: to verify and invite, to prompt, ask, alert, and tell the outcome."""
    contact_point_add(person=cast.isla, address="isla@work.example", by=cast.isla, now=TUESDAY)
    for minutes in (-60, 0, 45, 90, 180):
        sweep_and_dispatch(after(minutes))
    log(plan, after(190), Outcome.SKIPPED)
    sweep_and_dispatch(after(190))
    for signs in (["seizure"], ["anxiety"]):
        said = {"by": cast.ewan_user, "at": None, "client_id": uuid4(), "now": after(200)}
        check_in_add(patient=cast.ewan, signs=signs, note="", **said)
        report_add(patient=cast.ewan, kind=ReportKind.STOPPED, note="none left", **said)
    sweep_and_dispatch(after(200))
    sweep_and_dispatch(after(600))
    subjects = {letter.subject.partition(" from ")[0] for letter in mail.outbox}
    assert subjects == {
        "Stepdown: an invitation",
        "Stepdown: confirm this address",
        "Stepdown: time to log",
        "Stepdown: please log what happened",
        "Stepdown: something to look at",
        "Stepdown: get help now",
        "Stepdown: news about what you were told",
    }
    return list(mail.outbox)


def test_every_message_says_that_this_is_not_an_emergency_service(letters) -> None:
    for letter in letters:
        assert letter.body.endswith("\n\nStepdown is not an emergency service.\n"), letter.subject


def test_no_message_names_the_medicine_or_an_amount(letters) -> None:
    for letter in letters:
        text = f"{letter.subject}\n{letter.body}".lower()
        for secret in ("baclofen", "10 mg", " mg", "tablet", "taper", "withdrawal"):
            assert secret not in text, (secret, text)


def test_a_subject_says_nothing_about_anybody(letters) -> None:
    for letter in letters:
        for secret in ("Ewan", "Macrae", "16:00", "seizure", "missed", "skipped"):
            assert secret not in letter.subject


def test_no_message_says_to_take_a_dose_or_calls_one_due(letters) -> None:
    for letter in letters:
        words = letter.body.lower().replace("do not take extra to catch up", "")
        for wrong in (
            "take your",
            "take it",
            "take the",
            "take now",
            " due",
            "overdue",
            "dose now",
        ):
            assert wrong not in words, letter.body


def test_no_message_says_which_it_is(letters) -> None:
    for letter in letters:
        for guess in ("overdose", "withdrawal", "too much", "too little", "all clear", "resolved"):
            assert guess not in letter.body.lower()


def test_silence_is_called_no_log_and_never_missed(cast: Cast, plan: Plan) -> None:
    for minutes in (0, 45, 90, 180):
        for letter in sweep_and_dispatch(after(minutes)):
            assert "missed" not in letter.body.lower()
            if letter.to in ([ISLA], [PRIYA], [OUT_OF_HOURS]):
                assert "No log for the 16:00 dose (Tue 24 Nov 16:00)." in letter.body


def test_past_the_window_the_patient_is_asked_what_happened(cast: Cast, plan: Plan) -> None:
    sweep_and_dispatch(DUE)

    letter = letter_to(EWAN, sweep_and_dispatch(after(45)))

    assert letter.body.startswith(
        "No log for 16:00. Log what happened; do not take extra to catch up unless your clinic "
        "told you.\n\n"
    )
    assert "/t/" not in letter.body


def test_a_dose_of_yesterday_is_asked_about_with_its_day_and_answered_with_the_days_of_both(
    cast: Cast,
) -> None:
    plan = taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, times=("23:40",))
    due_at = first_dose(plan).due_at

    asked = letter_to(EWAN, sweep_and_dispatch(due_at + timedelta(minutes=45)))
    assert asked.body.startswith("No log for Tue 24 Nov 23:40. Log what happened; ")

    sweep_and_dispatch(due_at + timedelta(minutes=90))
    log(plan, due_at + timedelta(minutes=100), Outcome.SKIPPED)
    mails = sweep_and_dispatch(due_at + timedelta(minutes=100))
    told = letter_to(ISLA, [each for each in mails if "news" in each.subject])
    assert told.body.startswith(
        "Ewan: No log for the 23:40 dose (Tue 24 Nov 23:40). Logged as skipped at Wed 25 Nov 01:20."
    )


def test_what_the_clinician_wrote_for_a_missed_dose_is_passed_on_as_written(cast: Cast) -> None:
    advice = "Leave it out & call us."
    taper_signed(cast.ewan, by=cast.priya, now=TUESDAY, missed_dose_advice=advice)
    sweep_and_dispatch(DUE)

    letter = letter_to(EWAN, sweep_and_dispatch(after(45)))

    assert f"Your clinician wrote: {advice}" in letter.body


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.TAKEN, "Logged as taken at 19:10"),
        (Outcome.SKIPPED, "Logged as skipped at 19:10"),
        (Outcome.MISSED, "Logged as missed at 19:10"),
    ],
)
def test_the_outcome_is_told_as_a_fact_to_the_clinic_with_the_whole_name(
    cast: Cast, plan: Plan, outcome: Outcome, words: str
) -> None:
    for minutes in (0, 45, 90, 180):
        sweep_and_dispatch(after(minutes))
    log(plan, after(190), outcome)

    mails = [each for each in sweep_and_dispatch(after(190)) if "news" in each.subject]

    fact = "No log for the 16:00 dose (Tue 24 Nov 16:00)."
    first, whole = (f"{name}: {fact} {words}." for name in NAMES)
    assert first in letter_to(ISLA, mails).body
    assert "/feed/" in letter_to(ISLA, mails).body
    assert whole in letter_to(PRIYA, mails).body
    assert whole in letter_to(OUT_OF_HOURS, mails).body


NAMES = ("Ewan", "Ewan Macrae")


def test_caregivers_read_a_first_name_and_are_led_to_their_feed(cast: Cast, plan: Plan) -> None:
    for minutes in (0, 45):
        sweep_and_dispatch(after(minutes))

    letter = letter_to(ISLA, sweep_and_dispatch(after(90)))

    assert letter.body.startswith("Ewan: No log")
    assert "Macrae" not in letter.body
    assert letter.body.count("/feed/") == 1
    assert "/worklist/" not in letter.body


def test_a_patient_who_helps_somebody_else_is_asked_and_told(cast: Cast, plan: Plan) -> None:
    patient_join(cast.samira, at=TUESDAY)
    rungs = [{"delay": "45", "audience": "caregivers"}, {"delay": "90", "audience": "clinic"}]
    taper_signed(cast.samira, by=cast.priya, now=TUESDAY, rungs=rungs)
    link_as_caregiver(cast)
    sweep_and_dispatch(DUE)

    letter = letter_to(EWAN, sweep_and_dispatch(after(45)))

    assert "No log for 16:00. Log what happened" in letter.body
    assert "Samira: No log for the 16:00 dose" in letter.body
    assert "/today/" in letter.body
    assert "/feed/" in letter.body


def link_as_caregiver(cast: Cast) -> None:
    """Samira asks Ewan to help her, and he agrees."""
    caregiver_make(cast.samira, "Nadia Haddad", at=TUESDAY)
    CareLink.objects.filter(patient=cast.samira).update(caregiver=cast.ewan_user)


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_clinic_where_nobody_sees_it_before_morning_is_said_to_be_closed(
    cast: Cast, plan: Plan, is_closed: bool
) -> None:
    Clinic.objects.filter(pk=cast.harbour.pk).update(out_of_hours_phone="")
    ContactPoint.objects.filter(duty="out_of_hours").update(removed_at=TUESDAY)
    for minutes in (0, 45):
        sweep_and_dispatch(after(minutes))
    late = after(150 if is_closed else 90)  # the desk closes at 18:00, two hours after the dose

    letter = letter_to(ISLA, sweep_and_dispatch(late))

    words = "The clinic is closed until Wed 25 Nov 08:00 and nobody there will see this before."
    assert (words in letter.body) is is_closed
