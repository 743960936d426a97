"""The staff page: one tile per child. The browser module records taps; these views only read."""

import datetime as dt

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from core.calendar import now, today
from core.http import ActorRequest, gate
from core.permissions import Permission
from institution.kind_forms import MEAL_TIMES, KindForm, forms_of
from institution.models import Attendance, ClassGroup, DailyEntry, PlannedDay
from institution.selectors.board import Board, board_news, class_board
from institution.selectors.nursery import classes_on
from institution.views.board_words import REASONS, WORDS


@gate(Permission.DAILY_LOG_WRITE)
def board(request: ActorRequest, pk: int | None = None) -> HttpResponse:
    classes = list(classes_on(actor=request.actor, day=today()))
    if not classes and pk is None:
        return render(request, "institution/board_none.html")
    class_group = _chosen(classes, pk)
    read = class_board(actor=request.actor, class_group=class_group, day=today())
    forms = forms_of(read.own_kinds)
    return render(
        request,
        "institution/board.html",
        {
            "board": read,
            "classes": classes,
            "tabs": [form for form in forms if form.tab],
            "more": [form for form in forms if not form.tab],
            "page": _page(request, read, forms),
            "words": {key: str(text) for key, text in WORDS.items()},
        },
    )


@gate(Permission.DAILY_LOG_WRITE)
def board_state(request: ActorRequest, pk: int) -> JsonResponse:
    """What changed after `?after=`, or with another `?day=` than today's the whole of today."""
    class_group = _chosen(list(classes_on(actor=request.actor, day=today())), pk)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 19 and request.GET.get("day") == str(today()):
        answer = JsonResponse(_news(request, class_group, int(after)))
    else:
        answer = JsonResponse(
            _state(class_board(actor=request.actor, class_group=class_group, day=today()))
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _news(request: ActorRequest, class_group: ClassGroup, seq: int) -> dict:
    news = board_news(actor=request.actor, class_group=class_group, day=today(), seq=seq)
    return {
        "whole": False,
        "day": today(),
        "carers": class_group.carers,
        "cursor": max([seq, *(entry.seq for entry in news.entries)]),
        "roster": news.roster,
        "entries": [_entry(entry) for entry in news.entries],
        "plans": _plans(news.plans),
    }


def _chosen(classes: list[ClassGroup], pk: int | None) -> ClassGroup:
    for class_group in classes:
        if pk is None or class_group.pk == pk:
            return class_group
    raise Http404


def _page(request: ActorRequest, board: Board, forms: list[KindForm]) -> dict:
    class_group = board.class_group
    return {
        "class": class_group.pk,
        "path": reverse("nursery:class-board", args=[class_group.pk]),
        "user": request.actor.user_id,
        "user_name": request.actor.name,
        "post": request.actor.post,
        "groups": [f"class.{class_group.pk}"]
        if request.actor.class_ids is not None
        else [f"institution.{class_group.institution_id}"],
        "urls": {
            "state": reverse("nursery:board-state", args=[class_group.pk]),
            "record": reverse("api:daily-log"),
            "photo": reverse("api:attachment-list"),
            "whoami": reverse("portal:whoami"),
            "sign_in": reverse("nursery:tablet" if request.tablet else "portal:sign-in"),
            "sign_out": reverse("portal:sign-out"),
            "worker": reverse("nursery:worker"),
            "scope": reverse("nursery:board").removesuffix("board/"),
        },
        "zone": settings.TIME_ZONE,
        "offset": int((timezone.localtime().utcoffset() or dt.timedelta()).total_seconds() // 60),
        "carers": class_group.carers,
        "per_carer": board.rule.children_per_carer if board.rule else None,
        "slots": [{"from": f"{time:%H:%M}", "meal": meal} for meal, time in MEAL_TIMES],
        "kinds": [_kind(form) for form in forms],
        "reasons": [str(reason) for reason in REASONS],
        "children": {card.child.pk: card.child.name for card in board.cards},
        "state": _state(board),
    }


def _state(board: Board) -> dict:
    return {
        "whole": True,
        "day": board.day,
        "now": int(now().timestamp() * 1000),
        "carers": board.class_group.carers,
        "cursor": board.cursor,
        "roster": [card.child.pk for card in board.cards],
        "attendance": {
            card.child.pk: _attendance(card.attendance) for card in board.cards if card.attendance
        },
        "entries": [_entry(entry) for entry in board.entries],
        "plans": _plans(board.plans),
    }


def _plans(plans: dict[int, PlannedDay]) -> dict:
    return {
        child: {
            "coming": plan.coming,
            "from": plan.arrives_at and f"{plan.arrives_at:%H:%M}",
            "until": plan.leaves_at and f"{plan.leaves_at:%H:%M}",
            "reason": plan.reason,
            "note": plan.note,
            "late": plan.late,
        }
        for child, plan in plans.items()
    }


def _attendance(row: Attendance) -> dict:
    return {
        "arrived": row.arrived_at,
        "left": row.left_at,
        "absence": row.absence,
        "note": row.absence_note,
    }


def _entry(entry: DailyEntry) -> dict:
    return {
        "id": entry.pk,
        "root": entry.root,
        "version": entry.version,
        "gone": entry.void or entry.replaced_by is not None,
        "child": entry.child_id,
        "kind": entry.kind,
        "at": int(entry.at.timestamp() * 1000),
        "recorded": int(entry.recorded_at.timestamp() * 1000),
        "detail": entry.detail,
        "by": entry.recorded_by.name,
        "seq": entry.seq,
    }


def _kind(form: KindForm) -> dict:
    layout = form.layout
    return {
        "code": form.code,
        "label": str(form.label),
        "attendance": form.attendance,
        "answer": layout.answer,
        "switch": layout.switch,
        "each": layout.each,
        "everyone": layout.everyone,
        "round": layout.round_minutes,
        "presets": layout.presets,
        "fields": [
            {
                "name": field.name,
                "type": field.type,
                "label": str(field.label),
                "required": field.required,
                "choices": [[value, str(label)] for value, label in field.choices],
                "unit": field.unit,
                "units": [[value, str(label)] for value, label in field.units],
                "low": field.low,
                "high": field.high,
                "step": field.step,
                "length": field.length,
                "value": field.value,
            }
            for field in form.fields
        ],
    }
