"""The last door: what a person sees when something broke."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template import loader
from redis.exceptions import RedisError

DATABASE_AWAY = (OperationalError, InterfaceError)
AWAY = (*DATABASE_AWAY, RedisError)
HEALTH = ("/healthz/", "/metrics")
"""What monitors ask: programs, which read no page."""


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 when the database or Valkey is away (it recovers by itself), else 500."""
    failure = sys.exc_info()[1]
    is_away = isinstance(failure, AWAY)
    status = 503 if is_away else 500
    if request.path.startswith(HEALTH):
        fault = "PostgreSQL is away" if isinstance(failure, DATABASE_AWAY) else "a mistake of ours"
        response: HttpResponse = JsonResponse({"status": "fault", "faults": [fault]}, status=status)
    elif request.path.startswith("/api/"):
        code = "unavailable" if is_away else "error"
        problem = {"code": code, "detail": "A server error occurred.", "attr": None}
        response = JsonResponse({"type": "server_error", "errors": [problem]}, status=status)
    else:
        page = loader.get_template(f"{status}.html").render()
        response = HttpResponseServerError(page, status=status)
    if is_away:
        response.headers["Retry-After"] = "10"
    return response
