from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InstitutionConfig(AppConfig):
    name = "institution"
    verbose_name = _("Nursery")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core import actors  # noqa: PLC0415 -- models are not loaded earlier
        from institution.actors import actor_for  # noqa: PLC0415

        actors.register(actor_for)
