"""The pages of this app do what they say, refuse with the reason and keep what was typed."""

import re

from django.test import Client

from accounts.models import AuditRow, CareLink, Clinic, Invitation, Membership, Patient
from accounts.selectors.contact_points import usable_contact_points
from tests.accounts.pages import without_tokens
from tests.cast import Cast

TYPED = {
    "name": "Halina Dąbrowska",
    "email": "halina@example.org",
    "zone": "Europe/Warsaw",
    "language": "en",
    "phone": "",
    "born_on": "",
    "clinic_number": "",
}


def test_a_patient_is_taken_in_and_the_link_is_on_its_way(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    page = browser.post("/take-in/", TYPED, follow=True)
    patient = Patient.objects.get(name="Halina Dąbrowska")
    assert page.redirect_chain == [(f"/patients/{patient.pk}/invitation/", 302)]
    assert "The link is on its way" in page.content.decode()
    assert (patient.clinic, patient.taken_in_by, patient.zone) == (
        live_cast.harbour,
        live_cast.priya,
        "Europe/Warsaw",
    )
    assert patient.invitations.get().mail_wanted_at is not None


def test_a_refused_form_names_every_problem_and_keeps_what_was_typed(live_cast: Cast) -> None:
    typed = TYPED | {"email": "halina at example", "zone": "", "phone": "call me"}
    response = live_cast.client(live_cast.priya).post("/take-in/", typed)
    page = response.content.decode()
    assert response.status_code == 200
    for field in ("email", "zone", "phone"):
        assert f'href="#id_{field}"' in page
    for text in ("Halina Dąbrowska", "halina at example", "call me"):
        assert f'value="{text}"' in page
    assert not Patient.objects.filter(name="Halina Dąbrowska").exists()


def test_a_number_that_another_patient_has_is_said_at_its_field(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.priya)
    browser.post("/take-in/", TYPED | {"clinic_number": "H-1"})
    again = TYPED | {"name": "Somebody Else", "clinic_number": "H-1"}
    page = browser.post("/take-in/", again).content.decode()
    assert "Another patient of this clinic has this number." in page


def test_taking_in_answers_the_same_whether_or_not_the_address_has_an_account(
    live_cast: Cast,
) -> None:
    browser = live_cast.client(live_cast.priya)
    pages = []
    for email in ("nobody.yet@example.org", live_cast.stranger.email):
        page = browser.post("/take-in/", TYPED | {"email": email}, follow=True).content.decode()
        patient = Patient.objects.latest("taken_in_at")
        page = page.replace(email, "EMAIL").replace(str(patient.pk), "ID")
        pages.append(without_tokens(page))
    assert pages[0] == pages[1]


def test_what_a_form_has_no_field_for_is_ignored(live_cast: Cast) -> None:
    typed = TYPED | {
        "clinic": live_cast.other_clinic.pk,
        "user": live_cast.stranger.pk,
        "taken_in_by": live_cast.juno.pk,
    }
    live_cast.client(live_cast.priya).post("/take-in/", typed)
    patient = Patient.objects.get(name="Halina Dąbrowska")
    assert (patient.clinic, patient.user, patient.taken_in_by) == (
        live_cast.harbour,
        None,
        live_cast.priya,
    )


def test_a_code_to_hand_over_shows_a_link_that_works(live_cast: Cast) -> None:
    path = f"/patients/{live_cast.samira.pk}/invitation/code/"
    page = live_cast.client(live_cast.priya).post(path).content.decode()
    assert "<svg" in page
    assert 'class="qr"' in page
    (address,) = set(re.findall(r"http://[^\"<\s]+(/join/[^\"<\s]+/)", page))
    assert Client().get(address).status_code == 200


def test_patient_and_clinic_see_which_caregiver_no_message_reaches(live_cast: Cast) -> None:
    path, words = f"/patients/{live_cast.ewan.pk}/people/", "No message reaches"
    readers = {live_cast.priya: path, live_cast.ewan_user: path}
    for who, page in readers.items():
        assert words not in live_cast.client(who).get(page).content.decode()
    for each in (live_cast.isla, live_cast.watcher):  # the watcher is told of nothing anyway
        usable_contact_points(person=each).update(disabled_at=live_cast.now, disabled_reason="550")
    for who, page in readers.items():
        shown = live_cast.client(who).get(page).content.decode()
        assert re.findall(rf"{words} ([\w ]+) now", shown) == ["Isla Macrae"]


def test_a_patient_invites_and_ends_a_caregiver(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.ewan_user)
    path = f"/patients/{live_cast.ewan.pk}/people/"
    browser.post(path, {"name": "Flora Reid", "email": "flora@example.org", "may_log": "on"})
    link = CareLink.objects.get(name="Flora Reid")
    assert (link.is_alerted, link.may_log) == (False, True)
    assert link.consented_at is not None
    assert "flora@example.org" in browser.get(path).content.decode()
    browser.post(f"/me/caregivers/{link.pk}/end/")
    link.refresh_from_db()
    assert link.ended_at is not None
    browser.get(path)  # says once that it has been ended
    assert "Flora Reid" not in browser.get(path).content.decode()


def test_a_caregiver_whom_the_clinic_invited_is_agreed_to_on_the_patients_own_page(
    live_cast: Cast,
) -> None:
    live_cast.client(live_cast.priya).post(
        f"/patients/{live_cast.ewan.pk}/people/",
        {"name": "Flora Reid", "email": "flora@example.org"},
    )
    link = CareLink.objects.get(name="Flora Reid")
    assert link.consented_at is None
    browser = live_cast.client(live_cast.ewan_user)
    assert "May Flora Reid help you?" in browser.get("/me/").content.decode()
    browser.post(f"/me/caregivers/{link.pk}/agree/")
    link.refresh_from_db()
    assert link.consented_at is not None
    assert "May Flora Reid help you?" not in browser.get("/me/").content.decode()


def test_a_clinician_cannot_agree_for_the_patient(live_cast: Cast) -> None:
    live_cast.client(live_cast.priya).post(
        f"/patients/{live_cast.ewan.pk}/people/",
        {"name": "Flora Reid", "email": "flora@example.org"},
    )
    link = CareLink.objects.get(name="Flora Reid")
    path = f"/me/caregivers/{link.pk}/agree/"
    assert live_cast.client(live_cast.priya).post(path).status_code == 404


def test_the_patient_changes_what_a_caregiver_may_do(live_cast: Cast) -> None:
    link = live_cast.link_of(live_cast.isla)
    browser = live_cast.client(live_cast.ewan_user)
    path = f"/me/caregivers/{link.pk}/scope/"
    assert path in browser.get("/me/").content.decode()
    shown = browser.get(path).content.decode()
    assert "What Isla Macrae may do" in shown
    assert shown.count(" checked") == 2

    assert browser.post(path, {"is_alerted": "on"}).status_code == 302

    link.refresh_from_db()
    assert (link.is_alerted, link.may_log) == (True, False)
    row = AuditRow.objects.get(action="care_link.scope_set")
    assert (row.actor, row.patient) == (live_cast.ewan_user, live_cast.ewan)
    assert row.detail == {"is_alerted": True, "may_log": False}
    assert "May log doses." not in panel_of(browser.get("/me/").content.decode(), "Isla Macrae")
    assert live_cast.client(live_cast.isla).post(path, {"may_log": "on"}).status_code == 404
    assert "You do not log doses." in (
        live_cast.client(live_cast.isla).get("/me/").content.decode()
    )


def panel_of(page: str, name: str) -> str:
    """Return the article about one caregiver."""
    return page.split(f"<h3>{name}", 1)[1].split("</article>", 1)[0]


def test_a_caregiver_is_asked_once_before_they_stop_helping(live_cast: Cast) -> None:
    link = live_cast.link_of(live_cast.isla)
    browser = live_cast.client(live_cast.isla)
    asked = browser.post(f"/me/helping/{link.pk}/end/").content.decode()
    assert "Stop helping Ewan Macrae?" in asked
    link.refresh_from_db()
    assert link.ended_at is None
    assert browser.post(f"/me/helping/{link.pk}/end/", {"sure": "yes"}).status_code == 302
    link.refresh_from_db()
    assert (link.ended_at is not None, link.ended_by) == (True, live_cast.isla)
    other = live_cast.link_of(live_cast.tomasz)
    assert browser.post(f"/me/helping/{other.pk}/end/").status_code == 404


def test_the_patient_reads_who_looked(live_cast: Cast) -> None:
    live_cast.client(live_cast.priya).get(f"/patients/{live_cast.ewan.pk}/people/")
    browser = live_cast.client(live_cast.ewan_user)
    for path in ("/me/", "/me/looks/"):
        assert "Dr Priya Raman" in browser.get(path).content.decode()


def test_an_address_is_added_shown_and_removed(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.isla)
    browser.post("/me/addresses/", {"address": "isla@work.example"})
    point = live_cast.isla.contact_points.get(address="isla@work.example")
    assert point.verification_wanted_at is not None
    assert "Not verified" in browser.get("/me/").content.decode()
    browser.post(f"/me/addresses/{point.pk}/remove/")
    assert "isla@work.example" not in browser.get("/me/").content.decode()


def test_an_address_in_use_goes_only_when_somebody_says_so_twice(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.isla)
    point = live_cast.isla.contact_points.get()
    path = f"/me/addresses/{point.pk}/remove/"
    assert "No message could reach you any more" in browser.post(path).content.decode()
    point.refresh_from_db()
    assert point.removed_at is None
    live_cast.isla.contact_points.create(
        address="isla@work.example", added_at=live_cast.now, verified_at=live_cast.now
    )
    page = browser.post(path).content.decode()
    assert "Remove this address?" in page
    assert "No message could reach you any more" not in page
    assert browser.post(path, {"sure": "yes"}).status_code == 302
    point.refresh_from_db()
    assert point.removed_at is not None


def test_an_old_delivery_error_is_not_told_as_the_last_message(live_cast: Cast) -> None:
    point = live_cast.isla.contact_points.get()
    point.last_error, point.last_error_at = "451 later", live_cast.now
    point.save()
    page = live_cast.client(live_cast.isla).get("/me/").content.decode()
    assert "Last delivery error, " in page
    assert "“451 later”" in page
    assert "did not get through" not in page


def test_quiet_hours_are_kept_as_wall_times(live_cast: Cast) -> None:
    point = live_cast.isla.contact_points.get()
    browser = live_cast.client(live_cast.isla)
    path = f"/me/addresses/{point.pk}/quiet/"
    begin, end = f"{point.pk}-quiet_from_time", f"{point.pk}-quiet_until_time"
    browser.post(path, {begin: "22:00", end: "07:00"})
    assert "Quiet from 22:00 until 07:00" in browser.get("/me/").content.decode()
    page = browser.post(path, {begin: "22:00", end: ""}).content.decode()
    assert "Give both times, or neither." in page
    assert 'value="22:00"' in page


def test_name_zone_and_language_are_changed_on_ones_own_page(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.isla)
    typed = {"name": "Isla M", "zone": "Pacific/Auckland", "language": "es", "phone": ""}
    assert browser.post("/me/", typed).status_code == 302
    live_cast.isla.refresh_from_db()
    assert (live_cast.isla.name, live_cast.isla.zone) == ("Isla M", "Pacific/Auckland")
    page = browser.post("/me/", typed | {"zone": "Mars/Olympus"}).content.decode()
    assert "is not a known time zone" in page
    assert '<option value="Mars/Olympus" selected>' in page
    live_cast.isla.refresh_from_db()
    assert live_cast.isla.zone == "Pacific/Auckland"


def test_an_administrator_changes_the_clinics_numbers_and_minutes(live_cast: Cast) -> None:
    typed = {
        "name": "Harbour clinic",
        "zone": "Europe/London",
        "emergency_number": "112",
        "desk_phone": "",
        "out_of_hours_phone": "",
        "out_of_hours_note": "",
        "on_time_minutes": "60",
        "follow_up_minutes": "20",
        "unacknowledged_minutes": "75",
    }
    browser = live_cast.client(live_cast.admin)
    assert browser.post("/clinic/harbour/numbers/", typed).status_code == 302
    clinic = Clinic.objects.get(slug="harbour")
    assert (clinic.emergency_number, clinic.on_time_window.seconds) == ("112", 3600)
    page = browser.post("/clinic/harbour/numbers/", typed | {"desk_phone": "ask Mo"})
    assert 'value="ask Mo"' in page.content.decode()


def numbers(clinic: Clinic, **changed: str) -> dict[str, str]:
    """What the browser sends for the numbers of a clinic that stay as they are."""
    return {
        "name": clinic.name,
        "zone": clinic.zone,
        "on_time_minutes": "45",
        "follow_up_minutes": "30",
        "unacknowledged_minutes": "60",
        **changed,
    }


def test_a_clinic_asks_for_two_signatures_only_where_two_can_sign(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.admin)
    asked = numbers(live_cast.harbour, is_cosign_required="on")
    assert browser.post("/clinic/harbour/numbers/", asked).status_code == 302
    assert Clinic.objects.get(slug="harbour").is_cosign_required

    browser.post("/clinic/harbour/numbers/", numbers(live_cast.harbour))
    Membership.objects.filter(user=live_cast.adaeze).update(ended_at=live_cast.now)
    page = browser.post("/clinic/harbour/numbers/", asked).content.decode()

    assert "A second signature needs a second clinician." in page
    assert not Clinic.objects.get(slug="harbour").is_cosign_required


def test_hours_and_rungs_are_replaced_or_refused_whole(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.admin)
    browser.post("/clinic/harbour/hours/", {"opens_0_0": "09:00", "closes_0_0": "12:30"})
    assert [str(row) for row in live_cast.harbour.opening_hours.all()] == ["0 09:00-12:30"]
    typed = {"opens_0_0": "09:00", "closes_0_0": "08:00", "opens_2_1": "13:00"}
    page = browser.post("/clinic/harbour/hours/", typed).content.decode()
    assert 'id="id_closes_2_1_error"' in page
    assert 'value="08:00"' in page
    assert live_cast.harbour.opening_hours.count() == 1
    assert 'id="id_closes_0_0_error"' in page
    typed = {"minutes_1": "90", "audience_1": "patient", "minutes_3": "60", "audience_3": "clinic"}
    page = browser.post("/clinic/harbour/rungs/", typed).content.decode()
    assert 'id="id_minutes_3_error"' in page
    browser.post("/clinic/harbour/rungs/", typed | {"minutes_3": "120"})
    assert [rung.audience for rung in live_cast.harbour.rungs.all()] == ["patient", "clinic"]


def test_the_clinics_page_says_when_nobody_would_be_told(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.admin)
    assert "Nobody is told" not in browser.get("/clinic/").content.decode()
    desk = live_cast.harbour.contact_points.get(duty="desk")
    asked = browser.post(f"/clinic/harbour/contacts/{desk.pk}/remove/")
    assert "Nobody would be told in opening hours" in asked.content.decode()
    assert desk in usable_contact_points(clinic=live_cast.harbour, duty="desk")
    browser.post(f"/clinic/harbour/contacts/{desk.pk}/remove/", {"sure": "yes"})
    assert "no plan of this clinic can be signed" in browser.get("/clinic/").content.decode()


def test_an_administrator_invites_and_ends_colleagues(live_cast: Cast) -> None:
    browser = live_cast.client(live_cast.admin)
    typed = {"name": "New Colleague", "email": "new@example.org", "capacity": "clinician"}
    browser.post("/clinic/harbour/staff/", typed)
    asked = Invitation.objects.get(kind="staff")
    assert asked.mail_wanted_at is not None
    code = f"/clinic/harbour/invitations/{asked.pk}/code/"
    assert code not in browser.get("/clinic/").content.decode()
    assert "from the link in the mail" in browser.post(code, follow=True).content.decode()
    browser.post(f"/clinic/harbour/invitations/{asked.pk}/withdraw/")
    asked.refresh_from_db()
    assert asked.revoked_at is not None
    own = live_cast.adaeze.memberships.get()
    browser.post(f"/clinic/harbour/staff/{own.pk}/end/")
    own.refresh_from_db()
    assert own.ended_at is not None
