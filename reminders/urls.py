"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from reminders.web import engine, exports, metrics, one_tap, webhooks

urlpatterns: list[URLPattern | URLResolver] = [
    path("t/<str:token>/", one_tap.one_tap, name="one-tap"),
    path("me/export/", exports.export, name="export"),
    path("webhooks/mail/", webhooks.mail_reports, name="webhook-mail"),
    path("webhooks/sms/", webhooks.sms_reports, name="webhook-sms"),
    path("engine/banner/", engine.banner, name="engine-banner"),
    path("livez/", engine.livez, name="livez"),
    path("readyz/", engine.readyz, name="readyz"),
    path("healthz/engine/", engine.healthz_engine, name="healthz-engine"),
    path("metrics", metrics.metrics, name="metrics"),
]
