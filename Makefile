# make demo | test | check | bench | bench-peers | wheel | clean. Each sets up what it needs first; PYTHON=python3.12 chooses an interpreter.
SHELL := /bin/bash
VENV := .venv
READY := $(VENV)/.ready
BIN := $(VENV)/bin
PEERS := .venv-peers
WORKERS ?= 2

.PHONY: help setup demo test check bench bench-peers wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make demo   houses, frames, training and a report, in minutes -> tst-sim-demo/report.html"
	@echo "make test   the whole test suite          make check  style, types, architecture"
	@echo "make bench  speed, side by side           make wheel  the package, in dist/"
	@echo "make clean  remove .venv and caches (results stay)"
	@echo "make bench-peers  our renderer beside six others, in an environment of their own"

setup: $(READY)

NATIVE := hatch_build.py $(wildcard tst_sim/embedded/drawing/cpu/native/*) tst_sim/embedded/drawing/shading.glsl \
	$(wildcard tst_sim/embedded/drawing/*.py) tst_sim/embedded/textures/library.py

$(READY): pyproject.toml scripts/setup.sh $(NATIVE)
	@PYTHON="$(PYTHON)" scripts/setup.sh $(VENV)
	@touch $@

demo: $(READY)
	@$(BIN)/tst-sim demo --out tst-sim-demo

test: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

check: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@$(BIN)/python -m pytest tests/test_architecture.py

bench: $(READY)
	@$(BIN)/python -m benchmarks

$(PEERS)/.ready: benchmarks/peers/requirements.txt benchmarks/peers/requirements-alone.txt scripts/setup_peers.sh
	@PYTHON="$(BIN)/python" scripts/setup_peers.sh $(PEERS)
	@touch $@

bench-peers: $(READY) $(PEERS)/.ready
	@$(BIN)/python -m benchmarks.peers

wheel: $(READY)
	@$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) $(PEERS) .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
