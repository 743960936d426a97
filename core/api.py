"""What every endpoint under /api/v1/ shares: who may, how a body is read, how a list is paged, how a no is said."""

import json
import math
import re
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.db import IntegrityError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, pagination, permissions
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from core import actors, rls, stepup
from core.errors import NoSpace, Refused, TooSlow
from core.permissions import Permission
from core.postgres import patience, space
from core.rls_blocked import is_blocked, note_blocked
from core.scoping import Actor
from core.signin.policy import FactorNeeded, needs_factor, roles_of

logger = structlog.get_logger(__name__)

MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1
POST_HEADER = "X-Post"
PERSON_HEADER = "X-Person"  # who made what is sent; a tablet may have changed hands meanwhile


def actor_of(request) -> Actor | None:
    """The actor of the session; with a token, which no middleware has seen, the user's post named by X-Post or the first."""
    user = request.user
    if not user.is_authenticated:
        return None
    actor = getattr(request, "actor", None)
    if request.auth is None:  # a session: the middleware has looked at it
        if getattr(request, "lacks_factor", False):
            raise FactorNeeded
        return actor
    if actor is None or actor.user_id != user.pk:
        actor = actors.resolve(user, request.headers.get(POST_HEADER, ""))
        if actor and needs_factor(roles_of(actor)) and not request.auth.second_factor:
            raise FactorNeeded
        request.actor = actor
        getattr(request, "_request", request).actor = actor  # so that the middleware knows it too
        rls.now_acting(actor)
    return actor


def acting(request) -> Actor:
    """The actor where a permission class has already let one in."""
    actor = actor_of(request)
    if actor is None:
        raise exceptions.NotAuthenticated
    return actor


class AnyActor(permissions.BasePermission):
    """Whoever has a post, whatever it is."""

    def has_permission(self, request, view) -> bool:
        return actor_of(request) is not None


class ActorMay(permissions.BasePermission):
    """The view says `permission = Permission.X`, or `permissions = {"create": Permission.X, ...}` by action (by method
    in lower case where there are no actions). A view or action that says nothing is closed.
    """

    def has_permission(self, request, view) -> bool:
        actor = actor_of(request)
        if actor is None:
            return False
        if request.method not in view.allowed_methods:
            raise exceptions.MethodNotAllowed(request.method)
        if request.headers.get(PERSON_HEADER, str(actor.user_id)) != str(actor.user_id):
            raise Refused(_("Somebody else is signed in now."), "other_person", status=403)
        permission = self.needed(view, request.method)
        if permission is None or not actor.may(permission):
            return False
        stepup.check(request, view, getattr(view, "action", None) or request.method.lower())
        return True

    @staticmethod
    def needed(view, method: str) -> Permission | None:
        by_action = getattr(view, "permissions", {})
        action = getattr(view, "action", None) or method.lower()
        return by_action.get(action, getattr(view, "permission", None))


class CursorPagination(pagination.CursorPagination):
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"
    ordering: str | tuple[str, ...] = "-id"

    def paginate_queryset(self, queryset, request, view=None):
        try:
            return super().paginate_queryset(queryset, request, view)
        except (exceptions.NotFound, ValueError, OverflowError, ModelValidationError) as error:
            raise exceptions.ParseError(
                _("The cursor is not one of ours."), "bad_cursor"
            ) from error


class StrictJSONParser(JSONParser):
    """JSON that the rest of the program can rely on: bounded in size and depth, UTF-8, numbers that the database holds."""

    def parse(self, stream, media_type=None, parser_context=None):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise exceptions.ParseError(_("The request is too large."), "body_too_large")
        if too_deep(body):
            raise exceptions.ParseError(_("The request is nested too deeply."), "too_deep")
        try:
            text = body.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise exceptions.ParseError(_("The request is not UTF-8 text."), "not_utf8") from error
        try:
            data = (_CAREFUL if _LARGE.search(text) else _PLAIN).decode(text)
        except ValueError as error:
            raise exceptions.ParseError(_("The request is not valid JSON."), "not_json") from error
        if _STRANGE.search(text):
            _check_strings(data)
        return data


# A string, also one that never ends, so that the scan stays linear.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def too_deep(body: bytes, limit: int = MAX_DEPTH) -> bool:
    """Pairs of brackets are taken away from inside out, one level a round."""
    if body.count(b"[") + body.count(b"{") <= limit:
        return False
    left = _STRING.sub(b"", body).translate(_BRACKETS, _NOT_BRACKETS)
    for _level in range(limit):
        if not left:
            return False
        left = left.replace(b"[]", b"")
    return b"[]" in left or left.count(b"[") > limit


def _integer(text: str) -> int:
    if len(text) > 20 or abs(number := int(text)) > MAX_INTEGER:
        raise exceptions.ParseError(_("A number is too large."), "number_out_of_range")
    return number


def _real(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise exceptions.ParseError(_("A number is too large."), "number_out_of_range")
    return number


def _constant(text: str):
    raise exceptions.ParseError(
        _("%(value)s is not a number in JSON.") % {"value": text}, "not_a_number"
    )


_PLAIN = json.JSONDecoder(parse_constant=_constant)
_CAREFUL = json.JSONDecoder(parse_constant=_constant, parse_int=_integer, parse_float=_real)
_LARGE = re.compile(r"[0-9]{19}|[0-9][eE]\+?[0-9]{3}")  # only such a number can be too large
_STRANGE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def _check_strings(value) -> None:
    """Escapes can spell what neither UTF-8 nor Postgres holds: NUL and half of a surrogate pair."""
    if isinstance(value, str):
        if "\0" in value:
            raise exceptions.ParseError(_("A text holds a NUL character."), "nul_character")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise exceptions.ParseError(_("A text holds half a character."), "bad_unicode")
    elif isinstance(value, dict):
        for key, member in value.items():
            _check_strings(key)
            _check_strings(member)
    elif isinstance(value, list):
        for member in value:
            _check_strings(member)


class _Conflict(exceptions.APIException):
    status_code = 409


COLLISIONS = {"23505", "23P01", "23503"}  # unique, exclusion, foreign key: somebody else was faster


def explain(exc: Exception, context: dict) -> Response | None:
    """Every refusal has one body: {"code", "message", "fields"}. Codes are stable; messages are for people."""
    from rest_framework.views import (  # noqa: PLC0415 -- that module loads this one by its settings
        exception_handler,
        set_rollback,
    )

    if is_blocked(exc):
        set_rollback()
        note_blocked(context["request"], exc)
        exc = Http404()
    if patience.ran_out(exc):
        logger.error("stopped by the database")
        exc = TooSlow()
    if space.ran_out(exc):
        logger.critical("no space left for the database")
        exc = NoSpace()
    if isinstance(exc, Refused):
        set_rollback()
        return _answer(exc.status, exc.code, str(exc.message), _own_fields(exc))
    exc = _known(exc)
    response = exception_handler(exc, context)
    if response is None or not isinstance(exc, exceptions.APIException):
        return None
    code, message, fields = _read(exc)
    status = response.status_code
    if isinstance(exc, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        status = 401  # also where the session came first, so that a client can tell "sign in" from "not allowed"
        response.headers.setdefault("WWW-Authenticate", "Token")
    return _answer(status, code, message, fields, headers=dict(response.headers))


def _known(exc: Exception) -> Exception:
    match exc:
        case Http404():
            return exceptions.NotFound(_("This is not there, or it is not yours to see."))
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return exceptions.ParseError(_("The request is too large."), "body_too_large")
        case ModelValidationError():
            return exceptions.ValidationError(as_serializer_error(exc))
        case IntegrityError() if constraint := _collision(exc):
            logger.warning("conflict", constraint=constraint)
            message = _("Somebody else has just changed this. Load it again and repeat.")
            return _Conflict(message, "conflict")
    return exc


def _collision(exc: IntegrityError) -> str:
    """The constraint where somebody else was faster; nothing where the row itself was wrong, which is a bug."""
    cause: Any = exc.__cause__
    return cause.diag.constraint_name if getattr(cause, "pgcode", "") in COLLISIONS else ""


def _read(exc: exceptions.APIException) -> tuple[str, str, dict]:
    details: Any = exc.get_full_details()
    if isinstance(exc.detail, str):
        if details["message"].startswith("CSRF Failed"):
            return "csrf_failed", _("The page is out of date. Load it again."), {}
        return details["code"], str(details["message"]), {}
    message = _first(details) or _("Some fields need another look.")
    return (
        "invalid",
        message,
        details if isinstance(details, dict) else {"non_field_errors": details},
    )


def _first(details) -> str:
    """The first sentence in a tree of details."""
    if isinstance(details, dict):
        if set(details) == {"message", "code"} and isinstance(details["code"], str):
            return str(details["message"])
        details = list(details.values())
    return next((found for found in map(_first, details) if found), "")


def _own_fields(exc: Refused) -> dict:
    return {
        name: [
            said if isinstance(said, dict) else {"message": str(said), "code": exc.code}
            for said in (messages if isinstance(messages, list | tuple) else [messages])
        ]
        for name, messages in exc.fields.items()
    }


def _answer(status: int, code: str, message: str, fields: dict, headers=None) -> Response:
    body = {"code": code, "message": message, "fields": fields}
    kept = {name: value for name, value in (headers or {}).items() if name != "Content-Type"}
    return Response(body, status=status, headers=kept)
