"""A form that opens as a sheet over its page, or as a page of its own where nothing runs in the browser."""

from dataclasses import dataclass

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from core.http import ActorRequest


@dataclass(frozen=True)
class Back:
    """The page that a form was opened from."""

    title: Promise
    name: str
    query: str = ""

    @property
    def url(self) -> str:
        return reverse(self.name) + self.query


def saved(request: ActorRequest, message: str, back: Back) -> HttpResponse:
    messages.success(request, message)
    if request.htmx:
        return HttpResponseClientRedirect(back.url)
    return redirect(back.url)


def sheet(
    request: ActorRequest, form: Form, *, title: Promise | str, action: str, back: Back
) -> HttpResponse:
    context = {"form": form, "title": title, "action": action, "back": back}
    status = 422 if form.is_bound else 200
    if not request.htmx:
        return render(request, "institution/file_form.html", context, status=status)
    response = render(request, "institution/file_form.html#sheet", context, status=status)
    return reswap(retarget(response, "#sheet"), "innerHTML")
