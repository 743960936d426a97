"""The sample log of the kitchen."""

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.calendar import today
from core.errors import Refused
from core.forms import submit
from core.http import ActorRequest, gate, render_partial
from core.permissions import Permission
from institution.food_forms import SampleForm
from institution.forms import DayForm
from institution.models import Dish, FoodSample
from institution.selectors.samples import sample_day
from institution.services import samples
from institution.views.sheets import done, form_or_sheet

READ_AND_WRITE = ("GET", "HEAD", "POST")
ONE_DAY = dt.timedelta(days=1)


@gate(Permission.FOOD_READ)
def sample_list(request: ActorRequest) -> HttpResponse:
    day = DayForm(request.GET).chosen()
    context = {
        "shown": sample_day(actor=request.actor, day=day),
        "earlier": day - ONE_DAY,
        "later": day + ONE_DAY if day < today() else None,
        "today": today(),
        "may_write": request.actor.may(Permission.FOOD_WRITE),
    }
    return render_partial(request, "institution/sample_list.html", context)


@gate(Permission.FOOD_WRITE, methods=READ_AND_WRITE)
def sample_take(request: ActorRequest, pk: int, day: dt.date) -> HttpResponse:
    """Of one dish on one day; opened again, it corrects."""
    dish = get_object_or_404(Dish.objects.visible_to(request.actor), pk=pk)
    known = FoodSample.objects.visible_to(request.actor).filter(dish=dish, day=day).first()
    form = SampleForm(request.POST or None, day=day, sample=known)
    if request.method == "POST" and submit(
        form, samples.take_sample, actor=request.actor, day=day, dish=dish
    ):
        return done(request, _url(day), _("The sample is in the log."))
    return form_or_sheet(
        request,
        form,
        _("Sample: %(dish)s") % {"dish": dish.name},
        action=reverse("nursery:sample-take", args=[dish.pk, day]),
        back=_url(day),
        back_title=gettext_lazy("Samples"),
    )


@gate(Permission.FOOD_WRITE, methods=("POST",))
def sample_destroy(request: ActorRequest, pk: int) -> HttpResponse:
    sample = get_object_or_404(FoodSample.objects.visible_to(request.actor), pk=pk)
    try:
        samples.destroy_sample(actor=request.actor, sample=sample)
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The sample is destroyed."))
    return redirect(_url(sample.day))


def _url(day: dt.date) -> str:
    return f"{reverse('nursery:sample-list')}?day={day}"
