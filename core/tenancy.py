"""Rows of one institution refer to rows of the same institution: foreign keys that carry the institution with them.

Django's own foreign keys stay; the second key beside them is what the database refuses a mixed pair by. A model that is
referred to in this way says `UniqueConstraint(fields=["id", "institution"], ...)`.
"""

from django.db.migrations import RunSQL


def same_institution(table: str, column: str, target: str, *, in_place_of: str = "") -> RunSQL:
    """The operation that binds `table.column` to `target.id` of the row's own institution.

    `in_place_of` names a plain foreign key that it replaces, on tables where each check counts.
    """
    name = f"{table}_{column.removesuffix('_id')}_same_institution"
    when = "" if in_place_of else " DEFERRABLE INITIALLY DEFERRED"  # as Django's own
    replace = f"ALTER TABLE {table} DROP CONSTRAINT {in_place_of};" if in_place_of else ""
    restore = (
        f"ALTER TABLE {table} ADD CONSTRAINT {in_place_of}"
        f" FOREIGN KEY ({column}) REFERENCES {target} (id);"
        if in_place_of
        else ""
    )
    return RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}, institution_id)"
        f" REFERENCES {target} (id, institution_id){when};{replace}",
        f"{restore}ALTER TABLE {table} DROP CONSTRAINT {name};",
    )
