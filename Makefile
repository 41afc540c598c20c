# Milepost's targets.  `make run` and `make test` need Python 3.11 or newer, make and a network for the first time.
.DEFAULT_GOAL := help
.PHONY: help setup browser run test check messages bench faults lock clean
.DELETE_ON_ERROR:

# Without byte code every start compiles some hundred modules again.
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.locked-set

# A virtual environment that was moved, or whose Python went away, is made again; a sound one is only brought up to date,
# since clearing it would take the ground from under whatever runs from it.
SOUND := $(shell $(PY) -c 'import sys; print(sys.prefix == sys.argv[1])' '$(CURDIR)/$(VENV)' 2>/dev/null)
ifneq ($(SOUND),True)
UNSOUND := unsound
endif

help:
	@echo "make run     start Milepost with a demo fortnight (PORT=8000)"
	@echo "make test    the whole suite on SQLite and PostgreSQL, browser tests included"
	@echo "make check   lint, types, templates, migrations, locks, house tests"
	@echo "make messages  take new customer sentences into the catalogues and compile them"
	@echo "make setup   the virtual environment with the locked set, nothing else"
	@echo "make bench   the standard benchmark;  make faults   the fault suite"
	@echo "make lock    write requirements/*.txt anew;  make clean   remove what was built"

setup: $(STAMP)

.PHONY: unsound
unsound:

$(STAMP): requirements/bootstrap.txt requirements/dev.txt $(UNSOUND)
	@test -n "$(PYTHON)" || { echo "Milepost needs Python 3.11 or newer as python3."; exit 1; }
	@test ! -L $(VENV) || { echo "setup: $(VENV) is a link to elsewhere; remove it first, so that nothing there is changed."; exit 1; }
ifneq ($(SOUND),True)
	@echo "setup: virtual environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV) || { echo "setup: no virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
endif
	@echo "setup: installing the locked set (about half a minute the first time)"
	@{ $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt \
		&& $(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes -r requirements/dev.txt; } \
		|| { echo "setup: uv did not manage, trying pip"; \
		$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt; }
	@touch $@
	@echo "setup: done"

browser: setup
	@$(PY) -m tests.plugins.browser

run: setup
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py createcachetable --verbosity 0
	@$(PY) manage.py demo --if-empty
	@$(PY) manage.py serve

test: setup browser
	@$(PY) -m tests.plugins.stages

# The checks need no data of their own: nothing is written to DATA_DIR.
check: export SECRET_KEY := only-for-the-checks-of-make-check-never-for-a-server-0123456789
check: export DATABASE_URL := sqlite://:memory:
check: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(PY) -m mypy
	@if [ -d templates ]; then echo "$(PY) -m djlint --lint templates"; $(PY) -m djlint --quiet --lint templates; fi
	$(PY) -m bandit --quiet --configfile pyproject.toml -ll --recursive cases escalation feedback portal
	$(PY) manage.py check
	$(PY) manage.py makemigrations --check --dry-run
	$(PY) -m pytest --quiet tests/house

# Takes up new sentences with GNU gettext and compiles the catalogues; says so where gettext is missing.
messages: export SECRET_KEY := only-for-taking-up-sentences-never-for-a-server-0123456789
messages: export DATABASE_URL := sqlite://:memory:
messages: setup
	@$(PY) manage.py messages $(ARGS)

bench: setup
	@$(PY) manage.py help bench >/dev/null 2>&1 || { echo "make bench: there is no 'manage.py bench' yet, so nothing was measured."; exit 1; }
	@$(PY) manage.py bench $(ARGS)

faults: setup
	@FAULT_SEEDS=$${FAULT_SEEDS:-5} MILEPOST_TEST_DB=postgres $(PY) -m pytest -m faults $(ARGS)

lock: setup
	@for name in bootstrap base dev; do \
		$(VENV)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(ARGS) \
		requirements/$$name.in --output-file requirements/$$name.txt >/dev/null || exit 1; done
	@echo "lock: requirements/*.txt written; make lock ARGS=--upgrade takes newer releases"

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
