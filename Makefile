# What can be done here. `make help` lists it; everything else a target needs, it installs by itself.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo demo-aws demo-chat test test-fast check fmt bench lock clean

RUN := .venv/bin/python -P -m
CODE := platform/watchfloor bot reports tenants tests infra
ARGS ?=

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Run Watchfloor with two customers and an attack, until Ctrl-C; ONESHOT=1 ends by itself
	@infra/bootstrap demo
	@$(RUN) watchfloor.ops.cli demo $(if $(filter-out 0,$(ONESHOT)),--oneshot) $(ARGS)

demo-chat: ## The same with a Discord on the loopback, where an incident is worked; ONESHOT=1 ends by itself
	@infra/bootstrap demo
	@.venv/bin/python -m infra.demo_chat $(if $(filter-out 0,$(ONESHOT)),--oneshot) $(ARGS)

demo-aws: ## The same with an account at AWS on the loopback, whose trail tells of an attack; ONESHOT=1 ends by itself
	@infra/bootstrap demo
	@.venv/bin/python -m infra.demo_connector $(if $(filter-out 0,$(ONESHOT)),--oneshot) $(ARGS)

test: ## Run all tests but the load tests; ARGS="-k name" chooses
	@infra/bootstrap test
	@.venv/bin/python -m pytest -n 2 --dist loadfile -m "not load" $(ARGS)

test-fast: ## Run the tests that take no more than a moment each
	@infra/bootstrap test
	@.venv/bin/python -m pytest -m "not load and not slow and not crash and not browser" $(ARGS)

check: ## Check format, style, types, imports, layout and dead code
	@infra/bootstrap python
	@.venv/bin/ruff format --check --quiet $(CODE)
	@.venv/bin/ruff check --quiet $(CODE)
	@.venv/bin/lint-imports
	@$(RUN) mypy
	@$(RUN) basedpyright
	@$(RUN) vulture
	@.venv/bin/python -m pytest -q -p no:randomly tests/layout

fmt: ## Format the code, and repair what style checks can repair
	@infra/bootstrap python
	@.venv/bin/ruff check --fix --quiet $(CODE) || true
	@.venv/bin/ruff format $(CODE)

bench: ## Measure, on a machine that does nothing else
	@infra/bootstrap demo
	@set -e; for script in infra/bench/*.py; do echo "== $$script"; .venv/bin/python -P "$$script"; done
	@.venv/bin/python -m pytest -m load $(ARGS)

lock: ## Make requirements.lock anew from pyproject.toml
	@infra/bootstrap python
	@set -e; tools=$$(mktemp -d); trap 'rm -rf "$$tools"' EXIT; \
	.venv/bin/python -m venv "$$tools"; "$$tools/bin/python" -m pip install --quiet uv; \
	"$$tools/bin/uv" pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-annotate --no-header --group dev pyproject.toml -o requirements.lock --quiet

clean: ## Remove what was built or cached here; data in WATCHFLOOR_HOME stays
	@rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
