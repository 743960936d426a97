"""The body map: a child from the front and from behind, in regions of at least 44 units that a finger meets."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from institution.enums import BodyPart as B


@dataclass(frozen=True)
class Region:
    code: str
    label: str
    shape: str  # the `d` of an SVG path
    on: bool


@dataclass(frozen=True)
class View:
    label: str | Promise
    regions: list[Region]

    @property
    def marked(self) -> bool:
        return any(region.on for region in self.regions)


def _box(x: int, y: int, wide: int, high: int, r: int) -> str:
    across, down, arc = wide - 2 * r, high - 2 * r, f"a{r} {r} 0 0 1"
    return (
        f"M{x + r} {y}h{across}{arc} {r} {r}v{down}{arc}-{r} {r}"
        f"h-{across}{arc}-{r}-{r}v-{down}{arc} {r}-{r}z"
    )


_TOP, _BOTTOM = "M41 47a44 43 0 0 1 88 0z", "M41 49a44 44 0 0 0 88 0z"
_UPPER, _MIDDLE, _LOWER = (
    _box(53, 96, 64, 48, 10),
    _box(53, 146, 64, 46, 8),
    _box(53, 194, 64, 44, 14),
)
_ARMS = _box(5, 98, 44, 62, 16), _box(121, 98, 44, 62, 16)
_HANDS = _box(5, 162, 44, 44, 20), _box(121, 162, 44, 44, 20)
_LEGS = _box(40, 240, 44, 50, 10), _box(86, 240, 44, 50, 10)
_FEET = _box(40, 292, 44, 44, 16), _box(86, 292, 44, 44, 16)

# Seen from the front the child's right is on the left of the picture.
FRONT = {
    B.FOREHEAD: _TOP,
    B.FACE: _BOTTOM,
    B.CHEST: _UPPER,
    B.BELLY: _MIDDLE,
    B.HIPS: _LOWER,
    B.ARM_R: _ARMS[0],
    B.ARM_L: _ARMS[1],
    B.HAND_R: _HANDS[0],
    B.HAND_L: _HANDS[1],
    B.LEG_R: _LEGS[0],
    B.LEG_L: _LEGS[1],
    B.FOOT_R: _FEET[0],
    B.FOOT_L: _FEET[1],
}
BACK = {
    B.CROWN: _TOP,
    B.NAPE: _BOTTOM,
    B.UPPER_BACK: _UPPER,
    B.LOWER_BACK: _MIDDLE,
    B.BUTTOCKS: _LOWER,
    B.ARM_L_BACK: _ARMS[0],
    B.ARM_R_BACK: _ARMS[1],
    B.HAND_L_BACK: _HANDS[0],
    B.HAND_R_BACK: _HANDS[1],
    B.LEG_L_BACK: _LEGS[0],
    B.LEG_R_BACK: _LEGS[1],
    B.HEEL_L: _FEET[0],
    B.HEEL_R: _FEET[1],
}
VIEWS = ((_("From the front"), FRONT), (_("From behind"), BACK))


def views(marked: Iterable[str]) -> list[View]:
    on = set(marked)
    return [
        View(
            label,
            [
                Region(str(part), str(part.label), shape, part in on)
                for part, shape in shapes.items()
            ],
        )
        for label, shapes in VIEWS
    ]


def names(marked: Iterable[str]) -> list[str]:
    on = set(marked)
    return [str(part.label) for part in B if part in on]
