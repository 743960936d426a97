"""Morning checks and measurements over the API. Whoever reads a child's rows is recorded, as on the pages."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from core import audit
from core.errors import NotThere
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from health.enums import Action, Finding, Position
from health.models import Measurement, MorningCheck
from health.services import records
from institution.models import Child

MAX_ID = 2**63 - 1


class CheckSerializer(serializers.ModelSerializer):
    class Meta:
        model = MorningCheck
        fields = [
            "id",
            "institution",
            "class_group",
            "child",
            "day",
            "checked_at",
            "temperature",
            "findings",
            "action",
            "note",
            "checked_by",
            "replaced_at",
        ]


class CheckInSerializer(serializers.Serializer):
    child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    temperature = serializers.DecimalField(max_digits=4, decimal_places=1)
    findings = serializers.ListField(
        child=serializers.ChoiceField(choices=Finding.choices),
        required=False,
        max_length=len(Finding),
        help_text="A fever is told from the temperature and need not be sent.",
    )
    action = serializers.ChoiceField(choices=Action.choices)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)
    checked_at = serializers.DateTimeField(required=False, help_text="Now unless given.")
    replaces = serializers.IntegerField(
        min_value=1, max_value=MAX_ID, required=False, help_text="The check that this one corrects."
    )


class MeasurementSerializer(serializers.ModelSerializer):
    class Meta:
        model = Measurement
        fields = [
            "id",
            "institution",
            "child",
            "measured_on",
            "weight_kg",
            "length_cm",
            "measure",
            "head_cm",
            "measured_by",
            "replaced_at",
        ]


class MeasurementInSerializer(serializers.Serializer):
    child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    measured_on = serializers.DateField()
    weight_kg = serializers.DecimalField(max_digits=5, decimal_places=2, required=False)
    length_cm = serializers.DecimalField(max_digits=5, decimal_places=1, required=False)
    measure = serializers.ChoiceField(
        choices=Position.choices, required=False, help_text="By age unless given."
    )
    head_cm = serializers.DecimalField(max_digits=5, decimal_places=1, required=False)
    replaces = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        help_text="The measurement that this one corrects.",
    )


class HealthViewSet(ScopedReadViewSet):
    """Reads are recorded, and another nursery's child is not there."""

    subject: str  # what the audit record names as read
    permissions = {
        "list": Permission.HEALTH_READ,
        "retrieve": Permission.HEALTH_READ,
        "create": Permission.HEALTH_WRITE,
    }

    def list(self, request, *args, **kwargs) -> Response:
        response = super().list(request, *args, **kwargs)
        self._viewed({row["child"] for row in response.data["results"]})
        return response

    def retrieve(self, request, *args, **kwargs) -> Response:
        response = super().retrieve(request, *args, **kwargs)
        self._viewed({response.data["child"]})
        return response

    def _viewed(self, children: set[int]) -> None:
        if children:
            audit.viewed(actor=self.actor, child_ids=children, fields=[self.subject], purpose="api")

    def _child(self, pk: int) -> Child:
        child = Child.objects.visible_to(self.actor).filter(pk=pk).first()
        if child is None:
            raise NotThere(_("This child was not enrolled here on that day."), "child_not_found")
        return child


class CheckViewSet(HealthViewSet):
    subject = "morning_check"
    queryset = MorningCheck.objects.all()
    serializer_class = CheckSerializer
    filterset_fields = ["day", "child", "class_group"]

    def paginate_queryset(self, queryset):
        page = super().paginate_queryset(queryset)
        MorningCheck.load_keys(page or [])
        return page

    @extend_schema(request=CheckInSerializer, responses={201: CheckSerializer})
    def create(self, request) -> Response:
        told = CheckInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = dict(told.validated_data)
        child = self._child(values.pop("child"))
        check = records.record_check(actor=self.actor, child=child, **values)
        return Response(CheckSerializer(check).data, status=201)


class MeasurementViewSet(HealthViewSet):
    subject = "measurement"
    queryset = Measurement.objects.all()
    serializer_class = MeasurementSerializer
    filterset_fields = ["child", "measured_on"]

    @extend_schema(request=MeasurementInSerializer, responses={201: MeasurementSerializer})
    def create(self, request) -> Response:
        told = MeasurementInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = dict(told.validated_data)
        child = self._child(values.pop("child"))
        measurement = records.record_measurement(actor=self.actor, child=child, **values)
        return Response(MeasurementSerializer(measurement).data, status=201)


API_ROUTES = [
    ("health/checks", CheckViewSet, "health-check"),
    ("health/measurements", MeasurementViewSet, "health-measurement"),
]
