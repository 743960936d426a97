"""The days to come, as families tell them, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from core.permissions import Permission
from institution.api.pickup import MAX_ID, FamilyViewSet
from institution.enums import AbsenceReason
from institution.models import PlannedDay
from institution.services import plans


class PlannedDaySerializer(serializers.ModelSerializer):
    class Meta:
        model = PlannedDay
        fields = [
            "id",
            "institution",
            "child",
            "day",
            "coming",
            "arrives_at",
            "leaves_at",
            "reason",
            "note",
            "late",
            "told_at",
        ]


class PlannedDayInSerializer(serializers.Serializer):
    child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    day = serializers.DateField()
    coming = serializers.BooleanField()
    arrives_at = serializers.TimeField(required=False)
    leaves_at = serializers.TimeField(required=False)
    reason = serializers.ChoiceField(choices=AbsenceReason.choices, required=False)
    note = serializers.CharField(max_length=80, required=False, allow_blank=True)
    weeks = serializers.IntegerField(
        min_value=0,
        max_value=plans.MOST_WEEKS,
        required=False,
        help_text="Also the same weekday of so many weeks after it.",
    )


class PlannedDayViewSet(FamilyViewSet):
    """What is told again for a day takes the place of what was told before."""

    queryset = PlannedDay.objects.all()
    serializer_class = PlannedDaySerializer
    subject = "plans"
    permissions = {
        "list": Permission.PLANS_READ,
        "retrieve": Permission.PLANS_READ,
        "create": Permission.PLANS_WRITE,
        "destroy": Permission.PLANS_WRITE,
    }
    filterset_fields = ["child", "day", "coming"]

    @extend_schema(request=PlannedDayInSerializer, responses={201: PlannedDaySerializer(many=True)})
    def create(self, request) -> Response:
        told = PlannedDayInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        child = self._child(values.pop("child"))
        rows = plans.plan_day(actor=self.actor, child=child, **values)
        days = [row.day for row in rows]
        stored = self.get_queryset().filter(child=child, day__in=days).order_by("day", "pk")
        return Response(self.get_serializer(stored, many=True).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        """The day is as usual again."""
        row = self.get_object()
        plans.clear_plan(actor=self.actor, child=row.child, day=row.day)
        return Response(status=204)
