# make demo   installs what is missing, audits the embedded model, prints where the report is
# make test   installs what is missing, runs every check and test
# make simulate   regenerates the tables of error rates in docs/method.md (an hour of one core)
# make oracle     compares with independent libraries, each in a throw-away environment (network)
#
# SYSTEM=no   touch nothing outside this folder (no system packages)
# PYTHON=...  the Python to build .venv with (3.11 or newer)

SYSTEM ?= yes
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
DEMO := runs/demo

# Caches of pip, fontconfig and others stay inside the clone.
export XDG_CACHE_HOME := $(CURDIR)/$(VENV)/cache

SYSTEM_PACKAGES := python3-venv fontconfig fonts-noto-core libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0

.PHONY: demo test check format embedded golden oracle simulate system clean

demo: $(INSTALLED)
	@rm -rf $(DEMO)
	$(BIN)/samata run embedded:biased --profile quick --offline --out $(DEMO)

# One thread a worker: two workers with two threads each are many times slower on two cores.
test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile -q

check: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

embedded: $(INSTALLED)
	$(BIN)/python -m audit.pipeline.standards build

golden: $(INSTALLED)
	$(BIN)/python -m pytest tests/reporting tests/cli --rewrite-golden -q

simulate: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.simulation

oracle: $(INSTALLED)
	OMP_NUM_THREADS=1 $(BIN)/python tests/oracle/run.py

system:
ifeq ($(SYSTEM),yes)
	@SYSTEM_PACKAGES="$(SYSTEM_PACKAGES)" sh docs/install/system.sh
endif

$(INSTALLED): pyproject.toml constraints.txt | system
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable . --group dev
	@touch $@

clean:
	rm -rf $(VENV) runs dist
