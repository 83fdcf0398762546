# Everything a person types. `make` alone explains itself.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MEMBERS := contracts $(wildcard libs/*) $(wildcard services/*) cli
KILLS ?= 60
SEED ?= 1

.PHONY: help setup archive demo up test test-fast test-e2e test-nightly prove bench bench-quick lint generate lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## install everything into .venv and fetch the locked jars
	@$(BIN)/shoplake jars

$(VENV)/.ready: requirements/bootstrap.txt requirements/dev.txt $(MEMBERS:%=%/pyproject.toml)
	@echo "Setting up $(VENV): about a minute on a new machine, nothing afterwards."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e %)
	@touch $@

demo: EVENTS ?= 50000
demo: setup ## a whole pipeline with EVENTS=50000 events, proved and stopped again
	@$(BIN)/shoplake demo --events $(EVENTS)

up: setup ## start the pipeline with the generator on; Ctrl-C stops it
	@$(BIN)/shoplake up --quiet

lint: setup ## formatting, lint, types, import rules, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(MEMBERS:%=%/src)
	$(BIN)/lint-imports
	@! git ls-files '*.py' ':!*/generated/*' | xargs wc -l | awk '$$2 != "total" && $$1 > 300 {print $$2 ": more than 300 lines"}' | grep .
	$(BIN)/python -m shoplake_contracts.generate --check

test-fast: setup ## tests without a JVM, in seconds
	$(BIN)/pytest -m "not spark and not broker and not stack and not e2e and not nightly"

test: lint ## lint, every unit test, the simulator, Spark tests, one embedded stack
	$(BIN)/pytest -m "not e2e and not nightly"

archive: setup ## Spark's JVMs start in half the time from then on; a minute, once
	@$(BIN)/shoplake archive-classes

test-e2e: setup ## black box tests on stacks of their own
	@# Where the archive cannot be made, everything works as well, only slower.
	-@$(BIN)/shoplake archive-classes
	$(BIN)/pytest -m e2e e2e-tests

test-nightly: archive ## tables and topics changed behind the pipeline's back: a quarter of an hour
	$(BIN)/pytest -m nightly e2e-tests

prove: EVENTS ?= 1000000
prove: archive ## KILLS=60 in the middle of EVENTS=1000000 (SEED=1), then every event compared; an hour or two
	@PYTHONPATH=e2e-tests $(BIN)/python -m prove --events $(EVENTS) --kills $(KILLS) --seed $(SEED)

bench-quick: setup ## the generator's speed, cost per event and rate error; two minutes
	$(BIN)/python benchmarks/generator_speed.py

bench: setup ## gold's newest day with a year of history against one day, its refreshes one by one; ten minutes
	$(BIN)/python benchmarks/gold_newest_day.py
	$(BIN)/python benchmarks/gold_refresh.py

generate: setup ## write again whatever is derived from the contracts
	$(BIN)/python -m shoplake_contracts.generate

lock: setup ## write the locks and the jar lock again
	requirements/lock
	$(BIN)/shoplake jars --lock

clean: ## remove the stacks' state, not the caches
	rm -rf .shoplake build
