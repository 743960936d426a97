"""Incidents over the API: the nursery writes and reads them, a family reads what it is told."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core import audit
from core.errors import NotThere
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.api.pickup import MAX_ID
from institution.enums import BodyPart, IncidentGravity, IncidentKind
from institution.models import Child, Incident, IncidentNotice, Room
from institution.services import incidents


class IncidentSerializer(serializers.ModelSerializer):
    children = serializers.SerializerMethodField()

    class Meta:
        model = Incident
        fields = [
            "id",
            "institution",
            "class_group",
            "room",
            "place",
            "kind",
            "gravity",
            "happened_at",
            "body",
            "children",
            "what",
            "done",
            "seen_by",
            "state",
            "serious_at",
            "written_at",
            "approved_at",
            "closed_at",
        ]

    def get_children(self, incident: Incident) -> list[int]:
        return [row.child_id for row in incident.children.all() if row.removed_at is None]


class IncidentInSerializer(serializers.Serializer):
    children = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID),
        max_length=incidents.MOST_CHILDREN,
        required=False,
        default=list,
    )
    kind = serializers.ChoiceField(choices=IncidentKind.choices)
    gravity = serializers.ChoiceField(choices=IncidentGravity.choices)
    happened_at = serializers.DateTimeField()
    room = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    place = serializers.CharField(max_length=40, required=False, allow_blank=True)
    body = serializers.ListField(
        child=serializers.ChoiceField(choices=BodyPart.choices),
        max_length=len(BodyPart),
        required=False,
        default=list,
    )
    what = serializers.CharField(max_length=incidents.MOST_TEXT, required=False, allow_blank=True)
    done = serializers.CharField(max_length=incidents.MOST_TEXT, required=False, allow_blank=True)
    seen_by = serializers.CharField(
        max_length=incidents.MOST_SEEN_BY, required=False, allow_blank=True
    )


class IncidentViewSet(ScopedReadViewSet):
    queryset = Incident.objects.prefetch_related("children")
    serializer_class = IncidentSerializer
    permissions = {
        "list": Permission.INCIDENTS_READ,
        "retrieve": Permission.INCIDENTS_READ,
        "create": Permission.INCIDENTS_WRITE,
        "submit": Permission.INCIDENTS_WRITE,
    }
    filterset_fields = ["state", "kind", "gravity", "class_group"]

    def list(self, request, *args, **kwargs) -> Response:
        response = super().list(request, *args, **kwargs)
        self._viewed({pk for row in response.data["results"] for pk in row["children"]})
        return response

    def retrieve(self, request, *args, **kwargs) -> Response:
        response = super().retrieve(request, *args, **kwargs)
        self._viewed(set(response.data["children"]))
        return response

    @extend_schema(request=IncidentInSerializer, responses={201: IncidentSerializer})
    def create(self, request) -> Response:
        """A draft. Saved as serious it starts the time to report it."""
        told = IncidentInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        wanted = list(dict.fromkeys(values.pop("children")))
        found = Child.objects.visible_to(self.actor).in_bulk(wanted)
        if missing := [pk for pk in wanted if pk not in found]:
            raise NotThere(
                _("This child is not there."), "child_not_found", fields={"children": missing}
            )
        if pk := values.pop("room", None):
            values["room"] = Room.objects.visible_to(self.actor).filter(pk=pk).first()
            if values["room"] is None:
                raise NotThere(_("This room is not there."), "room_not_found")
        incident = incidents.write(
            actor=self.actor, children=[found[pk] for pk in wanted], **values
        )
        return Response(self.get_serializer(incident).data, status=201)

    @extend_schema(request=None, responses=IncidentSerializer)
    @action(detail=True, methods=["post"])
    def submit(self, request, pk=None) -> Response:
        """To the review of the director or the health worker."""
        incidents.submit(actor=self.actor, incident=self.get_object())
        return Response(self.get_serializer(self.get_object()).data)

    def _viewed(self, children: set[int]) -> None:
        audit.viewed(actor=self.actor, child_ids=children, fields=["incident"], purpose="api")


class IncidentNoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = IncidentNotice
        fields = [
            "id",
            "institution",
            "child",
            "kind",
            "gravity",
            "happened_at",
            "place",
            "body",
            "text",
            "photo",
            "shown_at",
            "acknowledged_at",
        ]


class IncidentNoticeViewSet(ScopedReadViewSet):
    """What a guardian's own children's nursery tells of incidents."""

    queryset = IncidentNotice.objects.select_related("child", "institution__region")
    serializer_class = IncidentNoticeSerializer
    permissions = {
        "list": Permission.INCIDENTS_ACKNOWLEDGE,
        "retrieve": Permission.INCIDENTS_ACKNOWLEDGE,
    }
    filterset_fields = ["child"]
