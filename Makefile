# Work on pinterest_destination. `make` alone tells what there is.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
# The files of tests shared out to as many processes as there are CPUs, and traced: that takes twice as long as the tests alone.
TRACED := --numprocesses auto --maxprocesses 4 --dist loadfile --cov --cov-report=
BENCHMARKS := transform lines strict growth memory workers hosts outbox send serve

# Tests, demo and benchmarks start many a Python: each would compile the whole package anew where this is set.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test coverage kill bench docs screenshot clean

help: ## show this list
	@echo "make <target> [PYTHON=python3.12]"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.installed ## run the examples, and see what becomes of them
	@$(BIN)/python examples/demo.py

test: $(VENV)/.installed-test ## lint, types and tests (ARGS="-k checkout" goes to pytest)
	@echo "== ruff"
	@$(BIN)/ruff check .
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== pytest"
	@$(BIN)/python -m pytest $(ARGS)

coverage: $(VENV)/.installed-test ## all tests on all CPUs, and which lines and branches they leave out; fails below 98%
	@$(BIN)/python -m pytest $(TRACED)
	@$(BIN)/python -m coverage report

kill: $(VENV)/.installed-test ## kill `send` at random moments, 50 rounds
	@PINTEREST_KILL_ROUNDS=50 $(BIN)/python -m pytest tests/delivery/test_kill.py

bench: $(VENV)/.installed ## measure everything, beside its floor; JSON in build/bench/ (BENCH_EVENTS=200 for a short run)
	@mkdir -p build/bench
	@for name in $(BENCHMARKS); do $(BIN)/python benchmarks/$$name.py --json build/bench/$$name.json || exit 1; echo; done

docs: $(VENV)/.installed ## write the generated pages in docs/ anew
	@$(BIN)/python docs/make.py

screenshot: $(VENV)/.installed-test ## take docs/playground.png anew (needs Chromium)
	@$(BIN)/python tools/playground/screenshot.py

clean: ## remove the venv, and all that was built or cached
	@rm -rf $(VENV) build dist *.egg-info .coverage .coverage.* .demo .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +

# Stamps: pip runs again only when the dependencies may have changed, or when the venv's Python has gone.
$(shell test -x $(BIN)/python || rm -f $(VENV)/.installed $(VENV)/.installed-test)

$(VENV)/.installed: setup.cfg pyproject.toml | $(BIN)/python
	@echo "== installing into $(VENV)"
	@$(PIP) --editable '.[cli,server]'
	@touch $@

$(VENV)/.installed-test: setup.cfg pyproject.toml | $(BIN)/python
	@echo "== installing into $(VENV), with what the tests need"
	@$(PIP) --editable '.[test,dev]'
	@touch $@ $(VENV)/.installed

$(BIN)/python:
	@command -v '$(PYTHON)' >/dev/null || { \
	  echo "There is no '$(PYTHON)' here: install Python 3.11 or newer, or name yours: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@'$(PYTHON)' -c 'import sys; sys.exit("Python 3.11 or newer is needed, but $(PYTHON) is %d.%d.%d; name a newer one: make PYTHON=python3.12" % sys.version_info[:3] if sys.version_info < (3, 11) else 0)'
	@'$(PYTHON)' -c 'import ensurepip, venv' 2>/dev/null || { \
	  '$(PYTHON)' -c 'import sys; sys.exit("$(PYTHON) cannot make virtual environments, its venv package is missing. On Debian and Ubuntu: apt install python3-venv (or python%d.%d-venv)" % sys.version_info[:2])'; }
	@echo "== making $(VENV)"
	@'$(PYTHON)' -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }
