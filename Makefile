# One virtual environment in the checkout; python3 (3.11 and up), venv and make are all it takes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SMALL := $(VENV)/.small
READY := $(VENV)/.ready
# Python compiles what it imports, when it does: of all that is installed that is the smaller part.
INSTALL := -m pip install --quiet --disable-pip-version-check --no-compile
PIP := $(BIN)/python $(INSTALL)
# Without a wheel for every machine (none for 32 bits); tests that want them are skipped there.
DESK := evaluate dask clinic
LAYERS := layer-unit layer-system layer-install
# Of two that are asked for together; each by itself waits for none.
after = $(if $(filter test,$(MAKECMDGOALS)),$1)
# The newest Python that is supported, trixie's, where this machine has one (pyenv keeps it off the path).
NEWEST = $(firstword $(foreach python,python3.13 $(wildcard $(HOME)/.pyenv/versions/3.13*/bin/python3.13),$(shell $(python) -c 'print("$(python)")' 2> /dev/null)))
# A module a worker, in their order: the long walks of unit/coach come first, so no core waits for them.
PYTEST := --numprocesses=auto --dist=loadscope --no-loadscope-reorder

# A test that waits for ever is named, with all that it waits for, and the others go on.
GUARD := --timeout=900
# Where another Python is another one: what asks it for files, databases, sockets, terminals and times.
# Not the arithmetic of simulated walkers and of a chip's clock.
OF_NUMPY := tests/unit/hardware/test_walker%.py tests/unit/hardware/test_sampleclock.py
OF_PYTHON = tests/unit/firmware $(filter-out $(OF_NUMPY),$(wildcard tests/unit/hardware/test_*.py))

.DELETE_ON_ERROR:
.PHONY: demo test unit unit-newest faults fuzz hil hil-pi test-arm lint bench pictures install uninstall deb card lock sbom clean help

help:            ## this list
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

$(SMALL): pyproject.toml Makefile
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[cli,fit]'
	@touch $@

comma := ,
empty :=
all_of = $(subst $(empty) ,$(comma),$1)

# In one go, or, where not all can be had, one after the other.
$(READY): pyproject.toml Makefile
	$(PYTHON) -m venv $(VENV)
	@$(PIP) --only-binary=:all: --editable '.[$(call all_of,dev $(DESK))]' || { \
		echo "make: not all on this machine: one after the other"; \
		$(PIP) --editable '.[dev]' || exit; \
		for extra in $(DESK); do \
			$(PIP) --only-binary=:all: --editable ".[$$extra]" || echo "make: no $$extra on this machine"; done; }
	@touch $(SMALL) $@

demo: $(SMALL)   ## a backward treadmill session on a simulated device (about a minute)
	$(BIN)/coach demo

test: $(LAYERS)  ## all tests on all cores, layer by layer (with -j beside each other; root: into clean Debian systems as well)

# Beside the others (`make -j`), some of which hold times, what holds none stands back.
layer-unit layer-install: nicely = nice -n 10
layer-%: $(READY)
	@$(nicely) $(BIN)/python -m pytest $(PYTEST) $(GUARD) tests/$*

unit: $(READY)   ## what a change is tried with first (less than a minute)
	$(BIN)/python -m pytest $(PYTEST) $(GUARD) -m 'not slow' tests/unit

unit-newest: $(READY) ## those of firmware and hardware with Python 3.13, where there is one
	@if [ -z "$(NEWEST)" ]; then echo "make: no python3.13 on this machine: the unit tests on it are skipped"; else \
		$(NEWEST) -m venv $(VENV)/newest && \
		$(VENV)/newest/bin/python $(INSTALL) --editable '.[unit]' && \
		$(VENV)/newest/bin/python -m pytest $(PYTEST) $(GUARD) -m 'not slow' $(OF_PYTHON); fi

faults: $(READY) ## every pair of the sensor's faults in a walk, and each fault at many moments
	COACH_FAULTS=all $(BIN)/python -m pytest $(PYTEST) --dist=load tests/system/test_fault_pairs.py
	$(BIN)/python -m tests.bench.bench_faults

fuzz: $(READY)   ## each parser (settings, recording, request, log row) under 100,000 inputs (an hour; CASES=)
	COACH_FUZZ_CASES=$(or $(CASES),100000) $(BIN)/python -m pytest $(PYTEST) --dist=load -m fuzz tests/unit

# Its times count as well: it comes after what keeps times, beside an installation that waits for downloads.
hil: $(READY) | $(call after,layer-system)
hil:             ## the package on real kernel buses, in machines of its own, two at a time (root; minutes)
	COACH_HIL=1 $(BIN)/python -m pytest --numprocesses=2 --dist=loadfile tests/hil --exitfirst || [ $$? -eq 5 ] # 5: skipped as a whole

hil-pi: $(READY) ## the package on an emulated Pi 3 B and Zero 2 W, with their own drivers (root; a quarter of an hour)
	COACH_HIL_PI=1 $(BIN)/python -m pytest tests/hil/pi || [ $$? -eq 5 ]

test-arm:        ## the tests on Arm, emulated, with Debian's Python (root; minutes; ARCH=armhf: 32 bits)
	@sh tests/arm/run.sh

lint: $(READY)   ## style, types and which way imports run
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)  ## how fast it is: printed tables, nothing fails
	@for file in tests/bench/bench_*.py; do $(BIN)/python -m tests.bench.$$(basename $$file .py); done

pictures: $(READY) ## make the pictures of README and docs anew
	$(BIN)/python docs/pictures.py
	COACH_PICTURES=docs $(BIN)/python -m pytest -q tests/system/test_log_report.py tests/system/test_progress.py -k pictures
	$(BIN)/python docs/importgraph.py
	$(BIN)/python docs/tables.py

install:         ## the coach as a service on this machine (sudo); again: upgrade
	@sh packaging/install.sh install

uninstall:       ## take it away again; PURGE=1: settings and log as well
	@sh packaging/install.sh uninstall

deb: $(SMALL)    ## the Debian package, in dist/
	@sh packaging/deb.sh $(BIN)/python dist

# What a variable was given, as the shell takes it literally: a password may have signs of both in it.
unexport KEY WIFI PASSWORD
literal = '$(subst ','\'',$(value $1))'

card: deb        ## what makes a memory card a coach, in dist/card (KEY=~/.ssh/id_ed25519.pub; NAME= WIFI= PASSWORD= COUNTRY=)
	@$(BIN)/python packaging/card.py $$(ls -t dist/cadence-coach_*_all.deb | head -n 1) dist/card --key $(call literal,KEY) \
		--name "$(or $(NAME),coach)" --wifi $(call literal,WIFI) --password $(call literal,PASSWORD) --country "$(COUNTRY)"

lock: $(READY)   ## pin what an image needs, with hashes (review the difference)
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --extra cli --extra fit --extra pi --universal --python-version 3.11 \
		--generate-hashes --upgrade --quiet --custom-compile-command 'make lock' \
		--output-file packaging/requirements.lock

sbom: $(READY)   ## the bill of materials of the lock, CycloneDX, in dist/
	$(PIP) cyclonedx-bom
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements packaging/requirements.lock --pyproject pyproject.toml \
		--output-reproducible --output-format JSON --output-file dist/cadence-coach.cdx.json

clean:           ## remove the virtual environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
