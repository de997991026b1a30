#!/usr/bin/env bash
# Seconds of a backup, of `pg_restore` alone and of `manage.py restore` of the database in DATABASE_URL (PostgreSQL), which
# nobody else may have open. It is replaced by its own backup; use a copy. The third should stay under three times the second.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(mktemp -d)
other="${DATABASE_URL%/*}/tirek_bench_restore"
trap 'rm -rf "$place"; psql -qd "$DATABASE_URL" -c "drop database if exists tirek_bench_restore"' EXIT
timed() { local began=$EPOCHREALTIME; "${@:2}" > /dev/null; printf '%-12s %6.1f s\n' "$1" "$(bc <<< "$EPOCHREALTIME - $began")"; }
timed backup .venv/bin/python manage.py backup "$place"
psql -qd "$DATABASE_URL" -c "create database tirek_bench_restore"
timed pg_restore pg_restore --no-owner -d "$other" "$place"/tirek-*/database.dump
timed restore .venv/bin/python manage.py restore --replace "$place"/tirek-*
