# Two commands for a newcomer: `make run` and `make test`. They need Python 3.11+ with venv, and make.
PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
PY := $(VENV)/bin/python
KEYS_DIR ?= var/keys
export PORT VENV KEYS_DIR

.PHONY: run dev test test-browser test-crash test-drill test-fuzz check messages bench clean
.DEFAULT_GOAL := run

$(VENV)/.runtime: requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt requirements-production.txt $(VENV)/.runtime
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

# The demonstration: web and worker under one supervisor; Ctrl-C ends all of it. State lives in var/.
run: $(VENV)/.runtime
	@$(PY) -m portal.keys $(KEYS_DIR)
	@DEMO_MODE=1 $(PY) manage.py prepare --demo
	@DEMO_MODE=1 exec $(VENV)/bin/supervisord --configuration portal/supervisor.conf

# The reloading server, with debug pages.
dev: $(VENV)/.development
	@$(PY) -m portal.keys $(KEYS_DIR)
	@DEMO_MODE=1 DEBUG=1 $(PY) manage.py prepare --demo
	@DEMO_MODE=1 DEBUG=1 $(PY) manage.py runserver $(PORT)

test: $(VENV)/.development
	@DEBUG=1 $(PY) manage.py catalogues > /dev/null
	$(PY) -m pytest -m "not browser and not crash and not fuzz" --numprocesses auto --dist worksteal

# Needs the system's Chromium (Debian: apt-get install chromium).
test-browser: $(VENV)/.development
	@DEBUG=1 $(PY) manage.py catalogues > /dev/null
	$(PY) -m pytest -m browser

# kill -9 of the real web, worker and upgrade at random moments; five minutes, Linux only. Takes DATABASE_URL and REDIS_URL.
test-crash: $(VENV)/.development
	@DEBUG=1 $(PY) manage.py catalogues > /dev/null
	$(PY) -m pytest -m crash -s

# Backups lost and brought back, and the move to PostgreSQL: on the server that POSTGRES_URL names, in a database of its own.
test-drill: $(VENV)/.development
	POSTGRES_URL=$${POSTGRES_URL:-postgres://tirek:tirek@127.0.0.1:5432/postgres} $(PY) -m pytest -s \
	  tests/portal/test_backup.py tests/portal/test_restore.py tests/portal/test_backup_drill.py tests/portal/test_move.py

# Ill-meant values into every form of every role for FUZZ_SECONDS (240); FUZZ_SEED repeats a run.
test-fuzz: $(VENV)/.development
	@DEBUG=1 $(PY) manage.py catalogues > /dev/null
	$(PY) -m pytest -m fuzz

check: $(VENV)/.development
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/lint-imports
	DEBUG=1 $(PY) manage.py makemigrations --check --dry-run
	DEBUG=1 $(PY) manage.py catalogues --check
	$(PY) -m portal.keys var/check-keys
	env -u DEMO_MODE -u DEBUG KEYS_DIR=var/check-keys SITE_URL=https://tirek.example DATABASE_URL=postgres://tirek@db/tirek \
	  REDIS_URL=redis://cache/0 EMAIL_HOST=mail.example EMAIL_USE_TLS=1 SMS_SENDER='jsons://gateway.example/{phone}' \
	  SECURITY_CONTACT=mailto:security@tirek.example $(PY) manage.py check --deploy --fail-level WARNING

# Takes new strings into the catalogues; then translate what is empty.
messages: $(VENV)/.development
	DEBUG=1 $(PY) manage.py catalogues --update

bench: $(VENV)/.development
	DEMO_MODE=1 $(PY) benchmarks/pages.py

clean:
	rm -rf var .pytest_cache .ruff_cache .import_linter_cache .hypothesis
