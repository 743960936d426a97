from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class InstitutionConfig(AppConfig):
    name = "institution"
    verbose_name = _("Nursery")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from core import actors  # noqa: PLC0415 -- models are not loaded earlier
        from institution.actors import POSTS, actor_for  # noqa: PLC0415
        from institution.selectors import alerts, attention, ledgers, messages  # noqa: PLC0415

        actors.register(actor_for, posts=POSTS)
        attention.contribute(alerts.attention)
        attention.contribute(messages.attention)
        attention.contribute(ledgers.attention)
        post_migrate.connect(make_partitions, sender=self)


def make_partitions(sender, **kwargs) -> None:
    """A new database can be written to at once; the nightly task keeps the months coming."""
    from core.calendar import today  # noqa: PLC0415
    from institution import partitions  # noqa: PLC0415

    if partitions.there():
        partitions.ensure_ahead(today())
