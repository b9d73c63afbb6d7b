"""Clinics, when they are open, how they remind by default, and who works there."""

from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q

from accounts.domain.audiences import Audience
from accounts.domain.capacities import CLINIC_CAPACITIES, Capacity
from accounts.domain.opening_hours import MIDNIGHT, OpenSpan
from accounts.models.users import User
from accounts.models.validators import known_zone, one_line, phone_number


class Clinic(models.Model):
    """A place whose clinicians look after patients. Its zone is an IANA name."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120, validators=[one_line])
    slug = models.SlugField(max_length=60, unique=True)
    zone = models.CharField(max_length=64, validators=[known_zone])
    country = models.CharField(max_length=2)
    emergency_number = models.CharField(
        max_length=32, blank=True, default="", validators=[phone_number]
    )
    desk_phone = models.CharField(max_length=32, blank=True, default="", validators=[phone_number])
    out_of_hours_phone = models.CharField(
        max_length=32, blank=True, default="", validators=[phone_number]
    )
    out_of_hours_note = models.CharField(
        max_length=300, blank=True, default="", validators=[one_line]
    )
    on_time_window = models.DurationField(default=timedelta(minutes=45))
    follow_up_delay = models.DurationField(default=timedelta(minutes=30))
    unacknowledged_delay = models.DurationField(default=timedelta(minutes=60))
    is_cosign_required = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(on_time_window__gt=timedelta(0)), name="clinic_window_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(follow_up_delay__gt=timedelta(0)), name="clinic_follow_up_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(unacknowledged_delay__gt=timedelta(0)),
                name="clinic_unacknowledged_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(country__regex="^[A-Z]{2}$"), name="clinic_country_is_two_letters"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def zone_info(self) -> ZoneInfo:
        """The clinic's zone, ready for arithmetic with instants."""
        return ZoneInfo(self.zone)


class ClinicRung(models.Model):
    """One level of the ladder that new plans of this clinic start from.

    `delay` counts from the dose time; rungs are numbered from 1. A rung is told again
    `repeat_times` times, each `repeat_delay` after the one before, each time at the person's
    next contact point.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="rungs")
    number = models.PositiveSmallIntegerField()
    delay = models.DurationField()
    audience = models.CharField(max_length=16)
    repeat_delay = models.DurationField(null=True, blank=True)
    repeat_times = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("clinic", "number")
        constraints = (
            models.UniqueConstraint(fields=("clinic", "number"), name="clinic_rung_number_once"),
            models.CheckConstraint(
                condition=Q(audience__in=[each.value for each in Audience]),
                name="clinic_rung_audience_known",
            ),
            models.CheckConstraint(
                condition=Q(delay__gte=timedelta(0)), name="clinic_rung_delay_not_negative"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="clinic_rung_number_from_one"),
            models.CheckConstraint(
                condition=Q(repeat_times=0, repeat_delay=None)
                | Q(repeat_times__gte=1, repeat_delay__gt=timedelta(0)),
                name="clinic_rung_repeats_after_a_while",
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}: {self.audience} after {self.delay}"


class OpeningHours(models.Model):
    """One stretch of a weekday (0 = Monday) in the clinic's wall time; 00:00 closes at midnight."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField()
    opens_time = models.TimeField()
    closes_time = models.TimeField()

    class Meta:
        ordering = ("clinic", "weekday", "opens_time")
        constraints = (
            models.UniqueConstraint(
                fields=("clinic", "weekday", "opens_time"), name="opening_hours_start_once"
            ),
            models.CheckConstraint(
                condition=Q(weekday__gte=0, weekday__lte=6), name="opening_hours_weekday_known"
            ),
            models.CheckConstraint(
                condition=Q(closes_time__gt=F("opens_time")) | Q(closes_time=MIDNIGHT),
                name="opening_hours_close_after_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens_time:%H:%M}-{self.closes_time:%H:%M}"

    @property
    def span(self) -> OpenSpan:
        """These hours as the pure rules read them."""
        return OpenSpan(self.weekday, self.opens_time, self.closes_time)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about who works where."""

    def current(self, now: datetime) -> Self:
        """Keep memberships that hold at `now`; an ended one stops at that very instant."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=now), started_at__lte=now)

    def clinical(self) -> Self:
        """Keep memberships that let somebody see patients."""
        return self.filter(capacity=Capacity.CLINICIAN.value)

    def administering(self) -> Self:
        """Keep memberships that let somebody change the clinic's settings."""
        return self.filter(capacity=Capacity.ADMINISTRATOR.value)


class Membership(models.Model):
    """Somebody works at a clinic in one capacity from one instant until another."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="memberships")
    capacity = models.CharField(max_length=16)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("user", "clinic", "capacity"),
                condition=Q(ended_at=None),
                name="membership_current_once",
            ),
            models.CheckConstraint(
                condition=Q(capacity__in=sorted(each.value for each in CLINIC_CAPACITIES)),
                name="membership_capacity_known",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="membership_ends_after_start",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} as {self.capacity} of {self.clinic}"
