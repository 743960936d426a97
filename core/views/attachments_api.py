from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from core import attachments
from core.api import acting
from core.errors import Refused
from core.models.attachment import Attachment
from core.permissions import Permission
from core.serializers import ErrorSerializer
from core.viewsets import Once

FORM_BYTES = 16 * 1024  # what a multipart body holds besides the picture


class UploadSerializer(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True)  # an empty file is not_an_image as well


class AttachmentSerializer(serializers.ModelSerializer):
    url = serializers.SerializerMethodField()
    thumbnail_url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ["id", "kind", "width", "height", "size_bytes", "url", "thumbnail_url"]
        read_only_fields = fields

    def get_url(self, attachment: Attachment) -> str:
        return attachments.signed_url(attachment, self.context["actor"])

    def get_thumbnail_url(self, attachment: Attachment) -> str:
        return attachments.signed_url(attachment, self.context["actor"], "thumb")


class AttachmentUpload(Once, APIView):
    permission = Permission.ATTACHMENT_WRITE
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="attachments_create",
        request={"multipart/form-data": UploadSerializer},
        responses={
            201: AttachmentSerializer,
            400: ErrorSerializer,
            409: ErrorSerializer,
            413: ErrorSerializer,
        },
    )
    def post(self, request) -> Response:
        declared = request.META.get("CONTENT_LENGTH") or "0"
        if declared.isdecimal() and int(declared) > settings.ATTACHMENT_MAX_BYTES + FORM_BYTES:
            raise Refused(_("The picture is too large."), "file_too_large", status=413)
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actor = acting(request)
        stored = attachments.store_image(
            actor=actor, institution_id=actor.institution_id, upload=form.validated_data["file"]
        )
        answer = AttachmentSerializer(stored, context={"actor": actor})
        return Response(answer.data, status=status.HTTP_201_CREATED)
