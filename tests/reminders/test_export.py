"""The patient takes everything along: what is in the file, what is not, and who may have it."""

import csv
import json
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.test import Client

from accounts.models import AuditRow, CareLink, Look, User
from accounts.services.care_links import care_link_invite
from reminders.models import Message
from reminders.selectors.export_parts import FIELDS_LEFT_OUT, LEFT_OUT, PARTS
from reminders.services.sweep import sweep_run
from tests.api.worlds import World, world_make
from tests.cast import Cast, caregiver_make, patient_join, patient_make
from tests.tapers import taper_signed
from tracker.domain.alerts import AlertEventKind
from tracker.models import AlertEvent, PlanVersion
from tracker.services.checkins import check_in_add
from tracker.services.entries import entry_void

OURS = ("accounts", "tracker", "reminders")


@pytest.fixture
def world(live_cast: Cast) -> World:
    """Ewan's record with one row of everything."""
    return world_make(live_cast)


def files_of(browser: Client) -> dict[str, str]:
    """Download the record and return its files."""
    answer = browser.post("/me/export/")
    assert answer["Content-Type"] == "application/zip", answer.content
    assert answer["Content-Disposition"] == 'attachment; filename="stepdown-record.zip"'
    archive = ZipFile(BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}


def record_of(browser: Client) -> dict[str, Any]:
    return json.loads(files_of(browser)["record.json"])


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_every_table_is_in_the_export_or_says_why_not() -> None:
    """A new table with something about a person fails here until somebody decides."""
    exported = {part.model._meta.label for part in PARTS}
    all_ours = {model._meta.label for model in apps.get_models() if model._meta.app_label in OURS}

    assert exported.isdisjoint(LEFT_OUT)
    assert exported | set(LEFT_OUT) == all_ours
    for label, names in FIELDS_LEFT_OUT.items():
        assert names <= {field.name for field in apps.get_model(label)._meta.concrete_fields}
    assert len({part.name for part in PARTS}) == len(PARTS)


def test_the_file_holds_every_kind_of_row_that_there_is_about_the_patient(world: World) -> None:
    sweep_run(now=world.cast.now)
    record = record_of(world.cast.client(world.cast.ewan_user))

    for part in PARTS:
        assert len(record[part.name]) == part.rows_of(world.cast.ewan).count(), part.name
    empty = {name for name, rows in record.items() if rows == []}
    assert empty <= {
        "attempt", "entryvoid", "message", "notification", "openingsfile", "pumpdateconfirmation",
        "pumpeventconfirmation", "report", "reportvoid", "riskremoval", "stayevent", "versionseen",
        "zonechange",
    }  # fmt: skip
    assert record["user"][0]["name"] == "Ewan Macrae"
    assert {row["name"] for row in record["carelink"]} >= {"Isla Macrae", "Nadia Moss"}


def test_a_signed_plan_is_given_exactly_as_it_was_signed(world: World) -> None:
    record = record_of(world.cast.client(world.cast.ewan_user))

    version = PlanVersion.objects.get(plan=world.plan)
    assert record["planversion"][0]["signed_text"] == version.signed_text
    assert record["planversion"][0]["signed_sha256"] == version.signed_sha256
    amounts = {row["amount"] for row in record["expecteddose"]}
    assert amounts == set(world.plan.doses.values_list("amount", flat=True))


def test_times_carry_their_offset_and_the_zone_is_named(world: World) -> None:
    record = record_of(world.cast.client(world.cast.ewan_user))

    assert record["zone"] == "Europe/London"
    for row in record["expecteddose"]:
        due = datetime.fromisoformat(row["due_at"])
        assert due.tzinfo is not None
        assert due.strftime("%H:%M:%S") == row["wall_time"]


def test_no_secret_and_nobody_elses_address_is_in_the_file(world: World) -> None:
    cast = world.cast
    said = f"550 no such user <{cast.tomasz.email}>"
    for person in (cast.tomasz, cast.ewan_user):
        AlertEvent.objects.create(
            alert=world.alert, at=cast.now, kind=AlertEventKind.BOUNCED, person=person,
            note=said.replace(cast.tomasz.email, person.email), facts={"said": "550"},
        )  # fmt: skip

    record = record_of(cast.client(cast.ewan_user))
    invited = record.pop("invitation")

    text = json.dumps(record)
    assert {row["email"] for row in invited} >= {cast.ewan_user.email, cast.isla.email}
    for word in ("password", "token_sha256", "push_auth", "pbkdf2", "argon2"):
        assert f'"{word}' not in text
    bounced = [row for row in record["alertevent"] if row["kind"] == "bounced"]
    assert [row["note"] for row in bounced] == ["", f"550 no such user <{cast.ewan_user.email}>"]
    for other in (cast.isla, cast.tomasz, cast.priya, cast.admin):
        assert other.email not in text


def test_what_somebody_was_told_about_others_is_not_in_their_own_file(world: World) -> None:
    cast, me = world.cast, world.cast.ewan_user
    other = patient_make("Kofi Mensah", cast.harbour, by=cast.priya, at=cast.now)
    patient_join(other, at=cast.now)
    helped_by(other, me, cast)
    taper_signed(other, by=cast.priya, now=cast.now)
    check_in_add(
        patient=other, by=other.user, signs=["seizure"], note="", at=None,
        client_id=uuid4(), now=cast.now,
    )  # fmt: skip
    sweep_run(now=cast.now + timedelta(seconds=1))
    told = Message.objects.filter(person=me, lines__alert__patient=other)
    assert told.exists()

    files = files_of(cast.client(me))

    ids = {row["id"] for row in json.loads(files["record.json"])["message"]}
    assert not ids & {str(pk) for pk in told.values_list("pk", flat=True)}
    assert "Kofi" not in "".join(files.values())


def helped_by(patient: Any, caregiver: User, cast: Cast) -> None:
    """Make somebody who has an account the caregiver of a patient."""
    link = care_link_invite(
        patient=patient, by=patient.user, email="other@example.org", name=caregiver.name,
        relation="", is_alerted=True, may_log=False, now=cast.now,
    )  # fmt: skip
    CareLink.objects.filter(pk=link.pk).update(caregiver=caregiver, accepted_at=cast.now)


def test_the_tables_say_what_was_said_and_no_cell_is_a_formula(world: World) -> None:
    entry_void(
        entry=world.entry, by=world.cast.ewan_user, reason="=1+1 wrong day", now=world.cast.now
    )
    files = files_of(world.cast.client(world.cast.ewan_user))

    doses = table(files["doses.csv"])
    assert len(doses) == world.plan.doses.count()
    assert doses[0]["Amount as entered"] == world.logged_dose.amount
    assert doses[0]["What was said"] == doses[1]["What was said"] == "not logged"
    assert doses[-1]["What was said"] == ""
    [entry] = table(files["entries.csv"])
    assert entry["What was said"] == "taken"
    assert entry["Taken back by"] == "Ewan Macrae"
    assert entry["Why taken back"] == "'=1+1 wrong day"
    [said] = table(files["check-ins.csv"])
    assert (said["Said by"], said["Note"]) == ("Isla Macrae", "He shook for a minute.")
    assert said["Signs"]


def test_the_file_says_what_it_is_in_the_persons_own_language(world: World) -> None:
    browser = world.cast.client(world.cast.ewan_user)
    files = files_of(browser)
    for name in files:
        assert name == "README.txt" or name in files["README.txt"]
    assert "Stepdown: the record of Ewan Macrae" in files["README.txt"]
    assert "&" not in files["README.txt"]


def test_taking_it_along_is_a_look_and_an_act_that_is_written_down(world: World) -> None:
    files_of(world.cast.client(world.cast.ewan_user))

    look = Look.objects.get(actor=world.cast.ewan_user, patient=world.cast.ewan)
    assert (look.page, look.capacity) == ("export", "patient")
    assert AuditRow.objects.get(action="record.exported").actor == world.cast.ewan_user


def test_six_files_in_an_hour_are_enough(world: World) -> None:
    browser = world.cast.client(world.cast.ewan_user)
    for _ in range(6):
        assert browser.post("/me/export/").status_code == 200
    refused = browser.post("/me/export/", follow=True)
    assert refused.redirect_chain == [("/me/", 302)]
    assert "six times in the last hour" in refused.content.decode()
    assert browser.get("/api/v1/me/export/").status_code == 400


def test_nobody_but_the_patient_has_the_file(world: World) -> None:
    cast = world.cast
    for who in (cast.isla, cast.priya, cast.admin, cast.stranger):
        assert cast.client(who).post("/me/export/").status_code == 404
        assert "Download your record" not in cast.client(who).get("/me/").content.decode()
    assert Client().post("/me/export/")["Location"].startswith("/account/login/")
    assert cast.client(cast.ewan_user).get("/me/export/").status_code == 405
    assert "Download your record" in cast.client(cast.ewan_user).get("/me/").content.decode()


def test_the_api_answers_the_same_files(world: World) -> None:
    browser = world.cast.client(world.cast.ewan_user)
    answer = browser.get("/api/v1/me/export/", headers={"Accept": "application/zip"})
    assert answer.status_code == 200
    names = ZipFile(BytesIO(b"".join(answer.streaming_content))).namelist()
    assert names == list(files_of(browser))
    assert Client().get("/api/v1/me/export/").status_code == 401


def test_the_number_of_questions_does_not_grow_with_the_record(
    world: World, django_assert_max_num_queries
) -> None:
    caregiver_make(world.cast.ewan, "Flora Reid", at=world.cast.now)
    with django_assert_max_num_queries(75):
        files_of(world.cast.client(world.cast.ewan_user))
