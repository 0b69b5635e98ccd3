.DEFAULT_GOAL := help
.PHONY: help demo test lint bench up down lock hooks clean
VENV := .venv
STAMP := $(VENV)/.installed

help: ## List the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): requirements/dev.txt pyproject.toml
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q --require-hashes -r requirements/dev.txt
	$(VENV)/bin/pip install -q --no-deps --no-build-isolation -e .
	touch $(STAMP)

demo: $(STAMP) ## Five simulated years, then days that stream in, then the proof (ONCE=1 stops by itself)
	$(VENV)/bin/quartiers demo $(if $(ONCE),--once)

test: $(STAMP) lint ## Set everything up, then check and test (real Kafka, real TimescaleDB)
	$(VENV)/bin/pytest

lint: $(STAMP) ## ruff and strict types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

lock: ## Pin the dependencies again, with hashes
	$(VENV)/bin/pip-compile -q --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --allow-unsafe --strip-extras --extra dev -o requirements/dev.txt pyproject.toml

clean: ## Remove the environment (downloads and data stay in .cache)
	rm -rf $(VENV)
