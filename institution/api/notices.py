"""Notices over the API: reading, publishing, the receipt."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.models import ClassGroup, Notice
from institution.services import notices


class NoticeSerializer(serializers.ModelSerializer):
    read_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When the caller has read it."
    )

    class Meta:
        model = Notice
        fields = [
            "id",
            "institution",
            "class_group",
            "title",
            "body",
            "published_at",
            "reminders",
            "withdrawn_at",
            "read_at",
        ]
        read_only_fields = ["institution", "published_at", "reminders", "withdrawn_at"]

    def validate_class_group(self, value: ClassGroup | None) -> ClassGroup | None:
        """Of another nursery there is none."""
        actor = self.context["view"].actor
        if (
            value is not None
            and not ClassGroup.objects.visible_to(actor).filter(pk=value.pk).exists()
        ):
            self.fields["class_group"].fail("does_not_exist", pk_value=value.pk)
        return value


class NoticeViewSet(ScopedReadViewSet):
    queryset = Notice.objects.all()
    serializer_class = NoticeSerializer
    permissions = {
        "list": Permission.NOTICES_READ,
        "retrieve": Permission.NOTICES_READ,
        "create": Permission.NOTICES_WRITE,
        "read": Permission.FAMILY_NOTICES,
    }
    filterset_fields = ["class_group"]

    def get_queryset(self):
        found = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return found
        return found.with_read_by(self.actor.user_id)

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        notice = notices.publish(actor=self.actor, **told.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=notice.pk)).data, status=201)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["post"], url_path="read")
    def read(self, request, pk=None) -> Response:
        """The receipt of a guardian. Again it stays as it was."""
        notices.mark_read(actor=self.actor, notice=self.get_object())
        return Response(status=204)
