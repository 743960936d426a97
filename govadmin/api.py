"""The overview's figures and the audit trail, for programs of the authority."""

from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import acting
from core.calendar import today
from core.models import AuditEvent
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from govadmin.actions import action_label
from govadmin.filters import AuditFilter
from govadmin.selectors.figures import areas_of, city_figures, sums_of, within
from govadmin.selectors.regions import place_of


class SumsSerializer(serializers.Serializer):
    institutions = serializers.IntegerField(help_text="Open ones.")
    inclusive = serializers.IntegerField(help_text="Open ones with an inclusive service.")
    places = serializers.IntegerField()
    enrolled = serializers.IntegerField(help_text="Children with a place today.")
    present = serializers.IntegerField(help_text="Children who are there now.")
    attended = serializers.IntegerField(help_text="Children who came today, gone home or not.")
    absent = serializers.IntegerField(help_text="Children absent with a reason.")
    entries = serializers.IntegerField(help_text="Entries of the daily log today.")
    carers = serializers.IntegerField(help_text="Carers who have a class today.")
    crowded = serializers.IntegerField(help_text="Classes above their ratio now.")


class AreaSerializer(SumsSerializer):
    code = serializers.CharField()
    name = serializers.CharField()


class OverviewSerializer(serializers.Serializer):
    region = serializers.CharField()
    name = serializers.CharField()
    day = serializers.DateField()
    sums = SumsSerializer()
    areas = AreaSerializer(many=True)


class OverviewViewSet(viewsets.ViewSet):
    permissions = {"list": Permission.OVERVIEW_READ}

    @extend_schema(
        operation_id="overview",
        parameters=[
            OpenApiParameter(
                "region",
                OpenApiTypes.STR,
                description="Code of a region within one's own; one's own if absent.",
            )
        ],
        responses={200: OverviewSerializer},
    )
    def list(self, request: Request) -> Response:
        actor, day = acting(request), today()
        place = place_of(actor, request.query_params.get("region", ""))
        rows = within(city_figures(actor, day), place.region.path)
        areas = [
            {"code": area.region.code, "name": area.region.name} | area.sums.as_dict()
            for area in areas_of(place.parts, rows)
        ]
        answer = {
            "region": place.region.code,
            "name": place.region.name,
            "day": day,
            "sums": sums_of(rows),
            "areas": areas,
        }
        return Response(OverviewSerializer(answer).data)


class AuditEventSerializer(serializers.ModelSerializer):
    action_label = serializers.SerializerMethodField()
    children = serializers.SerializerMethodField(help_text="How many children it was about.")

    class Meta:
        model = AuditEvent
        fields = [
            "id",
            "at",
            "actor_user_id",
            "actor_name",
            "actor_role",
            "action",
            "action_label",
            "subject_type",
            "subject_id",
            "institution_id",
            "region_path",
            "children",
            "request_id",
            "outcome",
        ]

    def get_action_label(self, event: AuditEvent) -> str:
        return action_label(event.action)

    def get_children(self, event: AuditEvent) -> int:
        return len(event.child_ids)


class AuditEventViewSet(ScopedReadViewSet):
    """Records of one's region, latest first."""

    queryset = AuditEvent.objects.all()
    serializer_class = AuditEventSerializer
    permission = Permission.AUDIT_READ
    filterset_class = AuditFilter


API_ROUTES: list[tuple[str, type[viewsets.ViewSetMixin], str]] = [
    ("overview", OverviewViewSet, "overview"),
    ("audit-events", AuditEventViewSet, "audit-event"),
]
