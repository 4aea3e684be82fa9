# One verb per chore. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# More than cores: half of the tests wait for bytes at a serial line's rate.
WORKERS ?= 4
export SHUALIAN_DATA ?= $(CURDIR)/.data
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help run demo test check bench fuzz fuzz-api coverage mutations format lock reset fetch clean

help: ## list these verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# Two stamps: what runs the demo hospital, and what tests it. A stamp is renewed when its lock is.
$(VENV)/run.stamp: requirements/run.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the demo hospital needs (once)…"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.lock
	@echo "Installing what the tests need (once)…"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/dev.lock
	@touch $@

$(VENV)/fuzz.stamp: $(VENV)/dev.stamp requirements/fuzz.lock
	@echo "Installing what fuzzing needs (once)…"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/fuzz.lock
	@touch $@

fetch: $(VENV)/run.stamp ## fetch and verify the default model pack
	@$(BIN)/shualian models fetch

run: $(VENV)/run.stamp ## start the demo hospital: verifier, terminal, staff's pages, on simulated devices
	@exec $(BIN)/shualian run

demo: $(VENV)/run.stamp ## play the visits without a screen and print one table
	@$(BIN)/shualian demo

test: $(VENV)/dev.stamp ## run every test
	@$(BIN)/shualian models fetch --quiet
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: $(VENV)/dev.stamp ## lint, types, import directions, migrations, snapshots, docs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m verifier.store.check
	@$(BIN)/python -m verifier.api.snapshot --check
	@$(BIN)/python -m console.snapshot --check
	@$(BIN)/python -m tests.house.check

bench: $(VENV)/dev.stamp ## measure speed and accuracy; raw JSON to benchmarks/results/
	@$(BIN)/shualian models fetch --quiet
	@$(BIN)/python -m benchmarks.all

fuzz: $(VENV)/fuzz.stamp ## fuzz every codec; RUNS=1000000 inputs each, raw JSON to benchmarks/results/
	@$(BIN)/python -m tests.fuzz.run --runs $(or $(RUNS),1000000) $(TARGETS)

fuzz-api: $(VENV)/dev.stamp ## send RUNS=5000 generated requests as each caller, raw JSON to benchmarks/results/
	@$(BIN)/shualian models fetch --quiet
	@$(BIN)/python -m tests.fuzz.api --requests $(or $(RUNS),5000) $(CALLERS)

coverage: $(VENV)/dev.stamp ## branch coverage of the codecs by their own tests; fails under 95 %
	@$(BIN)/python -m tests.house.codec_coverage

mutations: $(VENV)/dev.stamp ## break each recorded rule in a copy and see its test fail; raw JSON to benchmarks/results/
	@$(BIN)/python -m tests.mutations $(ONLY)

format: $(VENV)/dev.stamp ## format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

lock: ## renew the locks (needs uv)
	@requirements/lock.sh

reset: $(VENV)/run.stamp ## forget the demo hospital's data
	@$(BIN)/shualian reset --yes

clean: ## remove the environment as well
	@rm -rf $(VENV)
