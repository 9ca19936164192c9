# Two commands for a newcomer: `make run` and `make test`. Everything they need they install or start themselves.
PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= $(CURDIR)/.data
VENV := .venv
PY := $(VENV)/bin/python
export DATA_DIR

.PHONY: help run models test proof bench lint worker

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

$(VENV)/installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/installed-for-tests: tests/requirements.txt $(VENV)/installed
	$(PY) -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

# The extra `models` of pyproject.toml: torch first and alone, since what asks for it takes whichever is there.
$(VENV)/installed-for-models: pyproject.toml $(VENV)/installed
	$(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["models"], sep="\n")' > $@.txt
	$(PY) -m pip install --quiet --disable-pip-version-check $$(grep ^torch $@.txt)
	$(PY) -m pip install --quiet --disable-pip-version-check -r $@.txt
	touch $@

models: $(VENV)/installed-for-models ## install what runs models (torch, transformers, peft); all else works without

run: export DEBUG = 1
run: $(VENV)/installed ## set everything up, fill the registry and serve it (NO_SERVE=1 stops before serving)
	$(PY) manage.py migrate --verbosity 0
	$(PY) manage.py first_run
	@if [ -z "$(NO_SERVE)" ]; then echo "Stemma is at http://127.0.0.1:$(PORT)/"; exec $(PY) manage.py runserver 127.0.0.1:$(PORT); fi

worker: export DEBUG ?= 1
worker: $(VENV)/installed ## run a worker and the schedules on this machine
	$(VENV)/bin/celery -A registry worker --beat --queues hub,score,gpu --concurrency 2 --loglevel INFO --schedule $(DATA_DIR)/beat

test: $(VENV)/installed-for-tests $(VENV)/installed-for-models ## the whole suite, on SQLite and on a throw-away PostgreSQL
	$(PY) -m pytest -n 2 -m "not proof"
	$(PY) -m tests.postgres $(PY) -m pytest -n 2 -m "not proof and not browser"

lint: $(VENV)/installed-for-tests ## the linters, and whether a migration is missing
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	DEBUG=1 $(PY) manage.py makemigrations --check --dry-run
	SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))') $(PY) manage.py check --deploy --fail-level WARNING

proof: $(VENV)/installed-for-tests $(VENV)/installed-for-models ## the long proofs
	$(PY) -m pytest -m proof

# The last two train and keep what they trained: they take the folder that is to hold it.
bench: $(VENV)/installed-for-tests $(VENV)/installed-for-models ## every benchmark; each prints JSON lines with units
	@for bench in $$(grep -l __main__ tests/bench/*.py | grep -v -e real_versions -e tiny_versions); do $(PY) -m $$(echo $${bench%.py} | tr / .) || exit 1; done
