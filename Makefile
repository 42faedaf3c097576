# Needs a shell, make and Python 3.11 or newer; everything else is installed into .venv from the locked requirements.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.SUFFIXES:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip -qq install
# A lock names everything, so nothing is resolved: pip 23.2 would look for a newer release of what is asked for with extras.
LOCKED := --require-hashes --no-deps --requirement
JOBS ?= 2
T ?=
ARGS ?=
FULL ?=
UPGRADE ?=

CATALOGUES := scim_server/web/translations
COMPILE := $(BIN)/uv pip compile --quiet --no-emit-index-url --no-emit-find-links --generate-hashes --universal \
	--python-version 3.11 --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

# The interpreter, or nothing; said by `environment` and not here, so that `make help` works without one.
ifndef PYTHON
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)
endif

define environment
@test -n "$(PYTHON)" || { echo "scim-server needs Python 3.11 or newer: install it, or name it with make PYTHON=/path/to/python" >&2; exit 1; }
@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot create virtual environments: install its venv package (on Debian and Ubuntu: python3-venv)" >&2; exit 1; }
@$(1)/bin/python -m pip --version >/dev/null 2>&1 || { echo "Creating $(1) with $(PYTHON)"; $(PYTHON) -m venv --clear $(1); }
endef

define install
$(call environment,$(VENV))
@echo "Installing requirements/$(1).txt"
@$(PIP) $(LOCKED) requirements/$(1).txt
@$(PIP) --no-deps --no-build-isolation --editable .
@touch $@
endef

.PHONY: help setup run test check coverage bench reliability canaille lock translations pictures clean

help: ## show what there is to do
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.dev-stamp .venv-canaille/.stamp ## install what development and the tests need

run: $(VENV)/.run-stamp ## serve on 127.0.0.1:8000 with a first organization and its token
	@$(BIN)/scim-server quickstart && exec $(BIN)/scim-server serve

test: $(VENV)/.dev-stamp .venv-canaille/.stamp ## run the tests; T=tests/path picks some, ARGS="-k name" is passed on
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS) $(T)

check: $(VENV)/.dev-stamp .venv-canaille/.stamp ## run everything that must be clean before a change is merged: style, types, imports, sizes, tests
	@echo "ruff check" && $(BIN)/ruff check --quiet .
	@echo "ruff format" && $(BIN)/ruff format --quiet --check . || { echo "run: $(BIN)/ruff format" >&2; exit 1; }
	@echo "mypy" && $(BIN)/mypy --no-error-summary
	@echo "lint-imports" && { out=$$($(BIN)/lint-imports 2>&1) || { echo "$$out" >&2; exit 1; }; }
	@echo "sizes" && $(BIN)/python -m pytest -q --no-header --no-summary tests/test_project.py
	@$(MAKE) test

coverage: $(VENV)/.dev-stamp .venv-canaille/.stamp ## run the tests and print which branches none of them reached
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(ARGS) $(T)
	@$(BIN)/coverage combine --quiet && $(BIN)/coverage report

bench: $(VENV)/.dev-stamp ## measure against the performance goals in under five minutes; FULL=1 measures all of them
	@$(BIN)/python -m tests.performance $(if $(FULL),--full)

reliability: $(VENV)/.dev-stamp ## run the long form of the kills, floods and races
	@RELIABILITY=long $(BIN)/python -m pytest -m reliability --timeout 3600 $(ARGS) $(T)

canaille: .venv-canaille/.stamp ## install canaille, the identity provider of the end-to-end tests

lock: $(VENV)/.dev-stamp ## lock the requirements again after a change of pyproject.toml; UPGRADE=1 takes newer versions
	@echo "Locking requirements/run.txt, dev.txt, canaille.txt"
	@$(COMPILE) --group build pyproject.toml --output-file requirements/run.txt
	@$(COMPILE) --group dev --constraint requirements/run.txt pyproject.toml --output-file requirements/dev.txt
	@$(COMPILE) requirements/canaille.in --output-file requirements/canaille.txt

translations: $(VENV)/.dev-stamp ## take the texts of all pages into the catalogues of other languages, and compile what is translated
	@$(BIN)/pybabel -q extract --mapping-file $(CATALOGUES)/babel.cfg --keyword lazy_gettext --no-location --sort-output \
		--project scim-server --output-file $(CATALOGUES)/messages.pot scim_server/web scim_server/connections/remedies.py
	@$(BIN)/pybabel -q update --input-file $(CATALOGUES)/messages.pot --output-dir $(CATALOGUES) --no-fuzzy-matching \
		--ignore-pot-creation-date --ignore-obsolete
	@rm $(CATALOGUES)/messages.pot
	@$(BIN)/pybabel -q compile --directory $(CATALOGUES)

pictures: $(VENV)/.dev-stamp ## take the pictures of the documentation anew, in docs/pictures
	@$(BIN)/python -m tests.browser.pictures

clean: ## remove everything that was installed or cached; the data in var/ stays
	@rm -rf .venv .venv-canaille .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* htmlcov build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.run-stamp: requirements/run.txt pyproject.toml
	$(call install,run)

$(VENV)/.dev-stamp: requirements/dev.txt pyproject.toml
	$(call install,dev)
	@touch $(VENV)/.run-stamp

.venv-canaille/.stamp: requirements/canaille.txt
	$(call environment,.venv-canaille)
	@echo "Installing requirements/canaille.txt"
	@PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-canaille/bin/python -m pip -qq install $(LOCKED) requirements/canaille.txt
	@touch $@
