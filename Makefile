# What one runs by hand. Needs only Python 3.11 or newer, git and make; everything else is pinned
# with its hash in requirements.lock and requirements-test.lock and installed into .venv.

PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq --no-input
# One more than there are cores: many tests wait for processes and clocks.
PROCESSES := $(shell echo $$(($$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)))
# Tests start many children: none of them compiles the product again, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=
# The order of files is that of tests/hurry.py.
PYTEST := $(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
# Which lines no test ran is counted where that is cheap: before Python 3.12 it doubles the time.
COVERAGE := $(shell $(PYTHON) -c 'import sys; \
  print("--cov --cov-report=term:skip-covered" if sys.version_info >= (3, 12) else "")' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run test check bench oracle gate tested simulate statistics-report measure train format format-check lint types imports audit coverage lock clean

help: ## what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: .venv/run.stamp ## the demo on http://127.0.0.1:8000 with a simulated phone network
	@exec $(BIN)/kith demo

test: .venv/test.stamp ## every test, on SQLite and on a real PostgreSQL
	$(PYTEST)

check: format-check lint types imports audit gate tested ## all that must hold before a change lands

bench: .venv/test.stamp ## texts taken in per second, next to two yardsticks; then a flood of 50 000
	$(BIN)/python -m bench.run $(BENCH)
	$(BIN)/python -m bench.flood $(FLOOD)

oracle: .venv/test.stamp ## 2 000 dialogues of each kind: does the carrier see which phones have a case
	KITH_ORACLE=$(or $(DIALOGUES),2000) $(BIN)/python -m pytest -n0 -q -s tests/inbound/test_told_apart.py

gate: .venv/test.stamp ## a minute's benchmark: fails where texts are taken in a quarter slower
	$(BIN)/python -m bench.run --gate

tested: .venv/test.stamp
	COVERAGE_CORE=sysmon $(PYTEST) $(COVERAGE)

simulate: .venv/run.stamp ## a simulated month: who waits how long, and is anybody forgotten
	$(BIN)/python -m simulation $(SIMULATE)

statistics-report: .venv/test.stamp ## how far published figures are off, and what an attacker learns
	$(BIN)/python -m bench.statistics

measure: .venv/test.stamp ## how well callers' texts are understood, per language, on unseen sentences
	$(BIN)/python -m training.measure $(MEASURE)

train: .venv/test.stamp ## the model that reads callers' texts, from tests/intake/corpus
	$(PIP) install --require-hashes -r requirements-train.lock
	$(BIN)/python -m training.train

format: .venv/test.stamp ## lay out the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .

format-check: .venv/test.stamp
	$(BIN)/ruff format --check .

lint: .venv/test.stamp ## style and common faults
	$(BIN)/ruff check .

types: .venv/test.stamp ## mypy, strict
	$(BIN)/mypy

imports: .venv/test.stamp ## which room may import which, and whether names and sizes fit the house
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/python .ci/house.py

audit: .venv/test.stamp ## known vulnerabilities in the pinned packages
	$(BIN)/python .ci/dependency_audit.py requirements-test.lock

coverage: .venv/test.stamp ## every test, and which lines none of them ran
	$(PYTEST) --cov --cov-report=term:skip-covered

lock: ## pin what pyproject.toml asks for (needs uv); UPGRADE=--upgrade takes newer versions too
	uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --group build \
	  pyproject.toml --output-file requirements.lock
	uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --group build --group test \
	  --constraint requirements.lock pyproject.toml --output-file requirements-test.lock
	uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --only-group train \
	  --constraint requirements.lock pyproject.toml --output-file requirements-train.lock

clean: ## remove what installing, testing and building made; data in var/ stays
	rm -rf .venv dist htmlcov .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache \
	  .ruff_cache .import_linter_cache
	find app bench migrations simulation tests training -name __pycache__ -type d -prune -exec rm -rf {} +

# A lock file is complete, so pip never resolves anything (--no-deps): old pips stumble over a pin
# without the extra that another package asks for, and a later release could change the answer.
# `pip check` then says whether the lock file was complete. The locked build tool builds the package
# itself from its folder. Nothing that is not in a lock file is ever downloaded.
define install
	@echo "Installing the pinned packages of $(1) into .venv. The first time takes a few minutes ..."
	@$(PIP) install --require-hashes --no-deps -r $(1)
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip --disable-pip-version-check check
	@touch $@
endef

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/pip
	$(call install,requirements.lock)

.venv/test.stamp: requirements-test.lock requirements.lock pyproject.toml | .venv/bin/pip .venv/pips
	$(call install,requirements-test.lock)

# The pips that tests/set_up installs with.
.venv/pips: $(wildcard tests/set_up/pips/*.txt) | .venv/bin/pip
	@for lock in $^; do $(PIP) download --no-deps --require-hashes --dest $@ -r $$lock || exit 1; done
	@touch $@

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
