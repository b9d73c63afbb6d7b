"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from tracker.api.medicine import MedicineApi

urlpatterns: list[URLPattern | URLResolver] = [
    path("medicines/baclofen/", MedicineApi.as_view(), name="api-medicine"),
]
