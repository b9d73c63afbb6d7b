"""The measures of a plan, each with its formula, its period, its n and its basis."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import NotVisible
from accounts.api.doors import Door, parse_filters
from accounts.api.fields import Id
from tracker.api.periods import PeriodInput
from tracker.domain.dose_record import Basis, Period
from tracker.domain.measures import (
    GapMeasure,
    HolidayMeasure,
    Measure,
    MeasureName,
    TakingMeasure,
    TimingMeasure,
)
from tracker.selectors.chart_measures import MeasureLine
from tracker.selectors.measured import plan_measured


class PeriodOutput(serializers.Serializer[Any]):
    """Local dates of the plan's zone, both included."""

    first_on = serializers.DateField()
    last_on = serializers.DateField()


class HolidayOutput(serializers.Serializer[Any]):
    """Consecutive days with expected doses and nothing taken."""

    first_on = serializers.DateField()
    last_on = serializers.DateField()
    days = serializers.IntegerField()


class GapOutput(serializers.Serializer[Any]):
    """The time from one taken dose to the next, or to now."""

    from_at = serializers.DateTimeField()
    until_at = serializers.DateTimeField()
    is_so_far = serializers.BooleanField(help_text="From the last taken dose to now.")


class MeasureOutput(serializers.Serializer[Any]):
    """One figure with all that must be shown beside it. No line between good and bad is drawn."""

    name = serializers.ChoiceField(choices=list(MeasureName))
    title = serializers.CharField()
    text = serializers.CharField(help_text="The figure in words, or why there is none.")
    beside = serializers.CharField(help_text="What must stand next to the figure.")
    formula = serializers.CharField()
    published_in = serializers.CharField()
    basis = serializers.ChoiceField(choices=list(Basis))
    period = PeriodOutput(allow_null=True)
    n = serializers.IntegerField()
    n_unit = serializers.CharField()
    numerator = serializers.IntegerField(allow_null=True)
    denominator = serializers.IntegerField(allow_null=True)
    extras = serializers.IntegerField(allow_null=True, help_text="Beside T / E, never added.")
    window_seconds = serializers.ListField(
        child=serializers.IntegerField(), allow_null=True, help_text="The on-time windows."
    )
    holidays = HolidayOutput(many=True, allow_null=True)
    longest_gap = GapOutput(allow_null=True)


class AdherenceApi(Door):
    """The measures of one plan."""

    class Filters(PeriodInput):
        plan = Id(required=False, help_text="Left out: the running plan, else the newest signed.")

    class Output(serializers.Serializer[Any]):
        plan = serializers.UUIDField(allow_null=True, help_text="Null before a signature.")
        zone = serializers.CharField(allow_null=True)
        period = PeriodOutput(allow_null=True)
        measures = MeasureOutput(many=True)

    @extend_schema(operation_id="adherence", parameters=[Filters], responses=Output)
    def get(self, request: Request, patient_id: UUID) -> Response:
        """Measure what was logged. Without dates: from the first expected dose to today."""
        patient = self.opened(patient_id, "adherence")
        asked = parse_filters(AdherenceApi.Filters, request)
        plan_id = asked.get("plan")
        found = plan_measured(
            patient,
            plan_id=plan_id,
            first_on=asked.get("from"),
            last_on=asked.get("to"),
            now=self.now,
        )
        if found is None and plan_id is not None:
            raise NotVisible
        shown: dict[str, Any] = {"plan": None, "zone": None, "period": None, "measures": []}
        if found is not None:
            shown = {
                "plan": found.plan_id,
                "zone": found.zone.key,
                "period": found.period,
                "measures": [_shown(measure, line) for measure, line in found.pairs],
            }
        return Response(AdherenceApi.Output(shown).data)


def _shown(measure: Measure, line: MeasureLine) -> dict[str, Any]:
    """Return one measure as figures and in words."""
    period: Period | None = measure.period
    return {
        "name": measure.name,
        "title": line.name,
        "text": line.value,
        "beside": line.beside,
        "formula": measure.formula,
        "published_in": measure.source,
        "basis": measure.basis,
        "period": period,
        "n": measure.n,
        "n_unit": measure.n_unit,
        "numerator": measure.numerator,
        "denominator": measure.denominator,
        "extras": measure.extras if isinstance(measure, TakingMeasure) else None,
        "window_seconds": (
            [round(window.total_seconds()) for window in measure.windows]
            if isinstance(measure, TimingMeasure)
            else None
        ),
        "holidays": measure.holidays if isinstance(measure, HolidayMeasure) else None,
        "longest_gap": measure.longest if isinstance(measure, GapMeasure) else None,
    }


adherence = AdherenceApi.as_view()
