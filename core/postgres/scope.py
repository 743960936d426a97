"""In whose name this process speaks to the database. Plain Python: the database backend reads it for every statement."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property

# Who may do without a person's scope, and why. A reason that is not here cannot be entered.
SYSTEM_REASONS = frozenset(
    {
        "audit",
        "benchmark",
        "child: key of its own",
        "child: same resident id elsewhere",
        "command",
        "device secret",
        "figures of a region",
        "invitation: places elsewhere",
        "monthly partitions",
        "public figures",
        "resolve actor",
        "staff: same document elsewhere",
        "state of the anchors",
        "task",
        "tests",
    }
)


@dataclass(frozen=True, kw_only=True)
class DatabaseScope:
    """What the policies ask for. `role` is the database role that the transaction takes; "none" is the login itself."""

    kind: str
    role: str = "none"
    user_id: int | None = None
    institution_ids: tuple[int, ...] = ()
    region_path: str = ""
    child_ids: tuple[int, ...] = ()
    reason: str = ""

    @cached_property
    def stamp(self) -> bytes:
        """The statement that writes this scope into the transaction in force, and nowhere beyond it."""
        if self.kind == "nobody":
            return b"SELECT set_config('role', 'none', true), set_config('app.at', '', true); "
        settings = {
            "role": self.role,
            "app.user": "" if self.user_id is None else str(self.user_id),
            "app.inst": _array(self.institution_ids),
            "app.region": self.region_path,
            "app.children": _array(self.child_ids),
        }
        pairs = ", ".join(
            f"set_config('{name}', {_quoted(value)}, true)" for name, value in settings.items()
        )
        at = "set_config('app.at', extract(epoch FROM now())::text, true)"
        return f"SELECT {at}, {pairs}; ".encode()


PUBLIC = DatabaseScope(kind="public")
NOBODY = DatabaseScope(kind="nobody")  # where no scope is entered, or one was left
UNKNOWN = DatabaseScope(kind="unknown")

_scope: ContextVar[DatabaseScope | None] = ContextVar("database_scope", default=None)
_usual: list[DatabaseScope] = []


def current() -> DatabaseScope | None:
    """None: the stamp says nobody, and the policies refuse every row of a nursery."""
    return _scope.get() or (_usual[0] if _usual else None)


def set_usual(scope: DatabaseScope | None) -> None:
    """The scope of code that entered none. Only the tests' process has one."""
    _usual[:] = [scope] if scope else []


@cache
def system_scope(reason: str) -> DatabaseScope:
    """Every row. `reason` is "why" or "why: what for", and the why must be listed in SYSTEM_REASONS."""
    if reason not in SYSTEM_REASONS and reason.partition(":")[0] not in SYSTEM_REASONS:
        raise ValueError(f"{reason!r} is not a reason to work as the system.")
    return DatabaseScope(kind="system", role="app_system", reason=reason)


@contextmanager
def entered(scope: DatabaseScope | None) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def change(scope: DatabaseScope) -> None:
    """From here to the end of the `entered` block around it, for a request that learns late who is asking."""
    _scope.set(scope)


def _array(ids: Iterable[int]) -> str:
    return "{" + ",".join(str(int(pk)) for pk in sorted(ids)) + "}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''").replace("\0", "") + "'"
