"""Signed requests of machines, for endpoints that declare which kinds of machine they answer."""

import time

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, permissions
from rest_framework.authentication import BaseAuthentication

from core import rls
from core.devices import machines, signatures
from core.devices.machines import Machine
from core.models.device import DeviceKind

KEY, TIMESTAMP, NONCE, SIGNATURE = (
    "X-Machine-Key",
    "X-Machine-Timestamp",
    "X-Machine-Nonce",
    "X-Machine-Signature",
)
SCHEME = "Machine"


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, required=True, description=description
    )


HEADERS = [
    _header(TIMESTAMP, "Seconds since 1970 by the machine's clock, at most 300 from ours."),
    _header(NONCE, "16 to 64 letters, digits, - or _; another one for each request."),
    _header(
        SIGNATURE,
        "Lower-case hex of HMAC-SHA256 (HMAC-SM3 where the operator has set it) with the key's secret over the "
        "lines METHOD, path?query, hex hash of the body, timestamp, nonce, joined by a line feed.",
    ),
]


class MachineAuthentication(BaseAuthentication):
    """No header: nobody. Any other request is refused unless its signature is right, fresh and new."""

    def authenticate(self, request):
        key_id = request.headers.get(KEY)
        if key_id is None:
            return None
        timestamp, nonce, signature = (
            request.headers.get(name, "") for name in (TIMESTAMP, NONCE, SIGNATURE)
        )
        if not (
            signatures.TIMESTAMP.fullmatch(timestamp)
            and signatures.NONCE.fullmatch(nonce)
            and signatures.SIGNATURE.fullmatch(signature)
        ):
            raise _refused(
                _("The signature headers are missing or not as described."), "bad_headers"
            )
        key = machines.key_for(key_id)
        if key is None or not self._is_right(request, key.secret, timestamp, nonce, signature):
            raise _refused(_("The signature is not right."), "bad_signature")
        if abs(int(timestamp) - time.time()) > signatures.WINDOW_SECONDS:
            raise _refused(_("The machine's clock is more than five minutes off."), "bad_clock")
        if not machines.first_time(key, nonce):
            raise _refused(_("This request has been seen before."), "replayed")
        device = key.device
        rls.now_at(device.institution_id)
        return Machine(device.pk, device.institution_id, DeviceKind(device.kind), device.name), key

    def authenticate_header(self, request) -> str:
        return SCHEME

    @staticmethod
    def _is_right(request, secret: str, timestamp: str, nonce: str, signature: str) -> bool:
        algorithm = settings.MACHINE_SIGNATURE_HASH
        text = signatures.text_of(
            method=request.method,
            path=request.get_full_path(),
            body=request._request.body,  # noqa: SLF001 -- the bytes as they came
            timestamp=timestamp,
            nonce=nonce,
            algorithm=algorithm,
        )
        return signatures.fits(secret, text, signature, algorithm)


class MachineMay(permissions.BasePermission):
    """A machine of one of the kinds in the view's `machine_kinds`; a view that names none is closed."""

    def has_permission(self, request, view) -> bool:
        if request.method not in view.allowed_methods:
            raise exceptions.MethodNotAllowed(request.method)
        machine = request.user
        return isinstance(machine, Machine) and machine.kind in getattr(view, "machine_kinds", ())


def _refused(message: str, code: str) -> exceptions.AuthenticationFailed:
    return exceptions.AuthenticationFailed(message, code)


class MachineScheme(OpenApiAuthenticationExtension):
    target_class = MachineAuthentication
    name = "machineKey"

    def get_security_definition(self, auto_schema) -> dict:
        return {
            "type": "apiKey",
            "in": "header",
            "name": KEY,
            "description": "The id of the machine's key. The request is signed with its secret; see the headers.",
        }
