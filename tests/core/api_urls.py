"""Small endpoints that use every part of core.api."""

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404
from django.urls import include, path
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from core.api import AnyActor, actor_of
from core.errors import NotThere, Refused
from core.models import Attachment, User
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet


class Echo(APIView):
    permission = Permission.DAILY_LOG_WRITE

    def post(self, request) -> Response:
        return Response({"got": request.data})


class Who(APIView):
    permission_classes = [AnyActor]

    def get(self, request) -> Response:
        actor = actor_of(request)
        return Response({"user": actor.user_id, "role": actor.role, "post": actor.post})


class Undeclared(APIView):
    def get(self, request) -> Response:
        return Response({})


class ByMethod(APIView):
    permissions = {"get": Permission.CHILDREN_READ, "post": Permission.CHILDREN_WRITE}

    def get(self, request) -> Response:
        return Response({})

    post = put = get


class Meal(serializers.Serializer):
    amount = serializers.IntegerField(min_value=0)


class Batch(serializers.Serializer):
    meals = Meal(many=True)
    day = serializers.DateField()


def same_phone_twice():
    User.objects.bulk_create(
        [User(username=name, name=name, phone="13805371234") for name in ("p", "q")]
    )


TROUBLE = {
    "refused": lambda: _raise(Refused("Lunch is over.", "too_late", fields={"at": "Too late."})),
    "refused_422": lambda: _raise(Refused("No.", "no", status=422)),
    "not_there": lambda: _raise(NotThere()),
    "404": lambda: _raise(Http404("secret detail")),
    "denied": lambda: _raise(PermissionDenied("secret detail")),
    "throttled": lambda: _raise(exceptions.Throttled(wait=7)),
    "too_big": lambda: _raise(RequestDataTooBig("secret detail")),
    "model": lambda: _raise(ModelValidationError({"name": ["Too long."]})),
    "list": lambda: _raise(exceptions.ValidationError(["First.", "Second."])),
    "conflict": same_phone_twice,
    "bug": lambda: User.objects.bulk_create([User(username="p", name=None)]),
    "csrf": lambda: _raise(exceptions.PermissionDenied("CSRF Failed: CSRF token missing.")),
    "serializer": lambda: Batch(data={"meals": [{"amount": 1}, {"amount": -1}]}).is_valid(
        raise_exception=True
    ),
}


def _raise(exc: Exception):
    raise exc


class Trouble(APIView):
    permission_classes = [AnyActor]

    def get(self, request, what: str) -> Response:
        TROUBLE[what]()
        return Response({})


class AttachmentSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attachment
        fields = ["id", "sha256"]


class Attachments(ScopedReadViewSet):
    permission = Permission.DAILY_LOG_READ
    serializer_class = AttachmentSerializer
    queryset = Attachment.objects.all()


class Restricted(ScopedReadViewSet):
    permissions = {"list": Permission.DAILY_LOG_READ}
    serializer_class = AttachmentSerializer
    queryset = Attachment.objects.all()


router = SimpleRouter()
router.register("attachments", Attachments, "attachment")
router.register("restricted", Restricted, "restricted")

urlpatterns = [
    path("echo/", Echo.as_view()),
    path("who/", Who.as_view()),
    path("undeclared/", Undeclared.as_view()),
    path("by-method/", ByMethod.as_view()),
    path("trouble/<str:what>/", Trouble.as_view()),
    path("", include(router.urls)),
]
