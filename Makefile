# `make` alone lists the targets. Everything is made inside this folder: .venv, node_modules, var (data), artifacts.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)
PORT ?= 8000
JOBS ?= 2
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: python help setup setup-lint setup-tests run test lint format soak bench train eval screens wheel image-check clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

python:
	@test -n "$(PYTHON)" || { echo "suluh: no Python 3.11 or newer here; install one (Debian: python3 python3-venv)" >&2; exit 1; }

setup: python ## Make .venv with the serving set and fetch the front-end files
	@$(PYTHON) scripts/environment.py serving

setup-lint: python
	@$(PYTHON) scripts/environment.py lint

setup-tests: python
	@$(PYTHON) scripts/environment.py tests

run: setup ## Set everything up and serve the sample on http://127.0.0.1:8000 (PORT=8080 for another port)
	@$(BIN)/suluh demo run --port $(PORT)

test: setup-tests ## Run every test on SQLite and on a PostgreSQL of its own
	@$(PYTHON) scripts/programs.py
	$(BIN)/pytest -q -n $(JOBS) --dist loadscope --no-loadscope-reorder

lint: setup-lint ## Check style, types, layers and the catalogue of sentences
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/catalogue.py check

format: setup-lint ## Let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: setup-tests ## Run the tests with full counts of kills, fuzz and load (hours)
	@$(PYTHON) scripts/programs.py
	SULUH_SOAK=1 $(BIN)/pytest -q -n $(JOBS) --dist loadscope --no-loadscope-reorder --timeout 7200

bench: setup-tests ## Run the benchmarks beside their peers; ratios go to artifacts/bench.json
	$(BIN)/python -m benchmarks.run

train: setup-tests ## Train the linear model from the tables in SULUH_DATA_DIR
	$(BIN)/suluh train

eval: setup-tests ## Measure the released models on the tables in SULUH_DATA_DIR, beside what is hoped for
	for model in encoder linear moderation; do $(BIN)/suluh eval $$model --out var/eval/$$model || exit 1; done
	$(BIN)/python -m eval.goals

screens: setup-tests ## Take the screenshots of the documents again
	@$(PYTHON) scripts/programs.py
	$(BIN)/python -m scripts.screens docs/screens

wheel: setup-tests ## Build the wheel and test it, installed in an environment of its own
	$(BIN)/python scripts/wheel.py

image-check: setup ## Run the Dockerfile's steps in a folder of their own, without a container engine
	$(BIN)/python scripts/image_check.py

clean: ## Remove what was made, except the data in var
	rm -rf .venv .stamps node_modules serving/static/vendor artifacts dist build *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
