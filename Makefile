# Two commands do everything on a fresh machine: `make demo` and `make test`. Both install what they need first.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DEMO := demo
SCALE ?= 0.01
SEED ?= 7
YEARS ?= 2012-2016
YEAR ?= 2015

.PHONY: help install demo test lint clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  \1\t/' | expand -t 12

install: $(INSTALLED)  ## Java 17, .venv with pinned packages, the Delta jars

$(INSTALLED): setup.py constraints.txt lib/percorsi/jars.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 is needed: install it, or name it with 'make PYTHON=/path/to/python3.11'"; exit 1; }
	@bash jobs/ensure-java.sh
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,benchmarks]'
	@echo "fetching the two Delta jars (once)"
	@$(BIN)/python -m percorsi.jars 2> $(VENV)/jars.log || { grep -v -i proxy $(VENV)/jars.log | tail -5; exit 1; }
	@touch $@

demo: $(INSTALLED)  ## the whole way on a synthetic nation: delivery in, released result out
	@test -f $(DEMO)/nation-$(SCALE)-$(SEED)/done || { \
		$(BIN)/percorsi synthesize --out $(DEMO)/nation-$(SCALE)-$(SEED) --scale $(SCALE) --seed $(SEED) --years $(YEARS) \
		&& touch $(DEMO)/nation-$(SCALE)-$(SEED)/done; }
	$(BIN)/percorsi run --home $(DEMO)/home --deliveries $(DEMO)/nation-$(SCALE)-$(SEED)/delivery --year $(YEAR)
	$(BIN)/percorsi release --home $(DEMO)/home --run latest \
		--name $(YEAR).$$(( $$(ls $(DEMO)/home/releases 2>/dev/null | wc -l) + 1 ))

test: $(INSTALLED)  ## style, then all tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pytest

lint: $(INSTALLED)  ## style alone, mended where it can be
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## all that was generated, except the installation
	rm -rf $(DEMO) .pytest_cache .ruff_cache .hypothesis build dist
