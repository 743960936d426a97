import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402 -- set up above
from django.urls import resolve  # noqa: E402

from core import serving  # noqa: E402

serving.begin(statement_seconds=settings.WEB_STATEMENT_SECONDS)
resolve(
    "/healthz"
)  # imports every view now, once for all workers, and not in the first request of each
