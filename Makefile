# Pillarbox. `make help` lists what there is.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Files of tests in as many processes as there are cores; each has servers of its own.
SIDE_BY_SIDE := -n logical --maxprocesses 4 --dist loadfile
FUZZ_SECONDS ?= 300

.DEFAULT_GOAL := help
.PHONY: help up image test test-unit test-image test-chart guards bench bench-scale chaos fuzz check format docs lock clean

## Using it

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} \
		/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(VENV)/.runtime ## Start everything on this machine: API, worker, scheduler, broker, relay
	@exec $(BIN)/pillarbox up

image: ## Build the image with buildah (root on Debian; IMAGE= names it, BASE= is what it stands on)
	@tools/build_image.sh

## Proving it

test: $(VENV)/.development ## Install the servers that the tests need, then run all tests
	@tools/install_servers.sh
	@tools/install_chart_tools.sh
	$(BIN)/pytest $(SIDE_BY_SIDE) $(PYTEST_ARGS)

test-unit: $(VENV)/.development ## Run the tests that need no server (under a minute)
	$(BIN)/pytest tests/unit tests/property tests/architecture $(SIDE_BY_SIDE) $(PYTEST_ARGS)

test-image: $(VENV)/.development ## Build the image, run every role of it, and look into it
	@tools/install_servers.sh
	$(BIN)/hadolint Dockerfile
	$(BIN)/pytest tests/image -m image $(PYTEST_ARGS)

test-chart: $(VENV)/.development ## Render the Helm chart in many ways, and hold it to what it promises
	@tools/install_chart_tools.sh
	$(BIN)/pytest tests/chart $(PYTEST_ARGS)

guards: $(VENV)/.development ## Break each guard of the SMTP laws in a copy, and see that its tests fail
	$(BIN)/python -m tools.break_guards $(LAWS)

bench: $(VENV)/.development ## Measure throughput and latency beside a baseline, in one run
	@tools/install_servers.sh
	$(BIN)/python -m bench $(BENCH_ARGS)

bench-scale: $(VENV)/.development ## Measure what the store costs with a thousand messages and with two million
	@tools/install_servers.sh
	$(BIN)/python -m bench.scale --picture docs/performance/scale.png $(BENCH_ARGS)

chaos: $(VENV)/.development ## Kill everything at random under load, then count (CHAOS_ARGS="--seconds 120")
	@tools/install_servers.sh
	$(BIN)/python -m tests.chaos $(CHAOS_ARGS)

fuzz: $(VENV)/.development ## Search for what a relay could say to break us (FUZZ_SECONDS=300)
	$(BIN)/python -m tests.fuzz.fuzz_smtp --seconds $(FUZZ_SECONDS)

check: $(VENV)/.development ## Format, lint, types, import contracts, line budget
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/architecture

## Working on it

format: $(VENV)/.development ## Write the format, and mend what ruff can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

docs: $(VENV)/.development ## Write the pages that are made from the code
	$(BIN)/python -m tools.generate_docs

lock: ## Resolve the dependencies anew into the lock files (needs uv)
	uv pip compile pyproject.toml --extra postgres --extra embedded --universal \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
	uv pip compile pyproject.toml --all-extras --universal -c requirements.lock \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements-dev.lock
	uv pip compile pyproject.toml --extra postgres --extra otel --group build --universal \
		-c requirements-dev.lock --python-version 3.13 \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements-image.lock

clean: ## Remove what the tools left (not var/, which holds messages)
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz

$(VENV)/.runtime: requirements.lock pyproject.toml
	@tools/make_venv.sh $(PYTHON) $(VENV) requirements.lock
	@touch $@

$(VENV)/.development: requirements-dev.lock pyproject.toml
	@tools/make_venv.sh $(PYTHON) $(VENV) requirements-dev.lock
	@touch $@
