# Bare `make` prints what there is. Needs Python 3.11 or newer (PYTHON=...), make and git.
PYTHON ?= python3
VENV := .venv/bin/python
LOCAL := $(VENV) -m config.local
export PYTHONTZPATH :=
.DEFAULT_GOAL := help
.PHONY: help setup run reset seed status sweep shell prepare test faults test-fast bench simulate \
	check lint format types imports migrations messages schema docs lock

help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Run it
run: setup ## Start everything on this machine: pages, engine, inbox; Ctrl-C stops it
	@exec $(VENV) -m config.runner

prepare: setup ## Make the local database ready (migrate, grant, seed), then stop
	@$(LOCAL) prepare

seed: setup ## Put the demo clinic into the local database
	@DEMO=1 $(LOCAL) seed

status: setup ## Say in plain words how the engine is
	@$(LOCAL) engine_status

sweep: setup ## Say what one pass of the engine would decide now, changing nothing
	@$(LOCAL) sweep --dry-run

shell: setup ## Open a Python shell on the local database
	@$(LOCAL) shell

reset: setup ## Throw the local data away
	@$(LOCAL) reset

##@ Check it
test: setup ## Run every test: PostgreSQL, Valkey, SMTP and Chromium are real
	@$(VENV) -m tests.support.chromium
	@$(VENV) -m tests.support.run $(ARGS)

faults: setup ## Break every part at every step and reckon (45 min); writes docs/faults.md
	@$(VENV) -m tests.faults.run $(ARGS)

test-fast: setup ## Run the tests that need neither processes nor a browser
	@$(VENV) -m pytest -q -m "not stack and not browser" $(ARGS)

SIZE ?= full
bench: setup ## Measure the engine beside its peers; SIZE=small for a quick look
	@$(VENV) -m bench $(SIZE)

simulate: setup ## Live patient-years in virtual time (PATIENT_YEARS=10000 SEED=1)
	@PATIENT_YEARS=$(PATIENT_YEARS) SEED=$(SEED) $(VENV) -m tests.simulation

check: setup lint types imports migrations deploy-check ## Run every static check

lint: setup ## Style and mistakes (ruff), and the format
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .

format: setup ## Put the code into its format
	@$(VENV) -m ruff check --fix --quiet . || true
	@$(VENV) -m ruff format .

types: setup ## Check the types (mypy, strict)
	@$(VENV) -m mypy

imports: setup ## Check that packages and layers point one way
	@.venv/bin/lint-imports --no-logo

migrations: setup ## Check that no model changed without a migration
	@$(LOCAL) makemigrations --check --dry-run

.PHONY: deploy-check
deploy-check: setup
	@DEMO=0 PUBLIC_URL=https://stepdown.example SECRET_KEY=$$($(VENV) -c \
		"import secrets; print(secrets.token_urlsafe(64))") \
		$(LOCAL) check --deploy --fail-level WARNING

##@ Change it
messages: setup ## Collect the texts to translate into each package's locale (needs gettext)
	@$(LOCAL) makemessages --all --no-location --no-obsolete --ignore ".venv/*" \
		--ignore ".local/*" --ignore "tests/*"

schema: setup ## Write the API's description to docs/openapi.yaml
	@$(LOCAL) spectacular --file docs/openapi.yaml --validate --fail-on-warn

JOURNEYS := $(addprefix tests/journeys/test_,$(addsuffix .py, \
	a_day a_sign a_caregiver travel offline_day))

docs: setup ## Check the documents and take their pictures anew
	@$(VENV) -m tests.support.chromium
	@PICTURES=1 $(VENV) -m pytest -q tests/browser/test_pictures.py $(JOURNEYS) \
		tests/architecture

lock: setup ## Choose the newest allowed versions and lock them with their hashes
	@.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --group dev \
		--output-file requirements.lock pyproject.toml
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --constraint requirements.lock \
		--output-file requirements-runtime.lock pyproject.toml

setup: ## Make or repair the environment in .venv
	@$(PYTHON) -I config/environment.py
	@$(VENV) -m config.translations
