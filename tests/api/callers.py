"""Calling the API as a program does: JSON in, JSON out, as one person of the cast."""

import json
from typing import Any
from uuid import uuid4

from django.test import Client

from accounts.models import User

ROOT = "/api/v1"
NOT_FOUND = {
    "type": "client_error",
    "errors": [{"code": "not_found", "detail": "Not found.", "attr": None}],
}
NOT_SIGNED_IN = {
    "type": "client_error",
    "errors": [
        {
            "code": "not_authenticated",
            "detail": "Authentication credentials were not provided.",
            "attr": None,
        }
    ],
}


class Answer:
    """What came back."""

    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.text: str = response.getvalue().decode(errors="replace")  # a file comes in parts

    @property
    def body(self) -> Any:
        """The JSON value; fails when it is none."""
        assert self.headers["Content-Type"].startswith("application/json"), self.text[:200]
        return json.loads(self.text)

    @property
    def attrs(self) -> set[str | None]:
        """What the errors are about."""
        return {error["attr"] for error in self.body["errors"]}

    @property
    def codes(self) -> set[str]:
        """The errors' words for programs."""
        return {error["code"] for error in self.body["errors"]}

    def __repr__(self) -> str:
        return f"{self.status} {self.text[:600]}"


class Caller:
    """One person with a session; None is nobody."""

    def __init__(self, who: User | None) -> None:
        self.client = Client(raise_request_exception=False)
        if who is not None:
            self.client.force_login(who)

    def get(self, path: str, **filters: Any) -> Answer:
        """GET an address under /api/v1, or one as it was answered ("next")."""
        address = path if path.startswith("http") else ROOT + path
        return Answer(self.client.get(address, filters))

    def send(self, method: str, path: str, body: Any = None) -> Answer:
        """Send a JSON body, or none, by this method."""
        content = b"" if body is None else json.dumps(body).encode()
        return self.send_raw(method, path, content)

    def send_raw(
        self, method: str, path: str, content: bytes, kind: str = "application/json"
    ) -> Answer:
        """Send exactly these bytes."""
        path = path if path.startswith("http") else ROOT + path
        return Answer(self.client.generic(method, path, content, content_type=kind))

    def post(self, path: str, body: Any = None) -> Answer:
        """POST a JSON body."""
        return self.send("POST", path, body)

    def put(self, path: str, body: Any = None) -> Answer:
        """PUT a JSON body."""
        return self.send("PUT", path, body)


def new_id() -> str:
    """A client_id as a phone makes one."""
    return str(uuid4())
