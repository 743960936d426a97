"""Health-and-safety ledgers over the API. Entries are only added; a correction is a new one."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from core.errors import NotThere
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution.enums import LedgerKind
from institution.models import LedgerEntry, LedgerRhythm, LedgerSchedule, Room
from institution.services import ledgers

WRITE, SET = Permission.LEDGER_WRITE, Permission.INSTITUTION_WRITE
MAX_ID = 2**63 - 1


class LedgerRhythmSerializer(serializers.ModelSerializer):
    class Meta:
        model = LedgerRhythm
        fields = ["repeat", "every_days", "weekday", "needs_photo", "basis", "valid_from"]


class LedgerScheduleSerializer(serializers.ModelSerializer):
    """A regular task. Each rhythm counts until a later one of the task begins."""

    rhythms = LedgerRhythmSerializer(many=True)

    class Meta:
        model = LedgerSchedule
        fields = ["id", "institution", "kind", "what", "room", "rhythms"]


class LedgerRhythmInSerializer(LedgerRhythmSerializer):
    """How often a task is due from a day on. A task that is not there yet is made."""

    kind = serializers.ChoiceField(choices=LedgerKind.choices)
    what = serializers.CharField(max_length=60)
    room = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False, allow_null=True)

    class Meta(LedgerRhythmSerializer.Meta):
        fields = ["kind", "what", "room", *LedgerRhythmSerializer.Meta.fields]


class LedgerScheduleViewSet(ScopedReadViewSet):
    queryset = LedgerSchedule.objects.prefetch_related("rhythms")
    serializer_class = LedgerScheduleSerializer
    permissions = {"list": WRITE, "retrieve": WRITE, "create": SET}
    filterset_fields = ["kind", "room"]

    @extend_schema(request=LedgerRhythmInSerializer, responses={201: LedgerScheduleSerializer})
    def create(self, request) -> Response:
        told = LedgerRhythmInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = told.validated_data
        values["room"] = self._room(values.get("room"))
        schedule = ledgers.set_rhythm(actor=self.actor, **values)
        return Response(
            self.get_serializer(self.get_queryset().get(pk=schedule.pk)).data, status=201
        )

    def _room(self, pk: int | None) -> Room | None:
        if pk is None:
            return None
        room = Room.objects.visible_to(self.actor).filter(pk=pk).first()
        if room is None:
            raise NotThere(_("This room is not there."), "room_not_found")
        return room


class LedgerEntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = LedgerEntry
        fields = [
            "id",
            "institution",
            "kind",
            "schedule",
            "what",
            "at",
            "by",
            "detail",
            "note",
            "photos",
            "mend_by",
            "root",
            "corrects",
            "reason",
            "void",
            "closes",
            "recorded_at",
        ]


class LedgerEntryInSerializer(serializers.Serializer):
    """A new entry; one that `settles` a hazard or a visit; or, with a `reason`, one that stands in place of the one it `corrects`.

    `detail` carries what the ledger asks for. `photos` are attachments stored before. An entry of a task takes its name from
    the task. `void` says that what it corrects was never done.
    """

    kind = serializers.ChoiceField(choices=LedgerKind.choices)
    schedule = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    what = serializers.CharField(max_length=60, required=False, allow_blank=True)
    at = serializers.DateTimeField(required=False)
    detail = serializers.DictField(required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    photos = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=ledgers.MOST_PHOTOS
    )
    mend_by = serializers.DateField(required=False, allow_null=True)
    settles = serializers.UUIDField(required=False)
    corrects = serializers.UUIDField(required=False)
    reason = serializers.CharField(max_length=120, required=False)
    void = serializers.BooleanField(required=False)


class LedgerEntryViewSet(ScopedReadViewSet):
    queryset = LedgerEntry.objects.all()
    serializer_class = LedgerEntrySerializer
    permission = WRITE
    filterset_fields = {
        "kind": ["exact"],
        "schedule": ["exact"],
        "root": ["exact"],
        "at": ["gte", "lt"],
        "corrects": ["isnull"],
    }

    @extend_schema(request=LedgerEntryInSerializer, responses={201: LedgerEntrySerializer})
    def create(self, request) -> Response:
        told = LedgerEntryInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        entry = self._written(dict(told.validated_data))
        return Response(self.get_serializer(self.get_queryset().get(pk=entry.pk)).data, status=201)

    def _written(self, values: dict) -> LedgerEntry:
        settles, corrects = values.pop("settles", None), values.pop("corrects", None)
        reason, void = values.pop("reason", ""), values.pop("void", False)
        detail = values.pop("detail", {})
        photos = values.pop("photos", [])
        if corrects:
            old = self._entry(corrects)
            if void:
                return ledgers.strike(actor=self.actor, entry=old, reason=reason)
            known = {name: values[name] for name in ("what", "note", "mend_by") if name in values}
            return ledgers.correct(
                actor=self.actor, entry=old, reason=reason, detail=detail, photos=photos, **known
            )
        if settles:
            known = {name: values[name] for name in ("at", "note") if name in values}
            return ledgers.settle(
                actor=self.actor,
                entry=self._entry(settles),
                detail=detail,
                photos=photos,
                **known,
            )
        values["schedule"] = self._schedule(values.get("schedule"))
        return ledgers.record(actor=self.actor, detail=detail, photos=photos, **values)

    def _entry(self, pk) -> LedgerEntry:
        entry = LedgerEntry.objects.visible_to(self.actor).filter(pk=pk).first()
        if entry is None:
            raise NotThere(_("This entry is not there."), "entry_not_found")
        return entry

    def _schedule(self, pk: int | None) -> LedgerSchedule | None:
        if pk is None:
            return None
        schedule = LedgerSchedule.objects.visible_to(self.actor).filter(pk=pk).first()
        if schedule is None:
            raise NotThere(_("This task is not there."), "task_not_found")
        return schedule
