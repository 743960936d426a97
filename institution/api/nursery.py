"""Reading the nursery over the API, and what an institution sets for itself."""

import django_filters
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.calendar import today
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.api.calendar import RANGE, CareDaySerializer, RangeSerializer
from institution.enums import LicenceState
from institution.forms import PURPOSES
from institution.models import (
    Attendance,
    Child,
    Enrolment,
    EntryKind,
    Institution,
    Licence,
    ServiceFee,
)
from institution.selectors.calendar import care_days
from institution.services import file, kinds
from institution.services.unmasking import unmask_phone, unmask_resident_id


class InstitutionSerializer(serializers.ModelSerializer):
    region = serializers.CharField(source="region.code")
    region_name = serializers.CharField(source="region.name")
    monthly_fee = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True, help_text="Of a full day; see fees."
    )

    class Meta:
        model = Institution
        fields = [
            "id",
            "name",
            "credit_code",
            "region",
            "region_name",
            "form",
            "nature",
            "operation",
            "legal_representative",
            "person_in_charge",
            "inclusive",
            "inclusive_from",
            "inclusive_until",
            "status",
            "address",
            "phone",
            "latitude",
            "longitude",
            "places",
            "floor_area",
            "outdoor_area",
            "lowest_storey",
            "highest_storey",
            "service_modes",
            "monthly_fee",
            "opens_at",
            "closes_at",
            "introduction",
            "opened_on",
        ]


class InstitutionFileSerializer(serializers.ModelSerializer):
    """What is sent is changed, what is not sent stays."""

    class Meta:
        model = Institution
        fields = sorted(file.FIELDS)


class InstitutionViewSet(ScopedReadViewSet):
    queryset = Institution.objects.select_related("region")
    serializer_class = InstitutionSerializer
    permissions = {
        "list": Permission.INSTITUTIONS_READ,
        "retrieve": Permission.INSTITUTIONS_READ,
        "partial_update": Permission.INSTITUTION_WRITE,
        "days": Permission.INSTITUTIONS_READ,
    }
    takes_key = False  # the same values again are the same values
    filterset_fields = ["status", "form", "inclusive"]

    def get_queryset(self):
        return super().get_queryset().with_fee(today())

    @extend_schema(request=InstitutionFileSerializer, responses=InstitutionSerializer)
    def partial_update(self, request, pk=None) -> Response:
        institution = self.get_object()
        told = InstitutionFileSerializer(institution, data=request.data, partial=True)
        told.is_valid(raise_exception=True)
        file.change_file(actor=self.actor, **told.validated_data)
        return Response(InstitutionSerializer(self.get_object()).data)

    @extend_schema(parameters=RANGE, responses=CareDaySerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def days(self, request, pk=None) -> Response:
        """Every day of a period: open, closed, or not known yet, and why."""
        institution = self.get_object()
        told = RangeSerializer(data=request.query_params)
        told.is_valid(raise_exception=True)
        days = care_days(actor=self.actor, institution=institution.pk, **told.validated_data)
        return Response(CareDaySerializer(days, many=True).data)


class ServiceFeeSerializer(serializers.ModelSerializer):
    class Meta:
        model = ServiceFee
        fields = ["id", "institution", "mode", "unit", "amount", "valid_from"]
        read_only_fields = ["institution"]
        extra_kwargs = {"amount": {"required": True, "allow_null": True, "min_value": 0}}


class ServiceFeeViewSet(ScopedReadViewSet):
    """A row counts until a later one of the same mode and unit begins; without an amount it ends what was charged."""

    queryset = ServiceFee.objects.all()
    serializer_class = ServiceFeeSerializer
    permissions = {
        "list": Permission.INSTITUTIONS_READ,
        "retrieve": Permission.INSTITUTIONS_READ,
        "create": Permission.INSTITUTION_WRITE,
    }
    filterset_fields = ["institution", "mode", "unit"]

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        fee = file.set_fee(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(fee).data, status=201)


class LicenceSerializer(serializers.ModelSerializer):
    state = serializers.ChoiceField(choices=LicenceState.choices, read_only=True)

    class Meta:
        model = Licence
        fields = [
            "id",
            "institution",
            "kind",
            "number",
            "issuer",
            "issued_on",
            "valid_until",
            "state",
        ]
        read_only_fields = ["institution"]


class LicenceViewSet(ScopedReadViewSet):
    queryset = Licence.objects.all()
    serializer_class = LicenceSerializer
    permissions = {
        "list": Permission.INSTITUTIONS_READ,
        "retrieve": Permission.INSTITUTIONS_READ,
        "create": Permission.INSTITUTION_WRITE,
        "destroy": Permission.INSTITUTION_WRITE,
    }
    filterset_fields = ["institution", "kind"]

    def get_queryset(self):
        return super().get_queryset().with_state(today())

    def create(self, request) -> Response:
        """Add a document, or renew one by adding the next."""
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        licence = file.add_licence(actor=self.actor, **told.validated_data)
        added = self.get_queryset().get(pk=licence.pk)
        return Response(self.get_serializer(added).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        """One that was entered by mistake."""
        file.remove_licence(actor=self.actor, licence=self.get_object())
        return Response(status=204)


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


class UnmaskSerializer(serializers.Serializer):
    """Each time is on record, with what it was wanted for."""

    field = serializers.ChoiceField(choices=["resident_id", "guardian_phone"])
    guardian = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="Number of the guardianship."
    )
    purpose = serializers.ChoiceField(choices=PURPOSES)

    def validate(self, attrs: dict) -> dict:
        if attrs["field"] == "guardian_phone" and "guardian" not in attrs:
            raise serializers.ValidationError({"guardian": _("Say which guardian.")})
        return attrs


class UnmaskedSerializer(serializers.Serializer):
    value = serializers.CharField()


class ChildViewSet(ScopedReadViewSet):
    queryset = Child.objects.all()
    serializer_class = ChildSerializer
    permissions = {
        "list": Permission.CHILDREN_READ,
        "retrieve": Permission.CHILDREN_READ,
        "unmask": Permission.CHILD_UNMASK,
    }
    stepup = {"unmask"}
    takes_key = False  # a whole number is shown, never kept to be answered again
    filterset_class = ChildFilter

    @extend_schema(request=UnmaskSerializer, responses=UnmaskedSerializer)
    @action(detail=True, methods=["post"])
    def unmask(self, request, pk=None) -> Response:
        child = self.get_object()
        told = UnmaskSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        purpose = told.validated_data["purpose"]
        if told.validated_data["field"] == "resident_id":
            value = unmask_resident_id(actor=self.actor, child=child, purpose=purpose)
        else:
            guardian = told.validated_data["guardian"]
            value = unmask_phone(actor=self.actor, child=child, guardian=guardian, purpose=purpose)
        return Response({"value": value}, headers={"Cache-Control": "no-store"})


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
        extra_kwargs = {"fields": {"required": True}}


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
