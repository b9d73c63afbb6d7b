"""The worklist: whom to call first, why in words, and for whose eyes."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from accounts.clock import database_now
from accounts.models import Look, Patient, User
from tests.cast import TUESDAY, Cast, cast_make, patient_join, patient_make
from tests.tracker.alerting import alert_opened
from tracker.domain.alerts import AlertEventKind, AlertKind
from tracker.domain.flags import FlagClass, Rule
from tracker.domain.worklist import Rank, matter_key, row_key
from tracker.models import Alert, AlertEvent, Plan
from tracker.selectors.desk import desk_of, peek
from tracker.selectors.worklist import (
    Show,
    WorklistRow,
    clinicians_patients,
    patients_with_nothing_open,
    worklist_rows,
    worklist_shown,
)
from tracker.services.alerts import alert_acknowledge
from tracker.services.checkins import check_in_add
from tracker.services.flags import flag_close, flag_open

from .charting import DAY, doses_until, plan_signed

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def open_matter(
    flag_class: FlagClass = FlagClass.SAME_DAY, *, is_held: bool = False, hours_ago: int = 1
) -> Rank:
    """One open matter."""
    return Rank(flag_class, is_held, TUESDAY - hours_ago * HOUR)


def key_of(*ranks: Rank, name: str = "Ewan", patient_id: str = "1") -> tuple[object, ...]:
    """The place of one patient."""
    return row_key(ranks, name=name, patient_id=patient_id)


# --- The rule


def test_a_higher_class_comes_first_whatever_its_age_and_whoever_has_it() -> None:
    new_and_held = open_matter(FlagClass.EMERGENCY, is_held=True, hours_ago=0)
    old_and_free = open_matter(FlagClass.SAME_DAY, hours_ago=99)
    assert key_of(new_and_held, name="Zoe") < key_of(old_and_free, name="Ann")


def test_the_classes_stand_in_the_order_emergency_same_day_watch_information() -> None:
    keys = [key_of(open_matter(flag_class)) for flag_class in ("E", "D", "W", "I")]
    assert keys == sorted(keys)


def test_within_a_class_what_nobody_has_comes_before_what_somebody_has() -> None:
    assert key_of(open_matter(hours_ago=1)) < key_of(open_matter(is_held=True, hours_ago=50))


def test_at_the_same_class_and_hands_the_oldest_comes_first() -> None:
    assert key_of(open_matter(hours_ago=2), name="Zoe") < key_of(
        open_matter(hours_ago=1), name="Ann"
    )


def test_at_a_full_tie_the_name_decides_whatever_its_letter_case() -> None:
    tied = open_matter()
    assert key_of(tied, name="ann") < key_of(tied, name="Bob") < key_of(tied, name="carl")


def test_two_people_of_one_name_keep_their_order_from_look_to_look() -> None:
    tied = open_matter()
    assert key_of(tied, patient_id="1") < key_of(tied, patient_id="2")


@pytest.mark.parametrize(("seconds", "is_first"), [(-1, True), (0, False), (1, False)])
def test_one_second_of_age_decides(seconds: int, *, is_first: bool) -> None:
    mine = Rank(FlagClass.WATCH, False, TUESDAY + timedelta(seconds=seconds))
    theirs = Rank(FlagClass.WATCH, False, TUESDAY)
    assert (key_of(mine, name="Bob") < key_of(theirs, name="Ann")) is is_first


def test_a_patient_stands_where_the_first_of_their_matters_stands() -> None:
    many_small = [open_matter(FlagClass.WATCH, hours_ago=90)] * 9
    assert key_of(open_matter(FlagClass.SAME_DAY, is_held=True)) < key_of(*many_small)


def test_a_matter_nobody_has_goes_before_one_of_the_same_class_that_somebody_has() -> None:
    matters = [open_matter(is_held=True, hours_ago=9), open_matter(hours_ago=1)]
    assert min(matters, key=matter_key).is_held is False


def test_a_patient_with_nothing_open_has_no_place() -> None:
    with pytest.raises(ValueError, match="nothing open"):
        key_of()


# --- The rows


@pytest.fixture
def list_of(cast: Cast):
    """The worklist's rows of somebody, an hour after the cast was made."""

    def rows(who: User | None = None) -> list[WorklistRow]:
        return worklist_rows(patients_of(who or cast.priya, cast), now=cast.now + HOUR)

    return rows


def patients_of(who: User, cast: Cast):
    """The patients on this person's list."""
    desk = desk_of(who, cast.now + HOUR)
    return clinicians_patients(who, desk.clinics if desk else (), cast.now + HOUR)


def sign_reported(patient: Patient, by: User, sign: str, cast: Cast, at_hours: int = 0) -> Alert:
    """Report a documented sign; returns the alert it opens."""
    at = cast.now + at_hours * MINUTE
    check_in_add(patient=patient, by=by, signs=[sign], note="", at=None, client_id=uuid4(), now=at)
    return Alert.objects.filter(patient=patient).latest("opened_at")


def another_patient(cast: Cast, name: str) -> Patient:
    """One more patient of Harbour clinic, joined."""
    patient = patient_make(name, cast.harbour, by=cast.priya, at=cast.now - DAY)
    patient_join(patient, at=cast.now - DAY)
    patient.refresh_from_db()
    return patient


def running_plan(patient: Patient, cast: Cast) -> Plan:
    """A plan with a dose an hour before `now`."""
    at = cast.now - 2 * DAY
    steps = [(at.date(), "", [("14:00", "10 mg"), ("22:00", "10 mg")])]
    plan = plan_signed(patient, by=cast.priya, at=at, steps=steps)
    doses_until(plan, cast.now)
    return plan


def listed_silence(plan: Plan, cast: Cast) -> Alert:
    """A no-log alert that has climbed to the worklist."""
    dose = plan.doses.filter(due_at__lt=cast.now).latest("due_at")
    alert = alert_opened(dose=dose, kind=AlertKind.NO_LOG, now=cast.now)
    alert.listed_at, alert.alert_class = cast.now, FlagClass.WATCH
    alert.save()
    return alert


def test_a_row_says_in_words_what_happened_who_said_it_and_when(cast: Cast, list_of) -> None:
    sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    (row,) = list_of()
    assert (row.name, row.first.flag_class) == ("Ewan Macrae", FlagClass.EMERGENCY)
    assert row.first.headline == "Sign reported: hallucinations"
    assert row.first.detail == "By Isla Macrae, Tue 24 Nov 15:00."
    assert row.first.basis.startswith("Documented warning signs")


def test_all_that_is_open_about_one_patient_is_one_row_with_the_rest_counted(
    cast: Cast, list_of
) -> None:
    running_plan(cast.ewan, cast)
    sign_reported(cast.ewan, cast.isla, "insomnia", cast)
    sign_reported(cast.ewan, cast.isla, "seizure", cast, at_hours=1)
    listed = [row for row in list_of() if row.name == "Ewan Macrae"]
    assert len(listed) == 1
    assert listed[0].first.flag_class is FlagClass.EMERGENCY
    assert listed[0].more_count == len(listed[0].matters) - 1 >= 1


def test_a_flag_and_its_alert_are_one_matter(cast: Cast, list_of) -> None:
    alert = sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    (row,) = list_of()
    assert [(matter.flag_id, matter.alert_id) for matter in row.matters] == [
        (alert.flag_id, alert.pk)
    ]


def test_silence_on_the_worklist_says_no_log_and_never_missed(cast: Cast, list_of) -> None:
    listed_silence(running_plan(cast.ewan, cast), cast)
    matters = [matter for row in list_of() for matter in row.matters if matter.flag_id is None]
    assert [matter.headline for matter in matters] == ["No log for the 14:00 dose"]
    assert "missed" not in f"{matters[0].headline} {matters[0].detail}"


def test_an_alert_that_has_not_climbed_to_the_worklist_is_not_listed(cast: Cast, list_of) -> None:
    plan = running_plan(cast.ewan, cast)
    dose = plan.doses.filter(due_at__lt=cast.now).latest("due_at")
    alert_opened(dose=dose, kind=AlertKind.NO_LOG, now=cast.now)
    assert all(matter.flag_id is not None for row in list_of() for matter in row.matters)


def test_an_acknowledgement_moves_a_row_down_its_class_and_says_who_has_it(
    cast: Cast, list_of
) -> None:
    kofi = another_patient(cast, "Kofi Mensah")
    older = sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    sign_reported(kofi, kofi.user, "seizure", cast, at_hours=5)
    assert [row.name for row in list_of()] == ["Ewan Macrae", "Kofi Mensah"]
    alert_acknowledge(alert=older, by=cast.adaeze, now=cast.now + HOUR - MINUTE)
    rows = list_of()
    assert [row.name for row in rows] == ["Kofi Mensah", "Ewan Macrae"]
    assert rows[0].first.holder is None
    assert rows[1].first.holder is not None
    assert rows[1].first.holder.name == "Nurse Adaeze Obi"


def test_an_emergency_that_only_a_caregiver_has_is_nobodys_at_the_clinic(cast: Cast) -> None:
    alert = sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    patients, later = patients_of(cast.priya, cast), cast.now + MINUTE
    for who, is_nobodys in ((cast.isla, True), (cast.adaeze, False)):
        alert_acknowledge(alert=alert, by=who, now=cast.now)
        rows = worklist_rows(patients, now=later)
        shown = worklist_shown(rows, show=Show.NOBODY, user=cast.priya, nothing_open_count=0)
        assert rows[0].first.holder is not None
        assert rows[0].first.holder.name == who.name
        assert bool(shown.rows) is is_nobodys
        beside = peek(patients, cast.ewan.pk, rows, later)
        assert beside is not None
        assert beside.alert_to_take == (alert.pk if is_nobodys else None)


def test_the_pane_says_once_of_each_person_when_they_were_last_told(cast: Cast) -> None:
    for minute, sign in enumerate(("hallucination", "insomnia", "seizure")):
        alert = sign_reported(cast.ewan, cast.isla, sign, cast, at_hours=minute)
        at = cast.now + minute * MINUTE
        told = {"alert": alert, "at": at, "kind": AlertEventKind.TOLD, "rung": 1}
        AlertEvent(**told, person=cast.tomasz).save()
        AlertEvent(**told, clinic=cast.harbour, duty="desk").save()
        AlertEvent(**told, clinic=cast.harbour, duty="out_of_hours").save()
    alert_acknowledge(alert=alert, by=cast.tomasz, now=cast.now + 3 * MINUTE)
    patients = patients_of(cast.priya, cast)
    rows = worklist_rows(patients, now=cast.now + HOUR)
    beside = peek(patients, cast.ewan.pk, rows, cast.now + HOUR)
    assert beside is not None
    said = [(turn.who, turn.kind, turn.at) for turn in beside.turns]
    last = cast.now + 2 * MINUTE
    assert said[0] == (cast.tomasz.name, AlertEventKind.ACKNOWLEDGED, cast.now + 3 * MINUTE)
    assert sorted(said[1:]) == sorted(
        [
            (cast.harbour.name, AlertEventKind.TOLD, last),
            (cast.tomasz.name, AlertEventKind.TOLD, last),
        ]
    )


def test_a_set_up_flag_is_short_so_that_what_stands_beside_it_is_seen(cast: Cast, list_of) -> None:
    plan = running_plan(cast.ewan, cast)
    missing = ["hours_since_taken_threshold", "supply_days_threshold"]
    for names in (missing, missing[:1]):
        flag_open(
            patient=cast.ewan,
            plan=plan,
            rule=Rule.SET_UP,
            subject="plan",
            evidence={"missing": names},
            now=cast.now,
        )
        first = list_of()[0].first
        expected = {
            2: (
                "2 things are not set",
                "Not set: hours since the last dose taken, days of supply left.",
            ),
            1: ("Not set: hours since the last dose taken", ""),
        }
        assert (first.headline, first.detail) == expected[len(names)]


def test_an_early_stop_says_when_and_which_step_was_still_to_come(cast: Cast, list_of) -> None:
    flag_open(
        patient=cast.ewan,
        plan=None,
        rule=Rule.STOPPED_EARLY,
        subject="plan",
        evidence={
            "stopped_on": "2026-11-24",
            "last_step": 3,
            "last_step_begins_on": "2026-12-06",
        },
        now=cast.now,
    )
    expected = "Stopped Tue 24 Nov. Step 3, the last, was to begin Sun 6 Dec."
    assert list_of()[0].first.detail == expected


def test_an_acknowledgement_that_has_run_out_counts_as_nobody(cast: Cast) -> None:
    alert = sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    held = alert_acknowledge(alert=alert, by=cast.adaeze, now=cast.now)
    assert held.held_until_at is not None
    for seconds, is_held in ((-1, True), (0, False), (1, False)):
        at = held.held_until_at + timedelta(seconds=seconds)
        (row,) = worklist_rows(patients_of(cast.priya, cast), now=at)
        assert (row.first.holder is not None) is is_held


def test_a_closed_flag_leaves_the_list(cast: Cast, list_of) -> None:
    alert = sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    assert alert.flag is not None
    flag_close(flag=alert.flag, by=cast.priya, note="Seen at the clinic.", now=cast.now + MINUTE)
    assert list_of() == []


def test_only_clinicians_have_a_list_and_only_their_clinics_patients_are_on_it(
    cast: Cast, list_of
) -> None:
    sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    assert [row.name for row in list_of(cast.adaeze)] == ["Ewan Macrae"]
    assert list_of(cast.juno) == []
    for who in (cast.isla, cast.ewan_user, cast.admin, cast.ended_clinician, cast.stranger):
        assert desk_of(who, cast.now) is None
        assert list_of(who) == []


def test_each_filter_shows_what_it_says_and_counts_it(cast: Cast, list_of) -> None:
    kofi = another_patient(cast, "Kofi Mensah")
    sign_reported(cast.ewan, cast.isla, "insomnia", cast)
    held = sign_reported(kofi, kofi.user, "seizure", cast)
    alert_acknowledge(alert=held, by=cast.priya, now=cast.now + HOUR - MINUTE)
    rows = list_of()

    def names(show: Show) -> list[str]:
        listed = worklist_shown(rows, show=show, user=cast.priya, nothing_open_count=1)
        assert listed.counts[show] == len(listed.rows)
        return [row.name for row in listed.rows]

    assert names(Show.ALL) == ["Kofi Mensah", "Ewan Macrae"]
    assert names(Show.NOBODY) == ["Ewan Macrae"]
    assert names(Show.MINE) == names(Show.EMERGENCY) == ["Kofi Mensah"]
    assert names(Show.SAME_DAY) == ["Ewan Macrae"]
    assert names(Show.WATCH) == names(Show.INFORMATION) == []


def test_patients_with_nothing_open_are_all_the_others(cast: Cast) -> None:
    sign_reported(cast.ewan, cast.isla, "hallucination", cast)
    others = patients_with_nothing_open(patients_of(cast.priya, cast))
    assert [patient.name for patient in others] == ["Samira Haddad"]
    desk = desk_of(cast.priya, cast.now)
    assert desk is not None
    assert desk.nothing_open_count == 1


# --- The page; its door reads the real clock, so the cast is made around it


@pytest.fixture
def present(db: None) -> Cast:
    """The cast as they stand now."""
    return cast_make(database_now())


@pytest.fixture
def desk(present: Cast) -> Client:
    """A browser in which Dr Raman is signed in."""
    return present.client(present.priya)


def page_of(browser: Client, address: str = "/worklist/", **headers: str) -> str:
    """The text of a page that opens."""
    answer = browser.get(address, headers=headers or None)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_rule_is_printed_above_the_list(desk: Client) -> None:
    rule = "class, then what nobody has before what somebody has, then the oldest, then name."
    assert f"Order: {rule}" in page_of(desk)


def test_the_list_keeps_to_twelve_queries_however_many_patients(
    present: Cast, desk: Client, django_assert_max_num_queries
) -> None:
    for name in ("Kofi Mensah", "Joost Leeuwen", "Rosa Achterberg", "Niamh Gallagher"):
        patient = another_patient(present, name)
        sign_reported(patient, patient.user, "hallucination", present, at_hours=-9)
        flag_open(
            patient=patient,
            plan=None,
            rule=Rule.UNDELIVERED,
            subject="x",
            evidence={"who": "Ann"},
            now=present.now,
        )
    with django_assert_max_num_queries(12):
        assert "4 patients with something open" in page_of(desk)
    for show in Show:
        with django_assert_max_num_queries(12):
            page_of(desk, f"/worklist/?show={show.value}")


def test_a_preview_shows_what_is_open_and_is_a_recorded_look(present: Cast, desk: Client) -> None:
    sign_reported(present.ewan, present.isla, "hallucination", present, at_hours=-5)
    page_of(desk)
    assert not Look.objects.filter(actor=present.priya).exists()
    page = page_of(desk, f"/worklist/?patient={present.ewan.pk}")
    assert page.count("Sign reported: hallucinations") >= 2
    assert "tel:+447700900412" in page
    look = Look.objects.get(actor=present.priya)
    assert (look.patient, look.page) == (present.ewan, "worklist")


def test_a_refresh_answers_the_list_alone_and_is_no_look(present: Cast, desk: Client) -> None:
    sign_reported(present.ewan, present.isla, "hallucination", present, at_hours=-5)
    address = f"/worklist/?patient={present.ewan.pk}"
    page = page_of(desk, address, HX_Request="true", HX_Target="worklist")
    assert "<html" not in page
    assert "Ewan Macrae" in page
    assert not Look.objects.filter(actor=present.priya).exists()


def test_nobody_elses_patient_can_be_previewed(present: Cast) -> None:
    other = present.client(present.juno)
    unknown = other.get(f"/worklist/?patient={uuid4()}")
    theirs = other.get(f"/worklist/?patient={present.ewan.pk}")
    assert theirs.status_code == unknown.status_code == 404
    assert b"Ewan" not in theirs.content


@pytest.mark.parametrize("address", ["/worklist/", "/patients/"])
def test_the_desk_does_not_exist_for_people_who_are_not_clinicians(
    present: Cast, address: str
) -> None:
    for who in (present.isla, present.ewan_user, present.admin, present.ended_clinician):
        assert present.client(who).get(address).status_code == 404


def test_no_open_flag_is_never_worded_as_safe(desk: Client) -> None:
    page = page_of(desk, "/worklist/?show=no-open-flag")
    assert "Samira Haddad" in page
    assert "That says nothing about how they are." in page
    assert "safe" not in page.lower()


def test_an_unknown_filter_shows_everything_and_a_broken_id_nothing(desk: Client) -> None:
    assert "Order: class" in page_of(desk, "/worklist/?show=drop+table&page=99999")
    assert desk.get("/worklist/?patient=1%27").status_code == 404


# --- The patients' list


@pytest.mark.parametrize("words", ["ewan", "macrae ewan", "Ewan Macrae", "412-X"])
def test_a_patient_is_found_by_any_words_of_the_name_or_by_clinic_number(
    present: Cast, desk: Client, words: str
) -> None:
    Patient.objects.filter(pk=present.ewan.pk).update(clinic_number="412-x")
    page = page_of(desk, f"/patients/?find={words}")
    assert "Ewan Macrae" in page
    assert "Samira Haddad" not in page


def test_the_patients_list_shows_all_of_the_clinic_and_nobody_else(
    present: Cast, desk: Client
) -> None:
    patient_make("Theo Lindqvist", present.other_clinic, by=present.juno, at=present.now)
    page = page_of(desk, "/patients/")
    assert "Ewan Macrae" in page
    assert "Samira Haddad" in page
    assert "Theo Lindqvist" not in page


def test_a_clinic_without_patients_is_told_how_to_begin(present: Cast) -> None:
    for address in ("/worklist/", "/patients/"):
        assert "No patients yet" in page_of(present.client(present.juno), address)
