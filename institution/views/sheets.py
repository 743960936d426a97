"""A form as a page of its own, and as a sheet over the page it belongs to."""

from dataclasses import dataclass

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from core.http import ActorRequest

TEMPLATE = "institution/sheet_form.html"


def done(request: ActorRequest, url: str, message: str) -> HttpResponse:
    messages.success(request, message)
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def form_or_sheet(
    request: ActorRequest,
    form: Form,
    title: str | Promise,
    *,
    action: str,
    back: str,
    back_title: str | Promise,
    danger: str | Promise = "",
) -> HttpResponse:
    """`danger` is the word on the button of a deed that ends something."""
    context = {
        "form": form,
        "title": title,
        "action": action,
        "back": back,
        "back_title": back_title,
        "danger": danger,
    }
    status = 422 if form.is_bound else 200
    if not request.htmx:
        return render(request, TEMPLATE, context, status=status)
    response = render(request, f"{TEMPLATE}#sheet", context, status=status)
    return reswap(retarget(response, "#sheet"), "innerHTML")


@dataclass(frozen=True)
class Back:
    """The page that a form was opened from."""

    title: Promise
    name: str
    query: str = ""
    args: tuple = ()

    @property
    def url(self) -> str:
        return reverse(self.name, args=self.args) + self.query


def saved(request: ActorRequest, message: str, back: Back) -> HttpResponse:
    return done(request, back.url, message)


def sheet(
    request: ActorRequest, form: Form, *, title: Promise | str, action: str, back: Back
) -> HttpResponse:
    return form_or_sheet(request, form, title, action=action, back=back.url, back_title=back.title)
