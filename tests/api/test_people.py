"""Who is who: oneself, the patients one sees, caregivers, addresses, and who looked."""

from uuid import uuid4

import pytest

from accounts.models import Look, Patient
from tests.api.callers import NOT_FOUND
from tests.api.worlds import World
from tests.cast import Cast
from tests.reminders.letters import Browser


def test_me_says_who_asks_and_what_they_are_to_whom(live_cast: Cast, by) -> None:
    isla = by("isla").get("/me/").body

    assert isla["name"] == "Isla Macrae"
    assert isla["own_record"] is None
    assert [(each["name"], each["may_log"]) for each in isla["helps"]] == [("Ewan Macrae", True)]
    assert by("ewan").get("/me/").body["own_record"] == str(live_cast.ewan.pk)
    assert by("priya").get("/me/").body["works_at"] == [
        {"clinic": str(live_cast.harbour.pk), "name": "Harbour clinic", "capacity": "clinician"}
    ]


def test_the_list_holds_the_patients_one_sees_and_nobody_else(live_cast: Cast, by) -> None:
    def names(who: str) -> list[str]:
        return [row["name"] for row in by(who).get("/patients/").body["results"]]

    assert names("priya") == ["Samira Haddad", "Ewan Macrae"]
    assert names("ewan") == names("isla") == names("watcher") == ["Ewan Macrae"]
    for who in ("stranger", "juno", "admin", "ended_caregiver", "ended_clinician"):
        assert names(who) == []


def test_a_list_is_no_look_and_a_record_is_one_in_a_quarter_of_an_hour(live_cast: Cast, by) -> None:
    priya = by("priya")

    priya.get("/patients/")
    priya.get("/worklist/")
    assert not Look.objects.exists()

    record = priya.get(f"/patients/{live_cast.ewan.pk}/").body
    priya.get(f"/patients/{live_cast.ewan.pk}/doses/")
    assert record["name"] == "Ewan Macrae"
    assert "plan" in record["may"]
    looks = list(Look.objects.all())
    assert len({look.window_start for look in looks}) == len(looks)
    for look in looks:
        assert (look.actor, look.patient) == (live_cast.priya, live_cast.ewan)
        assert look.capacity == "clinician"


def test_a_patient_reads_who_looked_and_nobody_else_does(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/"
    by("priya").get(path)
    by("isla").get(path)
    by("ewan").get(path)

    log = by("ewan").get(f"{path}access-log/").body["results"]

    assert [(row["by"]["name"], row["capacity"]) for row in log] == [
        ("Isla Macrae", "caregiver"),
        ("Dr Priya Raman", "clinician"),
    ]
    for who in ("priya", "isla", "admin"):
        assert by(who).get(f"{path}access-log/").body == NOT_FOUND


def test_a_caregiver_reads_no_birth_date_and_no_number(live_cast: Cast, by) -> None:
    Patient.objects.filter(pk=live_cast.ewan.pk).update(born_on="1961-05-04", clinic_number="H-77")
    path = f"/patients/{live_cast.ewan.pk}/"

    for who in ("ewan", "priya"):
        shown = by(who).get(path).body
        assert (shown["born_on"], shown["clinic_number"]) == ("1961-05-04", "H-77")
    shown = by("isla").get(path)
    assert (shown.body["born_on"], shown.body["clinic_number"]) == (None, None)
    assert "1961" not in shown.text
    assert "H-77" not in shown.text


def taking_in(cast: Cast, **changed: object) -> dict[str, object]:
    return {
        "clinic": str(cast.harbour.pk),
        "name": "Wanda Iversen",
        "born_on": "1970-02-28",
        "clinic_number": "H-901",
        "zone": "Europe/Oslo",
        "language": "en",
        "phone": "+47 22 85 50 50",
        "email": "wanda@example.org",
    } | changed


def test_a_clinician_takes_a_patient_in_and_the_link_is_asked_for(live_cast: Cast, by) -> None:
    made = by("priya").post("/patients/", taking_in(live_cast))

    assert made.status == 201
    patient = Patient.objects.get(pk=made.body["id"])
    assert (patient.name, patient.zone, patient.clinic) == (
        "Wanda Iversen",
        "Europe/Oslo",
        live_cast.harbour,
    )
    assert patient.invitations.get().mail_wanted_at is not None
    shown = by("priya").get(f"/patients/{patient.pk}/").body
    assert (shown["has_joined"], shown["born_on"]) == (False, "1970-02-28")


def test_taking_in_names_every_problem_and_saves_nothing(live_cast: Cast, by) -> None:
    before = Patient.objects.count()

    wrong = by("priya").post(
        "/patients/", taking_in(live_cast, zone="Mars/Base", email="nobody", name="A\u202eB")
    )

    assert wrong.status == 400
    assert wrong.attrs >= {"zone", "email", "name"}
    assert Patient.objects.count() == before


def test_nobody_takes_in_for_a_clinic_where_they_are_no_clinician(live_cast: Cast, by) -> None:
    elsewhere = by("priya").post(
        "/patients/", taking_in(live_cast, clinic=str(live_cast.other_clinic.pk))
    )
    nowhere = by("priya").post("/patients/", taking_in(live_cast, clinic=str(live_cast.ewan.pk)))

    assert elsewhere.status == nowhere.status == 400
    assert elsewhere.body == nowhere.body
    for who in ("admin", "ewan", "isla", "ended_clinician"):
        assert by(who).post("/patients/", taking_in(live_cast)).body == NOT_FOUND


def test_nobody_sets_what_is_not_theirs_to_set(live_cast: Cast, by) -> None:
    for name in ("id", "user", "taken_in_by", "taken_in_at", "has_joined", "capacities"):
        refused = by("priya").post("/patients/", taking_in(live_cast, **{name: "x"}))
        assert (refused.status, refused.attrs) == (400, {name})
        assert refused.codes == {"unknown_field"}
    assert not Patient.objects.filter(name="Wanda Iversen").exists()


def test_a_caregiver_is_invited_agreed_to_and_ended(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/care-links/"
    asked = {
        "email": "nadia.moss@example.org",
        "name": "Nadia Moss",
        "relation": "neighbour",
        "is_alerted": True,
        "may_log": False,
    }

    link = by("priya").post(path, asked)
    assert (link.status, link.body["consented_at"]) == (201, None)
    assert by("priya").post(path, asked).status == 409

    one = f"{path}{link.body['id']}/"
    assert by("priya").post(f"{one}consent/").body == NOT_FOUND
    assert by("ewan").post(f"{one}consent/").body["consented_at"] is not None
    assert "Nadia Moss" in by("ewan").get(path).text
    assert by("isla").post(f"{one}end/").body == NOT_FOUND
    assert by("ewan").post(f"{one}end/").body["ended_at"] is not None
    assert "Nadia Moss" not in by("ewan").get(path).text


def test_the_patient_alone_says_how_far_a_caregiver_may_go(live_cast: Cast, by) -> None:
    link = live_cast.link_of(live_cast.isla)
    path = f"/patients/{live_cast.ewan.pk}/care-links/{link.pk}/scope/"
    less = {"is_alerted": True, "may_log": False}

    for who in ("isla", "priya"):
        assert by(who).post(path, less).body == NOT_FOUND
    changed = by("ewan").post(path, less)

    assert (changed.body["is_alerted"], changed.body["may_log"]) == (True, False)
    taken = {"client_id": str(uuid4()), "outcome": "taken"}
    assert by("isla").post(f"/patients/{live_cast.ewan.pk}/entries/", taken).body == NOT_FOUND


def test_invited_by_the_patient_a_caregiver_is_agreed_to_at_once(live_cast: Cast, by) -> None:
    asked = {"email": "n@example.org", "name": "Nadia", "is_alerted": True, "may_log": True}

    link = by("ewan").post(f"/patients/{live_cast.ewan.pk}/care-links/", asked).body

    assert link["consented_at"] is not None
    assert link["accepted_at"] is None


def test_a_caregiver_leaves_and_sees_nothing_from_then_on(live_cast: Cast, by) -> None:
    link = live_cast.link_of(live_cast.isla)
    isla = by("isla")
    assert isla.get(f"/patients/{live_cast.ewan.pk}/").status == 200

    left = isla.post(f"/patients/{live_cast.ewan.pk}/care-links/{link.pk}/end/")

    assert left.body["ended_at"] is not None
    assert isla.get(f"/patients/{live_cast.ewan.pk}/").body == NOT_FOUND


def test_a_care_link_of_somebody_else_is_not_found_under_ones_own_record(world: World, by) -> None:
    link = world.cast.link_of(world.cast.isla)

    wrong = by("priya").post(f"/patients/{world.cast.samira.pk}/care-links/{link.pk}/end/")

    assert wrong.body == NOT_FOUND
    link.refresh_from_db()
    assert link.ended_at is None


def test_patients_read_and_add_their_own_addresses_and_nobody_elses(live_cast: Cast, by) -> None:
    path = f"/patients/{live_cast.ewan.pk}/contact-points/"

    assert [row["address"] for row in by("ewan").get(path).body["results"]] == [
        "ewan.macrae@example.org"
    ]
    added = by("ewan").post(path, {"address": "ewan.work@example.org"})
    assert (added.status, added.body["verified_at"]) == (201, None)
    assert by("ewan").post(path, {"address": "EWAN.work@example.org"}).status == 409
    assert by("ewan").post(path, {"address": "nonsense"}).attrs == {"address"}
    for who in ("priya", "isla", "admin"):
        assert by(who).get(path).body == NOT_FOUND
        assert by(who).post(path, {"address": "a@example.org"}).body == NOT_FOUND


def test_a_browser_is_added_by_whoever_is_signed_in_and_counts_at_once(live_cast: Cast, by) -> None:
    keys = Browser().keys
    said = {
        "kind": "push",
        "address": "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "name": "My phone",
        "keys": {"p256dh": keys.p256dh, "auth": keys.auth},
    }

    added = by("isla").post("/me/contact-points/", said)

    assert (added.status, added.body["kind"], added.body["name"]) == (201, "push", "My phone")
    assert added.body["verified_at"] is not None
    assert keys.auth not in added.text
    own = f"/me/contact-points/{added.body['id']}"
    assert by("isla").post(f"{own}/test/").status == 200
    assert by("isla").post(f"{own}/test/").status == 400
    assert by("tomasz").post(f"{own}/remove/").body == NOT_FOUND
    assert by("isla").post(f"{own}/remove/").status == 200
    again = by("ewan").post(f"/patients/{live_cast.ewan.pk}/contact-points/", said)
    assert again.status == 201


@pytest.mark.parametrize(
    ("changed", "attr"),
    [
        ({"keys": {"p256dh": "AAAA", "auth": "AAAA"}}, "keys"),
        ({"keys": {"p256dh": "AAAA"}}, "keys.auth"),
        ({"kind": "email"}, "keys"),
        ({"kind": "pigeon"}, "kind"),
        ({"address": "https://127.0.0.1/latest/meta-data/"}, "address"),
        ({"address": "http://push.example/"}, "address"),
    ],
)
def test_what_is_no_subscription_is_refused_at_its_field(
    live_cast: Cast, by, changed: dict[str, object], attr: str
) -> None:
    keys = Browser().keys
    said = {
        "kind": "push",
        "address": "https://push.example/x",
        "keys": {"p256dh": keys.p256dh, "auth": keys.auth},
    }
    answer = by("isla").post("/me/contact-points/", said | changed)
    assert (answer.status, answer.attrs) == (400, {attr})
