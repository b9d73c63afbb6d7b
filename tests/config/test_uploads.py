"""What no form asks for is not read: nobody fills the disk with files."""

from io import BytesIO
from tempfile import gettempdir

import pytest
from django.core.files import uploadedfile
from django.test import Client

FORM = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
    + b"x" * 3_000_000
    + b"\r\n--b--\r\n"
)


@pytest.mark.parametrize("path", ["/account/login/", "/webhooks/sms/", "/no-such-page/"])
def test_a_file_that_anybody_sends_is_not_kept(db, settings, monkeypatch, path: str) -> None:
    def kept(*_args: object, **_options: object) -> None:
        pytest.fail(f"a file is being kept in {gettempdir()}")

    monkeypatch.setattr(uploadedfile.tempfile, "NamedTemporaryFile", kept)
    settings.SMS_ACCOUNT, settings.SMS_TOKEN = "AC1", "token"
    body = BytesIO(FORM)

    answer = Client(enforce_csrf_checks=True, headers={"Cookie": f"csrf={'a' * 32}"}).generic(
        "POST", path, body.read(), content_type="multipart/form-data; boundary=b"
    )

    assert answer.status_code in {302, 403, 404}
