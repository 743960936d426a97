from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GovadminConfig(AppConfig):
    name = "govadmin"
    verbose_name = _("Government oversight")
    default_auto_field = "django.db.models.BigAutoField"
