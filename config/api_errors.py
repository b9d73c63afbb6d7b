"""The one shape of every error of the API."""

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from drf_standardized_errors.handler import ExceptionHandler as StandardExceptionHandler
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError

from accounts.domain.problems import Conflict, Refusal
from config.api_parsing import TooLarge

UNREADABLE = (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError)


class DatabaseAway(APIException):
    """PostgreSQL did not answer; the same call may work in a moment."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database cannot be reached. Try again in a moment."
    default_code = "database_away"
    wait = 10  # seconds, sent as Retry-After


class Conflicting(APIException):
    """The stored facts already say otherwise; nothing was changed."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class ExceptionHandler(StandardExceptionHandler):
    """Adds to the standard shape what only this project raises."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        """Return the API's own exception for one that Django or a service raised."""
        if isinstance(exc, OperationalError | InterfaceError):
            return DatabaseAway()
        if isinstance(exc, Conflict):
            return Conflicting(str(exc))
        if isinstance(exc, Refusal):
            return ValidationError(problems_by_field(exc))
        if isinstance(exc, RequestDataTooBig):
            return TooLarge()
        if isinstance(exc, UNREADABLE):
            return ParseError()
        converted: Exception = super().convert_known_exceptions(exc)
        return converted


def problems_by_field(refusal: Refusal) -> dict[str, list[str]]:
    """Return the sentences under the name of what they are about, rows as "3.amount"."""
    named: dict[str, list[str]] = {}
    for problem in refusal.problems:
        name = problem.field or "non_field_errors"
        if problem.row is not None:
            name = f"{problem.row}.{name}"
        named.setdefault(name, []).append(str(problem.text))
    return named
