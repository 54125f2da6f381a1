# What a person types; each target sets up all that it needs. Python 3.9 or newer: make PYTHON=...
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PINS := .ci/requirements/test.txt

.PHONY: demo test lint package docs bench soak coverage mutation fuzz screenshots dashboards real-splunk release clean

## The packaged add-on at work, between a stand-in tenant and a stand-in splunkd; with INVICTI_BASE_URL,
## INVICTI_USER_ID and INVICTI_API_TOKEN set, reads that tenant instead and prints its events.
demo: $(VENV)/ready
	@$(RUN) -m tests.demo

## Every check and every test.
test: lint
	.ci/install-browser
	$(RUN) -m pytest -n auto

lint: $(VENV)/ready
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m bandit --quiet --configfile pyproject.toml --recursive bin
	git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run .ci/install-browser tests/real_splunk/run | xargs $(VENV)/bin/shellcheck

## dist/TA-invicti-auditlogs-<version>.tar.gz, inspected by AppInspect.
package:
	PYTHON=$(PYTHON) ./package.sh

## docs/data-dictionary.md, from the lookup and the list of fields; docs/alerts.md, from savedsearches.conf.
docs:
	$(PYTHON) .ci/data_dictionary.py
	$(PYTHON) .ci/alerts_page.py

## Events per second, memory and CPU beside other ways of doing the same, as ratios, which it writes into
## docs/performance.md.
bench: $(VENV)/ready
	$(RUN) -m tests.bench --write
	$(RUN) -m tests.bench.hec --write
	$(RUN) -m tests.bench.memory --write
	$(RUN) -m tests.bench.growth

## Ninety days of a tenant's life with every kind of trouble; SOAK="--seed 7" repeats one.
soak: $(VENV)/ready
	$(RUN) -m tests.soak $(SOAK)

## Branch coverage of bin/, in the packaged add-on's processes too; TESTS="tests/unit tests/integration/test_export.py -n 2"
## for some of the tests.
coverage: $(VENV)/ready
	.ci/install-browser
	$(RUN) -m tests.coverage $(TESTS)

## Whether the unit tests notice small changes of the pure core; MODULES="pages timeline" for some of it.
mutation: $(VENV)/ready
	$(RUN) -m tests.mutation $(MODULES)

## Answers of tenant and event collector, settings and requests to the REST handlers, changed at random, at length.
fuzz: $(VENV)/ready
	FUZZ_EXAMPLES=5000 $(RUN) -m pytest tests/fuzz -n auto

## Every page and error of the configuration, in both themes, as pictures in .build/screenshots.
screenshots: $(VENV)/ready
	.ci/install-browser
	$(RUN) -m tests.ui.screenshots

## The dashboards, drawn by Splunk's own renderer, in both themes, as pictures in .build/screenshots.
dashboards: $(VENV)/ready
	.ci/install-browser
	$(RUN) -m tests.knowledge.dashboards

## The package on a real Splunk, in a container; needs Docker, and your consent to Splunk's terms. See docs/real-splunk.md.
real-splunk: $(VENV)/ready
	@PYTHON=$(RUN) tests/real_splunk/run

## Whether this tree is fit to be released, and what to do then; pushes and uploads nothing.
release:
	PYTHON=$(PYTHON) ./package.sh
	$(PYTHON) .ci/release.py

clean:
	rm -rf $(VENV) .build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/ready: $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9) and "Python 3.9 or newer is needed; try: make PYTHON=python3.x")'
	@echo "Setting up $(VENV) ..." >&2
	@$(PYTHON) -m venv --clear $(VENV) || { echo "$(PYTHON) has no working venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(RUN) -m pip install --quiet --disable-pip-version-check --requirement $(PINS)
	@touch $@
