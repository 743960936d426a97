from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response

from core.calendar import today
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from training import selectors
from training.enums import CertificateState
from training.models import Certificate, CertificateType, TrainingRecord
from training.services import records

MAX_ID = 2**63 - 1
READ_AND_CREATE = {
    "list": Permission.TRAINING_READ,
    "retrieve": Permission.TRAINING_READ,
    "create": Permission.TRAINING_WRITE,
}


class CertificateTypeSerializer(serializers.ModelSerializer):
    class Meta:
        model = CertificateType
        fields = ["id", "code", "name", "name_en", "validity_months"]


class CertificateTypeViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    queryset = CertificateType.objects.all()
    serializer_class = CertificateTypeSerializer
    permission = Permission.TRAINING_READ


class CertificateSerializer(serializers.ModelSerializer):
    type = serializers.CharField(source="type.code", read_only=True)
    masked_number = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(choices=CertificateState.choices, read_only=True)

    class Meta:
        model = Certificate
        fields = [
            "id",
            "institution",
            "membership",
            "type",
            "masked_number",
            "issued_on",
            "expires_on",
            "state",
        ]


class CertificateInSerializer(serializers.Serializer):
    membership = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    type = serializers.SlugRelatedField("code", queryset=CertificateType.objects.all())
    number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    issued_on = serializers.DateField()
    expires_on = serializers.DateField(
        required=False, help_text="By the term of the type unless given."
    )


class CertificateViewSet(ScopedReadViewSet):
    queryset = Certificate.objects.select_related("type")
    serializer_class = CertificateSerializer
    permissions = READ_AND_CREATE
    filterset_fields = ["institution", "membership", "type"]

    def get_queryset(self):
        return super().get_queryset().with_state(today())

    @extend_schema(request=CertificateInSerializer, responses={201: CertificateSerializer})
    def create(self, request) -> Response:
        """Add a certificate, or renew one by adding the next."""
        told = CertificateInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = dict(told.validated_data)
        membership = get_object_or_404(
            selectors.member(self.actor, values.pop("membership"), today())
        )
        added = records.add_certificate(actor=self.actor, membership=membership, **values)
        return Response(
            CertificateSerializer(self.get_queryset().get(pk=added.pk)).data, status=201
        )


class TrainingRecordSerializer(serializers.ModelSerializer):
    class Meta:
        model = TrainingRecord
        fields = ["id", "institution", "membership", "topic", "hours", "held_on"]


class TrainingRecordInSerializer(serializers.Serializer):
    membership = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    topic = serializers.CharField(max_length=60)
    hours = serializers.DecimalField(max_digits=4, decimal_places=1)
    held_on = serializers.DateField()


class TrainingRecordViewSet(ScopedReadViewSet):
    queryset = TrainingRecord.objects.all()
    serializer_class = TrainingRecordSerializer
    permissions = READ_AND_CREATE
    filterset_fields = ["institution", "membership"]

    @extend_schema(request=TrainingRecordInSerializer, responses={201: TrainingRecordSerializer})
    def create(self, request) -> Response:
        told = TrainingRecordInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = dict(told.validated_data)
        membership = get_object_or_404(
            selectors.member(self.actor, values.pop("membership"), today())
        )
        added = records.add_training(actor=self.actor, membership=membership, **values)
        return Response(TrainingRecordSerializer(added).data, status=201)


API_ROUTES = [
    ("training/certificate-types", CertificateTypeViewSet, "training-certificate-type"),
    ("training/certificates", CertificateViewSet, "training-certificate"),
    ("training/records", TrainingRecordViewSet, "training-record"),
]
