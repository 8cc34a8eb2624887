# Every target says what it does; `make` lists them.
VENV   := .venv
PYTHON := $(VENV)/bin/python
MANAGE := $(PYTHON) manage.py
PIP    := $(PYTHON) -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup demo serve worker test test-fast cov check docs fix bench bench-api bench-export bench-upsert orders crash faults corpus fuzz api-fuzz soak stop

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	python3 -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

.env:
	@sed "s|^SECRET_KEY=.*|SECRET_KEY=$$(python3 -c 'import secrets; print(secrets.token_urlsafe(50))')|" .env.example > .env
	@echo "Wrote .env with a fresh SECRET_KEY."

setup: $(VENV)/.installed .env ## Environment, database (embedded unless DATABASE_URL is set), migrations
	@$(MANAGE) migrate --verbosity 0

demo: setup ## Import the 2022 Formula 1 season and say where to look
	@$(MANAGE) demo

serve: setup ## The web site on http://localhost:8000
	$(MANAGE) runserver 8000

worker: setup ## The queue's workers (django-q2), under a watchdog
	$(MANAGE) ingest_worker

test: $(VENV)/.installed-dev .env ## The whole suite, with coverage
	$(PYTHON) -m pytest --cov --cov-report=term:skip-covered

test-fast: $(VENV)/.installed-dev .env ## Only the tests that need no database
	$(PYTHON) -m pytest tests/unit

cov: $(VENV)/.installed-dev .env ## Coverage line by line, in htmlcov/
	$(PYTHON) -m pytest --cov --cov-report=html

check: $(VENV)/.installed-dev .env ## Lint, format, types, import rules, migrations; never writes
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/djhtml --check templates
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-cache
	$(MANAGE) makemigrations --check --dry-run
	DEBUG=false ALLOWED_HOSTS=localhost $(MANAGE) check --deploy --fail-level WARNING
	@made=$$(mktemp) && $(MANAGE) spectacular --validate --fail-on-warn --file $$made \
		&& { cmp -s $$made docs/openapi.yaml || { diff -u docs/openapi.yaml $$made | head -40; \
		echo "docs/openapi.yaml is not what the code says: run make docs, look at the change and commit it."; \
		rm -f $$made; exit 1; }; } && rm -f $$made

docs: $(VENV)/.installed .env ## Make docs/layouts.md and docs/openapi.yaml from the code
	$(PYTHON) -m imports.layouts.describe > docs/layouts.md
	$(MANAGE) spectacular --validate --fail-on-warn --file docs/openapi.yaml

fix: $(VENV)/.installed-dev ## Repair what lint and format can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/djhtml templates

bench: $(VENV)/.installed-dev .env ## Measure imports as ratios to a bare COPY (LAPS=500000)
	$(PYTHON) tests/benchmarks/bench_import.py --laps $(or $(LAPS),500000)
	$(PYTHON) -m tests.benchmarks.bench_batch

bench-upsert: $(VENV)/.installed-dev .env ## Measure check-then-insert against the atomic upsert of snapshots (REPEATS=10)
	$(PYTHON) -m tests.benchmarks.bench_upsert --repeats $(or $(REPEATS),10)

bench-export: $(VENV)/.installed-dev .env ## Measure exports as ratios to a bare COPY (LAPS=500000)
	$(PYTHON) -m tests.benchmarks.bench_export --laps $(or $(LAPS),500000)

bench-api: $(VENV)/.installed-dev .env ## Measure the API through gunicorn (LAPS=500000 REQUESTS=300 ROUNDS=3)
	$(PYTHON) -m tests.benchmarks.bench_api --laps $(or $(LAPS),500000) --requests $(or $(REQUESTS),300) --rounds $(or $(ROUNDS),3)

orders: $(VENV)/.installed-dev .env ## Files in 1,050 random orders, and 100 random histories (SEEDS=350 HISTORIES=100)
	ORDER_SEEDS=$(or $(SEEDS),350) STATEFUL_EXAMPLES=$(or $(HISTORIES),100) STATEFUL_STEPS=30 \
		$(PYTHON) -m pytest -q tests/integration/test_any_order.py tests/integration/test_stateful.py

crash: $(VENV)/.installed-dev .env ## Break imports in every way and compare (KILLS=500 BACKENDS=200 STOPS=20 PLANTED=1)
	$(PYTHON) -m tests.crash.sweep $(if $(PLANTED),--planted) $(if $(KILLS),--kills $(KILLS)) $(if $(BACKENDS),--backends $(BACKENDS)) $(if $(STOPS),--stops $(STOPS)) $(if $(SEED),--seed $(SEED)) $(if $(PARTS),--parts $(PARTS)) $(if $(JOBS),--jobs $(JOBS))

faults: $(VENV)/.installed-dev .env ## Kill and wedge real queue clusters, and measure the recovery (TIMES=5 FAULTS="wedge poison")
	$(PYTHON) -m tests.faults.run --times $(or $(TIMES),5) $(if $(FAULTS),--faults $(FAULTS))

corpus: $(VENV)/.installed-dev .env ## Import every kind of bad file and compare (FAMILIES="json packed")
	$(PYTHON) -m tests.corpus.run $(FAMILIES)

fuzz: $(VENV)/.installed-dev ## Read damaged files of every format (INPUTS=100000 SEED=1 JOBS=2)
	$(PYTHON) -m tests.fuzz.run --inputs $(or $(INPUTS),100000) $(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS))

api-fuzz: $(VENV)/.installed-dev .env ## Ask a real server all that OpenAPI describes (CASES=10000 SEED=1 ONLY=/runs/)
	$(PYTHON) -m tests.api_fuzz.run --cases $(or $(CASES),10000) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

soak: $(VENV)/.installed-dev .env ## 10,000 small files, then a million rows in 20 minutes, by real workers (SMALL=10000 ROWS=1000000 MINUTES=20)
	$(PYTHON) -m tests.soak.run --small $(or $(SMALL),10000) --rows $(or $(ROWS),1000000) --minutes $(or $(MINUTES),20)

stop: ## Stop the embedded PostgreSQL
	@$(MANAGE) stop_postgres
