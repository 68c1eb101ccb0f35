# `make lab` and `make test` are all a newcomer needs; `make help` lists the rest.
# PYTHON chooses the interpreter: `make test PYTHON=python3.13`.

PYTHON ?= python3
ARGS ?=
# Which Python tests: `make python-tests TESTS='not browser and not processes'` is quicker, and
# so is `make python-tests FOLDERS=tests/capture`.
TESTS ?= not browser
FOLDERS ?= tests

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
VENV := .venv/$(VERSION)
BIN := $(VENV)/bin
# The notebooks' kernels, Jupyter's helpers and a node from PyPI are found through PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Of what is installed little is imported: Python compiles that when it is.
export PIP_COMPILE := 0

FRONT_END := $(shell find extension/src -type f) $(addprefix extension/,package.json \
	package-lock.json build.mjs)
# Jupyter refuses to run as root, as in a container, unless told.
AS_ROOT := $(if $(filter 0,$(shell id -u)),--allow-root)
NODE_MODULES := extension/node_modules/.installed

.PHONY: help lab test python-tests notebook-tests front-end-tests browser-tests check bench build \
	records wire notebooks format clean

help:
	@echo 'make lab          JupyterLab on the tour (ARGS=--no-browser for servers)'
	@echo 'make test         every test (PYTHON=python3.13 for another interpreter)'
	@echo 'make check        ruff, pyright, biome, tsc'
	@echo 'make bench        ratios that must not grow'
	@echo 'make build        the front end, into jaxplore/static and jaxplore/labextension'
	@echo 'make notebooks    run the lessons and write their outputs'
	@echo 'make records      write the golden records again; look at the difference'
	@echo 'make wire         write the TypeScript types from jaxplore/model/wire/columns.py'
	@echo 'make format       ruff format, biome'
	@echo 'make clean        remove what was built, and the virtual environments'

# --- environments -----------------------------------------------------------------------

.DELETE_ON_ERROR:

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'jaxplore needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12'; exit 1; }
	$(PYTHON) -m venv '$(VENV)' || { rm -rf '$(VENV)'; \
		echo 'No virtual environment could be made. On Debian: apt install python3-venv'; exit 1; }

# Editable: the checkout is the package. The install also builds the front end.
$(VENV)/lab.done: pyproject.toml hatch_build.py | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[lab]'
	@touch $@ $(VENV)/front.done

$(VENV)/test.done: pyproject.toml hatch_build.py | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[test]'
	@touch $@ $(VENV)/lab.done $(VENV)/front.done

$(VENV)/dev.done: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -q -e '.[dev]'
	@touch $@ $(VENV)/lab.done $(VENV)/test.done $(VENV)/front.done

$(NODE_MODULES): extension/package.json extension/package-lock.json | $(VENV)/test.done
	cd extension && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# pip builds it, in an environment of its own with a node of its own where there is none, and
# copies the JupyterLab extension into this virtual environment.
$(VENV)/front.done: $(FRONT_END) | $(BIN)/python
	$(BIN)/python -m pip install -q --no-deps -e .
	@touch $@

build: $(VENV)/front.done

# --- what people run --------------------------------------------------------------------

lab: $(VENV)/lab.done build
	$(BIN)/python -m jupyter lab $(AS_ROOT) $(ARGS) notebooks/00_tour.ipynb

test: $(VENV)/test.done build
	$(MAKE) python-tests
	$(MAKE) notebook-tests
	$(MAKE) front-end-tests
	$(MAKE) browser-tests

python-tests: $(VENV)/test.done build
	$(BIN)/python -m pytest $(FOLDERS) -m '$(TESTS)' -n 2 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m pytest --doctest-modules jaxplore -q --ignore=jaxplore/run/startup

notebook-tests: $(VENV)/test.done build
	$(BIN)/python -m pytest --nbval notebooks --nbval-sanitize-with notebooks/sanitize.cfg -q \
		-n 2 --dist loadfile

front-end-tests: $(VENV)/test.done $(NODE_MODULES)
	cd extension && npm run check && npm test

browser-tests: $(VENV)/test.done build
	$(BIN)/python -m pytest tests -m browser -q

check: $(VENV)/dev.done $(NODE_MODULES)
	$(BIN)/ruff format --check . && $(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	cd extension && npm run check

# Measured beside ours, in an environment of its own: nothing here imports or ships it.
.venv/peers/peers.done:
	$(PYTHON) -m venv .venv/peers && .venv/peers/bin/python -m pip install -q jaxviz
	@touch $@

bench: $(VENV)/test.done build .venv/peers/peers.done
	$(BIN)/python tests/bench/run.py

# --- what developers run when they change a format ----------------------------------------

wire: $(VENV)/lab.done
	$(BIN)/python -m jaxplore.model.wire.typescript > extension/src/wire/program.ts.new
	mv extension/src/wire/program.ts.new extension/src/wire/program.ts
	$(BIN)/python -m jaxplore.model.wire.typescript timeline > extension/src/wire/timeline.ts.new
	mv extension/src/wire/timeline.ts.new extension/src/wire/timeline.ts
	$(BIN)/python -m jaxplore.model.wire.typescript passes > extension/src/wire/passes.ts.new
	mv extension/src/wire/passes.ts.new extension/src/wire/passes.ts
	$(BIN)/python -m jaxplore.model.wire.typescript collectives > \
		extension/src/wire/collectives.ts.new
	mv extension/src/wire/collectives.ts.new extension/src/wire/collectives.ts

records: $(VENV)/test.done
	$(BIN)/python tests/records/write.py

# The outputs are those of the deterministic mode: nothing in them changes between runs.
notebooks: $(VENV)/test.done build
	JAXPLORE_DETERMINISTIC=1 $(BIN)/python notebooks/run.py

format: $(VENV)/dev.done $(NODE_MODULES)
	$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .
	cd extension && npm run format

clean:
	rm -rf .venv dist build jaxplore/static jaxplore/labextension extension/node_modules
