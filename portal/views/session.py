from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _

from core import actors, audit
from core.auth import lockout_name
from core.calendar import local_day, now
from core.devices import people
from core.http import any_actor, open_to_all
from core.realtime import actor_changed
from core.signin import entry, factors
from core.signin.confirm import question
from core.signin.entry import whose
from core.signin.factors import Answer
from core.signin.guesses import PASSWORD
from core.signin.webauthn import Browser
from portal.forms import SignInForm
from portal.menu import LANDING
from portal.middleware import LANGUAGES, POST_KEY

WRONG_STEP = _("That was not right, or it has been used already. Please try again.")
WRONG_PASSWORD = _("The password is not right. Please try again.")


def next_page(request, default: str) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if not wanted.startswith("/"):  # redirect() takes any other word for the name of a view
        return default
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
        wanted = next_page(request, resolve_url(settings.LOGIN_REDIRECT_URL))
        if entry.after_password(request, form.get_user()):
            _tell_of_reset(request, form.get_user())
            return redirect(wanted)
        return redirect(f"{reverse('portal:sign-in-second')}?{urlencode({'next': wanted})}")
    if form.is_bound and PASSWORD.is_reached(lockout_name(request)):
        return locked_out(request)
    status = 422 if form.is_bound and form.errors else 200
    return render(
        request,
        "portal/sign_in.html",
        {"form": form, "next": next_page(request, "")},
        status=status,
    )


def _tell_of_reset(request, user) -> None:
    """Until there is a new factor, so that nobody's is taken away unnoticed."""
    reset = factors.reset_lately(user)
    if reset is not None:
        said = _("%(who)s has reset your second step (%(day)s). If you did not ask for it, say so.")
        who = reset.actor_name or _("The administrator")
        messages.warning(request, said % {"who": who, "day": local_day(reset.at)})


@open_to_all(methods=("GET", "HEAD", "POST"))
def sign_in_second(request) -> HttpResponse:
    """The second factor of somebody whose password was right."""
    found = entry.half_way(request)
    if found is None or found[1]:
        return redirect("portal:sign-in")
    user, trouble = found[0], ""
    if request.method == "POST":
        kind = entry.show_factor(request, user, _answer(request))
        if kind:
            entry.enter(request, user, kind)
            return redirect(next_page(request, settings.LOGIN_REDIRECT_URL))
        trouble = str(WRONG_STEP)
    context = question(request, user) | {"next": next_page(request, ""), "trouble": trouble}
    return _private(render(request, "portal/sign_in_second.html", context, status=_status(trouble)))


@open_to_all(methods=("GET", "HEAD", "POST"))
def sign_in_paused(request) -> HttpResponse:
    """Where passwords are paused: the second factor first, and only then is a password looked at."""
    found, trouble = entry.half_way(request), ""
    user, kind = found or (None, "")
    if request.method == "POST" and user and kind:
        if entry.password_after_factor(user, request.POST.get("password", "")):
            entry.enter(request, user, kind)
            return redirect("portal:landing")
        trouble = str(WRONG_PASSWORD)
    elif request.method == "POST":
        person = whose(request, request.POST.get("username", ""), _answer(request))
        if person:
            entry.after_factor(request, *person)
            return redirect("portal:sign-in-paused")
        trouble = str(WRONG_STEP)
    context = {
        "shown": bool(kind),
        "trouble": trouble,
        "name": request.POST.get("username", ""),
        "passkey_options": None if kind else Browser(request).ask([]),
    }
    return _private(render(request, "portal/sign_in_paused.html", context, status=_status(trouble)))


def _answer(request) -> Answer:
    return Answer(**{name: request.POST.get(name, "") for name in ("code", "recovery", "passkey")})


def _status(trouble) -> int:
    return 422 if trouble else 200


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response


def locked_out(request, response=None, credentials=None) -> HttpResponse:
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    return render(request, "portal/locked_out.html", {"minutes": minutes}, status=429)


@any_actor(methods=("POST",), before_factor=True)
def sign_out(request) -> HttpResponse:
    people.leave(request.tablet)
    entry.leave(request)
    response = redirect("portal:home")
    if request.tablet is not None:  # for the next person, on the same page
        response = redirect_to_login(next_page(request, ""), reverse(settings.TABLET_URL))
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
    response = redirect(next_page(request, "/"))
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
