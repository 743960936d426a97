#!/bin/sh
# Runs once, when the container makes its database: the login of backups reads everything and changes nothing.
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_BACKUP_PASSWORD" -U "$POSTGRES_USER" -d "$POSTGRES_DB" <<'SQL'
CREATE ROLE tuoyu_backup LOGIN BYPASSRLS REPLICATION PASSWORD :'password';
GRANT pg_read_all_data TO tuoyu_backup;
SQL
