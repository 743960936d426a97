"""The menu: every finished page, shown to whoever may open it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.permissions import FAMILY_ROLES, INSTITUTION_ROLES, Permission, Role
from core.scoping import Actor


@dataclass(frozen=True)
class Item:
    label: str | Promise
    url_name: str
    icon: str
    permission: Permission
    roles: frozenset[Role] | None = (
        None  # shown only to these, where the permission is wider than the need
    )
    count: str = ""  # the page that says how many wait there
    topic: str = ""  # on which that number changes
    aside: bool = (
        False  # where the bar of a phone has room for few, it stands in the menu behind "Me"
    )


SECTIONS: list[tuple[str | Promise, list[Item]]] = [
    (
        _("Oversight"),
        [
            Item(_("Overview"), "gov:overview", "layout-dashboard", Permission.OVERVIEW_READ),
            Item(_("Institutions"), "gov:institution-list", "building-2", Permission.OVERVIEW_READ),
            Item(
                _("Serious incidents"),
                "gov:incident-list",
                "triangle-alert",
                Permission.INCIDENTS_OVERSEE,
            ),
            Item(_("Audit records"), "gov:audit-list", "scroll-text", Permission.AUDIT_READ),
        ],
    ),
    (
        _("Nursery"),
        [
            Item(
                _("Today"),
                "nursery:today",
                "layout-dashboard",
                Permission.NURSERY_READ,
                INSTITUTION_ROLES,
            ),
            Item(_("Class board"), "nursery:board", "clipboard-pen", Permission.DAILY_LOG_WRITE),
            Item(
                _("Sick absence"), "nursery:absence-list", "thermometer", Permission.ABSENCE_FOLLOW
            ),
            Item(
                _("Safety ledgers"),
                "nursery:ledgers",
                "clipboard-list",
                Permission.LEDGER_WRITE,
            ),
            Item(_("Incidents"), "nursery:incident-list", "bandage", Permission.INCIDENTS_READ),
            Item(_("At the door"), "nursery:door", "scan-line", Permission.DAILY_LOG_WRITE),
            Item(
                _("Alerts"),
                "nursery:alert-list",
                "siren",
                Permission.ALERTS_READ,
                count="nursery:alert-count",
                topic="alert",
            ),
            Item(
                _("Messages"),
                "nursery:inbox",
                "message-circle",
                Permission.TEAM_MESSAGES,
                count="nursery:inbox-count",
                topic="message",
            ),
            Item(
                _("Notices"),
                "nursery:notice-list",
                "megaphone",
                Permission.NOTICES_READ,
                INSTITUTION_ROLES,
            ),
            Item(
                _("Children"),
                "nursery:child-list",
                "baby",
                Permission.CHILDREN_READ,
                INSTITUTION_ROLES,
            ),
            Item(
                _("Admissions"),
                "nursery:admission-board",
                "user-round-plus",
                Permission.ADMISSIONS_READ,
            ),
            Item(_("Kitchen"), "nursery:menu", "cooking-pot", Permission.FOOD_READ),
            Item(_("Money for meals"), "nursery:meal-ledger", "wallet", Permission.MEAL_MONEY),
            Item(
                _("My attendance"),
                "nursery:clock",
                "alarm-clock-check",
                Permission.PRESENCE_WRITE,
            ),
            Item(
                _("Roster"),
                "nursery:roster",
                "calendar-range",
                Permission.NURSERY_READ,
                INSTITUTION_ROLES,
            ),
            Item(
                _("Children to carers"),
                "nursery:ratio",
                "scale",
                Permission.NURSERY_READ,
                INSTITUTION_ROLES,
            ),
            Item(_("Staff"), "nursery:staff-list", "id-card", Permission.STAFF_READ),
            Item(
                _("Calendar"),
                "nursery:calendar",
                "calendar-days",
                Permission.NURSERY_READ,
                INSTITUTION_ROLES,
            ),
            Item(_("Nursery file"), "nursery:file", "file-badge", Permission.INSTITUTION_WRITE),
            Item(
                _("Devices"), "nursery:device-list", "tablet-smartphone", Permission.TABLETS_WRITE
            ),
            Item(
                _("My PIN"), "nursery:pin", "key-round", Permission.NURSERY_READ, INSTITUTION_ROLES
            ),
        ],
    ),
    (
        _("Family"),
        [
            Item(_("Today"), "family:day", "sun", Permission.FAMILY_READ, FAMILY_ROLES),
            Item(
                _("Coming days"),
                "family:plans",
                "calendar-days",
                Permission.PLANS_WRITE,
                FAMILY_ROLES,
            ),
            Item(_("Pick-up"), "family:pickup", "qr-code", Permission.PICKUP_WRITE, FAMILY_ROLES),
            Item(_("Messages"), "family:messages", "message-circle", Permission.FAMILY_MESSAGES),
            Item(_("Notices"), "family:notices", "megaphone", Permission.FAMILY_NOTICES),
            Item(
                _("Who looked at the file"),
                "family:readers",
                "eye",
                Permission.READERS_READ,
                FAMILY_ROLES,
                aside=True,
            ),
        ],
    ),
    (
        _("Quality and health"),
        [
            Item(
                _("Quality standard"),
                "quality:standard",
                "clipboard-check",
                Permission.QUALITY_READ,
            ),
            Item(_("Child health"), "health:today", "heart-pulse", Permission.HEALTH_READ),
            Item(
                _("Staff and training"),
                "training:certificate-list",
                "graduation-cap",
                Permission.TRAINING_READ,
            ),
        ],
    ),
    (
        _("System"),
        [
            Item(_("Jobs and delivery"), "portal:system", "server-cog", Permission.SYSTEM_WATCH),
            Item(
                _("Help with signing in"),
                "portal:factor-reset",
                "key-round",
                Permission.FACTORS_RESET,
            ),
        ],
    ),
]

LANDING: dict[Role, str] = {
    Role.PLATFORM_ADMIN: "portal:system",
    Role.CITY_REGULATOR: "gov:overview",
    Role.COUNTY_REGULATOR: "gov:overview",
    Role.TOWN_REGULATOR: "gov:overview",
    Role.AUDITOR: "gov:audit-list",
    Role.ASSESSOR: "quality:standard",
    Role.TRAINER: "training:certificate-list",
    Role.DIRECTOR: "nursery:today",
    Role.CARER: "nursery:board",
    Role.HEALTH_WORKER: "health:today",
    Role.CLERK: "nursery:child-list",
    Role.CLINIC_DOCTOR: "health:today",
    Role.GUARDIAN: "family:day",
    Role.RELATIVE: "family:day",
}


def menu_for(actor: Actor, path: str) -> list[dict]:
    sections: list[dict] = []
    for title, items in SECTIONS:
        shown = [
            {
                "label": i.label,
                "url": url,
                "icon": i.icon,
                "current": False,
                "count_url": reverse(i.count) if i.count else "",
                "count_topic": i.topic,
                "aside": i.aside,
            }
            for i in items
            if actor.may(i.permission) and (i.roles is None or actor.role in i.roles)
            for url in [reverse(i.url_name)]
        ]
        if shown:
            sections.append({"title": title, "items": shown})
    around = [item for part in sections for item in part["items"] if path.startswith(item["url"])]
    if around:  # /gov/ is around /gov/institutions/ too: the nearest one counts
        max(around, key=lambda item: len(item["url"]))["current"] = True
    return sections
