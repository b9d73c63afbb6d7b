"""What every operation of the API does the same way: who asks, when, and what they sent.

An operation asks for access before it reads the body, so that a record that is not open to
somebody answers the same whatever was sent.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import NotVisible, capacities_of
from accounts.clock import database_now
from accounts.domain.capacities import FULL_READERS, Verb
from accounts.models import Patient, User
from accounts.services.audit import patient_open

T = TypeVar("T", bound=Model)

BESIDE_THE_FILTERS = frozenset({"cursor", "format"})


class Door(APIView):
    """One operation. It reads the database's clock once and passes it down."""

    now: datetime

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse whoever is not signed in, then look at the clock."""
        super().initial(request, *args, **kwargs)
        self.now = database_now()

    @property
    def person(self) -> User:
        """Who asks; NotVisible when nobody is signed in."""
        user = self.request.user
        if not isinstance(user, User):
            raise NotVisible
        return user

    def opened(self, patient_id: UUID, page: str, verb: Verb = Verb.SEE) -> Patient:
        """Return the patient whose record this person opens, with the look recorded."""
        return patient_open(
            actor=self.person, verb=verb, patient_id=patient_id, page=f"api: {page}", now=self.now
        )

    def reads_all(self, patient: Patient) -> bool:
        """Say whether this person reads what is kept from caregivers: numbers, risks, notes."""
        return bool(capacities_of(self.person, patient, self.now) & FULL_READERS)


class Pages(CursorPagination):
    """Pages of a hundred. The view's `ordering` begins with a time, so no name is in an address."""

    page_size = 100
    template = None

    def get_ordering(self, _request: Any, _queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the view's own order."""
        ordering: tuple[str, ...] = view.ordering
        return ordering

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """Return one page; a cursor that somebody made up is not found."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ModelValidationError, ValueError) as error:
            raise NotFound(self.invalid_cursor_message) from error


class ListDoor(Door):
    """An operation that answers a list, a page at a time."""

    pagination_class = Pages
    ordering: ClassVar[tuple[str, ...]]

    def listed(
        self, rows: QuerySet[Any], serializer: type[serializers.Serializer[Any]], **context: Any
    ) -> Response:
        """Answer the page of these rows that was asked for."""
        pages = self.pagination_class()
        shown = pages.paginate_queryset(rows, self.request, self)
        return pages.get_paginated_response(serializer(shown, many=True, context=context).data)


def parse(reader: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return the body as this operation reads it; ValidationError names every problem."""
    found = reader(data=request.data)
    found.is_valid(raise_exception=True)
    read: dict[str, Any] = found.validated_data
    return read


def parse_filters(reader: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what stands in the address after "?", read in the same way."""
    sent = {
        name: value
        for name, value in request.query_params.items()
        if name not in BESIDE_THE_FILTERS
    }
    found = reader(data=sent)
    found.is_valid(raise_exception=True)
    read: dict[str, Any] = found.validated_data
    return read


def one_of(rows: QuerySet[T], pk: UUID) -> T:
    """Return the row with this id among those that this person may see, else NotVisible."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotVisible
    return found


def at_one_address(*operations: type[Door]) -> Callable[..., HttpResponseBase]:
    """Return the view of an address at which each method is an operation of its own."""
    name = "And".join(operation.__name__.removesuffix("Api") for operation in operations)
    view: type[Door] = type(f"{name}Api", operations, {"__doc__": None})
    return view.as_view()
