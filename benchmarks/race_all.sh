#!/usr/bin/env bash
# The race for places in both shapes on both engines, each with a fresh demonstration and the portal as `make run` serves it:
#   benchmarks/race_all.sh 100 [postgres://user:password@host:port/database]
# The database is made anew. Without an address SQLite alone. Ends with 1 where a round was wrong.
set -uo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-100} postgres=${2:-} wrong=0
export DEMO_MODE=1 DEBUG=1 PORT=8790 VAR_DIR="$PWD/var/race" KEYS_DIR="$PWD/var/race/keys" python="$PWD/.venv/bin/python"

race() {  # engine, shape
  rm -rf "$VAR_DIR" && mkdir -p "$VAR_DIR"
  "$python" -m portal.keys "$KEYS_DIR" > /dev/null
  "$python" manage.py prepare --demo > "$VAR_DIR/prepare.log" || { cat "$VAR_DIR/prepare.log"; return 1; }
  .venv/bin/gunicorn --bind "127.0.0.1:$PORT" --workers 2 --threads 8 --worker-class gthread --log-level error \
    --no-control-socket portal.wsgi:application 2> "$VAR_DIR/web.log" &
  local web=$!
  until "$python" -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$PORT/health/ready')" 2> /dev/null; do
    kill -0 "$web" || return 1
    sleep 0.5
  done
  echo "== $1, $2"
  "$python" benchmarks/booking_race.py --base "http://127.0.0.1:$PORT" --rounds "$rounds" --shape "$2" || wrong=1
  kill "$web" && wait "$web"
}

for shape in place mentor; do race SQLite "$shape" || wrong=1; done
if [ -n "$postgres" ]; then
  export DATABASE_URL=$postgres
  for shape in place mentor; do
    "$python" - << 'PYTHON'
import os
import psycopg
from psycopg import sql
server, _slash, name = os.environ["DATABASE_URL"].rpartition("/")
with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
PYTHON
    race PostgreSQL "$shape" || wrong=1
  done
fi
exit "$wrong"
