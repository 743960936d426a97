from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect, render

from core import outbox
from core.http import ActorRequest, gate, open_to_all
from core.permissions import Permission
from portal.selectors import system_state


@open_to_all()
def healthz(request) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@gate(Permission.SYSTEM_WATCH)
def system(request) -> HttpResponse:
    return render(request, "portal/system.html", {"state": system_state()})


@gate(Permission.DELIVERY_RETRY, methods=("POST",))
def delivery_retry(request: ActorRequest) -> HttpResponse:
    outbox.retry_dead(actor=request.actor)
    return redirect("portal:system")
