"""Each way to take one brick out of the first wall: a `visible_to` dropped, a guard of the gate or the scope turned round."""

import ast
import builtins
import gc
import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

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

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


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


# ---- into the running process ----


def plant(mutant: Mutant) -> None:
    """From now on every function of this process that holds the brick works without it."""
    if not _rework(mutant.path, [mutant], _without):
        raise RuntimeError(f"{mutant} is in no function.")


def watch(all_of_them: Iterable[Mutant], noted: Callable[[str], None]) -> None:
    """From now on `noted` is told each time that one of them is passed."""
    vars(builtins)[NOTED] = lambda name, value: (noted(name), value)[1]
    of_file: dict[str, list[Mutant]] = {}
    for mutant in all_of_them:
        of_file.setdefault(mutant.path, []).append(mutant)
    for path, some in of_file.items():
        _rework(path, some, _noted)


NOTED = "__noted_by_the_proof__"
Change = Callable[[ast.AST, Mutant], ast.AST]


def _rework(path: str, some: list[Mutant], change: Change) -> int:
    """Gives every function of the file its new code. The functions stay the same objects: whoever took hold of one
    when the file was imported, a URL or a decorator, has the changed one too."""
    importlib.import_module(some[0].module)
    target = str(CHECKOUT / path)
    source = Path(target).read_bytes()
    reworked = _Rework(some, change)
    tree = reworked.visit(ast.parse(source, target))
    if left := reworked.left:
        raise RuntimeError(f"{', '.join(map(str, left))}: not there any more.")
    new = compile(ast.fix_missing_locations(tree), target, "exec", dont_inherit=True)
    pairs = _pairs(compile(source, target, "exec", dont_inherit=True), new)
    codes = {_place(old): (old, new) for old, new in pairs if old != new}
    changed = 0
    for function in [found for found in gc.get_objects() if type(found) is FunctionType]:
        old, new = codes.get(_place(function.__code__), (None, None))
        if old is not None and old == function.__code__:
            function.__code__ = new
            changed += 1
    return changed


def _place(code: CodeType) -> tuple[str, int, str]:
    return code.co_filename, code.co_firstlineno, code.co_qualname


def _pairs(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    yield old, new
    inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new)]
    for one, other in zip(*inner, strict=True):
        yield from _pairs(one, other)


class _Rework(ast.NodeTransformer):
    def __init__(self, some: list[Mutant], change: Change) -> None:
        self._change = change
        self.left = list(some)

    def visit(self, node: ast.AST):
        what = _kind(node, guard=True)
        here = (getattr(node, "lineno", 0), getattr(node, "col_offset", -1), what)
        mutant = next((m for m in self.left if what and (m.line, m.column, m.what) == here), None)
        if mutant is None:
            return self.generic_visit(node)
        self.left.remove(mutant)
        return self._change(self.generic_visit(node), mutant)


def _without(node, mutant: Mutant) -> ast.AST:
    """What is not asked any more is still written there: a function keeps the names that it has from outside."""
    if mutant.what == "visible_to dropped":
        node.func = ast.copy_location(ast.Attribute(node.func.value, "all", ast.Load()), node.func)
        never = ast.IfExp(ast.Constant(value=False), ast.Tuple(node.args, ast.Load()), _nothing())
        node.args = [ast.Starred(never, ast.Load())]
    elif mutant.what == "guard never asked":
        node.test = ast.BoolOp(ast.And(), [ast.Constant(value=False), node.test])
    else:
        yes = "models.Q()" if "NOTHING" in mutant.what else "True"
        node.value = ast.parse(yes, mode="eval").body
    return node


def _nothing() -> ast.Tuple:
    return ast.Tuple([], ast.Load())


def _noted(node, mutant: Mutant) -> ast.AST:
    def told(value: ast.expr) -> ast.Call:
        return ast.Call(
            ast.Name(NOTED, ast.Load()), [ast.Constant(value=str(mutant)), value], keywords=[]
        )

    if isinstance(node, ast.Call):
        node.func.value = told(node.func.value)  # type: ignore[attr-defined]
    elif isinstance(node, ast.If):
        node.test = told(node.test)
    else:
        node.value = told(node.value)
    return node
