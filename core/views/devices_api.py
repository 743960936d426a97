"""POST /api/v1/devices/heartbeat/: a machine says how it is, and hears how wrong its clock is."""

import time

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from core.devices import machines
from core.devices.authentication import HEADERS, TIMESTAMP, MachineAuthentication, MachineMay
from core.models.device import MACHINES


class HeartbeatSerializer(serializers.Serializer):
    firmware = serializers.CharField(max_length=40, allow_blank=True, default="")
    battery = serializers.IntegerField(
        min_value=0,
        max_value=100,
        allow_null=True,
        default=None,
        help_text="Per cent; null on mains.",
    )


class HeardSerializer(serializers.Serializer):
    now = serializers.IntegerField(help_text="Our time, milliseconds since 1970.")
    clock_offset = serializers.IntegerField(help_text="Seconds the machine's clock is ahead.")


class HeartbeatView(APIView):
    authentication_classes = [MachineAuthentication]
    permission_classes = [MachineMay]
    machine_kinds = MACHINES

    @extend_schema(
        operation_id="device_heartbeat",
        parameters=HEADERS,
        request=HeartbeatSerializer,
        responses={200: HeardSerializer},
    )
    def post(self, request) -> Response:
        given = HeartbeatSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        moment = time.time()
        offset = int(request.headers[TIMESTAMP]) - int(moment)
        machines.heard_from(request.user, clock_offset=offset, **given.validated_data)
        return Response({"now": int(moment * 1000), "clock_offset": offset})
