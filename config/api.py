"""The API's frame: who is asking, and the one shape of every error."""

from django.db import InterfaceError, OperationalError
from drf_standardized_errors.handler import ExceptionHandler as StandardExceptionHandler
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request


class SessionSignIn(SessionAuthentication):
    """The browser's session; an anonymous call gets 401 rather than 403."""

    def authenticate_header(self, request: Request) -> str:
        """Name the scheme, which makes DRF answer 401 to a call without a session."""
        return "Session"


class DatabaseAway(APIException):
    """PostgreSQL did not answer; the same call may work in a moment."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database cannot be reached. Try again in a moment."
    default_code = "database_away"


class ExceptionHandler(StandardExceptionHandler):
    """Adds to the standard shape what only this project raises."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Return the API's own exception for one that Django or a service raised."""
        if isinstance(exc, OperationalError | InterfaceError):
            return DatabaseAway()
        converted: Exception = super().convert_known_exceptions(exc)
        return converted
