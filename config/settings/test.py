"""What differs in the tests: cheap passwords, mail kept in memory, static files unhashed."""

import os

# Stand-ins until the tests' own database is known (tests/conftest.py); removed again below, so
# that no process which a test starts takes them for somebody's real settings.
STAND_INS = {
    "SECRET_KEY": "tests-only",
    "DATABASE_URL": "postgresql://set-by-conftest@127.0.0.1/stepdown",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}
ADDED = [name for name in STAND_INS if name not in os.environ]
os.environ.update({name: STAND_INS[name] for name in ADDED})

from config.settings.base import *  # noqa: E402, F403 - the stand-ins above must come first

for name in ADDED:
    del os.environ[name]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CONTACT_KINDS = ["email", "sms", "push"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
