"""What makes the board open without a network: the service worker, the manifest, and the page for all else."""

import hashlib
import json

from django.conf import settings
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
    "css/touch.css",
    "css/public.css",
    "css/print.css",
    "institution/css/board.css",
    "institution/css/pickup.css",
    "img/mark.svg",
    "img/offline.svg",
    "js/main.js",
    "js/behaviours.js",
    "js/by-pin.js",
    "js/csrf.js",
    "js/file-name.js",
    "js/filters.js",
    "js/job.js",
    "js/live.js",
    "js/passkey.js",
    "js/invitation.js",
    "js/password.js",
    "js/counts.js",
    "js/patience.js",
    "js/secret.js",
    "js/sheet.js",
    "js/stepup.js",
    "js/table.js",
    "js/toast.js",
    "js/trusted.js",
    "js/words.js",
    "js/worker.js",
    "institution/js/board.js",
    "institution/js/child-sheet.js",
    "institution/js/day.js",
    "institution/js/form.js",
    "institution/js/gestures.js",
    "institution/js/outbox.js",
    "institution/js/page.js",
    "institution/js/photos.js",
    "institution/js/status.js",
    "institution/js/store.js",
    "vendor/htmx.org/dist/htmx.min.js",
    "vendor/idb/build/index.js",
    "vendor/@fontsource/barlow/files/barlow-latin-500-normal.woff2",
    "vendor/@fontsource/barlow/files/barlow-latin-600-normal.woff2",
]


@open_to_all()
def worker(request) -> HttpResponse:
    shell = [static(name) for name in SHELL]
    offline = reverse("nursery:offline")
    context = {
        "version": hashlib.sha256("".join(shell).encode()).hexdigest()[:12],
        "shell_json": json.dumps([*shell, offline]),
        "static": settings.STATIC_URL,
        "board": reverse("nursery:board"),
        "offline": offline,
    }
    response = render(
        request, "institution/sw.js", context, content_type="text/javascript; charset=utf-8"
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


@open_to_all()
def offline(request) -> HttpResponse:
    return render(request, "offline.html")


@open_to_all()
def manifest(request) -> JsonResponse:
    icons = [("img/icon-192.png", "192x192"), ("img/icon-512.png", "512x512")]
    answer = {
        "id": reverse("nursery:board"),
        "name": _("Class board"),
        "short_name": _("Class board"),
        "lang": request.LANGUAGE_CODE,
        "start_url": reverse("nursery:board"),
        "scope": reverse("nursery:board").removesuffix("board/"),
        "display": "standalone",
        "background_color": "#f1f5f4",
        "theme_color": "#0f625b",
        "icons": [
            {"src": static(name), "sizes": size, "type": "image/png", "purpose": "any"}
            for name, size in icons
        ],
    }
    return JsonResponse(answer, content_type="application/manifest+json")
