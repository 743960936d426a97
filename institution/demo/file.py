"""What the nurseries of the demonstration city say for the filing: fields, dated fees, licences of which a few run out."""

import datetime as dt
import random
from collections.abc import Iterator
from decimal import Decimal

from core.permissions import Role
from institution.demo import Context, Nursery
from institution.demo.copy import copy_in
from institution.demo.names import Names
from institution.enums import (
    FeeUnit,
    InstitutionForm,
    InstitutionNature,
    LicenceKind,
    OperationMode,
    ServiceMode,
    Sex,
)
from institution.models import ClassGroup, Institution, Licence, ServiceFee

Built = list[tuple[Institution, list[ClassGroup]]]
N = InstitutionNature
NATURE = {
    OperationMode.PUBLIC_PUBLIC: N.PUBLIC,
    OperationMode.PUBLIC_PRIVATE: N.SOCIAL,
    OperationMode.PRIVATE_SUPPORTED: N.SOCIAL,
    OperationMode.PRIVATE: N.COMPANY,
}
REGISTRAR = {N.PUBLIC: "机构编制委员会办公室", N.SOCIAL: "民政局", N.COMPANY: "市场监督管理局"}
K = LicenceKind
ISSUER = {
    K.SITE: "自然资源和规划局",
    K.HEALTH: "妇幼保健院",
    K.FIRE: "消防救援大队",
    K.FOOD: "市场监督管理局",
    K.PLEDGE: "卫生健康局",
    K.RECEIPT: "卫生健康局",
}
TERM_DAYS = {K.FIRE: 365, K.FOOD: 5 * 365, K.HEALTH: 3 * 365}
BEGUN = dt.date(2026, 9, 1)  # the fees of this school year
SHARE_OF_MONTH = {  # of a full day's month, in hundredths
    (ServiceMode.FULL_DAY, FeeUnit.DAY): 6,
    (ServiceMode.HALF_DAY, FeeUnit.MONTH): 60,
    (ServiceMode.HOURLY, FeeUnit.HOUR): 2,
    (ServiceMode.TEMPORARY, FeeUnit.DAY): 7,
}


def describe(city: Built, seed: int, today: dt.date) -> None:
    """Fields of the institutions, before they are written."""
    rng = random.Random(f"{seed}:file")  # noqa: S311 -- made-up data
    names = Names(rng)
    for institution, _groups in city:
        institution.nature = NATURE[OperationMode(institution.operation)]
        institution.legal_representative = names.adult(rng.choice(list(Sex)))
        low = rng.choice((1, 1, 1, 2))
        high = min(low + rng.randrange(3), 3 if rng.random() < 0.97 else 4)
        if institution.form == InstitutionForm.FAMILY:
            low = high = rng.choice((1, 2, 3))
        institution.lowest_storey, institution.highest_storey = low, max(low, high)
        modes = [ServiceMode.FULL_DAY]
        modes += [mode for mode in list(ServiceMode)[1:4] if rng.random() < 0.4]
        institution.service_modes = [mode.value for mode in modes]
        if institution.inclusive:
            opened = institution.opened_on or today
            institution.inclusive_from = max(opened, today - dt.timedelta(days=rng.randrange(900)))
            institution.inclusive_until = today + dt.timedelta(days=rng.randrange(20, 900))


def fill(context: Context, city: Built) -> None:
    """Fees, documents and the director's name, once the rows they point at are there."""
    rng = random.Random(f"{context.seed}:papers")  # noqa: S311 -- made-up data
    institutions = [institution for institution, _groups in city]
    fees = [fee for institution in institutions for fee in _fees(institution, rng)]
    directors = {
        worker.institution_id: worker for worker in context.staff if worker.role == Role.DIRECTOR
    }
    for institution in institutions:
        institution.person_in_charge = directors[institution.pk].name
    Institution.objects.bulk_update(institutions, ["person_in_charge"], batch_size=200)
    nurseries = {nursery.id: nursery for nursery in context.nurseries}
    licences = [
        licence
        for institution in institutions
        for licence in _licences(
            context, nurseries[institution.pk], institution, directors[institution.pk].user_id, rng
        )
    ]
    with context.bar("Fees and documents", len(fees) + len(licences)) as bar:
        copy_in(ServiceFee, fees, bar)
        copy_in(Licence, licences, bar)


def _fees(institution: Institution, rng: random.Random) -> Iterator[ServiceFee]:
    month = institution.monthly_fee or Decimal(0)
    opened = institution.opened_on or BEGUN
    full_day = (ServiceMode.FULL_DAY, FeeUnit.MONTH)
    if opened < BEGUN and rng.random() < 0.5:
        yield _fee(institution, full_day, month - 100, opened)
        opened = BEGUN
    yield _fee(institution, full_day, month, opened)
    for way, share in SHARE_OF_MONTH.items():
        if way[0] in institution.service_modes:
            yield _fee(institution, way, Decimal(round(month * share / 100)), opened)


def _fee(institution: Institution, way: tuple, amount: Decimal, since: dt.date) -> ServiceFee:
    mode, unit = way
    return ServiceFee(
        institution_id=institution.pk, mode=mode, unit=unit, amount=amount, valid_from=since
    )


def _licences(
    context: Context, nursery: Nursery, institution: Institution, user: int, rng: random.Random
) -> Iterator[Licence]:
    family = nursery.form == InstitutionForm.FAMILY
    kinds = [K.REGISTRATION, K.PLEDGE, K.RECEIPT]
    kinds += [] if family else [K.SITE, K.HEALTH, K.FIRE, K.FOOD]
    for kind in kinds:
        if kind != K.REGISTRATION and rng.random() < 0.02:
            continue  # not handed in yet
        term = TERM_DAYS.get(kind)
        age = rng.randrange(10, 330) if term else rng.randrange(30, 400)
        if term and rng.random() < 0.08:
            age = term - rng.randrange(-20, 25)  # about to end, or ended
        issued = context.today - dt.timedelta(days=age)
        registration = kind == K.REGISTRATION
        yield Licence(
            institution_id=institution.pk,
            kind=kind,
            number=institution.credit_code
            if registration
            else f"{issued:%Y}{rng.randrange(10**6):06d}",
            issuer=REGISTRAR[N(institution.nature)] if registration else ISSUER[kind],
            issued_on=issued,
            valid_until=issued + dt.timedelta(days=term) if term else None,
            added_by_id=user,
            added_at=context.until,
        )
