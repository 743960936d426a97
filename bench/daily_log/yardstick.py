"""The published way of baby-log programs, as Baby Buddy does it: one DRF request stores one event.

A ModelViewSet with a token and DjangoModelPermissions; the serializer runs the model's full_clean, which looks for an
event of the same child at the same time; the answer is the serialised row. Its tags and user settings are left out,
so the real one does a little more.
"""

import datetime as dt
import uuid

from django.core.exceptions import ValidationError
from rest_framework import mixins, serializers, viewsets
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.permissions import DjangoModelPermissions

from core import rls
from core.calendar import now
from core.models import ApiToken
from core.signin.tokens import digest
from institution.models import DailyEntry

A_MICROSECOND = dt.timedelta(microseconds=1)


class OneEventSerializer(serializers.ModelSerializer):
    class Meta:
        model = DailyEntry
        fields = ["id", "institution", "class_group", "child", "kind", "at", "detail"]

    def validate(self, attrs):
        pk = uuid.uuid4()
        entry = DailyEntry(
            id=pk,
            root=pk,
            seq=0,
            recorded_by=self.context["request"].user,
            recorded_at=now(),
            **attrs,
        )
        entry.full_clean(exclude=["replaced_by", "reason"], validate_unique=False)
        same = DailyEntry.objects.filter(child=entry.child, kind=entry.kind)
        if same.filter(at__gt=entry.at, at__lt=entry.at + A_MICROSECOND).exists():
            raise ValidationError("Another event of this child is at the same time.")
        attrs["entry"] = entry
        return attrs

    def create(self, validated_data):
        validated_data["entry"].save(force_insert=True)
        return validated_data["entry"]


class PlainTokenAuthentication(TokenAuthentication):
    """DRF's own reading of a token: one ORM query with its user."""

    def authenticate_credentials(self, key: str):
        token = ApiToken.objects.select_related("user").get(digest=digest(key))
        return token.user, token


class OneEventView(mixins.CreateModelMixin, viewsets.GenericViewSet):
    queryset = DailyEntry.objects.all()
    serializer_class = OneEventSerializer
    authentication_classes = [PlainTokenAuthentication, SessionAuthentication]
    permission_classes = [DjangoModelPermissions]

    @rls.system("benchmark")
    def dispatch(self, request, *args, **kwargs):
        """No policy holds the yardstick up: such programs have none."""
        return super().dispatch(request, *args, **kwargs)
