import json
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

OUR_MODULES = (
    "js",
    "portal",
    "govadmin",
    "parents",
    "health",
    "quality",
    "training",
    "institution",
)


class NodeAssetsFinder(BaseFinder):
    """Serves, as vendor/<package>/<file>, exactly the files of node_modules that package.json names in staticAssets."""

    def __init__(self, app_names=None, *args, **kwargs):
        base = Path(settings.BASE_DIR)
        self.root = base / "node_modules"
        self.storage = FileSystemStorage(location=self.root)
        self.storage.prefix = "vendor"  # type: ignore[attr-defined]  # what finders give a storage
        self.files: dict[str, Path] = {}
        self.missing: list[str] = []
        assets = json.loads((base / "package.json").read_text())["staticAssets"]
        for package, patterns in assets.items():
            for pattern in patterns:
                self._add(package, pattern)

    def _add(self, package: str, pattern: str) -> None:
        found = sorted((self.root / package).glob(pattern))
        if not found:
            self.missing.append(f"{package}/{pattern}")
        for path in found:
            self.files[f"vendor/{path.relative_to(self.root).as_posix()}"] = path

    def find(self, path, find_all=False, **kwargs):  # noqa: FBT002 -- Django's signature
        hit = self.files.get(path)
        if find_all:
            return [str(hit)] if hit else []
        return str(hit) if hit else None

    def list(self, ignore_patterns) -> Iterator[tuple[str, FileSystemStorage]]:
        if self.missing:
            missing = ", ".join(self.missing)
            raise ImproperlyConfigured(f"Browser libraries are missing, run `npm ci`: {missing}")
        for name in self.files:
            yield name.removeprefix("vendor/"), self.storage


IMPORT_RULES = CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # noqa: SLF001 -- Django names it nowhere else


def _without_source_maps(patterns):
    return tuple(
        (glob, tuple(rule for rule in rules if "sourceMappingURL" not in str(rule)))
        for glob, rules in patterns
    )


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Hashed names everywhere. Imports are rewritten in our own modules only: libraries carry `import` in comments."""

    patterns = (
        *_without_source_maps(CompressedManifestStaticFilesStorage.patterns),
        *((f"{folder}/*.js", IMPORT_RULES) for folder in OUR_MODULES),
    )
