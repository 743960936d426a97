"""`python -m tests.lint_migrations`: migrations that would hold up a running site, or break the version before them.

By django-migration-linter. What is found stands below with the reason why it may stay; anything else ends with 1, and so
does a reason for what is no longer found. docs/adr/0012-migrations.md says the rule.
"""

import os
import sys

import django

BEFORE = "ran before there was a site with data; a new database runs it on empty tables"
# (app, migration): codes of the linter, and why it may stay. The baseline of November 2026.
KNOWN: dict[tuple[str, str], tuple[set[str], str]] = {
    ("core", "0003_audit_indexes"): ({"DROP_INDEX", "CREATE_INDEX"}, BEFORE),
    ("core", "0006_audit_link"): ({"ADD_UNIQUE"}, BEFORE),
    ("core", "0007_outbox_fault"): (
        {"CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"},
        "the outbox is empty within seconds, so its index is made in no time",
    ),
    ("core", "0012_drop_plain_tokens"): (
        {"DROP_TABLE"},
        "tokens in the clear must not outlive the version that hashes them; people sign in anew",
    ),
    ("health", "0002_note_sealed"): (
        {"RENAME_COLUMN", "DROP_COLUMN", "NOT_NULL", "RUNPYTHON_MODEL_VARIABLE_NAME"},
        f"notes in the clear must not outlive it; its loop is over several models; it {BEFORE}",
    ),
    ("institution", "0002_daily_entry"): (
        {"NOT_NULL"},
        "the table is made in the same statement",
    ),
    ("institution", "0006_tenant_keys"): ({"ADD_UNIQUE"}, BEFORE),
    ("institution", "0009_row_level_security"): (
        {"CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"},
        BEFORE,
    ),
    ("institution", "0030_alert"): (
        {"CREATE_INDEX", "CREATE_INDEX_EXCLUSIVE"},
        "the tables are made in the same migration",
    ),
    ("institution", "0020_filing_fields"): (
        {"NOT_NULL"},
        "nothing in the version before makes an institution while it serves; load_city alone does",
    ),
}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    found = issues()
    wrong = [
        f"{app}.{name}: {code}: {message}"
        for (app, name), codes in found.items()
        for code, message in codes.items()
        if code not in KNOWN.get((app, name), (set(), ""))[0]
    ]
    stale = [
        f"{app}.{name}: {code} is not found any more; take it off the list"
        for (app, name), (codes, _why) in KNOWN.items()
        for code in sorted(codes - found.get((app, name), {}).keys())
    ]
    for line in wrong + stale:
        sys.stderr.write(f"{line}\n")
    return int(bool(wrong or stale))


def issues() -> dict[tuple[str, str], dict[str, str]]:
    """What the linter says of each migration of ours, by code."""
    from django_migration_linter import MigrationLinter  # noqa: PLC0415 -- needs the settings
    from django_migration_linter.sql_analyser.analyser import (  # noqa: PLC0415
        analyse_sql_statements,
    )

    from core import i18n  # noqa: PLC0415

    linter = MigrationLinter(no_cache=True, no_output=True, analyser_string="postgresql")
    found: dict[tuple[str, str], dict[str, str]] = {}
    for app, name in sorted(linter.migration_loader.disk_migrations):
        if app not in i18n.own_apps():
            continue
        sql = linter.get_sql(app, name)
        said = list(analyse_sql_statements(linter.sql_analyser_class, sql))
        said += list(
            linter.analyse_data_migration(linter.migration_loader.disk_migrations[app, name])
        )
        errors, _ignored, warnings, more, _also_ignored, more_warnings = said
        for issue in [*errors, *warnings, *more, *more_warnings]:
            found.setdefault((app, name), {})[issue.code] = issue.message
    return found


if __name__ == "__main__":
    sys.exit(main())
