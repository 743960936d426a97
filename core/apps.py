from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("Core")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.urls import register_converter  # noqa: PLC0415 -- URLs need settings

        from core import receivers  # noqa: F401, PLC0415 -- hears sign-ins
        from core.checks import check_login, check_settings  # noqa: PLC0415
        from core.converters import DayConverter  # noqa: PLC0415
        from core.crypto import wiring  # noqa: PLC0415

        register_converter(DayConverter, "day")
        post_migrate.connect(wiring.after_migrate, sender=self)
        checks.register(wiring.check_keys)
        checks.register(check_login, deploy=True)
        checks.register(check_settings, deploy=True)

        from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415 -- needs the user model

        from core.signin.sessions import note_start  # noqa: PLC0415 -- needs the models

        user_logged_in.connect(note_start, dispatch_uid="core.signin.note_start")
