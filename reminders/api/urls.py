"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from reminders.api.exports import my_export

urlpatterns: list[URLPattern | URLResolver] = [
    path("me/export/", my_export, name="api-my-export"),
]
