from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from core import actors, audit
from core.calendar import now
from core.devices import people
from core.http import any_actor, open_to_all
from core.realtime import actor_changed
from portal.forms import SignInForm
from portal.menu import LANDING
from portal.middleware import LANGUAGES, POST_KEY


def _next(request, default: str) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return default


@open_to_all(methods=("GET", "HEAD", "POST"))
def sign_in(request) -> HttpResponse:
    if request.method != "POST" and request.user.is_authenticated:
        return redirect("portal:landing")
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect(_next(request, settings.LOGIN_REDIRECT_URL))
    status = 422 if form.is_bound and form.errors else 200
    return render(
        request, "portal/sign_in.html", {"form": form, "next": _next(request, "")}, status=status
    )


def locked_out(request, response=None, credentials=None) -> HttpResponse:
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    return render(request, "portal/locked_out.html", {"minutes": minutes}, status=429)


@any_actor(methods=("POST",))
def sign_out(request) -> HttpResponse:
    user_id = request.user.pk
    people.leave(request.tablet)
    logout(request)
    actor_changed(user_id)
    response = redirect("portal:home")
    if request.tablet is not None:  # for the next person, on the same page
        response = redirect_to_login(_next(request, ""), reverse(settings.TABLET_URL))
    response.headers["Clear-Site-Data"] = (
        '"cache"'  # never "storage": the outbox of unsent entries is there
    )
    return response


@any_actor()
def landing(request) -> HttpResponse:
    if request.actor is None:
        return render(request, "portal/no_post.html", status=200)
    return redirect(LANDING[request.actor.role])


@any_actor(methods=("GET", "HEAD", "POST"))
def posts(request) -> HttpResponse:
    """Choose which of one's posts to act in."""
    if request.method == "POST":
        if any(post.key == request.POST.get("post") for post in request.posts):
            _choose(request, request.POST["post"])
        return redirect("portal:landing")
    return render(request, "portal/posts.html")


@transaction.atomic
def _choose(request, post: str) -> None:
    request.session[POST_KEY] = post
    actor_changed(request.user.pk)
    actor = actors.resolve(request.user, post)
    audit.record(actor=actor, action="post.chosen", subject=request.user, data={"post": post})


@open_to_all(methods=("POST",))
def language(request) -> HttpResponse:
    response = redirect(_next(request, "/"))
    if request.POST.get("language") in LANGUAGES:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            request.POST["language"],
            max_age=365 * 86400,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    return response


@open_to_all()
def whoami(request) -> JsonResponse:
    """For the offline outbox before each sending: who is signed in now, a fresh CSRF token, the server's clock in ms."""
    if not request.user.is_authenticated:
        return JsonResponse({"code": "not_signed_in"}, status=401)
    answer = JsonResponse(
        {
            "user": request.user.pk,
            "csrf": get_token(request),
            "now": int(now().timestamp() * 1000),
        }
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
