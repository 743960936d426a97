"""Every request that creates something, ready to be sent: the test sends it in threads, the proof over HTTP."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from django.urls import reverse

from core.calendar import today
from core.models import Attachment, Job, User
from health.models import Measurement, MorningCheck
from health.services.reference import load_rules
from institution.models import (
    Allergy,
    Child,
    EntryKind,
    Licence,
    Membership,
    Notice,
    NoticeRead,
    ServiceFee,
)
from quality.models import SelfCheck, StandardItem
from quality.services.standard import load_standard
from tests.core.pictures import jpeg
from tests.factories.city import City
from tests.factories.institution import NoticeFactory
from training.models import Certificate, TrainingRecord
from training.services.reference import load_types


@dataclass(frozen=True)
class Post:
    """`body` creates one row of `made`; `other` is what has to be changed to make it another request."""

    made: type
    user: Callable[[City], User]
    body: Callable[[City], dict]
    other: dict
    args: Callable[[City], list] = lambda city: []
    files: dict[str, bytes] = field(default_factory=dict)

    def path(self, name: str, city: City) -> str:
        return reverse(name, args=self.args(city))

    @staticmethod
    def count(model: type) -> int:
        return model._default_manager.count()


def _carer_of_a(city: City) -> Membership:
    return Membership.objects.get(user=city.a.carer)


def _day(days_ago: int = 0) -> str:
    return str(today() - dt.timedelta(days=days_ago))


def _notice_of_a(city: City) -> Notice:
    known = Notice.objects.filter(institution=city.a.institution).first()
    return known or NoticeFactory(institution=city.a.institution)


API: dict[str, Post] = {
    "api:attachment-list": Post(
        Attachment,
        lambda city: city.a.carer,
        lambda city: {},
        {"note": "another"},
        files={"file": jpeg()},
    ),
    "api:entry-kind-list": Post(
        EntryKind,
        lambda city: city.a.director,
        lambda city: {
            "code": "own-cream",
            "label": "护肤",
            "fields": [{"name": "answer", "label": "部位", "type": "text"}],
        },
        {"label": "护手"},
    ),
    "api:fee-list": Post(
        ServiceFee,
        lambda city: city.a.director,
        lambda city: {
            "mode": "half_day",
            "unit": "month",
            "amount": "800.00",
            "valid_from": _day(),
        },
        {"amount": "820.00"},
    ),
    "api:notice-list": Post(
        Notice,
        lambda city: city.a.director,
        lambda city: {"title": "周五下午消防演练", "body": "请在 16:00 前接孩子。"},
        {"title": "周四下午消防演练"},
    ),
    "api:notice-read": Post(
        NoticeRead,
        lambda city: city.a.guardian,
        lambda city: {},
        {"note": "another"},
        args=lambda city: [_notice_of_a(city).pk],
    ),
    "api:licence-list": Post(
        Licence,
        lambda city: city.a.director,
        lambda city: {
            "kind": "fire",
            "number": "济消验00017",
            "issuer": "消防救援大队",
            "issued_on": _day(),
        },
        {"number": "济消验00018"},
    ),
    "api:health-check-list": Post(
        MorningCheck,
        lambda city: city.a.health_worker,
        lambda city: {
            "child": city.a.children[0].pk,
            "temperature": "36.6",
            "action": "admitted",
            "note": "左手一处擦伤",
        },
        {"temperature": "36.7"},
    ),
    "api:health-measurement-list": Post(
        Measurement,
        lambda city: city.a.health_worker,
        lambda city: {
            "child": city.a.children[0].pk,
            "measured_on": _day(),
            "weight_kg": "11.20",
        },
        {"weight_kg": "11.30"},
    ),
    "api:quality-self-check-list": Post(
        SelfCheck,
        lambda city: city.a.director,
        lambda city: {
            "item": StandardItem.objects.get(standard=load_standard(), key="4.1.4").pk,
            "answer": "met",
        },
        {"answer": "partly", "note": "缺一份"},
    ),
    "api:training-certificate-list": Post(
        Certificate,
        lambda city: city.a.director,
        lambda city: {
            "membership": _carer_of_a(city).pk,
            "type": "health_cert",
            "number": "370800123456",
            "issued_on": _day(),
        },
        {"issued_on": _day(1)},
    ),
    "api:training-record-list": Post(
        TrainingRecord,
        lambda city: city.a.director,
        lambda city: {
            "membership": _carer_of_a(city).pk,
            "topic": "睡眠照护",
            "hours": "2.0",
            "held_on": _day(),
        },
        {"topic": "进餐照护"},
    ),
}

FORMS: dict[str, Post] = {
    "nursery:notice-new": Post(
        Notice,
        lambda city: city.a.director,
        lambda city: {"title": "周五下午消防演练", "body": "请在 16:00 前接孩子。"},
        {"title": "周四下午消防演练"},
    ),
    "nursery:child-new": Post(
        Child,
        lambda city: city.a.director,
        lambda city: {
            "name": "周可心",
            "sex": "female",
            "born_on": _day(500),
            "class_group": city.a.small.pk,
            "start_on": _day(),
            "guardian_name": "周岩",
            "guardian_phone": "13805377788",
            "relation": "father",
        },
        {"name": "周可欣"},
    ),
    "nursery:allergy-new": Post(
        Allergy,
        lambda city: city.a.director,
        lambda city: {"substance": "花生", "severity": "severe"},
        {"substance": "鸡蛋"},
        args=lambda city: [city.a.children[0].pk],
    ),
    "nursery:kind-new": Post(
        EntryKind,
        lambda city: city.a.director,
        lambda city: {
            "label": "护肤",
            "icon": "droplets",
            "answer": "text",
            "question": "部位",
        },
        {"label": "护手"},
    ),
    "nursery:fee-set": Post(
        ServiceFee,
        lambda city: city.a.director,
        lambda city: {
            "mode": "half_day",
            "unit": "month",
            "amount": "800",
            "valid_from": _day(),
        },
        {"amount": "820"},
    ),
    "nursery:licence-add": Post(
        Licence,
        lambda city: city.a.director,
        lambda city: {
            "kind": "fire",
            "number": "济消验00017",
            "issuer": "消防救援大队",
            "issued_on": _day(),
        },
        {"number": "济消验00018"},
    ),
    "training:certificate-add": Post(
        Certificate,
        lambda city: city.a.director,
        lambda city: {"type": "health_cert", "number": "A1", "issued_on": _day()},
        {"issued_on": _day(1)},
        args=lambda city: [_carer_of_a(city).pk],
    ),
    "training:training-add": Post(
        TrainingRecord,
        lambda city: city.a.director,
        lambda city: {"topic": "睡眠照护", "hours": "2.5", "held_on": _day()},
        {"topic": "进餐照护"},
        args=lambda city: [_carer_of_a(city).pk],
    ),
    "health:check-record": Post(
        MorningCheck,
        lambda city: city.a.health_worker,
        lambda city: {"temperature": "36.5", "action": "admitted"},
        {"temperature": "36.6"},
        args=lambda city: [city.a.children[0].pk],
    ),
    "health:measurement-record": Post(
        Measurement,
        lambda city: city.a.health_worker,
        lambda city: {"measured_on": _day(), "weight_kg": "11.20"},
        {"weight_kg": "11.30"},
        args=lambda city: [city.a.children[0].pk],
    ),
    "gov:audit-export": Post(
        Job,
        lambda city: city.auditor,
        lambda city: {},
        {"action": "child.read"},
    ),
}

NO_KEY = {
    "portal:sign-in": "signing in twice is signed in",
    "portal:language": "choosing the same language again",
    "portal:sign-out": "signed out is signed out",
    "portal:posts": "choosing the same post again",
    "portal:delivery-retry": "none is given up any more",
    "nursery:file-identity": "the same values again are the same values",
    "nursery:file-site": "the same values again are the same values",
    "nursery:file-service": "the same values again are the same values",
    "api:institution-detail": "the same values again are the same values",
    "nursery:licence-remove": "removed is removed",
    "nursery:alert-take": "taken is taken",
    "nursery:alert-close": "closed is closed",
    "api:alert-take": "taken is taken",
    "api:alert-close": "closed is closed",
    "nursery:notice-remind": "each time is a reminder",
    "nursery:notice-withdraw": "withdrawn is withdrawn",
    "family:notice-read": "read is read",
    "nursery:message-hours": "the same values again are the same values",
    "nursery:message-send": "the message brings an id of its own",
    "family:message-send": "the message brings an id of its own",
    "api:message-list": "the message brings an id of its own",
    "nursery:thread-read": "nobody reads back",
    "family:thread-read": "nobody reads back",
    "api:thread-read": "nobody reads back",
    "nursery:request-done": "done is done",
    "api:message-done": "done is done",
    "nursery:child-edit": "the same values again are the same values",
    "nursery:child-identity": "a look, and every look is written down",
    "nursery:guardian-phone": "a look, and every look is written down",
    "api:child-unmask": "a look, and every look is written down",
    "nursery:allergy-remove": "removed is removed",
    "nursery:kind-active": "the same state again",
    "quality:self-check-answer": "one answer for each indicator; the same again takes its own place",
    "csp-report": "a count of what browsers refused, not a thing made",
    "portal:sign-in-second": "signing in twice is signed in",
    "portal:sign-in-paused": "signing in twice is signed in",
    "portal:app-add": "a code of the app counts once",
    "portal:passkey-add": "a challenge counts once",
    "portal:factor-remove": "removed is removed",
    "portal:factor-reset": "reset is reset: the second time there is none",
    "nursery:factor-reset": "reset is reset: the second time there is none",
    "portal:recovery-codes": "new codes each time, and only the newest count: shown, never kept",
    "portal:session-end": "ended is ended",
    "portal:sessions-end": "ended is ended",
    "portal:password": "the old password is asked for, and is no longer the old one",
    "portal:confirm": "confirmed is confirmed",
    "api:step-up": "confirmed is confirmed",
    "nursery:tablet-new": "a pairing nobody answers ends by itself in minutes",
    "nursery:pairing": "answered is answered",
    "nursery:pair": "a code counts once",
    "nursery:pair-finish": "a claim counts once",
    "nursery:device-revoke": "revoked is revoked",
    "nursery:machine-new": "answers with a secret, shown once and never kept; the one left over is revoked",
    "nursery:machine-key": "answers with a secret, shown once and never kept; at most two keys count",
    "nursery:machine-old-key": "only the newest key counts",
    "nursery:pin": "the same PIN again",
    "nursery:pin-reset": "reset is reset",
    "nursery:pin-unlock": "unlocked is unlocked",
    "nursery:tablet-sign-in": "signing in twice is signed in",
    "nursery:tablet-active": "still there",
    "api:device-heartbeat": "signed with a nonce that counts once",
    "api:token": "the same token each time",
    "api:daily-log": "each entry's id is its key",
}


def load_reference() -> None:
    load_rules()
    load_standard()
    load_types()
