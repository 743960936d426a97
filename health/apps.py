from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HealthConfig(AppConfig):
    name = "health"
    verbose_name = _("Infant health")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from health.services.entry import missing_papers  # noqa: PLC0415 -- models are not loaded earlier
        from institution.services import entry_rules  # noqa: PLC0415

        entry_rules.register(missing_papers)
