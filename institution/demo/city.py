"""Where the nurseries are and what they are: regions, sites, forms, classes."""

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from stdnum.cn import uscc

from core.models import Region
from core.models.region import RegionLevel
from institution.demo.names import Names
from institution.demo.words import WORDS
from institution.enums import ClassType, InstitutionForm, OperationMode
from institution.models import ClassGroup, ClassTypeRule, Institution

OUTLINES = Path(__file__).parent / "outlines.json"
USE = 0.69  # children per place, over the whole city


@dataclass(frozen=True)
class Scale:
    institutions: int
    children: int


SCALES = {"demo": Scale(24, 600), "quarter": Scale(230, 8_000), "city": Scale(910, 31_000)}

# Of 910 nurseries, and inhabitants: rounded figures for the demonstration, not statistics.
SHARES = {
    "370811": (158, 1_186_000),
    "370883": (121, 1_103_000),
    "370881": (80, 620_000),
    "370812": (79, 531_000),
    "370829": (71, 755_000),
    "370830": (67, 686_000),
    "370826": (64, 617_000),
    "370828": (60, 579_000),
    "370832": (60, 710_000),
    "370831": (48, 522_000),
    "370827": (43, 407_000),
    "370871": (34, 265_000),
    "JN-JKQ": (14, 98_000),
    "JN-TBH": (11, 170_000),
}
# Zones have no outline of their own: the county around them and a middle within it.
ZONES = {
    "370871": ("370811", (116.66, 35.43)),
    "JN-TBH": ("370811", (116.60, 35.35)),
    "JN-JKQ": ("370829", (116.40, 35.42)),
}

T = ClassType
CLASSES: dict[InstitutionForm, list[tuple[ClassType, ...]]] = {
    InstitutionForm.CENTRE: [
        (T.INFANT, T.TODDLER_SMALL, T.TODDLER_BIG),
        (T.INFANT, T.TODDLER_SMALL, T.TODDLER_SMALL, T.TODDLER_BIG),
        (T.INFANT, T.TODDLER_SMALL, T.TODDLER_SMALL, T.TODDLER_BIG, T.TODDLER_BIG),
        (T.TODDLER_SMALL, T.TODDLER_BIG, T.MIXED),
    ],
    InstitutionForm.COMMUNITY: [
        (T.MIXED,),
        (T.TODDLER_SMALL, T.MIXED),
        (T.TODDLER_SMALL, T.TODDLER_BIG),
    ],
    InstitutionForm.EMPLOYER: [
        (T.INFANT, T.TODDLER_SMALL),
        (T.TODDLER_SMALL, T.TODDLER_BIG),
        (T.MIXED,),
    ],
    InstitutionForm.KINDERGARTEN: [
        (T.TODDLER_BIG,),
        (T.TODDLER_BIG, T.TODDLER_BIG),
        (T.TODDLER_SMALL, T.TODDLER_BIG),
    ],
    InstitutionForm.MEDICAL: [
        (T.INFANT, T.TODDLER_SMALL, T.TODDLER_BIG),
        (T.INFANT, T.TODDLER_SMALL),
    ],
    InstitutionForm.FAMILY: [(T.MIXED,)],
}
FAMILY_PLACES = 5
FORMS = {
    InstitutionForm.CENTRE: 46,
    InstitutionForm.KINDERGARTEN: 22,
    InstitutionForm.COMMUNITY: 16,
    InstitutionForm.EMPLOYER: 6,
    InstitutionForm.MEDICAL: 4,
    InstitutionForm.FAMILY: 6,
}
O = OperationMode  # noqa: E741
OPERATIONS = {
    InstitutionForm.CENTRE: (O.PUBLIC_PRIVATE, O.PRIVATE_SUPPORTED, O.PRIVATE_SUPPORTED, O.PRIVATE),
    InstitutionForm.COMMUNITY: (O.PUBLIC_PRIVATE, O.PRIVATE_SUPPORTED),
    InstitutionForm.EMPLOYER: (O.PUBLIC_PUBLIC, O.PRIVATE_SUPPORTED),
    InstitutionForm.KINDERGARTEN: (O.PUBLIC_PUBLIC, O.PUBLIC_PUBLIC, O.PRIVATE_SUPPORTED),
    InstitutionForm.MEDICAL: (O.PUBLIC_PUBLIC, O.PUBLIC_PRIVATE),
    InstitutionForm.FAMILY: (O.PRIVATE,),
}
FEES = {
    O.PUBLIC_PUBLIC: (980, 1180, 1280),
    O.PUBLIC_PRIVATE: (1280, 1380, 1480),
    O.PRIVATE_SUPPORTED: (1280, 1480, 1680),
    O.PRIVATE: (1680, 1980, 2380),
}
INCLUSIVE_BELOW = 1500
ORGANISATION = {
    O.PUBLIC_PUBLIC: "12",
    O.PUBLIC_PRIVATE: "52",
    O.PRIVATE_SUPPORTED: "52",
    O.PRIVATE: "91",
}

ENDINGS = {
    InstitutionForm.CENTRE: ("托育园", "托育中心", "婴幼儿照护中心"),
    InstitutionForm.COMMUNITY: ("社区托育园", "社区托育服务站"),
    InstitutionForm.EMPLOYER: ("职工托育园",),
    InstitutionForm.KINDERGARTEN: ("幼儿园托班",),
    InstitutionForm.MEDICAL: ("医养托育中心",),
    InstitutionForm.FAMILY: ("家庭托育点",),
}
CLASS_NAMES = {
    T.INFANT: "乳儿班",
    T.TODDLER_SMALL: "托小班",
    T.TODDLER_BIG: "托大班",
    T.MIXED: "混合班",
}

SHOWCASE_TOWN = "370811011"
SHOWCASE_NAME = "古槐小脚丫托育园"
SHOWCASE_CLASSES = (T.INFANT, T.TODDLER_SMALL, T.TODDLER_SMALL, T.TODDLER_BIG)
SHOWCASE_CLASS = "托小班（1）班"


class City:
    """Builds the unsaved institutions and classes of one scale; the first one is the showcase."""

    def __init__(self, rng: random.Random, scale: Scale, names: Names, today: dt.date) -> None:
        self.rng = rng
        self.scale = scale
        self.names = names
        self.today = today
        self.regions = {region.code: region for region in Region.objects.order_by("pk")}
        self.sizes = {
            rule.class_type: rule.max_children for rule in ClassTypeRule.objects.on(today)
        }
        self.taken: set[str] = {SHOWCASE_NAME}
        self.codes: set[str] = set()
        self.wanted_places = scale.children / USE / scale.institutions

    def build(self) -> list[tuple[Institution, list[ClassGroup]]]:
        built = [self._showcase()]
        places = built[0][0].places
        for county, number in self._numbers().items():
            for _turn in range(number - (county == "370811")):
                nursery = self._nursery(county, ahead=places - self.wanted_places * len(built))
                built.append(nursery)
                places += nursery[0].places
        return built

    def _numbers(self) -> dict[str, int]:
        """By share, at least one each, adding up."""
        total = sum(share for share, _people in SHARES.values())
        exact = {
            code: share * self.scale.institutions / total for code, (share, _) in SHARES.items()
        }
        numbers = {code: max(1, int(value)) for code, value in exact.items()}
        behind = sorted(exact, key=lambda code: (numbers[code] - exact[code], code))
        left = self.scale.institutions - sum(numbers.values())
        for turn in range(abs(left)):
            if left > 0:
                numbers[behind[turn % len(behind)]] += 1
            else:
                numbers[max(numbers, key=lambda code: (numbers[code], code))] -= 1
        return numbers

    def _showcase(self) -> tuple[Institution, list[ClassGroup]]:
        return self._make(
            self.regions[SHOWCASE_TOWN],
            "370811",
            InstitutionForm.CENTRE,
            SHOWCASE_CLASSES,
            name=SHOWCASE_NAME,
            operation=O.PUBLIC_PRIVATE,
        )

    def _nursery(self, county: str, ahead: float) -> tuple[Institution, list[ClassGroup]]:
        """Of two drafts, the one that brings the city nearer to its number of places."""
        drafts = []
        for _draft in range(2):
            form = self.rng.choices(list(FORMS), list(FORMS.values()))[0]
            classes = self.rng.choice(CLASSES[form])
            drafts.append(
                (abs(ahead + self._places(form, classes) - self.wanted_places), form, classes)
            )
        _distance, form, classes = min(drafts, key=lambda draft: draft[0])
        return self._make(self._site(county, form), county, form, classes)

    def _site(self, county: str, form: InstitutionForm) -> Region:
        """Streets of the seat hold more nurseries than villages; zones without towns hold them themselves."""
        here = self.regions[county]
        towns = [
            r
            for r in self.regions.values()
            if r.parent_id == here.pk and r.level == RegionLevel.TOWN
        ]
        if not towns:
            return here
        return self.rng.choices(towns, [4 if town.name.endswith("街道") else 1 for town in towns])[
            0
        ]

    def _places(self, form: InstitutionForm, classes: tuple[ClassType, ...]) -> int:
        if form == InstitutionForm.FAMILY:
            return FAMILY_PLACES
        return sum(self.sizes[class_type] for class_type in classes)

    def _make(self, region, county, form, classes, *, name="", operation=None):
        rng = self.rng
        operation = operation or rng.choice(OPERATIONS[form])
        fee = rng.choice(FEES[operation])
        places = self._places(form, classes)
        longitude, latitude = self._point(county, near=region.name.endswith("街道"))
        name = name or self._name(region, form)
        opened = self.today - dt.timedelta(days=rng.randrange(400, 2600))
        institution = Institution(
            name=name,
            credit_code=self._credit_code(county, operation),
            region=region,
            form=form,
            operation=operation,
            inclusive=fee < INCLUSIVE_BELOW,
            address=f"{self.regions[county].name}{rng.choice(WORDS['roads'])}{rng.randrange(1, 399)}号",
            phone=self.names.land_line(),
            latitude=latitude,
            longitude=longitude,
            places=places,
            floor_area=Decimal(places * rng.randrange(62, 95)) / 10,
            outdoor_area=Decimal(places * rng.randrange(30, 55)) / 10,
            introduction="".join(rng.sample(WORDS["sentences"], 3)),
            opened_on=opened,
        )
        institution.monthly_fee = Decimal(fee)  # no column: demo.file makes dated fees of it
        return institution, list(self._classes(institution, classes, opened))

    def _classes(self, institution: Institution, classes, opened: dt.date) -> Iterator[ClassGroup]:
        seen: dict[ClassType, int] = {}
        for class_type in classes:
            seen[class_type] = seen.get(class_type, 0) + 1
            family = institution.form == InstitutionForm.FAMILY
            yield ClassGroup(
                institution=institution,
                name=f"{CLASS_NAMES[class_type]}（{seen[class_type]}）班",
                class_type=class_type,
                capacity=FAMILY_PLACES if family else self.sizes[class_type],
                opened_on=opened,
            )

    def _name(self, region: Region, form: InstitutionForm) -> str:
        place = region.short_name.removesuffix("新区").removesuffix("区")
        while True:
            name = f"{place}{self.rng.choice(WORDS['nurseries'])}{self.rng.choice(ENDINGS[form])}"
            if name not in self.taken:
                self.taken.add(name)
                return name

    def _credit_code(self, county: str, operation: OperationMode) -> str:
        digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        while True:
            body = "".join(self.rng.choices(digits, k=8))
            outline = ZONES[county][0] if county in ZONES else county
            start = f"{ORGANISATION[operation]}{outline}{body}{_organisation_check(body)}"
            code = start + uscc.calc_check_digit(start)
            if code not in self.codes:
                self.codes.add(code)
                return code

    def _point(self, county: str, *, near: bool) -> tuple[Decimal, Decimal]:
        """Within the county's outline, closer to its seat for a street than for a village."""
        outline, middle = ZONES.get(county, (county, None))
        shape = _outlines()[outline]
        x, y = middle or shape["centre"]
        spread = 0.025 if near or middle else 0.09
        for _try in range(400):
            point = self.rng.gauss(x, spread), self.rng.gauss(y, spread * 0.85)
            if inside(point, shape["ring"]):
                break
        else:
            point = x, y
        return Decimal(f"{point[0]:.5f}"), Decimal(f"{point[1]:.5f}")


@cache
def _outlines() -> dict[str, dict]:
    return json.loads(OUTLINES.read_text())


def inside(point: tuple[float, float], ring: list[tuple[float, float]]) -> bool:
    """Even-odd rule: how often a ray to the east crosses the ring."""
    x, y = point
    crossings = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            crossings = not crossings
    return crossings


def _organisation_check(body: str) -> str:
    """GB 11714 over the eight characters of the organisation's code."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(weight * int(sign, 36) for weight, sign in zip(weights, body, strict=True))
    return "0123456789X0"[(11 - total % 11) % 12]
