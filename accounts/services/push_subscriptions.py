"""Browsers that somebody lets show notes. The signed-in session proves whose browser it is."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.domain.push_subscriptions import are_push_keys, is_push_endpoint
from accounts.models import ContactPoint, User
from accounts.models.contact_points import PUSH
from accounts.services.checks import row_check
from accounts.services.contact_points import contact_point_audit, owner_lock

MOST_BROWSERS = 10


@transaction.atomic
def push_subscribe(
    *, person: User, endpoint: str, p256dh: str, auth: str, label: str, now: datetime
) -> ContactPoint:
    """Keep a browser's subscription as this person's contact point, proved and usable at once.

    The same browser handed over again brings its keys up to date. A browser in which somebody else
    was signed in before belongs to this person now: nothing for the other one is shown in it.
    Raises Refusal when it is no subscription, or when ten browsers are there already.
    """
    _check(endpoint, p256dh=p256dh, auth=auth)
    owner_lock(person, None)
    same = ContactPoint.objects.kept().filter(kind=PUSH, address=endpoint)
    for other in same.filter(push_auth=auth, push_p256dh=p256dh).exclude(person=person):
        other.removed_at = now
        other.save(update_fields=["removed_at"])
        contact_point_audit(other, "contact_point.taken_over", now=now, by=person)
    mine = ContactPoint.objects.kept().filter(person=person)
    row = mine.filter(kind=PUSH, address=endpoint).first()
    if row is None:
        if mine.filter(kind=PUSH).count() >= MOST_BROWSERS:
            text = _("Ten browsers are on the list already. Remove one first.")
            raise Refusal(Problem("address", text))
        last = mine.aggregate(last=Max("position"))["last"] or 0
        row = ContactPoint(
            person=person, kind=PUSH, address=endpoint, position=last + 1, added_at=now
        )
    row.push_p256dh, row.push_auth, row.label = p256dh, auth, label.strip()
    row.verified_at = now
    row.disabled_at = row.last_error_at = None
    row.disabled_reason = row.last_error = ""
    row_check(row)
    row.save()
    contact_point_audit(row, "contact_point.subscribed", now=now, by=person)
    return row


def _check(endpoint: str, *, p256dh: str, auth: str) -> None:
    if PUSH not in settings.CONTACT_KINDS:
        raise Refusal(Problem("kind", _("No messages of this kind are sent from here.")))
    if not is_push_endpoint(endpoint):
        raise Refusal(Problem("address", _("This is not an address that a browser is reached at.")))
    if not are_push_keys(p256dh=p256dh, auth=auth):
        raise Refusal(Problem("keys", _("These are not the keys of a browser.")))
