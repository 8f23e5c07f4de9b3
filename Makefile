# The commands of the house. `make run` is all a user needs; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=

# What an install depends on: the project file and the interpreter. The stamp in .venv remembers it.
WANTED := $(shell { cksum < pyproject.toml; $(PYTHON) -V; pwd; } 2>&1 | cksum)

.DEFAULT_GOAL := help
.PHONY: help install install-test install-dev chromium run test faults check proof bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

install: ## make .venv and install Orrery into it (quick when nothing has changed)
	@$(call ensure,base,.)

install-test:
	@$(call ensure,test,.[test])

install-dev:
	@$(call ensure,dev,.[dev])

run: install ## serve on http://127.0.0.1:8000 (ORRERY_PORT, ORRERY_HOST, ORRERY_HOME are respected)
	@exec $(BIN)/orrery serve

test: install-test chromium ## all tests; PYTEST_ARGS="-k mlp" chooses
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not proof and not full" $(PYTEST_ARGS)

proof: install-test ## the syllabus's medians at full size (long)
	$(BIN)/python -m pytest -q -m proof $(PYTEST_ARGS)

faults: install-test ## what must not be lost, at full size (a quarter of an hour): one table of what was measured
	@table=$$(mktemp); ORRERY_FAULTS=$$table $(BIN)/python -m pytest -q -o faulthandler_timeout=1200 tests/faults $(PYTEST_ARGS); code=$$?; \
	printf '\n| what | measured |\n| --- | --- |\n'; cat $$table; rm -f $$table; exit $$code

check: install-dev ## lint, format, types, and the arrows between the parts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: install-test chromium ## the benchmarks: one table, target beside figure
	$(BIN)/python -m tests.benchmarks

chromium: # the browser tests need a Chromium; Debian's is installed where that is possible without a password
	@for name in $$CHROMIUM chromium chromium-browser google-chrome; do command -v $$name >/dev/null 2>&1 && exit 0; done; \
	root=""; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	if command -v apt-get >/dev/null 2>&1 && $$root true 2>/dev/null; then \
		echo "Installing Chromium for the browser tests …"; \
		{ $$root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$root apt-get install -qq -y --no-install-recommends chromium; } >/dev/null \
		&& command -v chromium >/dev/null && exit 0; \
	fi; \
	echo "NOTE: there is no Chromium here and it cannot be installed without a password: the browser tests will be SKIPPED."; \
	echo "      On Debian or Ubuntu: sudo apt-get install chromium. Elsewhere: put a Chromium or Chrome on the PATH, or set CHROMIUM."

clean: ## remove .venv and the tools' caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info

# ensure LEVEL,REQUIREMENT: .venv exists and holds the requirement; nothing is done when the stamp says so.
# Python compiles what is imported when it is imported: compiling all of it here would take longer than the rest.
define ensure
	stamp=$(VENV)/.installed-$(1); \
	if [ "$$(cat $$stamp 2>/dev/null)" = "$(WANTED)" ]; then exit 0; fi; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Orrery needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make $@ PYTHON=python3.12"; exit 1; }; \
	[ -x $(BIN)/python ] && $(BIN)/python -c '' 2>/dev/null || { rm -rf $(VENV); $(PYTHON) -m venv $(VENV); } || \
		{ echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }; \
	echo "Installing into $(VENV) (the first time takes a minute or more: PyTorch is large) …"; \
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --no-input -e "$(2)" && \
	for level in base $(if $(filter test dev,$(1)),test) $(1); do echo "$(WANTED)" > $(VENV)/.installed-$$level; done
endef
