"""Addresses of pages that fail, with the site's own last door."""

from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from redis.exceptions import TimeoutError as RedisTimeoutError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.domain.problems import Conflict, Problem, Refusal
from config.urls import handler500, urlpatterns

FAILURES = {
    "database": OperationalError("connection refused: password=secret"),
    "valkey": RedisTimeoutError("Timeout reading from socket"),
    "mistake": KeyError("secret"),
    "refusal": Refusal(Problem("amount", "An amount is missing.", row=2)),
    "conflict": Conflict(Problem("", "It was logged already.")),
}


@login_not_required
def broken_page(_request: HttpRequest, failure: str) -> HttpResponse:
    raise FAILURES[failure]


@login_not_required
def public_page(_request: HttpRequest, **_named: str) -> HttpResponse:
    return HttpResponse("public")


def private_page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("private")


class BrokenApi(APIView):
    authentication_classes = ()
    permission_classes = ()
    schema = None

    def get(self, _request: Request, failure: str) -> Response:
        raise FAILURES[failure]


urlpatterns = [
    path("broken/<failure>/", broken_page),
    path("healthz/<failure>/", broken_page),
    path("api/v1/broken/<failure>/", BrokenApi.as_view()),
    path("api/plain/<failure>/", broken_page),
    path("secret/<token>/", public_page),
    path("public/", public_page),
    path("private/", private_page),
    *urlpatterns,
]

__all__ = ["handler500", "urlpatterns"]
