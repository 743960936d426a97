"""The file of an institution as its staff and the regulators of its region read it, and what the rules say about it."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from core.calendar import today
from core.display import number
from core.scoping import Actor
from institution.enums import FeeUnit, LicenceKind, ServiceMode, SiteRuleCode
from institution.models import Institution, Licence, ServiceFee, SiteRule
from institution.selectors.classes import class_sentences, classes_for_findings

C = SiteRuleCode
DOCUMENT = "licence_"


@dataclass(frozen=True)
class Finding:
    """What lies outside a rule: said, never refused."""

    code: str
    text: str
    basis: str = ""


@dataclass(frozen=True)
class InstitutionFile:
    institution: Institution
    fees: list[ServiceFee]  # in force
    coming: list[ServiceFee]
    past: list[ServiceFee]
    licences: list[Licence]  # that count, those that end first at the top
    findings: list[Finding]


def institution_file(*, actor: Actor, institution: Institution, day: dt.date) -> InstitutionFile:
    """`institution` with its region loaded."""
    rows = list(ServiceFee.objects.visible_to(actor).filter(institution=institution))
    fees = in_force(rows, day)
    licences = list(licences_of(actor, day).filter(institution=institution))
    rules = rules_for(institution, day)
    coming = [fee for fee in rows if fee.valid_from > day]
    past = [fee for fee in rows if fee.valid_from <= day and fee not in fees]
    return InstitutionFile(
        institution=institution,
        fees=fees,
        coming=sorted(coming, key=_by_way),
        past=sorted(past, key=lambda fee: (-fee.valid_from.toordinal(), *_by_way(fee))),
        licences=licences,
        findings=[
            *findings(institution=institution, fees=fees, licences=licences, rules=rules, day=day),
            *class_findings(actor=actor, institution=institution, rules=rules, day=day),
        ],
    )


def class_findings(
    *, actor: Actor, institution: Institution, rules: list[SiteRule], day: dt.date
) -> list[Finding]:
    """Of classes and their rooms, as far as the actor sees them."""
    classes = classes_for_findings(actor=actor, institution=institution, day=day)
    said = class_sentences(institution=institution, classes=classes, rules=rules, day=day)
    return [Finding(code, text, basis) for code, text, basis in said]


def in_force(fees: Iterable[ServiceFee], day: dt.date) -> list[ServiceFee]:
    """As ServiceFee.objects.in_force, of rows that are here already."""
    newest: dict[tuple[str, str], ServiceFee] = {}
    for fee in sorted(fees, key=lambda fee: fee.valid_from):
        if fee.valid_from <= day:
            newest[fee.mode, fee.unit] = fee
    return sorted((fee for fee in newest.values() if fee.amount is not None), key=_by_way)


def _by_way(fee: ServiceFee) -> tuple:
    return ServiceMode.values.index(fee.mode), FeeUnit.values.index(fee.unit), fee.valid_from


def own_institution(actor: Actor) -> Institution:
    """The one the actor works in."""
    mine = Institution.objects.visible_to(actor).filter(pk=actor.workplace)
    return mine.select_related("region").get()


def licences_of(actor: Actor, day: dt.date):
    counting = Licence.objects.visible_to(actor).unrenewed().with_state(day)
    return counting.order_by("valid_until", "kind", "pk")


def licences_running_out(*, actor: Actor) -> list[Licence]:
    """What the director has to renew."""
    return list(licences_of(actor, today()).running_out())


def findings(
    *,
    institution: Institution,
    fees: list[ServiceFee],
    licences: list[Licence],
    rules: list[SiteRule],
    day: dt.date,
) -> list[Finding]:
    found = [
        finding
        for rule in rules
        if rule.code != C.ROOM_AREA  # of each class: institution.selectors.classes
        for finding in _against(rule, institution, fees, licences)
    ]
    if institution.inclusive_ended(day):
        sentence = _("The recognition as inclusive ended on %(day)s.")
        found.append(Finding("inclusive_ended", sentence % {"day": institution.inclusive_until}))
    return found


def rules_for(institution: Institution, day: dt.date) -> list[SiteRule]:
    """Of each kind one: for the form before for all, of the nearest region, the newest."""
    rules = SiteRule.objects.on(day).around(institution.region.path)
    nearest: dict[str, SiteRule] = {}
    order = ("code", "region_path", "valid_from", "pk")
    for rule in sorted(rules.order_by(*order), key=lambda r: (bool(r.forms), len(r.region_path))):
        if not rule.forms or institution.form in rule.forms:
            nearest[rule.code] = rule
    return [nearest[code] for code in SiteRuleCode.values if code in nearest]


def _against(
    rule: SiteRule, institution: Institution, fees: list[ServiceFee], licences: list[Licence]
) -> Iterator[Finding]:
    if rule.code.startswith(DOCUMENT):
        kind = rule.code.removeprefix(DOCUMENT)
        if rule.least and not any(licence.kind == kind for licence in licences):
            sentence = _("Not on file: %(document)s.") % {"document": LicenceKind(kind).label}
            yield Finding(rule.code, sentence, rule.basis)
    elif rule.code == C.FEES:
        without = set(institution.service_modes) - {fee.mode for fee in fees}
        ways = [str(mode.label) for mode in ServiceMode if mode in without]
        if ways:
            sentence = _("No fee is told for: %(ways)s.") % {"ways": _(", ").join(ways)}
            yield Finding(rule.code, sentence, rule.basis)
    else:
        value = _figure(rule.code, institution)
        if value is not None and rule.least is not None and value < rule.least:
            yield Finding(rule.code, _sentence(rule.code, value, least=rule.least), rule.basis)
        if value is not None and rule.most is not None and value > rule.most:
            yield Finding(rule.code, _sentence(rule.code, value, most=rule.most), rule.basis)


def _figure(code: str, institution: Institution) -> Decimal | int | None:
    """None: not told, so nothing can be said."""
    match code:
        case C.LOWEST_STOREY:
            return institution.lowest_storey
        case C.HIGHEST_STOREY:
            return institution.highest_storey
        case C.FLOOR_AREA:
            return _each(institution.floor_area, institution.places)
        case C.OUTDOOR_AREA:
            return _each(institution.outdoor_area, institution.places)
        case _:
            return institution.places


def _each(area: Decimal | None, places: int) -> Decimal | None:
    return area / places if area is not None and places else None


def _sentence(
    code: str, value: Decimal | int, *, least: Decimal | None = None, most: Decimal | None = None
) -> str:
    limit = least if least is not None else most
    words = {
        "what": SiteRuleCode(code).label,
        "value": _plain(value),
        "limit": _plain(limit or Decimal(0)),
    }
    if least is not None:
        return _("%(what)s: %(value)s, where the rule asks for at least %(limit)s.") % words
    return _("%(what)s: %(value)s, where the rule allows at most %(limit)s.") % words


def _plain(value: Decimal | int) -> str:
    return number(value, 0 if value == int(value) else 1)
