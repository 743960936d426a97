"""The nursery's calendar over the API."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.models import Closure, MakeupDay
from institution.services import calendar

MOST_DAYS = 400
RANGE = [
    OpenApiParameter("first", str, required=True, description="The first day, as 2026-11-23."),
    OpenApiParameter("last", str, required=True, description="The last day, at most 400 later."),
]


class RangeSerializer(serializers.Serializer):
    first = serializers.DateField()
    last = serializers.DateField()

    def validate(self, attrs: dict) -> dict:
        if not 0 <= (attrs["last"] - attrs["first"]).days <= MOST_DAYS:
            raise serializers.ValidationError({"last": f"0 to {MOST_DAYS} days after the first."})
        return attrs


class CareDaySerializer(serializers.Serializer):
    day = serializers.DateField()
    open = serializers.BooleanField(
        source="is_open",
        allow_null=True,
        help_text="null: the official calendar of the year is not announced.",
    )
    why = serializers.ChoiceField(
        choices=["unknown", "workday", "weekend", "holiday", "makeup", "closure", "extra"]
    )
    text = serializers.CharField()


class ClosureSerializer(serializers.ModelSerializer):
    first_day = serializers.DateField()
    last_day = serializers.DateField()

    class Meta:
        model = Closure
        fields = ["id", "institution", "class_group", "first_day", "last_day", "reason", "note"]
        read_only_fields = ["institution"]


class ClosureViewSet(ScopedReadViewSet):
    queryset = Closure.objects.all()
    serializer_class = ClosureSerializer
    permissions = {
        "list": Permission.INSTITUTIONS_READ,
        "retrieve": Permission.INSTITUTIONS_READ,
        "create": Permission.INSTITUTION_WRITE,
        "destroy": Permission.INSTITUTION_WRITE,
    }
    filterset_fields = ["institution", "class_group", "reason"]

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        closure = calendar.close_days(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(closure).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        calendar.take_back_closure(actor=self.actor, closure=self.get_object())
        return Response(status=204)


class MakeupDaySerializer(serializers.ModelSerializer):
    class Meta:
        model = MakeupDay
        fields = ["id", "institution", "day", "note"]
        read_only_fields = ["institution"]


class MakeupDayViewSet(ScopedReadViewSet):
    """Days on which a nursery is open beside the calendar."""

    queryset = MakeupDay.objects.all()
    serializer_class = MakeupDaySerializer
    permissions = {
        "list": Permission.INSTITUTIONS_READ,
        "retrieve": Permission.INSTITUTIONS_READ,
        "create": Permission.INSTITUTION_WRITE,
        "destroy": Permission.INSTITUTION_WRITE,
    }
    filterset_fields = ["institution", "day"]

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        extra = calendar.open_extra_day(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(extra).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        calendar.take_back_extra_day(actor=self.actor, extra=self.get_object())
        return Response(status=204)
