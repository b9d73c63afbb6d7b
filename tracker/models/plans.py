"""The taper as prescribed: a plan, its signed versions and what each version holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Fact, OrderedFact, Patient
from tracker.domain.plan_states import RUNNING, PlanState, Route, VersionKind


class PlanQuerySet(models.QuerySet["Plan"]):
    """Questions about plans."""

    def running(self) -> Self:
        """Plans whose doses are expected or may be expected again."""
        return self.filter(state__in=RUNNING)


class Plan(models.Model):
    """One taper of one patient by one route; its content lives in immutable versions."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="plans")
    route = models.CharField(max_length=12, choices=[(route, route) for route in Route])
    state = models.CharField(
        max_length=16, choices=[(state, state) for state in PlanState], default=PlanState.DRAFT
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    next_look_at = models.DateTimeField(null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "route"],
                condition=Q(state__in=[PlanState.AWAITING, PlanState.ACTIVE, PlanState.ON_HOLD]),
                name="plan_one_running_per_route",
            ),
            models.CheckConstraint(
                condition=Q(state__in=list(PlanState)), name="plan_state_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_look_at"],
                condition=Q(next_look_at__isnull=False),
                name="plan_next_look",
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk}"


def _every_weekday() -> list[int]:
    return list(range(7))


class PlanDraft(models.Model):
    """What a clinician has typed and nobody has wholly signed, kept as typed.

    The draft of a plan that runs already is a change of it. Where the clinic wants two signatures
    `first_signed_*` hold the first one, and the text it was given to, until the second is there.
    """

    plan = models.OneToOneField(
        Plan, on_delete=models.CASCADE, related_name="draft", primary_key=True
    )
    kind = models.CharField(
        max_length=12, choices=[(k, k) for k in VersionKind], default=VersionKind.FIRST
    )
    content = models.JSONField()
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    first_signed_at = models.DateTimeField(null=True, blank=True)
    first_signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    first_signed_sha256 = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"draft of {self.plan_id}"


class PlanVersion(Fact):
    """One signed, immutable revision of a plan: steps, ladder, windows, thresholds."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(
        max_length=12, choices=[(k, k) for k in VersionKind], default=VersionKind.FIRST
    )
    change_reason = models.CharField(max_length=200, blank=True)
    zone = models.CharField(max_length=64)
    formulation = models.CharField(max_length=40)
    indication = models.CharField(max_length=40, blank=True)
    off_label_reason = models.CharField(max_length=200, blank=True)
    risk_factors = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    risk_note = models.CharField(max_length=500, blank=True)
    named_clinician = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    missed_dose_advice = models.CharField(max_length=500, blank=True)
    content_version = models.CharField(max_length=20)

    on_time_window = models.DurationField()
    follow_up_delay = models.DurationField()
    unacknowledged_delay = models.DurationField(default=timedelta(minutes=60))
    observation_days = models.PositiveSmallIntegerField()
    missed_doses_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    hours_since_taken_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    silent_doses_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    supply_days_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    step_change_days_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    sign_hours_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    review_days_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    refill_days_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    replacement_days_threshold = models.PositiveSmallIntegerField(null=True, blank=True)
    check_in_every_days = models.PositiveSmallIntegerField(null=True, blank=True)

    counts_from_at = models.DateTimeField()
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    cosigned_at = models.DateTimeField(null=True, blank=True)
    cosigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    signed_text = models.TextField()
    signed_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="version_number_once"),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"version {self.number} of {self.plan_id}"


class Step(Fact):
    """A period with the same doses; local dates in the version's zone, both inclusive.

    `ends_on` is empty only for an open-ended last step. A step of a plan by pump has no dose
    times: `rate` is the programmed rate verbatim, and it begins with a visit at `visit_time`.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    begins_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    is_dose_free = models.BooleanField(default=False)
    rate = models.CharField(max_length=80, blank=True)
    visit_time = models.TimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="step_number_once"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=models.F("begins_on")),
                name="step_runs_forward",
            ),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"step {self.number}"


class DoseTime(Fact):
    """A wall-clock time on some weekdays (0 = Monday) of a step, its amount exactly as entered."""

    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="dose_times")
    wall_time = models.TimeField()
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=_every_weekday)
    amount = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["step", "wall_time", "weekdays"], name="dose_time_once"
            ),
            models.CheckConstraint(condition=~Q(amount=""), name="dose_time_has_an_amount"),
        ]
        ordering = ["wall_time"]

    def __str__(self) -> str:
        return f"{self.wall_time} {self.amount}"


class Rung(Fact):
    """One level of a version's ladder: who is told, how long after the dose was due.

    It is told again `repeat_times` times, each `repeat_delay` after the one before, each time at
    the person's next contact point.

    The clinic's worklist stands behind the last rung of every ladder and is not a row.
    """

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="rungs")
    number = models.PositiveSmallIntegerField()
    delay = models.DurationField()
    audience = models.CharField(max_length=12)
    repeat_delay = models.DurationField(null=True, blank=True)
    repeat_times = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(repeat_times=0, repeat_delay=None)
                | Q(repeat_times__gte=1, repeat_delay__gt=timedelta(0)),
                name="rung_repeats_after_a_while",
            ),
            models.UniqueConstraint(fields=["version", "number"], name="rung_number_once"),
        ]
        ordering = ["number"]

    def __str__(self) -> str:
        return f"rung {self.number}: {self.audience}"


class PlanMove(OrderedFact):
    """One move of a plan along its table of states: who, when, why."""

    id = models.BigAutoField(primary_key=True)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="moves")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    from_state = models.CharField(max_length=16)
    to_state = models.CharField(max_length=16)
    reason = models.CharField(max_length=500, blank=True)
    review_on = models.DateField(null=True, blank=True)  # of a hold, in the version's zone

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.from_state} -> {self.to_state}"


class VersionSeen(Fact):
    """The patient, or a caregiver who may log, confirmed having seen a changed plan."""

    version = models.ForeignKey(PlanVersion, on_delete=models.PROTECT, related_name="seen")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "by"], name="version_seen_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} seen"
