"""Fields that read a body as strictly as a record needs: nothing is guessed or converted."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class Text(serializers.CharField):
    """A JSON string, kept with its blanks; a number is refused, because 7.50 would become 7.5."""

    default_error_messages = {"invalid": _("Send this as text.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False} | options)

    def to_internal_value(self, data: Any) -> str:
        """Return the text as it was sent."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.BOOL)
class Flag(serializers.BooleanField):
    """JSON's true or false, and no other word for them."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the value as it was sent."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field(OpenApiTypes.UUID)
class Id(serializers.UUIDField):
    """A UUID as text."""

    def to_internal_value(self, data: Any) -> UUID:
        """Return the id; a number is no UUID."""
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.DATETIME)
class Instant(serializers.DateTimeField):
    """A moment in ISO 8601 with its offset from UTC; without one nobody knows which it is."""

    default_error_messages = {
        "no_offset": _("Send the time with its offset, as 2026-11-24T15:00:00+00:00."),
        "far": _("This time is too far away to be meant."),
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        """Return the instant in UTC; one without an offset is refused."""
        if timezone.is_naive(value):
            self.fail("no_offset")
        return super().enforce_timezone(value)

    def to_internal_value(self, value: Any) -> datetime:
        """Return the instant in UTC."""
        instant: datetime = super().to_internal_value(value)
        if not EARLIEST <= instant < LATEST:
            self.fail("far")
        return instant


class SaidAt(Instant):
    """When something was said that waited on a device: what its "now" meant. Often left out."""

    def __init__(self, **options: Any) -> None:
        """Take what a serializer's field takes."""
        said = {"required": False, "allow_null": True, "default": None}
        text = "When it was said, if it waited on the device; it may be sent again with another."
        super().__init__(**{"help_text": text} | said | options)


@extend_schema_field(OpenApiTypes.DATE)
class Day(serializers.DateField):
    """A date, year first: 2026-11-24."""

    default_error_messages = {"far": _("This date is too far away to be meant.")}

    def to_internal_value(self, value: Any) -> date:
        """Return the date."""
        day: date = super().to_internal_value(value)
        if not EARLIEST.date() <= day < LATEST.date():
            self.fail("far")
        return day


class Body(serializers.Serializer[Any]):
    """What an operation reads. A field that it does not know is refused, not passed over."""

    def to_internal_value(self, data: Any) -> Any:
        """Return what was read; ValidationError names every problem, unknown fields included."""
        unknown: dict[str, Any] = {}
        if isinstance(data, dict):
            text = ErrorDetail(gettext("There is no such field here."), code="unknown_field")
            unknown = {str(name): [text] for name in data if name not in self.fields}
        try:
            read = super().to_internal_value(data)
        except ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise ValidationError(unknown)
        return read


class PersonOutput(serializers.Serializer[Any]):
    """Somebody by name."""

    id = serializers.UUIDField()
    name = serializers.CharField()
