"""Every endpoint that changes something is done once with success, and leaves an audit record (A1).

A new URL or method that writes fails here until it says how it is done, or why it needs no record.
"""

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from core.calendar import now, today, zone
from core.devices import codes, tablets
from core.models import AuditEvent, OutboxMessage, Pairing
from core.signin.invitations import invite
from institution.models import Allergy, EntryKind, Incident
from institution.pass_codes import code_of
from portal.display import handle_of
from quality.models import StandardItem
from quality.services.standard import load_standard
from tests.core.pictures import upload
from tests.delivery import posts
from tests.devices.conftest import signed
from tests.factories.city import City
from tests.factories.core import PASSWORD
from tests.factories.devices import PIN, PinFactory, cookie_of
from tests.factories.institution import (
    AlertFactory,
    ApplicationFactory,
    AttendanceFactory,
    ClassGroupFactory,
    ClosureFactory,
    DietNeedFactory,
    DishServingFactory,
    FoodSampleFactory,
    LicenceFactory,
    MakeupDayFactory,
    MenuFactory,
    MenuItemFactory,
    MessageFactory,
    NoticeFactory,
    RoomFactory,
    ShiftFactory,
    StaffFileFactory,
    StaffIdentityFactory,
    ThreadFactory,
    VisitSlotFactory,
)
from tests.institution.sheets import sheet_of
from tests.permissions.discovery import endpoints
from tests.permissions.table import OBJECTS, incident_of, notice_of, pass_of, plan_of, question_of
from tests.signin.authenticator import Authenticator
from tests.signin.conftest import code, give_app, show_password

WITHOUT = {
    ("portal:language", "POST"): "which language one reads; changes nothing about anybody",
    ("csp-report", "POST"): "a count of what browsers refused",
    (
        "nursery:pair",
        "POST",
    ): "a typed code opens nothing; the answer to it is on record, and so are wrong ones",
    ("nursery:door-look", "POST"): "a pass is only looked at; what is wrong with it is on record",
    ("nursery:kiosk-look", "POST"): "a pass is only looked at; what is wrong with it is on record",
    ("nursery:tablet-active", "POST"): "somebody is still there; the next sign-in is on record",
    (
        "nursery:thread-read",
        "POST",
    ): "how far somebody has read; that the thread was read is on record",
    (
        "family:thread-read",
        "POST",
    ): "how far somebody has read; that the thread was read is on record",
    ("api:thread-read", "POST"): "how far somebody has read; that the thread was read is on record",
    ("api:device-heartbeat", "POST"): "a machine says that it works, every minute, signed",
}
ONLY_LOOKED = ("child.viewed", "access.denied")
NEW_PASSWORD = "seven green boats at noon"


@dataclass
class World:
    city: City
    signed_in: Callable[..., Client]

    def post(self, user, name: str, values: dict | None = None, **kwargs) -> HttpResponse:
        """As a form, by somebody who is signed in."""
        return self.signed_in(user).post(reverse(name, kwargs=kwargs), values or {})

    def send(self, client: Client, name: str, values: dict) -> HttpResponse:
        body = json.dumps(values, default=str)
        return client.post(reverse(name), body, content_type="application/json")

    @property
    def a(self):
        return self.city.a

    @property
    def child(self):
        return self.a.children[0]


@pytest.fixture
def world(city, signed_in) -> World:
    posts.load_reference()
    return World(city, signed_in)


Deed = Callable[[World], HttpResponse]
DEEDS: dict[tuple[str, str], Deed] = {}


def deed(name: str, method: str = "POST") -> Callable[[Deed], Deed]:
    def keep(way: Deed) -> Deed:
        DEEDS[name, method] = way
        return way

    return keep


def _creating(name: str) -> Deed:
    """What tests/delivery sends, where it is each request that creates something."""
    kind = (posts.API | posts.FORMS)[name]

    def way(world: World) -> HttpResponse:
        client, url = world.signed_in(kind.user(world.city)), kind.path(name, world.city)
        body = kind.body(world.city)
        if kind.files:
            return client.post(url, body | {n: upload(data) for n, data in kind.files.items()})
        if name in posts.API:
            return client.post(url, json.dumps(body), content_type="application/json")
        return client.post(url, body)

    return way


for _name in (*posts.API, *posts.FORMS):
    deed(_name)(_creating(_name))


# signing in and out, and the own account


@deed("portal:sign-in")
def _sign_in(world):
    return show_password(Client(), world.a.clerk)


@deed("portal:sign-in-second")
def _sign_in_second(world):
    client = Client()
    give_app(world.a.clerk)
    show_password(client, world.a.clerk)
    return client.post(reverse("portal:sign-in-second"), {"code": code()})


@deed("portal:sign-in-paused")
def _sign_in_paused(world):
    client = Client()
    give_app(world.a.clerk)
    url = reverse("portal:sign-in-paused")
    client.post(url, {"username": world.a.clerk.username, "code": code()})
    return client.post(url, {"password": PASSWORD})


@deed("portal:sign-out")
def _sign_out(world):
    return world.post(world.a.clerk, "portal:sign-out")


@deed("portal:app-add")
def _app_add(world):
    client = world.signed_in(world.a.clerk)
    page = client.get(reverse("portal:app-add"))
    secret = re.search(r"secret=(\w+)", page.context["uri"])
    assert secret
    from core.signin import totp  # noqa: PLC0415 -- named like this test's own `code`

    moment = int(now().timestamp() // totp.STEP_SECONDS)
    typed = {"code": totp.code_at(secret[1], moment), "name": "Phone"}
    return client.post(reverse("portal:app-add"), typed)


@deed("portal:passkey-add")
def _passkey_add(world):
    client = world.signed_in(world.a.clerk)
    options = client.get(reverse("portal:passkey-add")).context["options"]
    answer = {"name": "Key", "passkey": Authenticator().create(options)}
    return client.post(reverse("portal:passkey-add"), answer)


@deed("portal:factor-remove")
def _factor_remove(world):
    factor = give_app(world.a.clerk)
    return world.post(world.a.clerk, "portal:factor-remove", pk=factor.pk)


@deed("portal:recovery-codes")
def _recovery_codes(world):
    give_app(world.a.clerk)
    return world.post(world.a.clerk, "portal:recovery-codes")


@deed("portal:session-end")
def _session_end(world):
    other = world.signed_in(world.a.clerk)
    handle = handle_of(other.session.session_key)
    return world.post(world.a.clerk, "portal:session-end", handle=handle)


@deed("portal:sessions-end")
def _sessions_end(world):
    return world.post(world.a.clerk, "portal:sessions-end")


@deed("portal:password")
def _password(world):
    typed = {"new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    return world.post(world.a.clerk, "portal:password", typed)


@deed("portal:confirm")
def _confirm(world):
    typed = {"stepup-given": "1", "stepup-password": PASSWORD}
    return world.post(world.a.clerk, "portal:confirm", typed)


@deed("portal:posts")
def _posts(world):
    client = world.signed_in(world.a.clerk)
    return client.post(reverse("portal:posts"), {"post": City.actor(world.a.clerk).post})


@deed("portal:delivery-retry")
def _delivery_retry(world):
    OutboxMessage.objects.create(task="core.tasks.gone", attempts=8, dead=True, fault="x")
    return world.post(world.city.admin, "portal:delivery-retry")


@deed("api:token")
def _token(world):
    typed = {"username": world.a.clerk.username, "password": PASSWORD}
    return world.send(Client(), "api:token", typed)


@deed("api:step-up")
def _step_up(world):
    return world.send(world.signed_in(world.a.clerk), "api:step-up", {"password": PASSWORD})


# children


@deed("nursery:child-edit")
def _child_edit(world):
    typed = {"name": "孟知夏", "sex": "female", "born_on": str(world.child.born_on)}
    return world.post(world.a.clerk, "nursery:child-edit", typed, pk=world.child.pk)


@deed("nursery:allergy-remove")
def _allergy_remove(world):
    known = Allergy.objects.create(
        institution=world.a.institution, child=world.child, substance="花生", severity="mild"
    )
    kwargs = {"pk": world.child.pk, "allergy": known.pk}
    return world.post(world.a.clerk, "nursery:allergy-remove", **kwargs)


def _pass(world):
    return pass_of(world.a)


@deed("family:pickup-person-end")
def _person_end(world):
    row = _pass(world)
    kwargs = {"pk": row.child_id, "person": row.person_id}
    return world.post(world.a.guardian, "family:pickup-person-end", **kwargs)


@deed("family:pass-end")
def _pass_end(world):
    return world.post(world.a.guardian, "family:pass-end", bundle=_pass(world).bundle)


@deed("api:pickup-person-detail", "DELETE")
def _person_delete(world):
    url = reverse("api:pickup-person-detail", args=[_pass(world).person_id])
    return world.signed_in(world.a.guardian).delete(url)


@deed("api:pass-detail", "DELETE")
def _pass_delete(world):
    url = reverse("api:pass-detail", args=[_pass(world).pk])
    return world.signed_in(world.a.guardian).delete(url)


DESCRIBED = {"symptoms": ["fever"]}


@deed("nursery:absence-describe")
def _absence_describe(world):
    kwargs = {"pk": posts.case_of(world.a).pk}
    return world.post(world.a.carer, "nursery:absence-describe", DESCRIBED, **kwargs)


@deed("nursery:absence-close")
def _absence_close(world):
    kwargs = {"pk": posts.case_of(world.a).pk}
    return world.post(world.a.carer, "nursery:absence-close", {"reason": "mistake"}, **kwargs)


def _case_action(world, name: str, values: dict):
    url = reverse(name, args=[posts.case_of(world.a).pk])
    body = json.dumps(values)
    return world.signed_in(world.a.carer).post(url, body, content_type="application/json")


@deed("api:absence-case-describe")
def _api_describe(world):
    return _case_action(world, "api:absence-case-describe", DESCRIBED)


@deed("api:absence-case-close")
def _api_close(world):
    return _case_action(world, "api:absence-case-close", {"reason": "mistake"})


INCIDENT = {"kind": "fall", "gravity": "minor"}


def _incident_deed(world, name: str, values: dict, *, state: str = "draft", by=None):
    incident = incident_of(world.a)
    if state != "draft":
        approved = {"approved_by": world.a.director, "approved_at": now()}
        changed = {"state": state} | (approved if state == "shared" else {})
        Incident.objects.filter(pk=incident.pk).update(**changed)
    return world.post(by or world.a.director, name, values, pk=incident.pk)


def _happened() -> dict:
    moment = (now() - dt.timedelta(hours=1)).astimezone(zone())
    return INCIDENT | {"happened_at": moment.strftime("%Y-%m-%dT%H:%M")}


@deed("nursery:incident-edit")
def _incident_edit(world):
    return _incident_deed(world, "nursery:incident-edit", _happened(), by=world.a.carer)


@deed("nursery:incident-submit")
def _incident_submit(world):
    return _incident_deed(world, "nursery:incident-submit", {}, by=world.a.carer)


@deed("nursery:incident-back")
def _incident_back(world):
    return _incident_deed(world, "nursery:incident-back", {"reason": "x"}, state="review")


@deed("nursery:incident-correct")
def _incident_correct(world):
    values = _happened() | {"what": "a", "done": "b", "place": "c", "reason": "d"}
    return _incident_deed(world, "nursery:incident-correct", values, state="review")


@deed("nursery:incident-approve")
def _incident_approve(world):
    child = world.a.guardian.guardianships.get().child
    texts = {f"text_{child.pk}": "摔了一下"}
    return _incident_deed(world, "nursery:incident-approve", texts, state="review")


@deed("nursery:incident-close")
def _incident_close(world):
    return _incident_deed(world, "nursery:incident-close", {"reason": "x"}, state="shared")


@deed("nursery:incident-report")
def _incident_report(world):
    report = OBJECTS["nursery:incident-report"](world.a)
    values = {"reported_at": _happened()["happened_at"], "reported_to": "区卫健局"}
    Incident.objects.update(happened_at=now() - dt.timedelta(days=1))
    return world.post(world.a.director, "nursery:incident-report", values, **report)


@deed("api:incident-submit")
def _incident_api_submit(world):
    url = reverse("api:incident-submit", args=[incident_of(world.a).pk])
    return world.signed_in(world.a.carer).post(url)


@deed("family:incident-acknowledge")
def _incident_acknowledge(world):
    kwargs = {"pk": notice_of(world.a).pk}
    return world.post(world.a.guardian, "family:incident-acknowledge", **kwargs)


@deed("family:pickup-answer")
def _pickup_answer(world):
    kwargs = {"pk": question_of(world.a).pk}
    return world.post(world.a.guardian, "family:pickup-answer", {"answer": "no"}, **kwargs)


@deed("nursery:pickup-hand-over")
def _hand_over(world):
    question = question_of(world.a)
    AttendanceFactory(class_group=world.a.small, child=question.child)
    world.post(world.a.guardian, "family:pickup-answer", {"answer": "yes"}, pk=question.pk)
    return world.post(world.a.carer, "nursery:pickup-hand-over", pk=question.pk)


@deed("family:plan-clear")
def _plan_clear(world):
    plan = plan_of(world.a)
    return world.post(world.a.guardian, "family:plan-clear", pk=plan.child_id, day=plan.day)


@deed("api:planned-day-detail", "DELETE")
def _plan_delete(world):
    url = reverse("api:planned-day-detail", args=[plan_of(world.a).pk])
    return world.signed_in(world.a.guardian).delete(url)


@deed("nursery:door-take")
def _door_take(world):
    row = _pass(world)
    AttendanceFactory(class_group=world.a.small, child=row.child)
    return world.post(world.a.carer, "nursery:door-take", {"code": code_of(row.bundle)})


@deed("nursery:kiosk-take")
def _kiosk_take(world):
    row = _pass(world)
    AttendanceFactory(class_group=world.a.small, child=row.child)
    PinFactory(user=world.a.carer)
    client = Client()
    client.cookies[tablets.COOKIE] = cookie_of(world.a.tablet)
    typed = {"code": code_of(row.bundle), "person": world.a.carer.pk, "pin": PIN}
    return client.post(reverse("nursery:kiosk-take"), typed)


IDENTITY = {
    "name": "青禾托育园",
    "credit_code": "91110000600037341L",
    "form": "community",
    "operation": "public_private",
    "address": "任城区太白楼路 9 号",
}


@deed("nursery:file-identity")
def _file_identity(world):
    return world.post(world.a.director, "nursery:file-identity", IDENTITY)


@deed("nursery:file-site")
def _file_site(world):
    return world.post(world.a.director, "nursery:file-site", {"places": "66"})


@deed("nursery:file-service")
def _file_service(world):
    typed = {"opens_at": "07:00", "closes_at": "18:00", "service_modes": ["full_day"]}
    return world.post(world.a.director, "nursery:file-service", typed)


@deed("nursery:alert-take")
def _alert_take(world):
    alert = AlertFactory(institution=world.a.institution)
    return world.post(world.a.director, "nursery:alert-take", pk=alert.pk)


@deed("nursery:alert-close")
def _alert_close(world):
    alert = AlertFactory(institution=world.a.institution)
    typed = {"outcome": "resolved"}
    return world.post(world.a.director, "nursery:alert-close", typed, pk=alert.pk)


@deed("api:alert-take")
def _alert_take_by_program(world):
    alert = AlertFactory(institution=world.a.institution)
    return world.signed_in(world.a.director).post(reverse("api:alert-take", args=[alert.pk]))


@deed("api:alert-close")
def _alert_close_by_program(world):
    alert = AlertFactory(institution=world.a.institution)
    url = reverse("api:alert-close", args=[alert.pk])
    body = json.dumps({"outcome": "resolved"})
    return world.signed_in(world.a.director).post(url, body, content_type="application/json")


def _asked(world):
    child = world.a.guardian.guardianships.get().child
    thread = ThreadFactory(institution=world.a.institution, child=child)
    return MessageFactory(thread=thread, author=world.a.guardian, is_request=True)


@deed("nursery:message-send")
def _message_send(world):
    typed = {"message_id": uuid.uuid4(), "body": "今天吃得很好。"}
    return world.post(world.a.carer, "nursery:message-send", typed, pk=world.child.pk)


@deed("family:message-send")
def _family_message_send(world):
    child = world.a.guardian.guardianships.get().child
    typed = {"message_id": uuid.uuid4(), "body": "请多喂水。", "is_request": "on"}
    return world.post(world.a.guardian, "family:message-send", typed, pk=child.pk)


@deed("api:message-list")
def _message_by_program(world):
    told = {"id": uuid.uuid4(), "child": world.child.pk, "body": "今天吃得很好。"}
    return world.send(world.signed_in(world.a.carer), "api:message-list", told)


@deed("nursery:request-done")
def _request_done(world):
    return world.post(world.a.carer, "nursery:request-done", pk=_asked(world).pk)


@deed("api:message-done")
def _request_done_by_program(world):
    url = reverse("api:message-done", args=[_asked(world).pk])
    return world.signed_in(world.a.carer).post(url)


@deed("nursery:message-hours")
def _message_hours(world):
    typed = {"begins": "08:00", "ends": "17:00", "valid_from": now().date() + dt.timedelta(days=1)}
    return world.post(world.a.director, "nursery:message-hours", typed)


@deed("family:notice-read")
def _notice_read(world):
    notice = NoticeFactory(institution=world.a.institution)
    return world.post(world.a.guardian, "family:notice-read", pk=notice.pk)


@deed("api:notice-read")
def _api_notice_read(world):
    notice = NoticeFactory(institution=world.a.institution)
    url = reverse("api:notice-read", args=[notice.pk])
    return world.signed_in(world.a.guardian).post(url)


@deed("nursery:notice-remind")
def _notice_remind(world):
    notice = NoticeFactory(institution=world.a.institution)
    return world.post(world.a.director, "nursery:notice-remind", {"number": 1}, pk=notice.pk)


@deed("nursery:notice-withdraw")
def _notice_withdraw(world):
    notice = NoticeFactory(institution=world.a.institution)
    return world.post(world.a.director, "nursery:notice-withdraw", pk=notice.pk)


@deed("nursery:licence-remove")
def _licence_remove(world):
    known = LicenceFactory(institution=world.a.institution)
    return world.post(world.a.director, "nursery:licence-remove", pk=known.pk)


@deed("api:licence-detail", "DELETE")
def _licence_delete(world):
    known = LicenceFactory(institution=world.a.institution)
    url = reverse("api:licence-detail", args=[known.pk])
    return world.signed_in(world.a.director).delete(url)


@deed("nursery:class-rename")
def _class_rename(world):
    return world.post(
        world.a.director, "nursery:class-rename", {"name": "月亮班"}, pk=world.a.small.pk
    )


@deed("api:class-detail", "PATCH")
def _class_patch(world):
    url = reverse("api:class-detail", args=[world.a.small.pk])
    client = world.signed_in(world.a.director)
    return client.patch(url, json.dumps({"name": "月亮班"}), content_type="application/json")


@deed("nursery:class-places")
def _class_places(world):
    typed = {"places": 12, "valid_from": str(today())}
    return world.post(world.a.director, "nursery:class-places", typed, pk=world.a.small.pk)


@deed("nursery:class-close")
def _class_close(world):
    empty = ClassGroupFactory(institution=world.a.institution)
    typed = {"last_day": str(today())}
    return world.post(world.a.director, "nursery:class-close", typed, pk=empty.pk)


@deed("api:class-close")
def _class_close_by_api(world):
    empty = ClassGroupFactory(institution=world.a.institution)
    url = reverse("api:class-close", args=[empty.pk])
    body = json.dumps({"last_day": str(today())})
    return world.signed_in(world.a.director).post(url, body, content_type="application/json")


@deed("nursery:room-edit")
def _room_edit(world):
    room = RoomFactory(institution=world.a.institution)
    typed = {"name": "阳光房", "purpose": "care", "storey": 1, "area": 50}
    return world.post(world.a.director, "nursery:room-edit", typed, pk=room.pk)


@deed("api:room-detail", "PUT")
def _room_put(world):
    room = RoomFactory(institution=world.a.institution)
    typed = {"name": "阳光房", "purpose": "care", "storey": 1, "area": "50"}
    url = reverse("api:room-detail", args=[room.pk])
    client = world.signed_in(world.a.director)
    return client.put(url, json.dumps(typed), content_type="application/json")


def _full_week(world):
    """A draft that can be published: food on every day that may be open."""
    menu = posts.menu_of(world.a)
    for day in menu.days:
        MenuItemFactory(menu=menu, day=day)
    return menu


@deed("nursery:diet-end")
def _diet_end(world):
    need = DietNeedFactory(institution=world.a.institution, child=world.child)
    return world.post(world.a.health_worker, "nursery:diet-end", pk=need.pk)


@deed("api:diet-need-detail", "DELETE")
def _diet_delete(world):
    need = DietNeedFactory(institution=world.a.institution, child=world.child)
    url = reverse("api:diet-need-detail", args=[need.pk])
    return world.signed_in(world.a.health_worker).delete(url)


@deed("nursery:sample-take")
def _sample_take(world):
    kwargs = {"pk": posts.served_today(world.a).pk, "day": today()}
    values = {"grams": "130", "taken_at": "00:00"}
    return world.post(world.a.health_worker, "nursery:sample-take", values, **kwargs)


def _old_sample(world):
    taken = now() - dt.timedelta(hours=50)
    dish = posts.served_today(world.a)
    return FoodSampleFactory(dish=dish, day=taken.date(), taken_at=taken)


@deed("nursery:sample-destroy")
def _sample_destroy(world):
    return world.post(world.a.health_worker, "nursery:sample-destroy", pk=_old_sample(world).pk)


@deed("api:food-sample-destroyed")
def _api_sample_destroyed(world):
    url = reverse("api:food-sample-destroyed", args=[_old_sample(world).pk])
    return world.signed_in(world.a.health_worker).post(url)


@deed("nursery:meal-entry-reverse")
def _meal_entry_reverse(world):
    entry = posts.meal_entry_of(world.a)
    return world.post(world.a.clerk, "nursery:meal-entry-reverse", pk=entry.pk)


@deed("api:meal-entry-reverse")
def _api_meal_entry_reverse(world):
    url = reverse("api:meal-entry-reverse", args=[posts.meal_entry_of(world.a).pk])
    return world.signed_in(world.a.clerk).post(url)


@deed("nursery:meal-month-close")
def _meal_month_close(world):
    return world.post(world.a.clerk, "nursery:meal-month-close", {"month": "2026-03"})


@deed("nursery:menu-meals")
def _menu_meals(world):
    values = {"meals": ["lunch", "dinner"]}
    menu = posts.menu_of(world.a)
    return world.post(world.a.health_worker, "nursery:menu-meals", values, pk=menu.pk)


@deed("nursery:menu-item-remove")
def _menu_item_remove(world):
    item = MenuItemFactory(menu=posts.menu_of(world.a))
    return world.post(world.a.health_worker, "nursery:menu-item-remove", pk=item.pk)


@deed("api:menu-item-detail", "DELETE")
def _menu_item_delete(world):
    item = MenuItemFactory(menu=posts.menu_of(world.a))
    url = reverse("api:menu-item-detail", args=[item.pk])
    return world.signed_in(world.a.health_worker).delete(url)


@deed("nursery:menu-publish")
def _menu_publish(world):
    return world.post(world.a.health_worker, "nursery:menu-publish", pk=_full_week(world).pk)


@deed("api:menu-publish")
def _api_menu_publish(world):
    url = reverse("api:menu-publish", args=[_full_week(world).pk])
    return world.signed_in(world.a.health_worker).post(url)


@deed("nursery:menu-take-back")
def _menu_take_back(world):
    menu = MenuFactory(institution=world.a.institution, published=True)
    return world.post(world.a.health_worker, "nursery:menu-take-back", pk=menu.pk)


@deed("api:menu-take-back")
def _api_menu_take_back(world):
    menu = MenuFactory(institution=world.a.institution, published=True)
    url = reverse("api:menu-take-back", args=[menu.pk])
    return world.signed_in(world.a.health_worker).post(url)


@deed("nursery:dish-edit")
def _dish_edit(world):
    dish = DishServingFactory(dish__institution=world.a.institution).dish
    values = {"name": "山药粥", "texture_m12": "soft", "active": "on"}
    return world.post(world.a.health_worker, "nursery:dish-edit", values, pk=dish.pk)


@deed("nursery:dish-amounts")
def _dish_amounts(world):
    dish = DishServingFactory(dish__institution=world.a.institution).dish
    values = {"ingredient": posts.ingredient_of(world.a).pk, "grams_m12": "20"}
    return world.post(world.a.health_worker, "nursery:dish-amounts", values, pk=dish.pk)


@deed("nursery:ingredient-edit")
def _ingredient_edit(world):
    known = posts.ingredient_of(world.a)
    values = {"name": "小米", "active": "on"}
    return world.post(world.a.health_worker, "nursery:ingredient-edit", values, pk=known.pk)


@deed("nursery:closure-remove")
def _closure_remove(world):
    known = ClosureFactory(institution=world.a.institution)
    return world.post(world.a.director, "nursery:closure-remove", pk=known.pk)


@deed("api:closure-detail", "DELETE")
def _closure_delete(world):
    known = ClosureFactory(institution=world.a.institution)
    url = reverse("api:closure-detail", args=[known.pk])
    return world.signed_in(world.a.director).delete(url)


@deed("nursery:extra-day-remove")
def _extra_day_remove(world):
    known = MakeupDayFactory(institution=world.a.institution)
    return world.post(world.a.director, "nursery:extra-day-remove", pk=known.pk)


@deed("api:makeup-day-detail", "DELETE")
def _extra_day_delete(world):
    known = MakeupDayFactory(institution=world.a.institution)
    url = reverse("api:makeup-day-detail", args=[known.pk])
    return world.signed_in(world.a.director).delete(url)


@deed("api:institution-detail", "PATCH")
def _institution_patch(world):
    url = reverse("api:institution-detail", args=[world.a.institution.pk])
    client = world.signed_in(world.a.director)
    return client.patch(url, json.dumps({"places": 66}), content_type="application/json")


@deed("nursery:child-leave")
def _child_leave(world):
    typed = {"last_day": str(now().date()), "reason": "moved"}
    return world.post(world.a.clerk, "nursery:child-leave", typed, pk=world.child.pk)


@deed("nursery:visit-remove")
def _visit_remove(world):
    slot = VisitSlotFactory(institution=world.a.institution)
    return world.post(world.a.clerk, "nursery:visit-remove", pk=slot.pk)


@deed("api:visit-slot-detail", "DELETE")
def _visit_delete(world):
    slot = VisitSlotFactory(institution=world.a.institution)
    url = reverse("api:visit-slot-detail", args=[slot.pk])
    return world.signed_in(world.a.clerk).delete(url)


@deed("nursery:application-edit")
def _application_edit(world):
    asked = ApplicationFactory(institution=world.a.institution)
    typed = posts.APPLICATION | {"wished_month": "2026-12", "guardian_phone": ""}
    return world.post(world.a.clerk, "nursery:application-edit", typed, pk=asked.pk)


@deed("nursery:application-phone")
def _application_phone(world):
    asked = ApplicationFactory(institution=world.a.institution)
    return world.post(world.a.clerk, "nursery:application-phone", pk=asked.pk)


def _with_guardian(world):
    return world.a.guardian.guardianships.get()


# the staff


def _row(world, name: str) -> dict:
    return OBJECTS[name](world.a)


@deed("nursery:staff-edit")
def _staff_edit(world):
    typed = {"employment": "part_time", "education": "college"}
    pk = _row(world, "nursery:staff-edit")["pk"]
    StaffIdentityFactory(user=world.a.carer)
    return world.post(world.a.director, "nursery:staff-edit", typed, pk=pk)


@deed("nursery:staff-end")
def _staff_end(world):
    typed = {"last_day": str(today()), "reason": "回乡"}
    return world.post(
        world.a.director, "nursery:staff-end", typed, **_row(world, "nursery:staff-end")
    )


@deed("nursery:staff-phone")
def _staff_phone(world):
    return _unmask_staff(world, "nursery:staff-phone")


@deed("nursery:staff-document")
def _staff_document(world):
    return _unmask_staff(world, "nursery:staff-document")


@deed("nursery:staff-health")
def _staff_health(world):
    return _unmask_staff(world, "nursery:staff-health")


def _unmask_staff(world, name: str) -> HttpResponse:
    return world.post(world.a.director, name, {"purpose": "emergency"}, **_row(world, name))


@deed("nursery:clock-in")
def _clock_in(world):
    return world.post(world.a.carer, "nursery:clock-in", {"class_group": world.a.small.pk})


@deed("nursery:clock-out")
def _clock_out(world):
    _row(world, "nursery:presence-remove")
    return world.post(world.a.carer, "nursery:clock-out")


@deed("nursery:presence-correct")
def _presence_correct(world):
    typed = {"class_group": world.a.small.pk, "came_at": "00:01", "reason": "忘记签到"}
    name = "nursery:presence-correct"
    return world.post(world.a.director, name, typed, **_row(world, name))


@deed("nursery:presence-remove")
def _presence_remove(world):
    name = "nursery:presence-remove"
    return world.post(world.a.director, name, **_row(world, name))


@deed("nursery:shift-remove")
def _shift_remove(world):
    name = "nursery:shift-remove"
    return world.post(world.a.director, name, **_row(world, name))


@deed("nursery:roster-copy")
def _roster_copy(world):
    next_monday = today() + dt.timedelta(days=7 - today().weekday())
    ShiftFactory(
        class_group=world.a.small,
        membership=world.a.carer.memberships.get(),
        day=next_monday - dt.timedelta(days=7),
    )
    return world.post(world.a.director, "nursery:roster-copy", {"week": str(next_monday)})


@deed("nursery:leave-grant")
def _leave_grant(world):
    name = "nursery:leave-grant"
    return world.post(world.a.director, name, **_row(world, name))


@deed("nursery:leave-refuse")
def _leave_refuse(world):
    name = "nursery:leave-refuse"
    return world.post(world.a.director, name, **_row(world, name))


@deed("nursery:child-identity")
def _child_identity(world):
    typed = {"purpose": "emergency"}
    return world.post(
        world.a.clerk, "nursery:child-identity", typed, pk=_with_guardian(world).child_id
    )


@deed("nursery:child-import")
def _child_import(world):
    sheet = sheet_of(world.a.small)
    return world.post(world.a.clerk, "nursery:child-import", {"sheet": sheet, "enrol": "1"})


@deed("nursery:child-export")
def _child_export(world):
    return world.post(world.a.clerk, "nursery:child-export", {})


@deed("nursery:guardian-invite")
def _guardian_invite(world):
    held = world.a.guardian.guardianships.get()
    kwargs = {"pk": held.child_id, "guardian": held.pk}
    return world.post(world.a.clerk, "nursery:guardian-invite", {}, **kwargs)


@deed("nursery:staff-invite")
def _staff_invite(world):
    file = StaffFileFactory(membership=world.a.carer.memberships.get())
    return world.post(world.a.director, "nursery:staff-invite", {}, pk=file.pk)


@deed("portal:start")
def _start(world):
    code, __ = invite(actor=world.city.actor(world.a.director), user=world.a.carer)
    chosen = {"invitation": code, "new_password": NEW_PASSWORD, "again": NEW_PASSWORD}
    return Client().post(reverse("portal:start"), chosen)


@deed("nursery:guardian-phone")
def _guardian_phone(world):
    held = _with_guardian(world)
    kwargs = {"pk": held.child_id, "guardian": held.pk}
    return world.post(world.a.clerk, "nursery:guardian-phone", {"purpose": "emergency"}, **kwargs)


@deed("api:child-unmask")
def _unmask(world):
    url = reverse("api:child-unmask", args=[_with_guardian(world).child_id])
    body = json.dumps({"field": "resident_id", "purpose": "emergency"})
    return world.signed_in(world.a.clerk).post(url, body, content_type="application/json")


@deed("api:daily-log")
def _daily_log(world):
    entry = {"id": uuid.uuid4(), "child": world.child.pk, "kind": "meal", "at": now().isoformat()}
    entry["detail"] = {"meal": "lunch", "amount": "all"}
    answer = world.send(world.signed_in(world.a.carer), "api:daily-log", {"entries": [entry]})
    assert [row["status"] for row in answer.json()["results"]] == ["created"]
    return answer


@deed("nursery:kind-active")
def _kind_active(world):
    kind = EntryKind.objects.create(institution=world.a.institution, code="own-x", label="护肤")
    return world.post(world.a.director, "nursery:kind-active", pk=kind.pk)


@deed("quality:self-check-answer")
def _self_check(world):
    item = StandardItem.objects.get(standard=load_standard(), key="4.1.4")
    typed = {"answer": "met"}
    return world.post(world.a.director, "quality:self-check-answer", typed, item_id=item.pk)


# tablets and machines


@deed("nursery:tablet-new")
def _tablet_new(world):
    return world.post(world.a.director, "nursery:tablet-new", {"name": "托小班平板"})


def _claimed(world) -> tuple[Pairing, Client]:
    """A tablet on which the code was typed."""
    Pairing.objects.all().delete()
    world.post(world.a.director, "nursery:tablet-new", {"name": "托小班平板"})
    opened, tablet = Pairing.objects.get(), Client()
    tablet.post(reverse("nursery:pair"), {"code": codes.code_of(opened.pk)})
    return opened, tablet


@deed("nursery:pairing")
def _pairing(world):
    opened, _tablet = _claimed(world)
    return world.post(world.a.director, "nursery:pairing", {"answer": "same"}, pk=opened.pk)


@deed("nursery:pair-finish")
def _pair_finish(world):
    opened, tablet = _claimed(world)
    world.post(world.a.director, "nursery:pairing", {"answer": "same"}, pk=opened.pk)
    answer = tablet.post(reverse("nursery:pair-finish"))
    assert answer.json() == {"state": "paired"}
    return answer


@deed("nursery:device-revoke")
def _device_revoke(world):
    return world.post(world.a.director, "nursery:device-revoke", pk=world.a.tablet.pk)


@deed("nursery:machine-new")
def _machine_new(world):
    return world.post(world.a.director, "nursery:machine-new", {"name": "大门", "kind": "door"})


@deed("nursery:machine-key")
def _machine_key(world):
    return world.post(world.a.director, "nursery:machine-key", pk=world.a.machine.pk)


@deed("nursery:machine-old-key")
def _machine_old_key(world):
    world.post(world.a.director, "nursery:machine-key", pk=world.a.machine.pk)
    return world.post(world.a.director, "nursery:machine-old-key", pk=world.a.machine.pk)


@deed("nursery:pin")
def _pin(world):
    typed = {"password": PASSWORD, "pin": PIN, "again": PIN}
    return world.post(world.a.carer, "nursery:pin", typed)


@deed("nursery:pin-reset")
def _pin_reset(world):
    member = PinFactory(user=world.a.carer).user.memberships.get()
    return world.post(world.a.director, "nursery:pin-reset", pk=member.pk)


@deed("nursery:pin-unlock")
def _pin_unlock(world):
    member = PinFactory(user=world.a.carer).user.memberships.get()
    return world.post(world.a.director, "nursery:pin-unlock", pk=member.pk)


@deed("nursery:factor-reset")
def _staff_factor_reset(world):
    give_app(world.a.carer)
    member = world.a.carer.memberships.get()
    return world.post(world.a.director, "nursery:factor-reset", pk=member.pk)


@deed("portal:factor-reset")
def _factor_reset(world):
    give_app(world.a.director)
    typed = {"person": world.a.director.username, "reset": "1"}
    return world.post(world.city.admin, "portal:factor-reset", typed)


@deed("nursery:tablet-sign-in")
def _tablet_sign_in(world):
    client = Client()
    client.cookies[tablets.COOKIE] = cookie_of(world.a.tablet)
    person = PinFactory(user=world.a.carer).user
    return client.post(reverse("nursery:tablet-sign-in"), {"person": person.pk, "pin": PIN})


WRITING = {
    (found.name, method)
    for found in endpoints().values()
    for method in found.gates
    if method not in ("GET", "HEAD", "OPTIONS")
}


def test_every_endpoint_that_writes_says_how_or_why_not():
    assert DEEDS.keys() | WITHOUT.keys() == WRITING
    assert DEEDS.keys() & WITHOUT.keys() == set()


def recorded_since(newest: int) -> list[str]:
    events = AuditEvent.objects.filter(pk__gt=newest).exclude(action__in=ONLY_LOOKED)
    return list(events.order_by("pk").values_list("action", flat=True))


@pytest.mark.parametrize(("name", "method"), sorted(DEEDS))
def test_a_deed_leaves_a_record(world, name, method):
    """Whatever has to be done before it leaves records too: the last one is counted from the last request."""
    seen: list[int] = []
    send = Client.request

    def request(client, **given):
        seen.append(AuditEvent.objects.order_by("pk").values_list("pk", flat=True).last() or 0)
        return send(client, **given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", request)
        answer = DEEDS[name, method](world)

    assert answer.status_code < 400, answer.content[:500]
    assert recorded_since(seen[-1]) != []


def test_a_machines_heartbeat_changes_no_more_than_its_own_row(city):
    key = city.a.machine.keys.get()
    answer = Client().generic(
        "POST", "/api/v1/devices/heartbeat/", b"{}", "application/json", headers=signed(key.pk)
    )

    assert answer.status_code == 200
    assert not AuditEvent.objects.exists()
