"""Viewsets over scoped models. Apart from core.api, which rest_framework.views loads by its settings."""

import hashlib
from functools import partial
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import generics, mixins, viewsets
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from core import once
from core.api import acting
from core.scoping import Actor

WRITES = frozenset({"POST", "PUT", "PATCH"})


class Once:
    """A POST, PUT or PATCH with an Idempotency-Key has one effect (core.once). Without the header nothing changes.

    A view whose rows carry keys of their own says `takes_key = False`.
    """

    takes_key = True

    def initial(self, request, *args, **kwargs) -> None:
        """After the questions who and may: the handler, which dispatch looks up next, is done under its key."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]  # of the view it is mixed into
        key = request.headers.get(once.HEADER, "") if request.method in WRITES else ""
        handler = getattr(self, request.method.lower(), None)
        if key and handler and self.takes_key:
            setattr(self, request.method.lower(), partial(self._once, handler, key))

    def _once(self, handler, key: str, request, *args, **kwargs) -> HttpResponseBase:
        actor = acting(request)
        return once.answered(
            user_id=actor.user_id,
            key=key,
            request=once.hash_of(
                request.method, request.get_full_path(), actor.post, _body_of(request)
            ),
            act=lambda: handler(request, *args, **kwargs),
            keep=_of_api,
        )


def _body_of(request) -> bytes:
    """The bytes as they came; of a form with files what it holds, for its boundary is another each time."""
    if not request.content_type.startswith("multipart/"):
        return request.body
    digest = hashlib.sha256()
    for name, values in sorted(request.data.lists()):
        for value in values:
            digest.update(hashlib.sha256(name.encode()).digest())
            chunks = value.chunks() if hasattr(value, "chunks") else [str(value).encode()]
            for chunk in chunks:
                digest.update(chunk)
            digest.update(b"\0")
            if hasattr(value, "seek"):
                value.seek(0)
    return digest.digest()


def _of_api(response: HttpResponseBase) -> once.Answer | None:
    if response.status_code >= 400:
        return None
    if isinstance(response, Response):
        body = JSONRenderer().render(response.data)
    elif isinstance(response, HttpResponse):
        body = response.content
    else:
        raise TypeError("a stream cannot be answered again")
    headers = {"Content-Type": "application/json"} if body else {}
    return once.Answer(status=response.status_code, headers=headers, body=body.decode())


class Scoped(Once, generics.GenericAPIView):
    """Rows come only through `visible_to`; what is not visible is 404."""

    @property
    def actor(self) -> Actor:
        return acting(self.request)

    def get_queryset(self):
        rows: Any = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):  # drf-spectacular looks without a request
            return rows.none()
        return rows.visible_to(self.actor)


class ScopedViewSet(Scoped, viewsets.GenericViewSet):
    pass


class ScopedReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    pass
