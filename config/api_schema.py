"""How the API describes itself: one error shape, every status that can come, names that read well.

Components are named after the operation: `DoseEntryAddApi.Input` becomes `DoseEntryAddInput`.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample
from drf_standardized_errors.openapi import AutoSchema as StandardAutoSchema
from rest_framework import serializers

from config.api_access import SessionSignIn

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
OF_WRITES = frozenset({"403", "409", "413"})
ERROR_KINDS = ["validation_error", "client_error", "server_error"]


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
    errors = ErrorLine(many=True)


class AutoSchema(StandardAutoSchema):
    """Describes one operation."""

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: Any) -> str:
        """Return the operation's name with "Input"; for what it answers, the name alone."""
        owner, _, name = type(serializer).__qualname__.rpartition(".")
        if not owner:
            return name.removesuffix("Output") or name
        return owner.removesuffix("Api") + name.removesuffix("Output")

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
