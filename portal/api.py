"""Signing in to the API, who one is, the divisions, and one's own long jobs."""

from axes.decorators import axes_dispatch
from django.contrib.auth import authenticate
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from core import actors
from core.addresses import address_of
from core.api import AnyActor, CursorPagination, actor_of
from core.errors import Refused
from core.models import Job, Region, User
from core.signin import confirm, factors, policy, tokens
from core.signin.confirm import WRONG
from core.signin.factors import Answer
from core.viewsets import ScopedReadViewSet


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    code = serializers.CharField(
        max_length=12, required=False, default="", help_text="six digits of the authenticator app"
    )


class ProofSerializer(serializers.Serializer):
    """One of the two."""

    password = serializers.CharField(
        max_length=200, trim_whitespace=False, required=False, default=""
    )
    code = serializers.CharField(
        max_length=12, required=False, default="", help_text="six digits of the authenticator app"
    )


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()


@method_decorator(axes_dispatch, name="dispatch")
class TokenView(APIView):
    """A token for programs, for as long as a session may last. Wrong passwords count as on the sign-in page.

    Whoever has a second factor sends its code too; whose post asks for one and who has none gets no token.
    """

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="token_create", request=CredentialsSerializer, responses={200: TokenSerializer}
    )
    def post(self, request) -> Response:
        given = CredentialsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        code = given.validated_data.pop("code")
        user = authenticate(request._request, **given.validated_data)  # noqa: SLF001 -- axes wants Django's request
        if user is None:
            raise Refused(
                _("The user name or the password is not right."), "wrong_credentials", status=401
            )
        factor = factor_for_program(request, user, code)
        return Response({"token": tokens.issue(user=user, second_factor=factor)})


def factor_for_program(request, user: User, code: str) -> str:
    actor = actors.resolve(user)
    if not factors.has_factor(user):
        if actor and policy.needs_factor(policy.roles_of(actor)):
            raise policy.FactorNeeded
        return ""
    kind = factors.shown(
        user=user, answer=Answer(code=code), browser=None, address=address_of(request)
    )
    if not kind:
        raise Refused(
            _("Send the six digits of the authenticator app as code."), "wrong_code", status=401
        )
    return kind


class StepUpView(APIView):
    """Shows again that it is the same person, for what answered `step_up_needed`. Good for five minutes."""

    permission_classes = [AnyActor]

    @extend_schema(operation_id="step_up", request=ProofSerializer, responses={204: None})
    def post(self, request) -> Response:
        given = ProofSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        if request.auth is None:
            trouble = confirm.by_form(request._request, given.validated_data)  # noqa: SLF001 -- as a page does
        else:
            trouble = "" if confirm.by_program(request, given.validated_data) else str(WRONG)
        if trouble:
            raise Refused(trouble, "wrong_proof", status=400)
        if request.auth is not None:
            tokens.confirm(request.auth)
        return Response(status=204)


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
