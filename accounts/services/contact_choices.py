"""What somebody chooses for an address: its place, its quiet hours, discretion, a test."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.problems import Problem, Refusal
from accounts.models import AuditRow, ContactPoint, User
from accounts.services.contact_points import contact_point_audit, owner_lock

TEST_AGAIN_DELAY = timedelta(minutes=1)
MOST_TESTS_A_DAY = 10
"""For one person, over all addresses: a text may cost, and somebody may earn from it."""
TEST_ACTION = "contact_point.test_asked"


@transaction.atomic
def contact_point_move(
    *, contact_point: ContactPoint, is_up: bool, by: User, now: datetime
) -> None:
    """Change places with the one above or below; the first one is tried first.

    Nothing happens at the end of the list.
    """
    owner_lock(contact_point.person, contact_point.clinic)
    owner = {
        "person": contact_point.person,
        "clinic": contact_point.clinic,
        "duty": contact_point.duty,
    }
    rows = list(ContactPoint.objects.kept().filter(**owner).order_by("position", "added_at", "pk"))
    here = next((at for at, row in enumerate(rows) if row.pk == contact_point.pk), None)
    there = None if here is None else here + (-1 if is_up else 1)
    if here is None or there is None or not 0 <= there < len(rows):
        return
    rows[here], rows[there] = rows[there], rows[here]
    for position, row in enumerate(rows, start=1):
        row.position = position
    ContactPoint.objects.bulk_update(rows, ["position"])
    contact_point_audit(rows[there], "contact_point.moved", now=now, by=by)


@transaction.atomic
def contact_point_set_discreet(
    *, contact_point: ContactPoint, is_discreet: bool, by: User, now: datetime
) -> None:
    """Choose whether what is sent here may name a person, a time or an amount."""
    contact_point.is_discreet = is_discreet
    contact_point.save(update_fields=["is_discreet"])
    contact_point_audit(contact_point, "contact_point.discretion_set", now=now, by=by)


@transaction.atomic
def contact_point_set_quiet_hours(
    *,
    contact_point: ContactPoint,
    quiet_from_time: time | None,
    quiet_until_time: time | None,
    by: User,
    now: datetime,
) -> None:
    """Set from when until when (the person's wall time) nothing goes here; None twice ends it.

    Emergencies ignore quiet hours. Raises Refusal when only one time is given or both are equal.
    """
    if (quiet_from_time is None) != (quiet_until_time is None):
        missing = "quiet_from_time" if quiet_from_time is None else "quiet_until_time"
        raise Refusal(Problem(missing, _("Give both times, or neither.")))
    if quiet_from_time is not None and quiet_from_time == quiet_until_time:
        raise Refusal(Problem("quiet_until_time", _("The two times are the same.")))
    contact_point.quiet_from_time = quiet_from_time
    contact_point.quiet_until_time = quiet_until_time
    contact_point.save(update_fields=["quiet_from_time", "quiet_until_time"])
    contact_point_audit(contact_point, "contact_point.quiet_hours_set", now=now, by=by)


@transaction.atomic
def contact_point_ask_test(*, contact_point: ContactPoint, by: User, now: datetime) -> None:
    """Ask the engine for a test message.

    Refusal where none may go, within a minute of the last one, and after ten in a day.
    """
    row = ContactPoint.objects.select_for_update(no_key=True).get(pk=contact_point.pk)
    if not row.is_usable:
        raise Refusal(Problem("", _("No message may go there yet: it is not verified.")))
    target = {"target_type": row._meta.label_lower, "target_id": str(row.pk)}
    asked = AuditRow.objects.filter(action=TEST_ACTION, **target)
    if asked.filter(at__gt=now - TEST_AGAIN_DELAY).exists():
        raise Refusal(Problem("", _("A test is on its way already. Try again in a minute.")))
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    own = AuditRow.objects.filter(action=TEST_ACTION, actor=by, at__gt=now - timedelta(days=1))
    if own.count() >= MOST_TESTS_A_DAY:
        raise Refusal(Problem("", _("You have asked for ten tests in a day. Try again tomorrow.")))
    row.test_wanted_at = now
    row.save(update_fields=["test_wanted_at"])
    contact_point_audit(row, TEST_ACTION, now=now, by=by)


@transaction.atomic
def contact_point_mark_test_queued(*, contact_point: ContactPoint, wanted_at: datetime) -> bool:
    """Stop asking for the test that was wanted at `wanted_at`; False when a newer wish stands."""
    held = ContactPoint.objects.filter(pk=contact_point.pk, test_wanted_at=wanted_at)
    return bool(held.update(test_wanted_at=None))
