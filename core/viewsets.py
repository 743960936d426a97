"""Viewsets over scoped models. Apart from core.api, which rest_framework.views loads by its settings."""

from typing import Any

from rest_framework import generics, mixins, viewsets

from core.api import acting
from core.scoping import Actor


class Scoped(generics.GenericAPIView):
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
