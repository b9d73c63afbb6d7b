"""Contact points as a page lists them: in their order, each with what can be done to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from accounts.models import ContactPoint
from accounts.web.forms import QuietHoursForm


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact point; the first of a list cannot move up, the last one not down."""

    point: ContactPoint
    quiet: QuietHoursForm
    is_first: bool
    is_last: bool


def contact_rows(
    points: Iterable[ContactPoint], sent: tuple[UUID, QuietHoursForm] | None = None
) -> list[ContactRow]:
    """Return a row for each point; `sent` is the form of quiet hours that could not be saved.

    Points come by duty and in order, as the selectors give them.
    """
    rows = []
    for _duty, group in groupby(points, key=lambda point: point.duty):
        listed = list(group)
        rows += [
            ContactRow(
                point=point,
                quiet=_quiet_form(point, sent),
                is_first=at == 0,
                is_last=at == len(listed) - 1,
            )
            for at, point in enumerate(listed)
        ]
    return rows


def _quiet_form(point: ContactPoint, sent: tuple[UUID, QuietHoursForm] | None) -> QuietHoursForm:
    if sent is not None and sent[0] == point.pk:
        return sent[1]
    names = ("quiet_from_time", "quiet_until_time")
    initial = {name: getattr(point, name) for name in names}
    return QuietHoursForm(prefix=str(point.pk), initial=initial)
