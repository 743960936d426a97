"""Where a regulator looks: the own region, a county or a town below it."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import get_language

from core.errors import NotThere
from core.models import Region
from core.models.region import RegionLevel
from core.scoping import Actor


def region_label(region: Region) -> str:
    return name_in_language(region.short_name or region.name, region.name_en)


def name_in_language(name: str, name_en: str) -> str:
    return name_en if name_en and (get_language() or "").startswith("en") else name


@dataclass(frozen=True)
class Place:
    """The region looked at, in the part of the tree that the actor may see."""

    root: Region
    region: Region
    counties: list[Region]
    parts: list[Region]  # what the region is divided into; empty for a town

    @property
    def label(self) -> str:
        return region_label(self.region)

    @property
    def is_root(self) -> bool:
        return self.region.pk == self.root.pk

    @property
    def above(self) -> Region | None:
        """One step up, as far as the actor's own region."""
        found = [
            region
            for region in [self.root, *self.counties]
            if self.region.path != region.path and self.region.path.startswith(region.path)
        ]
        return found[-1] if found else None

    @property
    def chosen_county(self) -> Region | None:
        return next((c for c in self.counties if self.region.path.startswith(c.path)), None)


def place_of(actor: Actor, code: str = "") -> Place:
    """NotThere for a region outside the actor's, in the same words as for one that does not exist."""
    wanted = Q(path=actor.region_path) | Q(level=RegionLevel.COUNTY)
    wanted |= Q(code=code) | Q(parent__code=code) if code else Q(parent__path=actor.region_path)
    found = list(Region.objects.visible_to(actor).filter(wanted).order_by("path", "pk"))
    root = next((region for region in found if region.path == actor.region_path), None)
    region = next((each for each in found if each.code == code), None) if code else root
    if root is None or region is None:
        raise NotThere
    return Place(
        root=root,
        region=region,
        counties=[each for each in found if each.level == RegionLevel.COUNTY],
        parts=[each for each in found if each.parent_id == region.pk],
    )
