from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.response import Response

from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from quality.enums import Answer
from quality.models import SelfCheck, Standard, StandardItem
from quality.services.self_check import answer_item


class StandardSerializer(serializers.ModelSerializer):
    class Meta:
        model = Standard
        fields = [
            "id",
            "code",
            "name",
            "name_en",
            "issuer",
            "published_on",
            "valid_from",
            "valid_to",
            "total",
            "grades",
            "basic_count",
            "url",
        ]


class StandardItemSerializer(serializers.ModelSerializer):
    """`points` and `is_basic` are null where the source does not tell."""

    class Meta:
        model = StandardItem
        fields = [
            "id",
            "standard",
            "parent",
            "key",
            "position",
            "level",
            "clause",
            "title",
            "title_en",
            "points",
            "is_basic",
            "source",
            "confidence",
        ]


class StandardViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    queryset = Standard.objects.all()
    serializer_class = StandardSerializer
    permission = Permission.QUALITY_READ


class StandardItemViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet
):
    queryset = StandardItem.objects.all()
    serializer_class = StandardItemSerializer
    permission = Permission.QUALITY_READ
    filterset_fields = ["standard", "level", "parent"]


class SelfCheckSerializer(serializers.ModelSerializer):
    class Meta:
        model = SelfCheck
        fields = ["id", "institution", "item", "answer", "note", "answered_by", "answered_at"]


class SelfCheckInSerializer(serializers.Serializer):
    item = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    answer = serializers.ChoiceField(choices=Answer.choices)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class SelfCheckViewSet(ScopedReadViewSet):
    queryset = SelfCheck.objects.all()
    serializer_class = SelfCheckSerializer
    permissions = {
        "list": Permission.QUALITY_READ,
        "retrieve": Permission.QUALITY_READ,
        "create": Permission.QUALITY_WRITE,
    }
    filterset_fields = ["institution", "item", "answer"]

    @extend_schema(request=SelfCheckInSerializer, responses={201: SelfCheckSerializer})
    def create(self, request) -> Response:
        """Answer an indicator; answering it again takes the place of the earlier answer."""
        told = SelfCheckInSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        values = dict(told.validated_data)
        item = get_object_or_404(StandardItem, pk=values.pop("item"))
        check = answer_item(actor=self.actor, item=item, **values)
        return Response(SelfCheckSerializer(check).data, status=201)


API_ROUTES = [
    ("quality/standards", StandardViewSet, "quality-standard"),
    ("quality/items", StandardItemViewSet, "quality-item"),
    ("quality/self-checks", SelfCheckViewSet, "quality-self-check"),
]
