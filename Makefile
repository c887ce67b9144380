# Each target sets up what it needs in .venv, and is quiet about it when that is done already.

PYTHON ?= python3
DATA ?= data
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := tests/clients/node_modules
SUITES := tests/.suites
SCHEMA_SUITE := $(SUITES)/jsonschema-4.26.0

.DEFAULT_GOAL := help
.PHONY: help serve check test lint types bench crash fuzz clients schema-suite browser schemathesis clean

help:
	@echo "make serve   serve the sample data (DATA=folder for another, ARGS='--port 9000' for options)"
	@echo "make check   say what is wrong with the sample data (DATA=folder for another, ARGS=--journal for the journal)"
	@echo "make test    run the tests"
	@echo "make lint    check style and formatting"
	@echo "make types   check the types"
	@echo "make bench   measure kvput beside other servers (needs wrk; installs those that npm and pip have)"
	@echo "make crash   kill the server, cut its disk off and fail its disks, for longer (partly needs root)"
	@echo "make fuzz    send 20,000 odd requests of each kind, and random writes to related collections"
	@echo "make clients run the clients of npm against the server (needs node and npm; installs them)"
	@echo "make schema-suite run the official test suite of JSON Schema (fetches it from PyPI)"
	@echo "make browser run the pages in a real browser (needs Chromium; installs playwright)"
	@echo "make schemathesis hold the API's description against the server (installs schemathesis)"
	@echo "make clean   remove .venv and caches"

serve: $(VENV)/.run
	@$(BIN)/kvput serve $(DATA) $(ARGS)

check: $(VENV)/.run
	@$(BIN)/kvput check $(DATA) $(ARGS)

test: $(VENV)/.develop
	@$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.develop
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .

types: $(VENV)/.develop
	@$(BIN)/mypy --no-error-summary

bench: $(VENV)/.run
	@$(BIN)/python -m benchmarks $(ARGS)

crash: $(VENV)/.develop
	@CRASH_STATES=2 KILL_ROUNDS=300 POWER_LOSS_ROUNDS=40 LINEARIZABILITY_ROUNDS=20 $(BIN)/python -m pytest \
		--timeout=3600 tests/crash tests/test_linearizability.py tests/store/files $(ARGS)

fuzz: $(VENV)/.develop
	@FUZZ_ROUNDS=20000 RELATION_EXAMPLES=500 $(BIN)/python -m pytest --timeout=3600 tests/test_fuzz.py \
		tests/test_relations_model.py $(ARGS)

clients: $(VENV)/.develop $(CLIENTS)/.done
	@$(BIN)/python -m pytest tests/clients $(ARGS)

$(CLIENTS)/.done: tests/clients/package.json
	@command -v node > /dev/null && command -v npm > /dev/null || { echo "make clients needs node and npm" >&2; exit 1; }
	@echo "Setting up $(CLIENTS) (once) ..." >&2
	@cd tests/clients && npm install --no-package-lock --no-audit --no-fund --loglevel=error > /dev/null
	@touch $@

browser: $(VENV)/.browser
	@$(BIN)/python -m pytest tests/browser $(ARGS)

$(VENV)/.browser: $(VENV)/.develop
	@test -n "$(CHROMIUM)" || command -v chromium > /dev/null || command -v chromium-browser > /dev/null \
		|| command -v google-chrome > /dev/null || { echo "make browser needs Chromium: apt-get install chromium" >&2; exit 1; }
	@$(call install,.[browser])
	@touch $@

schemathesis: $(VENV)/.schemathesis
	@SCHEMATHESIS_REQUESTS=20000 $(BIN)/python -m pytest tests/test_schemathesis.py $(ARGS)

$(VENV)/.schemathesis: $(VENV)/.develop
	@$(call install,.[schemathesis])
	@touch $@

# The library jsonschema carries the suite in its sources.
schema-suite: $(VENV)/.develop $(SCHEMA_SUITE)/.done
	@JSON_SCHEMA_TEST_SUITE=$(SCHEMA_SUITE)/json $(BIN)/python -m pytest tests/test_json_schema_suite.py $(ARGS)

$(SCHEMA_SUITE)/.done:
	@echo "Fetching the JSON Schema test suite (once) ..." >&2
	@mkdir -p $(SUITES)
	@$(BIN)/python -m pip --disable-pip-version-check download --quiet --no-deps --no-binary jsonschema \
		--dest $(SUITES) jsonschema==4.26.0
	@tar -xzf $(SCHEMA_SUITE).tar.gz -C $(SUITES) jsonschema-4.26.0/json
	@touch $@

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis kvput.egg-info build \
		benchmarks/programs/node_modules benchmarks/programs/.venv benchmarks/.data $(CLIENTS) $(SUITES)

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
