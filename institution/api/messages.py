"""Messages over the API: threads, what stands in them, sending and ticking off."""

from collections.abc import Sequence

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core import audit
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.models import Child, Message, Thread
from institution.selectors.messages import BODY
from institution.services import messages


class ThreadSerializer(serializers.ModelSerializer):
    unread = serializers.IntegerField(help_text="After the last message that the caller has read.")
    asked = serializers.IntegerField(help_text="Requests that are still open.")

    class Meta:
        model = Thread
        fields = ["id", "institution", "child", "last_seq", "last_at", "unread", "asked"]


class ReadThreadSerializer(serializers.Serializer):
    seq = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class ThreadViewSet(ScopedReadViewSet):
    queryset = Thread.objects.select_related("child")
    serializer_class = ThreadSerializer
    permissions = {
        "list": Permission.MESSAGES_READ,
        "retrieve": Permission.MESSAGES_READ,
        "read": Permission.MESSAGES_READ,
    }
    takes_key = False  # nobody reads back
    filterset_fields = ["child"]

    def get_queryset(self):
        threads = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return threads
        return threads.with_unread(self.actor.user_id)

    @extend_schema(request=ReadThreadSerializer, responses={204: None})
    @action(detail=True, methods=["post"])
    def read(self, request, pk=None) -> Response:
        """Up to this number the caller has read."""
        thread = self.get_object()
        told = ReadThreadSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        messages.mark_read(actor=self.actor, child=thread.child, **told.validated_data)
        return Response(status=204)


class MessageSerializer(serializers.ModelSerializer):
    author_name = serializers.CharField(source="author.name", read_only=True)
    child = serializers.IntegerField(source="child_id", max_value=2**63 - 1, min_value=1)
    body = serializers.CharField(max_length=messages.MOST)

    class Meta:
        model = Message
        fields = [
            "id",
            "thread",
            "child",
            "seq",
            "side",
            "author_name",
            "body",
            "sent_at",
            "is_request",
            "done_at",
        ]
        read_only_fields = ["thread", "seq", "side", "sent_at", "done_at"]
        extra_kwargs = {"id": {"read_only": False, "validators": []}}


class MessageViewSet(ScopedReadViewSet):
    """The id is made by whoever sends the message: the same one sent again is answered as it was stored."""

    queryset = Message.objects.select_related("author", "child")
    serializer_class = MessageSerializer
    permissions = {
        "list": Permission.MESSAGES_READ,
        "retrieve": Permission.MESSAGES_READ,
        "create": Permission.MESSAGES_WRITE,
        "done": Permission.TEAM_MESSAGES,
    }
    takes_key = False  # the message's own id is its key
    filterset_fields = ["thread", "child", "is_request"]

    def list(self, request, *args, **kwargs) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = list(page or [])
        BODY.load_keys(rows)
        self._read(rows)
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def retrieve(self, request, *args, **kwargs) -> Response:
        message = self.get_object()
        self._read([message])
        return Response(self.get_serializer(message).data)

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        child = get_object_or_404(
            Child.objects.visible_to(self.actor), pk=told.validated_data["child_id"]
        )
        message, new = messages.send(
            actor=self.actor,
            child=child,
            message_id=told.validated_data["id"],
            body=told.validated_data["body"],
            is_request=told.validated_data.get("is_request", False),
        )
        return Response(self.get_serializer(message).data, status=201 if new else 200)

    @extend_schema(request=None, responses=MessageSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request, pk=None) -> Response:
        """What the family asked for is done."""
        message = messages.done(actor=self.actor, message=self.get_object())
        return Response(self.get_serializer(message).data)

    def _read(self, rows: Sequence[Message]) -> None:
        audit.viewed(
            actor=self.actor,
            child_ids={message.child_id for message in rows},
            fields=["messages"],
            purpose="api",
            institution_id=rows[0].institution_id if rows else None,
        )
