"""Who may pick a child up, and passes for the door, over the API. Guardians write, the nursery reads."""

import uuid

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from core import audit
from core.calendar import now
from core.crypto import mask_phone
from core.errors import NotThere
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.enums import Direction, PassState, PickupRelation
from institution.models import Child, PickupPass, PickupPerson
from institution.pass_codes import code_of
from institution.services import pickup

MAX_ID = 2**63 - 1


class PickupPersonSerializer(serializers.ModelSerializer):
    phone = serializers.SerializerMethodField(help_text="Masked.")
    last_day = serializers.DateField(allow_null=True)

    class Meta:
        model = PickupPerson
        fields = [
            "id",
            "institution",
            "child",
            "name",
            "relation",
            "phone",
            "photo",
            "valid_from",
            "last_day",
            "confirmed_at",
            "withdrawn_at",
        ]

    def get_phone(self, person: PickupPerson) -> str:
        return mask_phone(person.phone)


class PickupPersonInSerializer(serializers.Serializer):
    child = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    name = serializers.CharField(max_length=40)
    relation = serializers.ChoiceField(choices=PickupRelation.choices)
    phone = serializers.CharField(max_length=20)
    photo = serializers.FileField(allow_empty_file=True)
    last_day = serializers.DateField(required=False)


class FamilyViewSet(ScopedReadViewSet):
    """What families say. Reads by the nursery are recorded, and another family's child is not there."""

    subject = "pickup"

    def list(self, request, *args, **kwargs) -> Response:
        response = super().list(request, *args, **kwargs)
        self._viewed({row["child"] for row in response.data["results"]})
        return response

    def retrieve(self, request, *args, **kwargs) -> Response:
        response = super().retrieve(request, *args, **kwargs)
        self._viewed({response.data["child"]})
        return response

    def _viewed(self, children: set[int]) -> None:
        if self.actor.institution_id is not None:
            audit.viewed(actor=self.actor, child_ids=children, fields=[self.subject], purpose="api")

    def _child(self, pk: int) -> Child:
        child = Child.objects.visible_to(self.actor).filter(pk=pk).first()
        if child is None:
            raise NotThere(_("This child is not there."), "child_not_found")
        return child


class PickupPersonViewSet(FamilyViewSet):
    queryset = PickupPerson.objects.select_related("child")
    serializer_class = PickupPersonSerializer
    permissions = {
        "list": Permission.PICKUP_READ,
        "retrieve": Permission.PICKUP_READ,
        "create": Permission.PICKUP_WRITE,
        "destroy": Permission.PICKUP_WRITE,
    }
    filterset_fields = ["child"]

    def get_parsers(self):
        """A person comes with a photo."""
        posted = self.request is not None and self.request.method == "POST"
        return [MultiPartParser()] if posted else super().get_parsers()

    @extend_schema(
        request={"multipart/form-data": PickupPersonInSerializer},
        responses={201: PickupPersonSerializer},
    )
    def create(self, request) -> Response:
        told = PickupPersonInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        child = self._child(values.pop("child"))
        try:
            person = pickup.add_person(actor=self.actor, child=child, **values)
        except ValidationError as error:
            raise serializers.ValidationError({"phone": error.messages}) from error
        return Response(self.get_serializer(person).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        """Takes the person back. The row stays, with the day on which it ended."""
        pickup.withdraw_person(actor=self.actor, person=self.get_object())
        return Response(status=204)


class PassSerializer(serializers.ModelSerializer):
    """One child of a pass. Its code is told only when it is made."""

    bearer = serializers.CharField()
    state = serializers.SerializerMethodField()

    class Meta:
        model = PickupPass
        fields = [
            "id",
            "bundle",
            "institution",
            "child",
            "direction",
            "bearer",
            "person",
            "made_at",
            "expires_at",
            "used_at",
            "ended_at",
            "state",
        ]

    def get_state(self, row: PickupPass) -> PassState:
        return row.state(now())


class PassInSerializer(serializers.Serializer):
    children = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MAX_ID), min_length=1, max_length=10
    )
    direction = serializers.ChoiceField(choices=Direction.choices)
    person = serializers.IntegerField(
        min_value=1,
        max_value=MAX_ID,
        required=False,
        help_text="Of the list; without it the guardian comes.",
    )


class PassMadeSerializer(serializers.Serializer):
    bundle = serializers.UUIDField()
    code = serializers.CharField(help_text="Eight digits. A QR code holds TUOYU: before them.")
    passes = PassSerializer(many=True)


class PickupPassViewSet(FamilyViewSet):
    queryset = PickupPass.objects.select_related("person", "guardianship__user")
    serializer_class = PassSerializer
    permissions = {
        "list": Permission.PICKUP_READ,
        "retrieve": Permission.PICKUP_READ,
        "create": Permission.PICKUP_WRITE,
        "destroy": Permission.PICKUP_WRITE,
    }
    filterset_fields = ["child", "direction"]

    @extend_schema(request=PassInSerializer, responses={201: PassMadeSerializer})
    def create(self, request) -> Response:
        told = PassInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        children = [self._child(pk) for pk in dict.fromkeys(values["children"])]
        bundle = pickup.make_pass(
            actor=self.actor,
            children=children,
            direction=values["direction"],
            person=self._person(values.get("person")),
        )
        return Response(self._made(bundle), status=201)

    def destroy(self, request, pk=None) -> Response:
        """Takes the whole pass back, with every child on it."""
        pickup.end_pass(actor=self.actor, bundle=self.get_object().bundle)
        return Response(status=204)

    def _person(self, pk: int | None) -> PickupPerson | None:
        if pk is None:
            return None
        person = PickupPerson.objects.visible_to(self.actor).filter(pk=pk).first()
        if person is None:
            raise NotThere(_("This person is not there."), "person_not_found")
        return person

    def _made(self, bundle: uuid.UUID) -> dict:
        rows = self.get_queryset().filter(bundle=bundle).order_by("place", "pk")
        return PassMadeSerializer({"bundle": bundle, "code": code_of(bundle), "passes": rows}).data
