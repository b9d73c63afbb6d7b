"""What delivery says about an address: the last error is kept, and a refusal switches it off."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import ContactPoint
from accounts.services.contact_points import contact_point_disable

NO_WORDS = "refused"
"""What is kept when a provider refuses an address and says nothing."""


@transaction.atomic
def contact_points_note_errors(*, errors: Mapping[UUID, str], now: datetime) -> None:
    """Keep the latest words of a failed delivery at each contact point, by its id."""
    rows = list(
        ContactPoint.objects.filter(pk__in=errors).select_for_update(no_key=True).order_by("pk")
    )
    for row in rows:
        row.last_error = errors[row.pk][:300]
        row.last_error_at = now
    ContactPoint.objects.bulk_update(rows, ["last_error", "last_error_at"])


@transaction.atomic
def contact_point_refused(*, contact_point: ContactPoint, error: str, now: datetime) -> None:
    """Keep the error and stop using the address, once, however many messages came back."""
    contact_points_note_errors(errors={contact_point.pk: error}, now=now)
    row = ContactPoint.objects.select_for_update(no_key=True).get(pk=contact_point.pk)
    if row.disabled_at is None:
        contact_point_disable(contact_point=row, reason=error or NO_WORDS, now=now)
