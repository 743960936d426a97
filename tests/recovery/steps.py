"""The last migration of each app, in the order in which they are undone."""

from django.db import connection
from django.db.migrations.loader import MigrationLoader

from core import i18n


def last_steps() -> list[tuple[str, str, str]]:
    """(app, migration, the one to go back to). What depends on another has more behind it and comes first."""
    loader = MigrationLoader(connection)
    steps = []
    for app in i18n.own_apps():
        for key in loader.graph.leaf_nodes(app):
            before = [p.key[1] for p in loader.graph.node_map[key].parents if p.key[0] == app]
            if before:
                steps.append((len(loader.graph.forwards_plan(key)), *key, before[0]))
    return [(app, name, before) for _behind, app, name, before in sorted(steps, reverse=True)]
