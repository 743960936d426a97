"""Row-level security as migration operations. A table of a nursery says in one line who reaches its rows:

    operations = [Isolate("quality_selfcheck", staff=IN_REACH)]

`staff` is for people of office, by the stamp of the transaction (core.postgres.scope); `family` is for parents, who run
in a database role of their own and cannot even read a table that names no `family`. The system's role sees every row.
tests/isolation names each table that should have such a line and has none.
"""

from django.db import migrations

from core.postgres import roles

# Each is one InitPlan for a statement: the function is asked once, and its array can use an index.
IN_OWN = "institution_id = ANY((SELECT app_own_inst())::bigint[])"  # nursery staff and its clinic
IN_REACH = (
    "institution_id = ANY((SELECT app_inst())::bigint[])"  # these, and regulators of the region
)
OF_PUPIL = "child_id = ANY((SELECT app_pupils())::bigint[])"  # ever enrolled where the person works
OF_OWN_CHILD = "child_id = ANY((SELECT app_children())::bigint[])"  # a parent's children
AT_CHILDS_NURSERY = (
    "institution_id = ANY((SELECT app_child_inst())::bigint[])"  # a parent's nurseries
)


class Isolate(migrations.RunSQL):
    """Row-level security on one table, also against its owner. Reversible."""

    def __init__(self, table: str, *, staff: str, family: str = "", written: str = "") -> None:
        """`written` is what a new or changed row must fulfil where that is not the same as being seen."""
        self.table, self.staff, self.family, self.written = table, staff, family, written
        super().__init__(_isolating(table, staff, family, written), _opening(table))

    def deconstruct(self):
        given = {"staff": self.staff, "family": self.family, "written": self.written}
        return (
            type(self).__name__,
            [self.table],
            {key: value for key, value in given.items() if value},
        )

    def describe(self) -> str:
        return f"Row-level security on {self.table}"


def _isolating(table: str, staff: str, family: str, written: str) -> str:
    lines = [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY;',
        _policy(table, "staff", roles.RUNTIME, staff, written),
        _policy(table, "system", roles.SYSTEM, "true", ""),
    ]
    if family:
        lines.append(_policy(table, "family", roles.FAMILY, family, written))
    return "\n".join(lines)


def _policy(table: str, name: str, role: str, seen: str, written: str) -> str:
    return f'CREATE POLICY {name} ON "{table}" TO {role} USING ({seen}) WITH CHECK ({written or seen});'


def _opening(table: str) -> str:
    dropped = [
        f'DROP POLICY IF EXISTS {name} ON "{table}";' for name in ("staff", "system", "family")
    ]
    return "\n".join(
        [
            *dropped,
            f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY;',
            f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY;',
        ]
    )
