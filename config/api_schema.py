"""How the API describes itself: one error shape, every status that can come, names that read well.

Components are named after the operation: `DoseEntryAddApi.Input` becomes `DoseEntryAddInput`.
"""

import inspect
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.utils import OpenApiExample
from drf_standardized_errors.openapi import AutoSchema as StandardAutoSchema
from rest_framework import serializers

from accounts.api.doors import Door, ListDoor
from accounts.api.fields import Body
from config.api_access import SessionSignIn

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
OF_WRITES = frozenset({"403", "409"})
ERROR_WORDS = {
    "400": "What was sent cannot be read, or is refused; nothing was changed.",
    "401": "Nobody is signed in.",
    "403": "The token of GET /me/ is missing or old.",
    "404": "There is no such thing for the signed-in person, whether it exists or not.",
    "409": "What is stored already says otherwise; nothing was changed.",
    "default": "Any other status: 405, 406, 413 (body too large), 415, 500, 503 (try again).",
}
ERROR_KINDS = ["validation_error", "client_error", "server_error"]


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # theirs
    """The browser's session as a way to sign in; writes need the token of GET /me/ beside it."""

    target_class = SessionSignIn
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002 - theirs
        """Return where the session is sent."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class ErrorLine(serializers.Serializer[Any]):
    """One thing that is wrong."""

    code = serializers.CharField(help_text="A short word for programs.")
    detail = serializers.CharField(help_text="One sentence for people.")
    attr = serializers.CharField(
        allow_null=True,
        help_text=(
            "The field it is about; null when it is about none. A step or a rung of a plan comes "
            "with its row, counted from 1: `3.begins_on`."
        ),
    )


class Error(serializers.Serializer[Any]):
    """The one shape of every error."""

    type = serializers.ChoiceField(choices=ERROR_KINDS)
    errors = ErrorLine(many=True)  # type: ignore[assignment]  # the shape has this name


class AutoSchema(StandardAutoSchema):
    """Describes one operation."""

    def get_serializer_name(self, serializer: serializers.Serializer[Any], _direction: Any) -> str:
        """Return the operation's name with "Input"; for what it answers, the name alone."""
        owner, _, name = type(serializer).__qualname__.rpartition(".")
        if not owner:
            return name.removesuffix("Output") or name
        return owner.removesuffix("Api") + name.removesuffix("Output")

    def get_summary(self) -> str | None:
        """Return the first line about the operation's own class."""
        method = self.method.lower()
        for operation in type(self.view).__mro__:
            if method in vars(operation):
                return (inspect.getdoc(operation) or "").partition("\n")[0] or None
        return None

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        """Return every status that can come, in order."""
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status, words in ERROR_WORDS.items():
            if status in bodies:
                bodies[status]["description"] = words
        return dict(sorted(bodies.items()))

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        """Say whether this status can come: writes can be forged, contradict, or be too large."""
        is_signed_in = SessionSignIn in self.view.authentication_classes
        if status_code in OF_WRITES and not (is_signed_in and self.method in WRITING):
            return False
        if status_code == "403":
            return True
        if status_code == "400" and self._get_parameters():
            return True
        is_possible: bool = super()._should_add_error_response(responses, status_code)
        return is_possible

    def _get_error_response_examples(self) -> list[OpenApiExample]:
        """Return none: every error has the one shape, said once."""
        return []


def undescribed_classes() -> list[type]:
    """Return the classes whose own description says nothing about those made from them."""
    named: list[type] = get_lib_doc_excludes()  # type: ignore[no-untyped-call]  # theirs
    return [*named, Body, Door, ListDoor]
