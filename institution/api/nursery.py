"""Reading the nursery over the API, and what an institution sets for itself."""

import django_filters
from django.utils.translation import gettext_lazy as _
from rest_framework import mixins, serializers

from core.calendar import today
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.models import (
    Attendance,
    Child,
    ClassGroup,
    Enrolment,
    EntryKind,
    Institution,
)
from institution.services import kinds


class InstitutionSerializer(serializers.ModelSerializer):
    region = serializers.CharField(source="region.code")
    region_name = serializers.CharField(source="region.name")

    class Meta:
        model = Institution
        fields = [
            "id",
            "name",
            "credit_code",
            "region",
            "region_name",
            "form",
            "operation",
            "inclusive",
            "status",
            "address",
            "phone",
            "latitude",
            "longitude",
            "places",
            "monthly_fee",
            "opens_at",
            "closes_at",
        ]


class InstitutionViewSet(ScopedReadViewSet):
    queryset = Institution.objects.select_related("region")
    serializer_class = InstitutionSerializer
    permission = Permission.INSTITUTIONS_READ
    filterset_fields = ["status", "form", "inclusive"]


class ClassGroupSerializer(serializers.ModelSerializer):
    class Meta:
        model = ClassGroup
        fields = ["id", "institution", "name", "class_type", "capacity", "opened_on", "closed_on"]


class ClassGroupViewSet(ScopedReadViewSet):
    queryset = ClassGroup.objects.all()
    serializer_class = ClassGroupSerializer
    permission = Permission.NURSERY_READ
    filterset_fields = ["class_type"]


class ChildSerializer(serializers.ModelSerializer):
    """Without documents: the resident id leaves the system only through the audited page that unmasks it."""

    class Meta:
        model = Child
        fields = ["id", "name", "sex", "born_on"]


class ChildFilter(django_filters.FilterSet):
    class_group = django_filters.NumberFilter(method="in_class", label=_("Class"))

    class Meta:
        model = Child
        fields = ["sex"]

    def in_class(self, queryset, name, value):
        return queryset.in_class(int(value), today())


class ChildViewSet(ScopedReadViewSet):
    queryset = Child.objects.all()
    serializer_class = ChildSerializer
    permission = Permission.CHILDREN_READ
    filterset_class = ChildFilter


class EnrolmentSerializer(serializers.ModelSerializer):
    starts_on = serializers.DateField(source="during.lower")
    ends_before = serializers.DateField(source="during.upper", allow_null=True)

    class Meta:
        model = Enrolment
        fields = ["id", "institution", "class_group", "child", "starts_on", "ends_before"]


class EnrolmentViewSet(ScopedReadViewSet):
    queryset = Enrolment.objects.all()
    serializer_class = EnrolmentSerializer
    permission = Permission.NURSERY_READ
    filterset_fields = ["class_group", "child"]


class AttendanceSerializer(serializers.ModelSerializer):
    presence = serializers.CharField()

    class Meta:
        model = Attendance
        fields = [
            "id",
            "institution",
            "class_group",
            "child",
            "day",
            "arrived_at",
            "left_at",
            "absence",
            "absence_note",
            "presence",
        ]


class AttendanceViewSet(ScopedReadViewSet):
    queryset = Attendance.objects.all()
    serializer_class = AttendanceSerializer
    permission = Permission.ATTENDANCE_READ
    filterset_fields = ["day", "class_group", "child"]


class EntryKindSerializer(serializers.ModelSerializer):
    class Meta:
        model = EntryKind
        fields = ["id", "code", "label", "icon", "fields", "active"]


class EntryKindViewSet(mixins.CreateModelMixin, ScopedReadViewSet):
    queryset = EntryKind.objects.all()
    serializer_class = EntryKindSerializer
    permissions = {
        "list": Permission.DAILY_LOG_WRITE,
        "retrieve": Permission.DAILY_LOG_WRITE,
        "create": Permission.ENTRY_KINDS_WRITE,
    }

    def perform_create(self, serializer) -> None:
        serializer.instance = kinds.add_kind(actor=self.actor, **serializer.validated_data)
