"""From figures to what the overview shows: cards, map rows, chart series."""

import re
from collections.abc import Iterable, Sequence
from datetime import date

from django.forms import Form
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.anchors import State
from core.display import moment, number, percent, short_day
from core.models import AuditEvent, Job, Region
from core.models.job import JobState
from core.models.region import RegionLevel
from core.permissions import Role
from core.scoping import Actor
from govadmin.actions import action_label, outcome_label, subject_label
from govadmin.selectors.audit import AuditPage
from govadmin.selectors.figures import Area, Figures, Sums
from govadmin.selectors.overview import QUIET_SHOWN, Activity, Day, Overview
from govadmin.selectors.regions import Place, name_in_language, region_label
from institution.enums import InstitutionForm, InstitutionStatus
from institution.kinds import KINDS
from institution.models import ClassGroup, ClassTypeRule, Institution

# A shape on the map has no room for "Rencheng District"; the Chinese names are short.
DIVISION = re.compile(r" (City|County|District)$")
STATUS_TONES: dict[str, str] = {
    InstitutionStatus.OPEN: "ok",
    InstitutionStatus.SUSPENDED: "warn",
    InstitutionStatus.CLOSED: "",
}


def overview_context(found: Overview, days: list[Day]) -> dict:
    return live_context(found) | {
        "kpis": kpis(found, days),
        "days": days,
        "forms": _forms(found),
        "metrics": _metrics(),
        "map": map_data(found),
        "trend": _trend_data(days),
        "regions": region_choices(found.place),
    }


def live_context(found: Overview) -> dict:
    return {
        "found": found,
        "place": found.place,
        "zones": [area for area in found.map_areas if not area.region.national_code],
        "activity": [_activity_line(activity) for activity in found.activity],
        "quiet": [_line(found.place, row) for row in found.quiet[:QUIET_SHOWN]],
        "quiet_count": len(found.quiet),
    }


def live_kpis(found: Overview) -> dict[str, str]:
    sums = found.sums
    return {
        "institutions": number(sums.institutions),
        "places": number(sums.places),
        "enrolled": number(sums.enrolled),
        "present": number(sums.present),
        "attendance": _figure(sums.attendance),
        "entries": number(sums.entries),
    }


def kpis(found: Overview, days: Sequence[Day]) -> list[dict]:
    sums, values = found.sums, live_kpis(found)
    before = [each for each in days if each.day < found.day]
    last = before[-1] if before else None
    cards = [
        _card("institutions", "building-2", _("Open institutions"), unit=_("nurseries"))
        | _opened(found.opened_this_month, sums),
        _card("places", "armchair", _("Places"), unit=_("places"))
        | {"note": _("{share} taken").format(share=percent(sums.use))},
        _card("enrolled", "baby", _("Enrolled children"), unit=_("children"))
        | _grown(days)
        | {"values": [each.enrolled for each in days]},
        _card("present", "user-check", _("Present now"), unit=_("children"))
        | {"note": _("of {count} enrolled").format(count=number(sums.enrolled))},
        _card("attendance", "calendar-check", _("Came today"), unit="%")
        | {
            "note": _on(last, percent(last.attendance) if last else ""),
            "values": [each.attendance or 0 for each in days],
        },
        _card("entries", "clipboard-pen", _("Log entries today"), unit=_("entries"))
        | {
            "note": _on(last, number(last.entries) if last else ""),
            "values": [each.entries for each in days],
        },
    ]
    for card in cards:
        card["value"] = values[card["name"]]
    return cards


def map_data(found: Overview) -> list[dict]:
    return [
        {
            "code": area.region.code,
            "name": DIVISION.sub("", area.label),
            "url": region_url(area.region),
            "chosen": not found.place.is_root
            and found.place.region.path.startswith(area.region.path),
            "present": area.sums.present,
            "use": _rounded(area.sums.use),
            "inclusive": _rounded(area.sums.inclusive_share),
            "entries": area.sums.entries,
            "about": _about(area),
        }
        for area in found.map_areas
    ]


def region_url(region: Region) -> str:
    return f"{reverse('gov:overview')}?region={region.code}"


def _card(name: str, icon: str, label: str, *, unit: str) -> dict:
    return {
        "name": name,
        "icon": icon,
        "label": label,
        "unit": unit,
        "delta": "",
        "note": "",
        "values": [],
    }


def _opened(count: int, sums: Sums) -> dict:
    if count:
        return {"delta": f"+{number(count)}", "note": _("this month")}
    return {"note": _("{share} inclusive").format(share=percent(sums.inclusive_share, 0))}


def _grown(days: Sequence[Day]) -> dict:
    if len(days) < 2:
        return {}
    more = days[-1].enrolled - days[0].enrolled
    since = _("since {day}").format(day=short_day(days[0].day))
    return {"delta": f"{more:+,}" if more else "±0", "note": since}


def _on(day: Day | None, figure: str) -> str:
    return f"{short_day(day.day)} {figure}" if day else ""


def _figure(value: float | None) -> str:
    return number(value, 1)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _about(area: Area) -> list[list[str]]:
    """The tooltip, ready in the reader's language: pairs of words and figures."""
    sums = area.sums
    return [
        [_("Open institutions"), number(sums.institutions)],
        [_("Places"), number(sums.places)],
        [_("Places taken"), percent(sums.use)],
        [_("Inclusive"), percent(sums.inclusive_share, 0)],
        [_("Present now"), number(sums.present)],
        [_("Log entries today"), number(sums.entries)],
    ]


def _metrics() -> list[dict]:
    return [
        {"key": "present", "label": _("Present now"), "unit": "", "hue": "teal"},
        {"key": "use", "label": _("Places taken"), "unit": "%", "hue": "apricot"},
        {"key": "inclusive", "label": _("Inclusive"), "unit": "%", "hue": "blue"},
        {"key": "entries", "label": _("Entries today"), "unit": "", "hue": "teal"},
    ]


def _forms(found: Overview) -> list[dict]:
    most = max((count for _form, count in found.forms), default=0)
    return [
        {"label": InstitutionForm(form).label, "count": count, "share": count * 100 / most}
        for form, count in found.forms
    ]


def _trend_data(days: Sequence[Day]) -> dict:
    return {
        "days": [_axis(each.day) for each in days],
        "enrolled": [each.enrolled for each in days],
        "attended": [each.attended for each in days],
        "names": [_("Enrolled"), _("Came")],
    }


def _axis(day: date) -> str:
    return f"{day.month}/{day.day}"


def region_choices(place: Place) -> list[dict]:
    shown = {region.pk: region for region in [place.root, *place.counties, place.region]}
    return [
        {
            "code": region.code,
            "label": _choice(place, region),
            "current": region.pk == place.region.pk,
        }
        for region in shown.values()
    ]


def _choice(place: Place, region: Region) -> str:
    if region.level != RegionLevel.CITY:
        return region_label(region)
    return _("{city}, all counties").format(city=name_in_language(region.name, region.name_en))


def _activity_line(activity: Activity) -> dict:
    kinds = [
        f"{_kind(code)} {number(count)}" for code, count in activity.kinds.most_common(3) if count
    ]
    return {
        "institution": activity.institution,
        "at": activity.last_at,
        "kinds": " · ".join(kinds),
        "entries": activity.entries,
    }


def _kind(code: str) -> str:
    return str(KINDS[code].label) if code in KINDS else _("Own kind")


def _line(place: Place, row: Figures) -> dict:
    children = (
        ngettext("{count} child there", "{count} children there", row.present)
        if row.present
        else ngettext("{count} child expected", "{count} children expected", row.expected)
    )
    return {
        "institution": row,
        "where": _where(place, row),
        "children": children.format(count=number(row.present or row.expected)),
        "urgent": row.present > 0,
    }


def _where(place: Place, row: Figures) -> str:
    """County and town, or the one of them that is known."""
    own = name_in_language(row.region_name, row.region_name_en)
    county = next((c for c in place.counties if row.region_path.startswith(c.path)), None)
    if county is None or county.path == row.region_path or not place.is_root:
        return own
    return f"{region_label(county)} · {own}"


def region_names(region: Region) -> str:
    """A town with its county: 曲阜市 · 时庄街道."""
    above = region.parent if region.parent and region.level == RegionLevel.TOWN else None
    return " · ".join(region_label(each) for each in (above, region) if each)


def institution_rows(place: Place, rows: Sequence[Figures]) -> list[dict]:
    return [
        {"figures": row, "where": _where(place, row), "tone": STATUS_TONES[row.status]}
        for row in rows
    ]


def status_tabs(counts: dict[str, int], chosen: str, query: QueryDict) -> list[dict]:
    tabs = []
    for status, label in [("", _("All")), *InstitutionStatus.choices]:
        address = query.copy()
        address.pop("page", None)
        address["status"] = status
        if not status:
            del address["status"]
        tabs.append(
            {
                "label": label,
                "url": f"?{address.urlencode()}",
                "current": status == chosen,
                "count": counts[status],
            }
        )
    return tabs


def class_rows(classes: Iterable[ClassGroup], rules: Iterable[ClassTypeRule]) -> list[dict]:
    most = {rule.class_type: rule.children_per_carer for rule in rules}
    return [
        {
            "group": group,
            "per_carer": group.present / group.carers if group.carers and group.present else None,
            "most": (limit := most.get(group.class_type)),
            "crowded": bool(limit and group.present > limit * group.carers),
        }
        for group in classes
    ]


def entries_data(days: Sequence[tuple[date, int]]) -> dict:
    return {
        "days": [_axis(day) for day, _amount in days],
        "entries": [amount for _day, amount in days],
        "name": _("Log entries"),
    }


def audit_rows(page: AuditPage) -> list[dict]:
    return [
        {
            "event": event,
            "who": event.actor_name or _("The system"),
            "role": Role(event.actor_role).label if event.actor_role in Role.values else "",
            "what": action_label(event.action),
            "about": page.institutions.get(event.institution_id, "")
            if event.institution_id
            else "",
            "subject": _subject(event),
            "children": len(event.child_ids),
            "outcome": "" if event.outcome == "done" else outcome_label(event.outcome),
        }
        for event in page.events
    ]


ANCHOR_WORDS = {
    "ok": ("ok", gettext_lazy("The trail is anchored outside the database")),
    "late": ("warn", gettext_lazy("The hourly anchor is late: tell the administrator")),
    "never": ("warn", gettext_lazy("The trail has not been anchored yet")),
    "away": ("info", gettext_lazy("The anchors are kept on another machine")),
    "broken": (
        "danger",
        gettext_lazy("The anchors do not fit the trail: have it checked with verify_audit at once"),
    ),
}


def anchor_row(state: State) -> dict:
    tone, text = ANCHOR_WORDS[state.code]
    when = _("Last anchor {when}, number {number}").format(
        when=moment(state.at), number=number(state.number)
    )
    return {"tone": tone, "text": f"{text} · {when}" if state.at else text}


def _subject(event: AuditEvent) -> str:
    if kinds := event.data.get("kinds"):
        return " · ".join(f"{_kind(code)} {number(count)}" for code, count in kinds.items())
    if event.subject_type:
        return f"{subject_label(event.subject_type)} {event.subject_id}"
    return ""


def cursor_url(query: QueryDict, way: str, number: int | None) -> str:
    if number is None:
        return ""
    address = query.copy()
    for name in ("before", "after"):
        address.pop(name, None)
    address[way] = str(number)
    return f"?{address.urlencode()}"


def filter_values(form: Form) -> dict[str, str]:
    """The filters that are set and right, as they stand in an address."""
    form.is_valid()
    return {
        name: str(value) for name, value in form.cleaned_data.items() if value not in (None, "")
    }


def chosen_institution(actor: Actor, form: Form) -> Institution | None:
    pk = form.cleaned_data.get("institution")
    return Institution.objects.visible_to(actor).filter(pk=pk).first() if pk else None


def job_rows(jobs: Iterable[Job]) -> list[dict]:
    return [
        {
            "job": job,
            "label": _("Export of {when}").format(when=moment(job.created_at)),
            "url": reverse("gov:job", args=[job.pk]),
            "file_url": reverse("gov:job-file", args=[job.pk]) if job.result else "",
            "expired": job.state == JobState.DONE and not job.result,
            "filters": ", ".join(str(FILTER_WORDS[name]) for name in job.params["filters"]),
        }
        for job in jobs
    ]


FILTER_WORDS = {
    "action": gettext_lazy("Action"),
    "institution": gettext_lazy("Institution"),
    "nursery": gettext_lazy("Institution"),
    "person": gettext_lazy("Person"),
    "since": gettext_lazy("From"),
    "until": gettext_lazy("To"),
}
