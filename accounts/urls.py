"""Addresses of this app."""

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from accounts.web import addresses, clinic, clinic_contacts, intake, join, me, people

app_name = "accounts"

sign_in = login_not_required(RedirectView.as_view(pattern_name="account_login", query_string=True))

# What allauth would also offer, and this site does not: accounts come from invitations, the address
# that somebody signs in with is the invited one.
NOT_OFFERED = ("signup/", "email/", "confirm-email/", "password/set/")

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", sign_in, name="sign_in"),
    *(path(f"account/{part}", join.not_offered) for part in NOT_OFFERED),
    path("join/<str:token>/", join.join, name="join"),
    path("verify/<str:token>/", join.verify, name="verify"),
    path("take-in/", intake.take_in, name="take_in"),
    path("patients/<uuid:patient_id>/invitation/", intake.invitation, name="invitation"),
    path(
        "patients/<uuid:patient_id>/invitation/code/",
        intake.invitation_code,
        name="invitation_code",
    ),
    path(
        "patients/<uuid:patient_id>/invitation/again/",
        intake.invitation_again,
        name="invitation_again",
    ),
    path("patients/<uuid:patient_id>/people/", people.people, name="people"),
    path(
        "patients/<uuid:patient_id>/people/<uuid:link_id>/end/",
        people.caregiver_end,
        name="caregiver_end",
    ),
    path(
        "patients/<uuid:patient_id>/people/<uuid:link_id>/again/",
        people.caregiver_again,
        name="caregiver_again",
    ),
    path(
        "patients/<uuid:patient_id>/people/<uuid:link_id>/code/",
        people.caregiver_code,
        name="caregiver_code",
    ),
    path("me/", me.me, name="me"),
    path("me/looks/", me.looks, name="looks"),
    path("me/addresses/", addresses.address_add, name="address_add"),
    path("me/numbers/", addresses.number_add, name="number_add"),
    path(
        "me/addresses/<uuid:point_id>/link/", addresses.address_ask_again, name="address_ask_again"
    ),
    path("me/addresses/<uuid:point_id>/test/", addresses.address_test, name="address_test"),
    path("me/addresses/<uuid:point_id>/move/", addresses.address_move, name="address_move"),
    path(
        "me/addresses/<uuid:point_id>/discretion/",
        addresses.address_discretion,
        name="address_discretion",
    ),
    path("me/addresses/<uuid:point_id>/quiet/", addresses.address_quiet, name="address_quiet"),
    path("me/addresses/<uuid:point_id>/remove/", addresses.address_remove, name="address_remove"),
    path("me/caregivers/<uuid:link_id>/agree/", me.caregiver_consent, name="my_caregiver_agree"),
    path("me/caregivers/<uuid:link_id>/scope/", me.caregiver_scope, name="my_caregiver_scope"),
    path("me/caregivers/<uuid:link_id>/end/", me.caregiver_end, name="my_caregiver_end"),
    path("me/helping/<uuid:link_id>/end/", me.helping_end, name="helping_end"),
    path("clinic/", clinic.clinic, name="clinic"),
    path("clinic/<slug:slug>/", clinic.clinic, name="clinic_named"),
    path("clinic/<slug:slug>/numbers/", clinic.numbers, name="clinic_numbers"),
    path("clinic/<slug:slug>/hours/", clinic.hours, name="clinic_hours"),
    path("clinic/<slug:slug>/rungs/", clinic.rungs, name="clinic_rungs"),
    path("clinic/<slug:slug>/contacts/", clinic_contacts.contact_add, name="clinic_contact_add"),
    *(
        path(f"clinic/<slug:slug>/contacts/<uuid:point_id>/{word}/", view, name=name)
        for word, view, name in (
            ("link", clinic_contacts.contact_ask_again, "clinic_contact_ask_again"),
            ("test", clinic_contacts.contact_test, "clinic_contact_test"),
            ("move", clinic_contacts.contact_move, "clinic_contact_move"),
            ("discretion", clinic_contacts.contact_discretion, "clinic_contact_discretion"),
            ("remove", clinic_contacts.contact_remove, "clinic_contact_remove"),
        )
    ),
    path("clinic/<slug:slug>/staff/", clinic.staff_invite, name="staff_invite"),
    path("clinic/<slug:slug>/staff/<uuid:membership_id>/end/", clinic.staff_end, name="staff_end"),
    path(
        "clinic/<slug:slug>/invitations/<uuid:invitation_id>/again/",
        clinic.staff_again,
        name="staff_again",
    ),
    path(
        "clinic/<slug:slug>/invitations/<uuid:invitation_id>/withdraw/",
        clinic.staff_withdraw,
        name="staff_withdraw",
    ),
    path(
        "clinic/<slug:slug>/invitations/<uuid:invitation_id>/code/",
        clinic.staff_code,
        name="staff_code",
    ),
]
