"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from tracker.web import signs

urlpatterns: list[URLPattern | URLResolver] = [
    path("signs/", signs.signs, name="signs"),
    path("c/<slug:slug>/signs/", signs.clinic_signs, name="clinic-signs"),
    path("medicine/", signs.medicine, name="medicine"),
]
