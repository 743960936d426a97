"""POST /api/v1/daily-log/: many entries at once, answered row by row. And a child's timeline after a cursor.

The batch is decoded by compiled types, not by serializers: this is the path that a whole city takes at lunch.
"""

import datetime as dt
import uuid
from typing import Annotated

import msgspec
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from msgspec import Meta, Raw, Struct
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import BaseParser
from rest_framework.response import Response
from rest_framework.views import APIView

from core import audit
from core.api import CursorPagination, acting, too_deep
from core.calendar import today
from core.errors import Refused
from core.permissions import Permission
from core.viewsets import Scoped
from institution.kinds import summary
from institution.models import Child, DailyEntry
from institution.reads import log_read, place_of
from institution.selectors.day import changes_after
from institution.services import daily_log

Moment = Annotated[dt.datetime, Meta(tz=True)]


class EntryIn(Struct, frozen=True, forbid_unknown_fields=True):
    id: uuid.UUID
    child: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    kind: Annotated[str, Meta(min_length=1, max_length=40)]
    at: Moment
    detail: Raw = Raw(b"{}")
    replaces: uuid.UUID | None = None
    void: bool = False
    reason: Annotated[str, Meta(max_length=120)] = ""


class BatchIn(Struct, frozen=True, forbid_unknown_fields=True):
    entries: list[Raw]


_batch = msgspec.json.Decoder(BatchIn)
_entry = msgspec.json.Decoder(EntryIn)
_encoder = msgspec.json.Encoder()
NUL = b"\\u0000"
DAYS = dt.date(2000, 1, 1), dt.date(2199, 12, 31)  # beyond, time zones leave the calendar


class RawJSONParser(BaseParser):
    """Hands the bytes on; the view decodes them by type."""

    media_type = "application/json"

    # DRF hands on whatever a parser returns
    def parse(  # type: ignore[override]
        self, stream, media_type=None, parser_context=None
    ) -> bytes:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise Refused(_("The request is too large."), "body_too_large", status=400)
        return body


class EntryInSerializer(serializers.Serializer):
    id = serializers.UUIDField(help_text="Made by the client; the same id again is the same entry.")
    child = serializers.IntegerField()
    kind = serializers.CharField()
    at = serializers.DateTimeField(help_text="When it happened, with time zone.")
    detail = serializers.JSONField(help_text="Fields of the kind, amounts as {value, unit}.")
    replaces = serializers.UUIDField(required=False, help_text="The entry that this one corrects.")
    void = serializers.BooleanField(required=False, help_text="With `replaces`: withdraws it.")
    reason = serializers.CharField(required=False)


class BatchInSerializer(serializers.Serializer):
    entries = EntryInSerializer(many=True)


class AnswerSerializer(serializers.Serializer):
    id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(choices=["created", "duplicate", "refused"])
    code = serializers.CharField(allow_blank=True)
    message = serializers.CharField(allow_blank=True)
    seq = serializers.IntegerField(allow_null=True)


class AnswersSerializer(serializers.Serializer):
    results = AnswerSerializer(many=True)


class DailyEntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = DailyEntry
        fields = [
            "id",
            "institution",
            "class_group",
            "child",
            "kind",
            "at",
            "detail",
            "root",
            "version",
            "void",
            "replaced_by",
            "reason",
            "seq",
            "recorded_by",
            "recorded_at",
        ]


class DailyLogPagination(CursorPagination):
    ordering = ("-seq", "-id")


class DailyLogView(Scoped, ListAPIView):
    queryset = DailyEntry.objects.all()
    serializer_class = DailyEntrySerializer
    pagination_class = DailyLogPagination
    filter_backends = []
    permissions = {"post": Permission.DAILY_LOG_WRITE, "get": Permission.DAILY_LOG_READ}
    parser_classes = [RawJSONParser]
    takes_key = False  # each entry's id is its key

    @extend_schema(
        operation_id="daily_log_list",
        parameters=[
            OpenApiParameter("day", OpenApiTypes.DATE, description="Local day; today if absent.")
        ],
    )
    def get(self, request, *args, **kwargs) -> Response:
        response = super().get(request, *args, **kwargs)
        children = {row["child"] for row in response.data["results"]}
        audit.viewed(actor=self.actor, child_ids=children, fields=["daily_log"], purpose="api")
        return response

    def get_queryset(self):
        return super().get_queryset().on(_day(self.request.query_params.get("day")))

    @extend_schema(
        operation_id="daily_log_record",
        request=BatchInSerializer,
        responses={200: AnswersSerializer},
    )
    def post(self, request) -> HttpResponse:
        rows = decode_batch(request.data or b"")  # of no body at all Django REST framework makes {}
        good = [row for row in rows if isinstance(row, daily_log.NewEntry)]
        answers = {answer.id: answer for answer in daily_log.record(actor=self.actor, entries=good)}
        results = [answers[row.id] if isinstance(row, daily_log.NewEntry) else row for row in rows]
        return HttpResponse(_encoder.encode({"results": results}), content_type="application/json")


def decode_batch(body: bytes) -> list[daily_log.NewEntry | dict]:
    """Entries in their order; one that cannot be read is already its answer. Refused when the batch itself is not one."""
    if too_deep(body):
        raise Refused(_("The request is nested too deeply."), "too_deep", status=400)
    try:
        raws = _batch.decode(body).entries
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(
            _("The request is not a batch of entries."), "bad_batch", status=400
        ) from error
    if len(raws) > daily_log.MAX_BATCH:
        raise Refused(
            _("Please send at most %(most)d entries at once.") % {"most": daily_log.MAX_BATCH},
            "too_many_entries",
            status=413,
        )
    return [_decode_entry(raw) for raw in raws]


def _decode_entry(raw: Raw) -> daily_log.NewEntry | dict:
    try:
        if NUL in bytes(raw):
            raise msgspec.ValidationError("NUL")  # noqa: TRY301 -- Postgres text cannot hold it
        entry = _entry.decode(raw)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return {
            "id": _id_of(raw),
            "status": "refused",
            "code": "bad_entry",
            "message": _("This entry cannot be read."),
            "seq": None,
        }
    return daily_log.NewEntry(
        id=entry.id,
        child_id=entry.child,
        kind=entry.kind,
        at=entry.at,
        detail=bytes(entry.detail),
        replaces=entry.replaces,
        void=entry.void,
        reason=entry.reason,
    )


def _id_of(raw: Raw) -> str | None:
    try:
        return str(msgspec.json.decode(raw, type=dict)["id"])[:60]
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, KeyError):
        return None


class TimelineEntrySerializer(serializers.ModelSerializer):
    by = serializers.CharField(source="recorded_by.name")
    summary = serializers.SerializerMethodField()

    class Meta:
        model = DailyEntry
        fields = [
            "id",
            "root",
            "version",
            "void",
            "replaced_by",
            "kind",
            "at",
            "detail",
            "summary",
            "by",
            "recorded_at",
            "seq",
        ]

    def get_summary(self, entry: DailyEntry) -> str:
        return summary(entry.kind, entry.detail)


class TimelineSerializer(serializers.Serializer):
    cursor = serializers.CharField(allow_blank=True)
    reset = serializers.BooleanField(
        help_text="Too much was missed, or for more than seven days: read everything anew, without a cursor."
    )
    entries = TimelineEntrySerializer(many=True)


class TimelineView(APIView):
    permissions = {"get": Permission.DAILY_LOG_READ}

    @extend_schema(
        operation_id="child_timeline",
        parameters=[
            OpenApiParameter("after", OpenApiTypes.STR, description="Cursor of the last answer."),
            OpenApiParameter("day", OpenApiTypes.DATE, description="Local day; today if absent."),
        ],
        responses={200: TimelineSerializer},
    )
    def get(self, request, pk: int) -> Response:
        actor = acting(request)
        child = get_object_or_404(Child.objects.visible_to(actor), pk=pk)
        changes = changes_after(
            actor=actor,
            child=child,
            cursor=request.query_params.get("after", ""),
            day=_day(request.query_params.get("day")),
        )
        place = place_of(actor, changes.entries)
        log_read(actor=actor, entries=changes.entries, purpose="api", place=place)
        return Response(TimelineSerializer(changes).data)


def _day(text: str | None) -> dt.date:
    try:
        day = dt.date.fromisoformat(text) if text else today()
    except ValueError:
        day = dt.date.min
    if not DAYS[0] <= day <= DAYS[1]:
        raise Refused(_("Please give the day as 2026-11-23."), "bad_day", status=400)
    return day
