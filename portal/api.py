"""Signing in to the API, who one is, the divisions, and one's own long jobs."""

from axes.decorators import axes_dispatch
from django.contrib.auth import authenticate
from django.db import transaction
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authtoken.models import Token
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from core import actors, audit
from core.api import AnyActor, CursorPagination, actor_of
from core.errors import Refused
from core.models import Job, Region
from core.viewsets import ScopedReadViewSet


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()


@method_decorator(axes_dispatch, name="dispatch")
class TokenView(APIView):
    """A token for programs. Wrong passwords count towards the same lock-out as the sign-in page."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="token_create", request=CredentialsSerializer, responses={200: TokenSerializer}
    )
    def post(self, request) -> Response:
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = authenticate(request._request, **given.validated_data)  # noqa: SLF001 -- axes wants Django's request
        if user is None:
            raise Refused(
                _("The user name or the password is not right."), "wrong_credentials", status=401
            )
        with transaction.atomic():
            token, __ = Token.objects.get_or_create(user=user)
            audit.record(actor=actors.resolve(user), action="token.issued", subject=user)
        return Response({"token": token.key})


class ActorSerializer(serializers.Serializer):
    user = serializers.IntegerField(source="user_id")
    name = serializers.CharField()
    role = serializers.CharField()
    post = serializers.CharField()
    institution = serializers.IntegerField(source="institution_id", allow_null=True)
    region = serializers.CharField(source="region_path")


class MeView(APIView):
    permission_classes = [AnyActor]

    @extend_schema(operation_id="me", responses={200: ActorSerializer})
    def get(self, request) -> Response:
        return Response(ActorSerializer(actor_of(request)).data)


class RegionSerializer(serializers.ModelSerializer):
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF takes declared fields off the class
        source="parent.code", allow_null=True, default=None
    )

    class Meta:
        model = Region
        fields = ["code", "name", "short_name", "level", "parent", "path", "national_code"]


class RegionPagination(CursorPagination):
    ordering = "path"


class RegionViewSet(ScopedReadViewSet):
    """The divisions within the region of one's post; nobody else needs them."""

    queryset = Region.objects.select_related("parent")
    serializer_class = RegionSerializer
    pagination_class = RegionPagination
    permission_classes = [AnyActor]
    lookup_field = "code"
    filterset_fields = ["level"]


class JobSerializer(serializers.ModelSerializer):
    class Meta:
        model = Job
        fields = ["id", "kind", "state", "percent", "error", "created_at", "finished_at"]


class JobPagination(CursorPagination):
    ordering = ("-created_at", "id")


class JobViewSet(ScopedReadViewSet):
    queryset = Job.objects.all()
    serializer_class = JobSerializer
    pagination_class = JobPagination
    permission_classes = [AnyActor]
    filterset_fields = ["kind", "state"]
