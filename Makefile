.DEFAULT_GOAL := help
.PHONY: help demo test lint bench wheel up down lock hooks clean
PYTHON ?= python3
JOBS ?= 2
VENV := .venv
STAMP := $(VENV)/.installed
NODE := docs/examples/node
NODE_STAMP := $(NODE)/node_modules/.installed
LOCK := $(VENV)/bin/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	--allow-unsafe --strip-extras

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

$(STAMP): requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) not found: install Python 3.11 or newer (Debian, Ubuntu: apt-get install python3 python3-venv)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$$($(PYTHON) --version) is too old: 3.11 or newer is needed. Name another one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make environments: apt-get install python3-venv (or the package of your Python's version)."; exit 1; }
	@echo "Installing the pinned packages into $(VENV), once ..."
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install -q --require-hashes -r requirements/dev.txt
	PYTHONWARNINGS=ignore $(VENV)/bin/pip install -q --no-deps --no-build-isolation -e .
	touch $(STAMP)

$(NODE_STAMP): $(NODE)/package.json $(NODE)/package-lock.json
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "node or npm not found: install Node 18 or newer (Debian, Ubuntu: apt-get install nodejs npm)."; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' || \
		{ echo "node $$(node --version) is too old: 18 or newer is needed."; exit 1; }
	@echo "Installing the pinned packages of the JavaScript example into $(NODE)/node_modules, once ..."
	cd $(NODE) && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	touch $(NODE_STAMP)

demo: $(STAMP) ## Five simulated years, then days that stream in, then the proof (ONCE=1 stops by itself)
	$(VENV)/bin/quartiers demo $(if $(ONCE),--once)

test: $(STAMP) $(NODE_STAMP) lint ## Set everything up, then check and test (real Kafka, real TimescaleDB; JOBS=2 beside each other)
	$(VENV)/bin/pytest -n $(JOBS) --dist loadfile

lint: $(STAMP) ## ruff and strict types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

bench: $(STAMP) ## Measure side by side: check, locate, publish, replay beside bare COPY, bad input, panels, measures, suppression, detection; write benchmarks/results/
	$(VENV)/bin/python -m benchmarks.check
	$(VENV)/bin/python -m benchmarks.locate
	$(VENV)/bin/python -m benchmarks.publish
	$(VENV)/bin/python -m benchmarks.replay
	$(VENV)/bin/python -m benchmarks.mutated
	$(VENV)/bin/python -m benchmarks.panels
	$(VENV)/bin/python -m benchmarks.measures
	$(VENV)/bin/python -m benchmarks.suppression
	$(VENV)/bin/python -m benchmarks.detection

wheel: $(STAMP) ## Build the landlords' tool into dist/: `quartiers landlord add` puts it into each kit
	$(VENV)/bin/pip wheel -q --no-deps --no-build-isolation -w dist .
	rm -rf build

up: $(STAMP) ## Start Kafka, the database, a worker, and Grafana if it is installed
	$(VENV)/bin/quartiers up

down: $(STAMP) ## Stop what `make up` started; data stays
	$(VENV)/bin/quartiers down

lock: | $(STAMP) ## Pin the dependencies again, with hashes: requirements/dev.txt, and run.txt for the container image
	$(LOCK) --extra dev --extra server -o requirements/dev.txt pyproject.toml
	cp requirements/dev.txt requirements/run.txt # the same pins: run.txt only leaves out what development needs
	$(LOCK) --extra server -o requirements/run.txt pyproject.toml

hooks: $(STAMP) ## Check each commit beforehand (pre-commit)
	$(VENV)/bin/pre-commit install

clean: ## Remove the environment and the tools' caches (downloads and data stay in .cache)
	rm -rf $(VENV) $(NODE)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build dist
