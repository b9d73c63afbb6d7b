"""A log line gives the moment in UTC and gives no secret link away."""

import logging

import pytest

from config.logs import UtcFormatter


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Forbidden: /join/Yb8j7v24PIIv-iKbn/", "Forbidden: /join/.../"),
        ("Not Found: /t/z4g5nkzdptW_Jsh", "Not Found: /t/..."),
        ("Gone: /verify/abc/ twice /verify/def/", "Gone: /verify/.../ twice /verify/.../"),
        ("/account/password/reset/key/1-abc-def/", "/account/password/reset/key/.../"),
        ("Not Found: /today/", "Not Found: /today/"),
    ],
)
def test_a_secret_link_never_reaches_the_log(said, kept) -> None:
    record = logging.LogRecord("django.request", logging.WARNING, "", 1, "%s", (said,), None)
    assert UtcFormatter("%(message)s").format(record) == kept
