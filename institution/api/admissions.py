"""Admissions over the API: applications with their steps, offers and contracts."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from core.crypto import mask_phone
from core.permissions import Permission
from core.viewsets import ScopedReadViewSet
from institution import admissions as steps
from institution.admission_forms import NewApplicationForm
from institution.enums import AdmissionState, ServiceMode
from institution.models import Application, ClassGroup, Contract, Offer, VisitSlot
from institution.services import admissions, offers, visits

MAX_ID = 2**63 - 1


class ApplicationSerializer(serializers.ModelSerializer):
    """Without the resident id; the phone is masked."""

    guardian_phone = serializers.SerializerMethodField()

    class Meta:
        model = Application
        fields = [
            "id",
            "institution",
            "child",
            "name",
            "sex",
            "born_on",
            "guardian_name",
            "guardian_phone",
            "relation",
            "wished_month",
            "class_type",
            "source",
            "sibling",
            "priority",
            "priority_reason",
            "note",
            "state",
            "state_since",
            "waiting_since",
        ]

    def get_guardian_phone(self, application: Application) -> str:
        return mask_phone(application.guardian_phone)


class NewApplicationSerializer(serializers.ModelSerializer):
    """What is sent is checked as in the form of the office."""

    resident_id = serializers.CharField(max_length=30, required=False, allow_blank=True)
    guardian_phone = serializers.CharField(max_length=20)
    state = serializers.ChoiceField(
        choices=[AdmissionState.ENQUIRY.value, AdmissionState.APPLIED.value],
        default=AdmissionState.APPLIED.value,
    )

    class Meta:
        model = Application
        fields = [*admissions.FIELDS, "state"]

    def validate(self, attrs: dict) -> dict:
        form = NewApplicationForm(attrs)
        if not form.is_valid():
            raise serializers.ValidationError(
                {name: [str(error) for error in errors] for name, errors in form.errors.items()}
            )
        return {name: form.cleaned_data[name] for name in attrs}


class MoveSerializer(serializers.Serializer):
    to = serializers.ChoiceField(choices=[state.value for state in steps.SAID])
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class OfferInSerializer(serializers.Serializer):
    class_group = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    start_on = serializers.DateField()
    days = serializers.IntegerField(min_value=0, max_value=offers.MOST_DAYS, required=False)


class ContractInSerializer(serializers.Serializer):
    mode = serializers.ChoiceField(choices=ServiceMode.choices)
    signed_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True)


class StartSerializer(serializers.Serializer):
    start_on = serializers.DateField()


class OfferSerializer(serializers.ModelSerializer):
    class Meta:
        model = Offer
        fields = [
            "id",
            "institution",
            "application",
            "class_group",
            "start_on",
            "expires_on",
            "state",
        ]


class VisitSlotSerializer(serializers.ModelSerializer):
    free = serializers.IntegerField(read_only=True)

    class Meta:
        model = VisitSlot
        fields = ["id", "institution", "starts_at", "places", "free"]
        read_only_fields = ["institution"]
        extra_kwargs = {"places": {"min_value": 1, "max_value": 50}}


class VisitSerializer(serializers.Serializer):
    slot = serializers.IntegerField(min_value=1, max_value=MAX_ID)


class FeeTermSerializer(serializers.Serializer):
    unit = serializers.CharField()
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)


class ContractSerializer(serializers.ModelSerializer):
    fee_terms = FeeTermSerializer(many=True, read_only=True)

    class Meta:
        model = Contract
        fields = [
            "id",
            "institution",
            "application",
            "class_group",
            "mode",
            "fee_terms",
            "starts_on",
            "ends_on",
            "signed_on",
            "ended_on",
            "end_reason",
        ]


class ApplicationViewSet(ScopedReadViewSet):
    queryset = Application.objects.all()
    serializer_class = ApplicationSerializer
    permissions = {
        "list": Permission.ADMISSIONS_READ,
        "retrieve": Permission.ADMISSIONS_READ,
        "create": Permission.ADMISSIONS_WRITE,
        "move": Permission.ADMISSIONS_WRITE,
        "visit": Permission.ADMISSIONS_WRITE,
        "offer": Permission.ADMISSIONS_WRITE,
        "contract": Permission.ADMISSIONS_WRITE,
        "start": Permission.ADMISSIONS_WRITE,
    }
    filterset_fields = ["state", "class_type", "wished_month"]

    @extend_schema(request=NewApplicationSerializer, responses={201: ApplicationSerializer})
    def create(self, request) -> Response:
        told = NewApplicationSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        application = admissions.add_application(actor=self.actor, **told.validated_data)
        return Response(ApplicationSerializer(application).data, status=201)

    @extend_schema(request=MoveSerializer, responses=ApplicationSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request, pk=None) -> Response:
        """A step that needs nothing but saying so; the others have an address each."""
        application, told = self._told(MoveSerializer)
        moved = admissions.move(actor=self.actor, application=application, **told)
        return Response(ApplicationSerializer(moved).data)

    @extend_schema(request=VisitSerializer, responses=ApplicationSerializer)
    @action(detail=True, methods=["post"])
    def visit(self, request, pk=None) -> Response:
        """Book a visit, or another one in place of the one before."""
        application, told = self._told(VisitSerializer)
        slot = get_object_or_404(VisitSlot.objects.visible_to(self.actor), pk=told["slot"])
        visits.book_visit(actor=self.actor, application=application, slot=slot)
        return Response(ApplicationSerializer(self.get_object()).data)

    @extend_schema(request=OfferInSerializer, responses={201: OfferSerializer})
    @action(detail=True, methods=["post"])
    def offer(self, request, pk=None) -> Response:
        application, told = self._told(OfferInSerializer)
        group = get_object_or_404(
            ClassGroup.objects.visible_to(self.actor), pk=told.pop("class_group")
        )
        made = offers.make_offer(
            actor=self.actor, application=application, class_group=group, **told
        )
        return Response(OfferSerializer(made).data, status=201)

    @extend_schema(request=ContractInSerializer, responses={201: ContractSerializer})
    @action(detail=True, methods=["post"])
    def contract(self, request, pk=None) -> Response:
        application, told = self._told(ContractInSerializer)
        signed = offers.sign_contract(actor=self.actor, application=application, **told)
        return Response(ContractSerializer(signed).data, status=201)

    @extend_schema(request=StartSerializer, responses=ApplicationSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request, pk=None) -> Response:
        """Refused with `entry_blocked` and the reasons while a paper is missing."""
        application, told = self._told(StartSerializer)
        offers.start(actor=self.actor, application=application, **told)
        return Response(ApplicationSerializer(self.get_object()).data)

    def _told(self, kind: type[serializers.Serializer]) -> tuple[Application, dict]:
        application = self.get_object()
        told = kind(data=self.request.data)
        told.is_valid(raise_exception=True)
        return application, dict(told.validated_data)


class VisitSlotViewSet(ScopedReadViewSet):
    queryset = VisitSlot.objects.all()
    serializer_class = VisitSlotSerializer
    permissions = {
        "list": Permission.ADMISSIONS_READ,
        "retrieve": Permission.ADMISSIONS_READ,
        "create": Permission.ADMISSIONS_WRITE,
        "destroy": Permission.ADMISSIONS_WRITE,
    }

    def get_queryset(self):
        return super().get_queryset().with_free()

    def create(self, request) -> Response:
        told = self.get_serializer(data=request.data)
        told.is_valid(raise_exception=True)
        slot = visits.add_slot(actor=self.actor, **told.validated_data)
        made = self.get_queryset().get(pk=slot.pk)
        return Response(self.get_serializer(made).data, status=201)

    def destroy(self, request, pk=None) -> Response:
        """Only while nobody has booked it."""
        visits.remove_slot(actor=self.actor, slot=self.get_object())
        return Response(status=204)


class OfferViewSet(ScopedReadViewSet):
    """Made and answered at its application."""

    queryset = Offer.objects.all()
    serializer_class = OfferSerializer
    permission = Permission.ADMISSIONS_READ
    filterset_fields = ["application", "class_group", "state"]


class ContractViewSet(ScopedReadViewSet):
    queryset = Contract.objects.all()
    serializer_class = ContractSerializer
    permission = Permission.ADMISSIONS_READ
    filterset_fields = ["application", "class_group"]
