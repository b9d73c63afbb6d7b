"""What every page may ask about the person who looks at it."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import capacities_held_by
from accounts.clock import database_now


def capacities(request: HttpRequest) -> dict[str, Any]:
    """Offer `capacities`, for navigation: `{% if "clinician" in capacities %}`.

    Nothing is read before a template asks, so that pages without a person need no database.
    """
    return {
        "capacities": SimpleLazyObject(lambda: capacities_held_by(request.user, database_now()))
    }
