# SER Lab: `make run` starts the dashboard, `make test` runs every check.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8501
BIN    := $(VENV)/bin
CORPORA := $(wildcard ../shared/corpora)
export SER_TEST_CORPORA ?= $(abspath $(CORPORA))

.PHONY: run test check install install-dev browser clean help

help:            ## say what there is
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: install     ## start the dashboard on http://localhost:8501 (PORT=… for another)
	$(BIN)/python -m streamlit run streamlit_app.py --server.port $(PORT)

test: install-dev browser check  ## install what the tests need, then run every check

check:           ## run every check in the environment that is there
	$(BIN)/python tools/check.py

install: $(VENV)/.installed      ## make the virtual environment

install-dev: $(VENV)/.installed-dev

browser:         # Chromium for the browser tests; they skip, and say so, without it
	@sh tools/install_browser.sh

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "SER Lab needs Python 3.11 or newer; this is $$($(PYTHON) --version). Give another: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made: on Debian and Ubuntu, apt install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.installed: requirements.txt constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements.txt -c constraints.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check -q -r requirements-dev.txt -c constraints.txt
	@touch $(VENV)/.installed $@

clean:           ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
