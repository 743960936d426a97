"""The published way of baby-log programs: one DRF request stores one event through a ModelSerializer and full_clean."""

import uuid

from rest_framework import mixins, serializers, viewsets
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.permissions import IsAuthenticated

from core.calendar import now
from institution.models import DailyEntry


class OneEventSerializer(serializers.ModelSerializer):
    class Meta:
        model = DailyEntry
        fields = ["institution", "class_group", "child", "kind", "at", "detail"]

    def create(self, validated_data):
        pk = uuid.uuid4()
        entry = DailyEntry(
            id=pk,
            root=pk,
            seq=0,
            recorded_by=self.context["request"].user,
            recorded_at=now(),
            **validated_data,
        )
        entry.full_clean(exclude=["replaced_by", "reason"], validate_unique=False)
        entry.save(force_insert=True)
        return entry


class OneEventView(mixins.CreateModelMixin, viewsets.GenericViewSet):
    queryset = DailyEntry.objects.all()
    serializer_class = OneEventSerializer
    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated]
