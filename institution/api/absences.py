"""Sick absences and how they are followed, over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.permissions import Permission
from institution.api.pickup import FamilyViewSet
from institution.enums import AbsenceClose, Symptom
from institution.models import AbsenceCase
from institution.services import absences


class AbsenceCaseSerializer(serializers.ModelSerializer):
    class Meta:
        model = AbsenceCase
        fields = [
            "id",
            "institution",
            "class_group",
            "child",
            "first_day",
            "opened_at",
            "symptoms",
            "illness",
            "infectious",
            "needs_certificate",
            "next_due",
            "closed_at",
            "close_reason",
        ]


class DescribeSerializer(serializers.Serializer):
    symptoms = serializers.ListField(
        child=serializers.ChoiceField(choices=Symptom.choices), max_length=len(Symptom)
    )
    illness = serializers.CharField(max_length=30, required=False, allow_blank=True)
    hospital = serializers.CharField(max_length=60, required=False, allow_blank=True)


class AbsenceNoteInSerializer(serializers.Serializer):
    note = serializers.CharField(max_length=absences.MOST_NOTE)


class AbsenceCloseSerializer(serializers.Serializer):
    reason = serializers.ChoiceField(choices=AbsenceClose.choices)
    certificate_no = serializers.CharField(max_length=60, required=False, allow_blank=True)


class AbsenceCaseViewSet(FamilyViewSet):
    queryset = AbsenceCase.objects.all()
    serializer_class = AbsenceCaseSerializer
    subject = "absence"
    permission = Permission.ABSENCE_FOLLOW
    filterset_fields = {"child": ["exact"], "class_group": ["exact"], "closed_at": ["isnull"]}

    @extend_schema(request=DescribeSerializer, responses=AbsenceCaseSerializer)
    @action(detail=True, methods=["post"])
    def describe(self, request, pk=None) -> Response:
        return self._after(request, DescribeSerializer, absences.describe)

    @extend_schema(request=AbsenceNoteInSerializer, responses=AbsenceCaseSerializer)
    @action(detail=True, methods=["post"])
    def note(self, request, pk=None) -> Response:
        return self._after(request, AbsenceNoteInSerializer, absences.add_note)

    @extend_schema(request=AbsenceCloseSerializer, responses=AbsenceCaseSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request, pk=None) -> Response:
        return self._after(request, AbsenceCloseSerializer, absences.close)

    def _after(self, request, asked: type[serializers.Serializer], service) -> Response:
        case = self.get_object()
        told = asked(data=request.data)
        told.is_valid(raise_exception=True)
        service(actor=self.actor, case=case, **told.validated_data)
        return Response(self.get_serializer(self.get_object()).data)
