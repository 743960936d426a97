"""Passkeys and security keys (WebAuthn level 2), checked by Yubico's fido2.

The challenge waits in the session, serves once, and the origin must be the site's own.
"""

import json
import time
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from core.models import Factor, User

CHALLENGE = "webauthn"  # session: what the browser was asked to sign
CHALLENGE_SECONDS = 300
VISITOR_SECONDS = 600  # how long the session of somebody at the door lives
MAX_ANSWER = 16 * 1024


class NotSigned(Exception):
    """The browser's answer is not a right signature for this site and challenge."""


class Browser:
    """The site as this request's browser sees it. http only where browsers allow it, on the machine itself."""

    def __init__(self, request: HttpRequest):
        host = split_domain_port(request.get_host())[0]
        self.origin = f"{request.scheme}://{request.get_host()}"
        self.session: SessionBase = request.session
        site = PublicKeyCredentialRpEntity(
            id=settings.WEBAUTHN_RP_ID or host, name=str(_("Jining Childcare"))
        )
        self.server = Fido2Server(site, verify_origin=self.origin.__eq__)

    def ask_for_new(self, user: User, known: Iterable[Factor]) -> dict[str, Any]:
        """Options for navigator.credentials.create()."""
        handle = salted_hmac("core.webauthn.user", str(user.pk), algorithm="sha256").digest()[:32]
        options, state = self.server.register_begin(
            PublicKeyCredentialUserEntity(
                id=handle, name=user.username, display_name=user.name or user.username
            ),
            [_credential(factor) for factor in known],
            resident_key_requirement=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return self._remember(options, state, "new")

    def ask(self, known: Iterable[Factor]) -> dict[str, Any]:
        """Options for navigator.credentials.get(); without known ones the browser offers what it has for the site."""
        credentials = [_credential(factor) for factor in known]
        options, state = self.server.authenticate_begin(
            credentials or None, user_verification=UserVerificationRequirement.PREFERRED
        )
        return self._remember(options, state, "get")

    def new(self, answer: str) -> tuple[bytes, str, int]:
        """(credential id, credential as it is stored, signature count) of a right answer."""
        state, response = self._recall(answer, "new")
        try:
            data = self.server.register_complete(state, response)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotSigned(str(error)) from error
        credential = data.credential_data
        if credential is None:
            raise NotSigned("no credential")
        return bytes(credential.credential_id), websafe_encode(bytes(credential)), data.counter

    def signed_by(self, answer: str, known: Iterable[Factor] | None = None) -> tuple[Factor, int]:
        """The factor that signed, of `known` or of anybody, and its signature count."""
        state, response = self._recall(answer, "get")
        try:
            given = AuthenticationResponse.from_dict(response)
            candidates = (
                list(known)
                if known is not None
                else list(Factor.objects.filter(credential_id=bytes(given.raw_id)))
            )
            stored = {bytes(f.credential_id): f for f in candidates if f.credential_id}
            credentials = [_credential(factor) for factor in stored.values()]
            self.server.authenticate_complete(state, credentials, response)
            counter = given.response.authenticator_data.counter
            return stored[bytes(given.raw_id)], counter
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotSigned(str(error)) from error

    def _remember(self, options, state: dict, purpose: str) -> dict[str, Any]:
        if SESSION_KEY not in self.session:  # a visitor's, which is to be gone soon
            self.session.set_expiry(VISITOR_SECONDS)
        self.session[CHALLENGE] = {"state": state, "for": purpose, "at": int(time.time())}
        return dict(options)

    def _recall(self, answer: str, purpose: str) -> tuple[dict, dict]:
        waiting = self.session.pop(CHALLENGE, None)
        if not waiting or waiting["for"] != purpose:
            raise NotSigned("nothing was asked")
        if time.time() - waiting["at"] > CHALLENGE_SECONDS:
            raise NotSigned("too late")
        try:
            response = json.loads(answer[:MAX_ANSWER])
        except ValueError as error:
            raise NotSigned("not JSON") from error
        if not isinstance(response, dict):
            raise NotSigned("not an object")
        return waiting["state"], response


def _credential(factor: Factor) -> AttestedCredentialData:
    return AttestedCredentialData(websafe_decode(factor.secret))
