import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
pages = get_asgi_application()

from django.conf import settings  # noqa: E402 -- models need the apps set up above

from core import serving  # noqa: E402
from core.live.routing import LiveApplication  # noqa: E402

serving.begin(statement_seconds=settings.WEB_STATEMENT_SECONDS)
application = ProtocolTypeRouter({"http": pages, "websocket": LiveApplication()})
