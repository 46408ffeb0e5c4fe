# Two commands do everything on a fresh machine: `make demo` and `make test`. Both install what they need first.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DRIVER := $(VENV)/.driver
DEMO := demo
SCALE ?= 0.01
SEED ?= 7
YEARS ?= 2012-2016
YEAR ?= 2015
NATION := $(SCALE)-$(SEED)-$(YEARS)

.PHONY: help install demo test test-browser lint clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  \1\t/' | expand -t 16

install: $(INSTALLED)  ## Java 17, .venv with pinned packages, the Delta jars

$(INSTALLED): setup.py constraints.txt lib/percorsi/jars.py lib/percorsi/session.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 is needed: install it, or name it with 'make PYTHON=/path/to/python3.11'"; exit 1; }
	@bash jobs/ensure-java.sh
	$(BIN)/pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,benchmarks]'
	@echo "fetching the two Delta jars (once)"
	@$(BIN)/python -m percorsi.jars 2> $(VENV)/jars.log || { grep -v -i proxy $(VENV)/jars.log | tail -5; exit 1; }
	@touch $@

demo: $(INSTALLED)  ## the whole way on a synthetic nation: delivery in, released result out
	@mkdir -p $(DEMO) && { test -f $(DEMO)/made || echo $(NATION) > $(DEMO)/made; }
	@grep -qx -- "$(NATION)" $(DEMO)/made || { echo "$(DEMO)/ holds another nation ($$(cat $(DEMO)/made));" \
		"give this one a folder of its own: make demo DEMO=demo-$(NATION) ..." >&2; exit 2; }
	@test -f $(DEMO)/nation/delivery/SYNTHETIC.json || $(BIN)/percorsi synthesize \
		--out $(DEMO)/nation --scale $(SCALE) --seed $(SEED) --years $(YEARS)
	$(BIN)/percorsi run --home $(DEMO)/home --deliveries $(DEMO)/nation/delivery --year $(YEAR)
	@n=1; while [ -e $(DEMO)/home/releases/$(YEAR).$$n ]; do n=$$((n + 1)); done; set -x; \
		$(BIN)/percorsi release --home $(DEMO)/home --run latest --name $(YEAR).$$n

test: $(INSTALLED)  ## style, then all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
# a Spark for each of two cores; the tests of a file share one, and the long ones, of the whole way, come first
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-browser: $(DRIVER)  ## the steward's pages in Chromium, at the width of a desk and of a phone
	@bash jobs/ensure-chromium.sh
	$(BIN)/pytest tests/browser

$(DRIVER): $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[browser]'
	@touch $@

lint: $(INSTALLED)  ## style alone, mended where it can be
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## all that was generated, except the installation
	rm -rf $(DEMO) demo .pytest_cache .ruff_cache .hypothesis build dist
