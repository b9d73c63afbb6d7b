"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from accounts.api.access_log import access_log
from accounts.api.care_links import (
    care_link_consent_view,
    care_link_end_view,
    care_link_scope_view,
    care_links,
)
from accounts.api.contact_points import (
    contact_points,
    my_contact_point_remove,
    my_contact_point_test,
    my_contact_points,
)
from accounts.api.me import MeApi
from accounts.api.patients import patient, patients

urlpatterns: list[URLPattern | URLResolver] = [
    path("me/", MeApi.as_view(), name="api-me"),
    path("me/contact-points/", my_contact_points, name="api-my-contact-points"),
    path(
        "me/contact-points/<uuid:point_id>/test/",
        my_contact_point_test,
        name="api-my-contact-point-test",
    ),
    path(
        "me/contact-points/<uuid:point_id>/remove/",
        my_contact_point_remove,
        name="api-my-contact-point-remove",
    ),
    path("patients/", patients, name="api-patients"),
    path("patients/<uuid:patient_id>/", patient, name="api-patient"),
    path("patients/<uuid:patient_id>/care-links/", care_links, name="api-care-links"),
    path(
        "patients/<uuid:patient_id>/care-links/<uuid:link_id>/consent/",
        care_link_consent_view,
        name="api-care-link-consent",
    ),
    path(
        "patients/<uuid:patient_id>/care-links/<uuid:link_id>/scope/",
        care_link_scope_view,
        name="api-care-link-scope",
    ),
    path(
        "patients/<uuid:patient_id>/care-links/<uuid:link_id>/end/",
        care_link_end_view,
        name="api-care-link-end",
    ),
    path("patients/<uuid:patient_id>/contact-points/", contact_points, name="api-contact-points"),
    path("patients/<uuid:patient_id>/access-log/", access_log, name="api-access-log"),
]
