"""Each way to take one brick out of the first wall: a `visible_to` dropped, a guard of the gate or the scope turned round."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
APPS = ("core", "institution", "health", "quality", "training", "govadmin", "parents", "portal")
GUARDS = {
    "core/scoping.py": {"Actor", "Scope"},
    "core/http.py": {"gate"},
    "core/api.py": {"actor_of", "acting", "AnyActor", "ActorMay"},
}
WITHOUT = ("demo", "migrations", "tests")
WORDS = {"NOTHING", "False"}  # what a guard answers when it says no


@dataclass(frozen=True)
class Mutant:
    path: str  # from the checkout
    line: int
    column: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    @property
    def app(self) -> str:
        return self.path.partition("/")[0]


def mutants() -> list[Mutant]:
    found: list[Mutant] = []
    for app in APPS:
        for path in sorted((CHECKOUT / app).rglob("*.py")):
            name = path.relative_to(CHECKOUT).as_posix()
            if not any(part in WITHOUT for part in path.parts[len(CHECKOUT.parts) :]):
                found += _in(name, ast.parse(path.read_text(encoding="utf-8")))
    return found


def _in(name: str, tree: ast.Module) -> Iterator[Mutant]:
    for part in tree.body:
        guard = getattr(part, "name", "") in GUARDS.get(name, ())
        for node in ast.walk(part):
            what = _kind(node, guard=guard)
            if what:
                yield Mutant(name, node.lineno, node.col_offset, what)  # type: ignore[attr-defined]


def _kind(node: ast.AST, *, guard: bool) -> str:
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "visible_to"
    ):
        return "visible_to dropped"
    if guard and isinstance(node, ast.Return) and node.value is not None:
        said = ast.unparse(node.value)
        if said in WORDS:
            return f"return {said} turned round"
    if guard and isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise | ast.Return):
        return "guard never asked"
    return ""


class _Change(ast.NodeTransformer):
    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        self.done = False

    def visit(self, node: ast.AST):
        here = (getattr(node, "lineno", 0), getattr(node, "col_offset", -1))
        if here == (self.mutant.line, self.mutant.column):
            what = _kind(node, guard=True)
            if what == self.mutant.what:
                self.done = True
                return self._changed(node, what)
        return self.generic_visit(node)

    @staticmethod
    def _changed(node, what: str) -> ast.AST:
        if what == "visible_to dropped":
            everything = ast.Attribute(node.func.value, "all", ast.Load())
            return ast.copy_location(ast.Call(everything, [], []), node)
        if what == "guard never asked":
            node.test = ast.copy_location(ast.Constant(value=False), node.test)
            return node
        yes = "models.Q()" if "NOTHING" in what else "True"
        node.value = ast.copy_location(ast.parse(yes, mode="eval").body, node.value)
        return node


def plant(mutant: Mutant) -> None:
    """From now on the module is imported with the mutant in it."""
    target = str(CHECKOUT / mutant.path)
    usual = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, fullname: str):
        path = loader.get_filename(fullname)
        if path != target:
            return usual(loader, fullname)
        change = _Change(mutant)
        tree = change.visit(ast.parse(loader.get_data(path), path))
        if not change.done:
            raise RuntimeError(f"{mutant} is not there any more.")
        return compile(ast.fix_missing_locations(tree), path, "exec")

    if any(getattr(module, "__file__", None) == target for module in list(sys.modules.values())):
        raise RuntimeError(f"{mutant.path} was imported too early.")
    SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
