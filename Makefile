# Two commands for everybody: `make demo` and `make test`. Each installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SOURCES := planner data notebooks tests
DEMO := runs/demo

.PHONY: demo test test-slow check bench golden words format clean

$(VENV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("planner needs Python 3.11 or newer; name one with: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@

demo: $(VENV)/installed
	$(BIN)/planner check data/yuhe
	$(BIN)/planner run scenarios/yuhe/keep.toml --out $(DEMO) --replace
	$(BIN)/planner exceed scenarios/yuhe/keep.toml --grade 1 --year 2027 --levers
	@echo
	@echo "Tables, maps, the GeoPackage and the workbook are in $(DEMO)."

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -n 2 -m "not slow and not bench"

test-slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -m slow

check: $(VENV)/installed-dev
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/basedpyright
	$(BIN)/lint-imports

bench: $(VENV)/installed-dev
	$(BIN)/python tests/benchmarks/run.py

golden: $(VENV)/installed-dev
	PLANNER_GOLDEN=rewrite $(BIN)/python -m pytest -m "not slow and not bench" -k golden

words: $(VENV)/installed-dev
	$(BIN)/python -m planner.words.collect
	$(BIN)/python -m planner.words.reference

format: $(VENV)/installed-dev
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix-only --quiet $(SOURCES)

clean:
	rm -rf $(VENV) build dist runs *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
