"""Classes, their places from a day on, and rooms over the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.calendar import today
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.models import ClassCapacity, ClassGroup, Room, RoomUse
from institution.services import classes

READ, WRITE = Permission.NURSERY_READ, Permission.INSTITUTION_WRITE


class ClassGroupSerializer(serializers.ModelSerializer):
    places = serializers.IntegerField(help_text="Today; see class-capacities.")

    class Meta:
        model = ClassGroup
        fields = [
            "id",
            "institution",
            "name",
            "class_type",
            "capacity",
            "places",
            "opened_on",
            "closed_on",
        ]
        extra_kwargs = {"capacity": {"help_text": "From the opening on."}}


class ClassOpenSerializer(serializers.ModelSerializer):
    places = serializers.IntegerField(min_value=1)
    opened_on = serializers.DateField()

    class Meta:
        model = ClassGroup
        fields = ["name", "class_type", "places", "opened_on"]


class ClassNameSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=40)


class ClassCloseSerializer(serializers.Serializer):
    last_day = serializers.DateField()


class ClassGroupViewSet(ScopedReadViewSet):
    queryset = ClassGroup.objects.all()
    serializer_class = ClassGroupSerializer
    permissions = {
        "list": READ,
        "retrieve": READ,
        "create": WRITE,
        "partial_update": WRITE,
        "close": WRITE,
    }
    filterset_fields = ["class_type"]

    def get_queryset(self):
        return super().get_queryset().with_places(today())

    @extend_schema(request=ClassOpenSerializer, responses={201: ClassGroupSerializer})
    def create(self, request) -> Response:
        told = ClassOpenSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        opened = classes.open_class(actor=self.actor, **told.validated_data)
        return Response(self._shown(opened.pk), status=201)

    @extend_schema(request=ClassNameSerializer, responses=ClassGroupSerializer)
    def partial_update(self, request, pk=None) -> Response:
        """Rename it."""
        group = self.get_object()
        told = ClassNameSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        classes.rename_class(actor=self.actor, class_group=group, **told.validated_data)
        return Response(self._shown(group.pk))

    @extend_schema(request=ClassCloseSerializer, responses=ClassGroupSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request, pk=None) -> Response:
        group = self.get_object()
        told = ClassCloseSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        classes.close_class(actor=self.actor, class_group=group, **told.validated_data)
        return Response(self._shown(group.pk))

    def _shown(self, pk: int) -> dict:
        return ClassGroupSerializer(self.get_queryset().get(pk=pk)).data


class ClassCapacitySerializer(serializers.ModelSerializer):
    class Meta:
        model = ClassCapacity
        fields = ["id", "institution", "class_group", "places", "valid_from"]
        read_only_fields = ["institution"]


class ClassCapacityViewSet(ScopedReadViewSet):
    """A row counts until a later one of the same class begins; before the first it is `capacity` of the class."""

    queryset = ClassCapacity.objects.all()
    serializer_class = ClassCapacitySerializer
    permissions = {"list": READ, "retrieve": READ, "create": WRITE}
    filterset_fields = ["class_group"]

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        change = classes.set_places(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(change).data, status=201)


class RoomSerializer(serializers.ModelSerializer):
    class Meta:
        model = Room
        fields = ["id", "institution", "name", "purpose", "storey", "area"]
        read_only_fields = ["institution"]


class RoomViewSet(ScopedReadViewSet):
    queryset = Room.objects.all()
    serializer_class = RoomSerializer
    permissions = {"list": READ, "retrieve": READ, "create": WRITE, "update": WRITE}
    filterset_fields = ["purpose"]

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        room = classes.keep_room(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(room).data, status=201)

    def update(self, request, pk=None) -> Response:
        room = self.get_object()
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        kept = classes.keep_room(actor=self.actor, room=room, **told.validated_data)
        return Response(self.get_serializer(kept).data)


class RoomUseSerializer(serializers.ModelSerializer):
    first_day = serializers.DateField()
    last_day = serializers.DateField(allow_null=True)

    class Meta:
        model = RoomUse
        fields = ["id", "institution", "room", "class_group", "first_day", "last_day"]


class RoomUseToldSerializer(serializers.ModelSerializer):
    first_day = serializers.DateField()
    last_day = serializers.DateField(required=False, allow_null=True, default=None)

    class Meta:
        model = RoomUse
        fields = ["room", "class_group", "first_day", "last_day"]


class RoomUseViewSet(ScopedReadViewSet):
    """Which class uses which room. The same class and room again takes the place of what was said from that day on."""

    queryset = RoomUse.objects.all()
    serializer_class = RoomUseSerializer
    permissions = {"list": READ, "retrieve": READ, "create": WRITE}
    filterset_fields = ["room", "class_group"]

    @extend_schema(request=RoomUseToldSerializer, responses={201: RoomUseSerializer})
    def create(self, request) -> Response:
        told = RoomUseToldSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        use = classes.use_room(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(use).data, status=201)
