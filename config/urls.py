"""Every address of the site, by the app that answers it."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.web.sign_out import sign_out
from config import api_docs

handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("reminders.urls")),
    path("", include("tracker.urls")),
    path("", include("accounts.urls")),
    path("account/logout/", sign_out, name="account_logout"),
    path("account/", include("allauth.account.urls")),
    path("api/v1/", include("reminders.api.urls")),
    path("api/v1/", include("tracker.api.urls")),
    path("api/v1/", include("accounts.api.urls")),
    path("api/schema/", api_docs.schema, name="api-schema"),
    path("api/docs/", api_docs.docs, name="api-docs"),
    path("api/<path:rest>", api_docs.nothing_here),
]
