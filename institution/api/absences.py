"""Sick absences and how they are followed, over the API."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.errors import NotThere
from core.permissions import Permission
from core.viewsets import ScopedViewSet
from institution.api.pickup import MAX_ID, FamilyViewSet
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
    case = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    note = serializers.CharField(max_length=absences.MOST_NOTE)


class AbsenceCloseSerializer(serializers.Serializer):
    reason = serializers.ChoiceField(choices=AbsenceClose.choices)
    certificate_no = serializers.CharField(max_length=60, required=False, allow_blank=True)


class AbsenceCaseViewSet(FamilyViewSet):
    queryset = AbsenceCase.objects.all()
    serializer_class = AbsenceCaseSerializer
    subject = "absence"
    permission = Permission.ABSENCE_FOLLOW
    takes_key = False  # the same values again are the same values, and closed is closed
    filterset_fields = {"child": ["exact"], "class_group": ["exact"], "closed_at": ["isnull"]}

    @extend_schema(request=DescribeSerializer, responses=AbsenceCaseSerializer)
    @action(detail=True, methods=["post"])
    def describe(self, request, pk=None) -> Response:
        return self._after(request, DescribeSerializer, absences.describe)

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


class AbsenceNoteViewSet(ScopedViewSet):
    """How an ill child is today. The answer is the case, with the day on which the next note is due."""

    queryset = AbsenceCase.objects.all()
    serializer_class = AbsenceCaseSerializer
    permissions = {"create": Permission.ABSENCE_FOLLOW}

    @extend_schema(request=AbsenceNoteInSerializer, responses={201: AbsenceCaseSerializer})
    def create(self, request) -> Response:
        told = AbsenceNoteInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        case = self.get_queryset().filter(pk=told.validated_data["case"]).first()
        if case is None:
            raise NotThere(_("This case is not there."), "case_not_found")
        absences.add_note(actor=self.actor, case=case, note=told.validated_data["note"])
        case.refresh_from_db()
        return Response(self.get_serializer(case).data, status=201)
