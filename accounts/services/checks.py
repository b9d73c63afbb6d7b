"""Turns what a row says about itself into problems that a page can show."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models

from accounts.domain.problems import Problem, Refusal
from accounts.models.validators import no_link


def row_check(row: models.Model) -> None:
    """Raise Refusal with every problem of this row, each at the field it belongs to."""
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refusal(*problems_in(error)) from error


def name_check(name: str, *, field: str = "name") -> None:
    """Raise Refusal at `field` when somebody's name would become a link in a mail."""
    try:
        no_link(name)
    except ValidationError as error:
        raise Refusal(*problems_in(error, field=field)) from error


def problems_in(error: ValidationError, *, field: str = "") -> list[Problem]:
    """Return the problems of a validation error; those without a field of their own get `field`."""
    if not hasattr(error, "error_dict"):
        return [Problem(field=field, text=text) for text in error.messages]
    return [
        Problem(field=field if name == NON_FIELD_ERRORS else name, text=text)
        for name, texts in error.message_dict.items()
        for text in texts
    ]
