"""The smallest Django project that holds django-celery-beat's tables."""

import os

from config import env

SECRET_KEY = "bench-only"  # noqa: S105 - nothing signs anything here
INSTALLED_APPS = ["django.contrib.contenttypes", "django_celery_beat"]
DATABASES = {
    "default": {
        **env.database_url("DATABASE_URL"),
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
    }
}
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_HOST = os.environ.get("EMAIL_HOST", "127.0.0.1")
EMAIL_PORT = env.integer("EMAIL_PORT", 25, maximum=65535)
CELERY_BROKER_URL = env.text("REDIS_URL")
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
