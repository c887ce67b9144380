# Each target sets up what it needs in .venv, and is quiet about it when that is done already.

PYTHON ?= python3
DATA ?= data
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve test lint types bench crash clean

help:
	@echo "make serve   serve the sample data (DATA=folder for another, ARGS='--port 9000' for options)"
	@echo "make test    run the tests"
	@echo "make lint    check style and formatting"
	@echo "make types   check the types"
	@echo "make bench   measure hot reads beside a bare aiohttp application (needs wrk)"
	@echo "make crash   kill the server for longer, and fail disks for real (mounting needs root)"
	@echo "make clean   remove .venv and caches"

serve: $(VENV)/.run
	@$(BIN)/kvput serve $(DATA) $(ARGS)

test: $(VENV)/.develop
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.develop
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: $(VENV)/.develop
	@$(BIN)/mypy --no-error-summary

bench: $(VENV)/.develop
	@$(BIN)/python -m benchmarks $(ARGS)

crash: $(VENV)/.develop
	@KILL_ROUNDS=200 $(BIN)/python -m pytest --timeout=1800 tests/test_kill.py tests/store/files $(ARGS)

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis kvput.egg-info build

# The two states of .venv: what serving needs, and what work on kvput needs beside it.

$(VENV)/.run: pyproject.toml
	@$(call install,.)
	@touch $@

$(VENV)/.develop: pyproject.toml
	@$(call install,.[dev])
	@touch $(VENV)/.run $@

define install
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "kvput needs Python 3.11 or newer: make PYTHON=python3.x names another")' \
&& echo "Setting up $(VENV) (once) ..." >&2 \
&& { test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); } \
&& $(BIN)/python -m pip --disable-pip-version-check install --quiet --editable '$(1)'
endef
