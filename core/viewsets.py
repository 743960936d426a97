"""Viewsets over scoped models. Apart from core.api, which rest_framework.views loads by its settings."""

from rest_framework import mixins, viewsets

from core.api import actor_of
from core.scoping import Actor


class Scoped:
    """Rows come only through `visible_to`; what is not visible is 404."""

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def get_queryset(self):
        if getattr(
            self, "swagger_fake_view", False
        ):  # drf-spectacular looks at the model without a request
            return super().get_queryset().none()
        return super().get_queryset().visible_to(self.actor)


class ScopedViewSet(Scoped, viewsets.GenericViewSet):
    pass


class ScopedReadViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    pass
