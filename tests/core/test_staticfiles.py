import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from core.staticfiles import OUR_MODULES, NodeAssetsFinder

BASE = Path(settings.BASE_DIR)
HASHED_STORAGE = {"BACKEND": "core.staticfiles.HashedStorage"}


@pytest.fixture
def collected(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": HASHED_STORAGE}
    call_command("collectstatic", interactive=False, verbosity=0)
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())
    return tmp_path, manifest["paths"]


def packages() -> dict:
    return json.loads((BASE / "package.json").read_text())


@pytest.mark.slow
def test_collectstatic_hashes_our_files_and_the_listed_libraries(collected):
    folder, paths = collected

    htmx = paths["vendor/htmx.org/dist/htmx.min.js"]
    assert re.fullmatch(r"vendor/htmx\.org/dist/htmx\.min\.[0-9a-f]{12}\.js", htmx)
    assert (folder / htmx).exists()
    assert (folder / f"{htmx}.gz").exists()


@pytest.mark.slow
def test_modules_import_each_other_by_their_hashed_names(collected):
    folder, paths = collected

    for name, hashed in paths.items():
        if not name.endswith(".js") or name.split("/")[0] not in OUR_MODULES:
            continue
        text = re.sub(r"/\*.*?\*/", "", (folder / hashed).read_text(), flags=re.DOTALL)
        for imported in re.findall(r"""(?:from|import)\s*\(?["'](\.[^"']+)["']""", text):
            target = (folder / hashed).parent / imported
            assert target.exists(), f"{name} imports {imported}"
            assert target.resolve().relative_to(folder).as_posix() in paths.values(), name


@pytest.mark.slow
def test_styles_point_to_hashed_fonts(collected):
    folder, paths = collected

    text = (folder / paths["css/tokens.css"]).read_text()
    fonts = re.findall(r'url\("([^"]+woff2)"\)', text)
    assert len(fonts) == 2
    assert all((folder / "css" / font).exists() for font in fonts)
    assert all(re.search(r"\.[0-9a-f]{12}\.woff2$", font) for font in fonts)


def test_finder_serves_only_what_is_listed():
    finder = NodeAssetsFinder()

    names = {f"vendor/{name}" for name, _storage in finder.list([])}
    assert "vendor/idb/build/index.js" in names
    assert len(names) == sum(len(globs) for globs in packages()["staticAssets"].values())
    assert finder.find("vendor/idb/package.json") is None
    assert finder.find("vendor/idb/package.json", find_all=True) == []
    assert finders.find("vendor/idb/build/index.js").endswith("node_modules/idb/build/index.js")


def test_finder_without_the_libraries_says_what_to_do(settings, tmp_path):
    (tmp_path / "package.json").write_text('{"staticAssets": {"idb": ["build/index.js"]}}')
    settings.BASE_DIR = tmp_path

    with pytest.raises(ImproperlyConfigured, match=r"npm ci.*idb/build/index\.js"):
        list(NodeAssetsFinder().list([]))


def test_versions_are_exact_and_the_lock_names_no_registry():
    lock = (BASE / "package-lock.json").read_text()
    locked = json.loads(lock)["packages"]

    for name, version in packages()["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
        assert locked[f"node_modules/{name}"]["version"] == version
        assert locked[f"node_modules/{name}"]["integrity"].startswith("sha512-")
    assert '"resolved"' not in lock


def test_every_listed_package_is_installed_and_none_is_idle():
    listed = packages()

    assert listed["staticAssets"].keys() == listed["dependencies"].keys()


def test_our_styles_are_all_in_layers_except_print():
    for path in (BASE / "core/static/css").glob("*.css"):
        if path.name == "print.css":
            continue
        outside = re.sub(r"@layer [\w, ]+;", "", path.read_text())
        outside = re.sub(r"/\*.*?\*/", "", outside, flags=re.DOTALL)
        depth, top = 0, ""
        for letter in outside:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            top += letter if depth == 0 else ""
        assert set(top.replace("}", "").split()) <= {
            "@layer",
            "@font-face",
            *("reset", "tokens", "base", "layout", "components", "pages", "utilities"),
        }, path.name
