"""Every URL and method of the site, with the permission its code declares."""

from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.permissions import AllowAny

from core.api import ActorMay, AnyActor
from core.devices.authentication import MachineMay

OPEN, ANY_ACTOR, SIGNED_IN = "open", "any actor", "signed in"
TABLET, MACHINE = "tablet", "machine"  # a paired tablet without a person; a signed request
UNDECLARED = "undeclared"


@dataclass(frozen=True)
class Endpoint:
    name: str
    route: str
    gates: dict[str, str]  # method -> permission value, OPEN, ANY_ACTOR, SIGNED_IN or UNDECLARED
    parameters: frozenset[str]
    api: bool
    stepup: frozenset[str] = frozenset()  # methods that ask "is it still you"
    before_factor: bool = False


def endpoints() -> dict[str, Endpoint]:
    return {found.name: found for found in _walk(get_resolver(), "", "")}


def _walk(resolver: URLResolver, space: str, prefix: str):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _walk(pattern, inner, route)
        else:
            yield _endpoint(pattern, space, route)


def _endpoint(pattern: URLPattern, space: str, route: str) -> Endpoint:
    view = pattern.callback
    gates = _api_gates(view) if hasattr(view, "cls") else _page_gates(view)
    return Endpoint(
        name=f"{space}{pattern.name or route}",
        route=route,
        gates=gates,
        parameters=frozenset(pattern.pattern.converters) | frozenset(_groups(pattern)),
        api=hasattr(view, "cls"),
        stepup=_stepup(view, gates),
        before_factor=getattr(view, "before_factor", False),
    )


def _stepup(view, gates: dict[str, str]) -> frozenset[str]:
    if not hasattr(view, "cls"):
        asked = getattr(view, "stepup", ())
        return frozenset(gates) if asked is True else frozenset(asked)
    asked = view.initkwargs.get("stepup", getattr(view.cls, "stepup", ()))
    actions = getattr(view, "actions", None) or {m.lower(): m.lower() for m in gates}
    return frozenset(m.upper() for m, action in actions.items() if asked is True or action in asked)


def _groups(pattern: URLPattern):
    regex = getattr(pattern.pattern, "regex", None)
    return regex.groupindex if regex else ()


def _page_gates(view) -> dict[str, str]:
    if not hasattr(view, "methods"):
        return {"GET": UNDECLARED}
    if view.gate is not None:
        gate = view.gate.value
    elif getattr(view, "tablet", False):
        gate = TABLET
    else:
        gate = SIGNED_IN if getattr(view, "login_required", True) else OPEN
    return {method: gate for method in view.methods if method != "HEAD"}


def _api_gates(view) -> dict[str, str]:
    actions = getattr(view, "actions", None) or {
        name: name for name in ("get", "post", "put", "patch", "delete") if hasattr(view.cls, name)
    }
    return {
        method.upper(): _api_gate(view.cls, view.initkwargs, action, method)
        for method, action in actions.items()
        if method not in ("head", "options")
    }


def _api_gate(cls, initkwargs: dict, action: str, method: str) -> str:
    classes = initkwargs.get("permission_classes", cls.permission_classes)
    if AllowAny in classes:
        return OPEN
    if MachineMay in classes:
        return MACHINE if getattr(cls, "machine_kinds", ()) else UNDECLARED
    if AnyActor in classes:
        return ANY_ACTOR
    if ActorMay not in classes:
        return UNDECLARED
    instance = type("Declared", (), {"action": action})()
    instance.permissions = initkwargs.get("permissions", getattr(cls, "permissions", {}))
    instance.permission = initkwargs.get("permission", getattr(cls, "permission", None))
    permission = ActorMay.needed(instance, method)
    return permission.value if permission else UNDECLARED
