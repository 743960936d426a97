"""Alerts over the API: what is open, who has it, and closing it."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.models import Alert
from institution.services import alerts


class AlertSerializer(serializers.ModelSerializer):
    owner = serializers.IntegerField(source="owner_id", allow_null=True, read_only=True)
    evidence = serializers.DictField(
        read_only=True, help_text="Numbers, ids, moments and codes; which ones depends on the kind."
    )

    class Meta:
        model = Alert
        fields = [
            "id",
            "institution",
            "kind",
            "key",
            "severity",
            "state",
            "class_group",
            "child",
            "evidence",
            "rule",
            "raised_at",
            "due_at",
            "owner",
            "taken_at",
            "level",
            "escalated_at",
            "closed_at",
            "outcome",
            "note",
        ]


class CloseAlertSerializer(serializers.Serializer):
    outcome = serializers.ChoiceField(choices=alerts.CHOSEN_OUTCOMES)
    note = serializers.CharField(max_length=alerts.MOST_NOTE, required=False, default="")


class AlertViewSet(ScopedReadViewSet):
    queryset = Alert.objects.all()
    serializer_class = AlertSerializer
    permissions = {
        "list": Permission.ALERTS_READ,
        "retrieve": Permission.ALERTS_READ,
        "take": Permission.ALERTS_WRITE,
        "close": Permission.ALERTS_WRITE,
    }
    takes_key = False  # taken is taken, closed is closed
    filterset_fields = ["state", "kind", "severity", "class_group", "child"]

    @extend_schema(request=None, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request, pk=None) -> Response:
        """Again by the same person it stays as it is."""
        alert = alerts.take(actor=self.actor, alert=self.get_object())
        return Response(self.get_serializer(alert).data)

    @extend_schema(request=CloseAlertSerializer, responses=AlertSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request, pk=None) -> Response:
        alert = self.get_object()
        told = CloseAlertSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        alert = alerts.close(actor=self.actor, alert=alert, **told.validated_data)
        return Response(self.get_serializer(alert).data)
