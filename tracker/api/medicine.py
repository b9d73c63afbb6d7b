"""GET /api/v1/medicines/baclofen/: everything the product says about the medicine, with sources.

Public, as the signs pages are: no sign-in, no session, no database.
"""

from collections.abc import Iterable

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tracker.domain.medicine import Medicine, Reader, Source, SourceKind, Urgency
from tracker.domain.plan_states import Route
from tracker.selectors.medicine import baclofen

URGENCIES = [urgency.value for urgency in Urgency]
ROUTES = [route.value for route in Route]


class CitedField(serializers.ListField):
    """The ids of the sources that a fact cites; the sources themselves stand in `sources`."""

    child = serializers.CharField()

    def to_representation(self, data: Iterable[Source]) -> list[str]:
        """Return the ids."""
        return [source.id for source in data]


class SourceSerializer(serializers.Serializer[Source]):
    id = serializers.CharField()
    document = serializers.CharField()
    section = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in SourceKind])
    was_read = serializers.CharField(help_text="How much of it was read.")
    url = serializers.CharField(help_text="Empty when the text has no address of its own.")


class ReviewSerializer(serializers.Serializer[object]):
    is_reviewed = serializers.BooleanField()
    reviewed_by = serializers.CharField(allow_null=True)
    reviewed_on = serializers.DateField(allow_null=True)


class CodingSerializer(serializers.Serializer[object]):
    code = serializers.CharField()
    display = serializers.CharField()


class ClinicianTermSerializer(serializers.Serializer[object]):
    term = serializers.CharField()
    snomed_ct = serializers.CharField()


class UrgencySerializer(serializers.Serializer[object]):
    oral = serializers.ChoiceField(choices=URGENCIES, source="oral_urgency")
    intrathecal = serializers.ChoiceField(choices=URGENCIES, source="intrathecal_urgency")


class SignSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    plain = serializers.CharField()
    audience = serializers.ChoiceField(choices=[reader.value for reader in Reader], source="reader")
    urgency = UrgencySerializer(source="*")
    is_oral_urgency_inferred = serializers.BooleanField(
        help_text="No source names this sign for the route by mouth."
    )
    sources = CitedField()
    snomed_ct = CodingSerializer(allow_null=True)
    clinician_terms = ClinicianTermSerializer(many=True)


class PumpEventSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    plain = serializers.CharField()
    audience = serializers.ChoiceField(choices=[reader.value for reader in Reader], source="reader")
    urgency = serializers.ChoiceField(choices=URGENCIES)
    urgency_once_date_passed = serializers.ChoiceField(choices=URGENCIES, allow_null=True)
    note = serializers.CharField()
    sources = CitedField()


class LookAlikeSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    plain = serializers.CharField()
    sources = CitedField()


class SideEffectSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    plain = serializers.CharField()
    sources = CitedField()
    snomed_ct = CodingSerializer(allow_null=True)


class CautionSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    plain = serializers.CharField()
    sources = CitedField()


class RiskFactorSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    routes = serializers.ListField(child=serializers.ChoiceField(choices=ROUTES))
    why = serializers.CharField()
    sources = CitedField()
    snomed_ct = CodingSerializer(allow_null=True)


class FormulationSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    route = serializers.ChoiceField(choices=ROUTES)
    sources = CitedField()


class RouteComparisonSerializer(serializers.Serializer[object]):
    feature = serializers.CharField()
    oral = serializers.CharField()
    intrathecal = serializers.CharField()
    sources = CitedField()


class IndicationSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    name = serializers.CharField()
    note = serializers.CharField()
    sources = CitedField()


class RxNormProductSerializer(serializers.Serializer[object]):
    rxcui = serializers.CharField()
    product = serializers.CharField()
    seen_in = serializers.CharField()


class CodesSerializer(serializers.Serializer[object]):
    attribution = serializers.CharField()
    unii = serializers.CharField()
    atc = serializers.CharField()
    snomed_ct_substance = serializers.CharField()
    rxnorm_products = RxNormProductSerializer(many=True)


class MedicineSerializer(serializers.Serializer[Medicine]):
    title = serializers.CharField()
    version = serializers.CharField()
    language = serializers.CharField()
    review = ReviewSerializer()
    sources = SourceSerializer(many=True)
    signs = SignSerializer(many=True)
    pump_events = PumpEventSerializer(many=True)
    look_alikes = LookAlikeSerializer(many=True)
    side_effects = SideEffectSerializer(many=True)
    cautions = CautionSerializer(many=True)
    risk_factors = RiskFactorSerializer(many=True)
    formulations = FormulationSerializer(many=True)
    routes_compared = RouteComparisonSerializer(many=True)
    indications = IndicationSerializer(many=True)
    off_label_uses = IndicationSerializer(many=True)
    codes = CodesSerializer()
    open_questions = serializers.ListField(child=serializers.CharField())


@method_decorator(cache_control(public=True, max_age=300), name="dispatch")
class MedicineApi(APIView):
    """The documented facts about baclofen and who says so."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="medicine_baclofen", responses=MedicineSerializer, auth=[])
    def get(self, _request: Request) -> Response:
        """Return the facts in the language asked for (Accept-Language); `language` says which.

        Every sign cites its sources.
        """
        return Response(MedicineSerializer(baclofen()).data)
