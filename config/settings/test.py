"""What differs in the tests: cheap passwords, mail kept in memory, static files unhashed."""

import os

os.environ.setdefault("SECRET_KEY", "tests-only")
os.environ.setdefault("DATABASE_URL", "postgresql://set-by-conftest@127.0.0.1/stepdown")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")

from config.settings.base import *  # noqa: F403 - the defaults above must come first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
