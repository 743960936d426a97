import hashlib
import json

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from core.http import open_to_all

SHELL = [
    "css/tokens.css",
    "css/base.css",
    "css/controls.css",
    "css/forms.css",
    "css/data.css",
    "css/feedback.css",
    "css/layout.css",
    "css/family.css",
    "css/print.css",
    "parents/day.css",
    "parents/day.js",
    *(
        f"js/{name}.js"
        for name in (
            "behaviours",
            "csrf",
            "filters",
            "job",
            "live",
            "main",
            "passkey",
            "password",
            "secret",
            "sheet",
            "stepup",
            "table",
            "toast",
            "trusted",
            "words",
            "worker",
        )
    ),
    "img/mark.svg",
    "vendor/htmx.org/dist/htmx.min.js",
    "vendor/@fontsource/barlow/files/barlow-latin-500-normal.woff2",
    "vendor/@fontsource/barlow/files/barlow-latin-600-normal.woff2",
]


@open_to_all()
def manifest(request) -> JsonResponse:
    return JsonResponse(
        {
            "name": _("My child's day"),
            "short_name": _("My child"),
            "id": reverse("family:day"),
            "start_url": reverse("family:day"),
            "scope": reverse("family:day"),
            "display": "standalone",
            "lang": request.LANGUAGE_CODE,
            "theme_color": "#ffdcb6",
            "background_color": "#faf6f1",
            "icons": [
                {"src": static("img/mark.svg"), "sizes": "any", "type": "image/svg+xml"},
                {"src": static("img/icon-192.png"), "sizes": "192x192", "type": "image/png"},
                {"src": static("img/icon-512.png"), "sizes": "512x512", "type": "image/png"},
            ],
        },
        content_type="application/manifest+json",
    )


@open_to_all()
def worker(request) -> HttpResponse:
    """The service worker. Its version is the hash of the hashed names, so a new release brings a new cache."""
    shell = [static(name) for name in SHELL]
    version = hashlib.sha256("".join(shell).encode()).hexdigest()[:12]
    response = render(
        request,
        "parents/worker.js",
        {"shell": json.dumps(shell), "version": version},
        content_type="text/javascript; charset=utf-8",
    )
    response.headers["Cache-Control"] = "no-cache"
    return response
