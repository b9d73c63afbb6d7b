"""How often somebody may have a mail sent to an address that has not been proved yet.

Counted from rows, those of removed addresses and of replaced invitations included.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import AuditRow, ContactPoint, ContactVerification, Invitation, User
from accounts.models.invitations import FOR_PATIENT

SAME_ADDRESS_DELAY = timedelta(minutes=5)
DAY = timedelta(days=1)
MOST_A_DAY = 10
ADDRESS_ACTIONS = ("contact_point.added", "contact_point.verification_asked")


def address_rest_check(*, address: str, field: str, now: datetime) -> None:
    """Raise Refusal at `field` when a mail to this address was asked for in the last 5 minutes.

    What its owner has answered since, by proving the address or by accepting, does not count.
    """
    since = now - SAME_ADDRESS_DELAY
    points = ContactPoint.objects.filter(address__iexact=address, verified_at=None)
    added = points.filter(added_at__gt=since)
    proving = ContactVerification.objects.filter(contact_point__in=points, created_at__gt=since)
    invited = Invitation.objects.filter(
        email__iexact=address, created_at__gt=since, accepted_at=None
    )
    if added.exists() or proving.exists() or invited.exists():
        text = _("A mail to this address is on its way already. Try again in five minutes.")
        raise Refusal(Problem(field, text))


def day_limit_check(*, by: User, field: str, now: datetime) -> None:
    """Raise Refusal at `field` when this person has had ten mails sent to others in a day.

    The first invitation of a patient does not count: a clinic takes in whom it treats.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    since = now - DAY
    asked = AuditRow.objects.filter(actor=by, action__in=ADDRESS_ACTIONS, at__gt=since)
    earlier = Invitation.objects.filter(
        kind=FOR_PATIENT, patient=OuterRef("patient"), created_at__lt=OuterRef("created_at")
    )
    invited = Invitation.objects.filter(invited_by=by, created_at__gt=since).filter(
        ~Q(kind=FOR_PATIENT) | Exists(earlier)
    )
    if asked.count() + invited.count() >= MOST_A_DAY:
        text = _("You have asked for ten mails to others within a day. Try again tomorrow.")
        raise Refusal(Problem(field, text))
