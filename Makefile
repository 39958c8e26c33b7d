# `make help` lists the targets; each one sets up what it needs.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATA_DIR ?= .data
VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .openapi
UV := $(shell command -v uv 2>/dev/null)
COMPOSE ?= docker compose
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# $(call install,LOCK): install a lock and the project itself, with uv if it is there, else with pip. The lock is
# complete, so nothing is resolved (--no-deps): no later release of a package can change or break the installation.
ifdef UV
pip = $(UV) pip $(1) --quiet --python $(BIN)/python
compile := --compile-bytecode
else
pip = $(if $(filter install,$(1)),$(ensure_pip) && )$(BIN)/python -m pip $(1) --quiet
ensure_pip = { $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null; }
endif
install = $(call pip,install) $(compile) --no-deps --require-hashes -r $(1) && \
	$(call pip,install) --no-deps --no-build-isolation -e . && $(call pip,check)

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9_]+:.*## / {printf "  \033[36m%-16s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; select one with PYTHON=..." >&2; exit 1; }
	@$(if $(UV),$(UV) venv --quiet --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(VENV)/run.stamp: requirements/embedded.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the service needs (once) ..."
	@$(call install,requirements/embedded.txt)
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing what development needs (once) ..."
	@$(call install,requirements/dev.txt)
	@touch $(VENV)/run.stamp $@

.PHONY: setup
setup: $(VENV)/dev.stamp ## Create the virtual environment for development

.PHONY: run
run: $(VENV)/run.stamp ## Start PostgreSQL, Valkey, the API and a worker: PORT=8000 DATA_DIR=.data ARGS=--reload
	@exec $(BIN)/hello run --host $(HOST) --port $(PORT) --data-dir $(DATA_DIR) $(ARGS)

.PHONY: up
up: ## Start everything with Docker Compose
	@$(COMPOSE) up --build --detach --wait || { $(COMPOSE) logs --no-log-prefix settings migrate >&2; exit 1; }

TAGGED = $(or $(IMAGE),hello):$(or $(VERSION),dev)
COMMIT = $(shell git rev-parse HEAD)
COMMIT_TIME = $(shell git log -1 --format=%ct)
.PHONY: image
image: ## Build the image with its labels: IMAGE=hello VERSION=dev
	@docker build --tag $(TAGGED) --build-arg VERSION=$(or $(VERSION),dev) --build-arg BUILD_COMMIT=$(COMMIT) \
		--build-arg CREATED=$(shell TZ=UTC0 git log -1 --date=iso-strict-local --format=%cd) \
		--build-arg SOURCE_DATE_EPOCH=$(COMMIT_TIME) $(ARGS) .

SYFT := .docker/bin/syft
$(SYFT): | $(VENV)/dev.stamp
	@$(BIN)/python -m tests.docker.sbom

.PHONY: sbom
sbom: $(SYFT) ## List what the image holds in dist/hello.spdx.json (Go): IMAGE=hello VERSION=dev
	@mkdir -p dist
	@SYFT_CHECK_FOR_APP_UPDATE=false $(SYFT) scan docker:$(TAGGED) --quiet --output spdx-json=dist/hello.spdx.json

.PHONY: down
down: ## Stop what `make up` started
	$(COMPOSE) down

.PHONY: test
test: $(VENV)/dev.stamp ## Run all tests except those of `make test_faults`
	@$(BIN)/pytest -m "not faults" $(ARGS)

.PHONY: test_faults
test_faults: $(VENV)/dev.stamp ## Kill, freeze and flood the service, and check that nothing is lost
	@$(BIN)/pytest -m faults $(ARGS)

.PHONY: coverage
coverage: $(VENV)/dev.stamp ## Run all tests and report the lines that none of them ran
	@$(BIN)/pytest --cov --cov-report=term $(ARGS)

MUTATION := .mutation
$(MUTATION)/venv.stamp: requirements/mutation.txt | $(VENV)/dev.stamp
	@echo "Installing the mutation tester (once) ..."
	@mkdir -p $(MUTATION)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(MUTATION)/venv
	@$(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(MUTATION)/venv/bin/python -r $<
	@touch $@

DOCS := .docs
$(DOCS)/venv.stamp: requirements/docs.txt | $(VENV)/dev.stamp
	@echo "Installing what builds the documentation (once) ..."
	@mkdir -p $(DOCS)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(DOCS)/venv
	@$(BIN)/uv pip install --quiet --no-deps --require-hashes --python $(DOCS)/venv/bin/python -r $<
	@touch $@

.PHONY: docs
docs: $(VENV)/dev.stamp $(DOCS)/venv.stamp ## Build the documentation in .docs/site and check its links; ARGS=--serve shows it
	@$(BIN)/python -m docs.site $(ARGS)

ONLY ?=
.PHONY: mutation
mutation: $(VENV)/dev.stamp $(MUTATION)/venv.stamp ## Change the code in small ways and report what no test notices: ONLY=src/hello/services/orders.py
	@$(BIN)/python -m tests.mutation $(if $(ONLY),--only $(ONLY)) $(ARGS)

.PHONY: test_fresh
test_fresh: ## Set up and run a clone as on a fresh machine; ARGS=--all: every Python, pip and uv
	@$(PYTHON) -m tests.fresh $(ARGS)

.PHONY: test_unit
test_unit: $(VENV)/dev.stamp ## Run the unit tests, without I/O
	@$(BIN)/pytest -m "not integrated and not external" $(ARGS)

.PHONY: test_integrated
test_integrated: $(VENV)/dev.stamp ## Run the tests on a real PostgreSQL and Valkey
	@$(BIN)/pytest -m integrated $(ARGS)

.PHONY: test_external
test_external: $(VENV)/dev.stamp ## Run the tests over HTTP; BASE_URL= selects a running server
	@$(BIN)/pytest -m external $(ARGS)

.PHONY: brokers
brokers: $(VENV)/dev.stamp ## Install Kafka (Java 17, Maven) and RabbitMQ (apt, root)
	@$(BIN)/python -m tests.brokers install

.PHONY: test_brokers
test_brokers: brokers ## Run the event tests on a real Kafka and RabbitMQ (Java 17, Maven, root)
	@$(BIN)/pytest -n 0 -m broker tests/brokers tests/integrated $(ARGS)
	@$(BIN)/python -m tests.brokers run $(BIN)/pytest -n 0 -m "integrated or broker" tests/contracts/connectors/brokers $(ARGS)

.PHONY: test_chaos_brokers
test_chaos_brokers: brokers ## Kill and stop processes while orders continue on a real Kafka and RabbitMQ
	@$(BIN)/pytest -n 0 -m broker tests/chaos $(ARGS)

ENGINE ?= elasticsearch
.PHONY: search_engines
search_engines: $(VENV)/dev.stamp ## Install Elasticsearch 9, OpenSearch 3 and 2 (Java 25 and 17, Maven)
	@$(BIN)/python -m tests.search install

.PHONY: test_search
test_search: $(VENV)/dev.stamp ## Test on a real search server (Java, Maven, root): ENGINE=elasticsearch|opensearch3|opensearch2
	@$(BIN)/python -m tests.search install $(ENGINE)
	@$(BIN)/python -m tests.search run $(ENGINE) $(BIN)/pytest -n 0 -m search \
		tests/search tests/contracts/connectors/search $(ARGS)

.PHONY: monitoring_servers
monitoring_servers: $(VENV)/dev.stamp ## Fetch Prometheus, Alertmanager and exporters (apt), build toxiproxy (Go)
	@$(BIN)/python -m tests.monitoring install

.PHONY: test_monitoring
test_monitoring: monitoring_servers ## Break the service under a real Prometheus and Alertmanager (apt, Go, Java, Maven)
	@$(BIN)/pytest -n 2 -m monitoring --ignore tests/monitoring/test_traces.py tests/monitoring $(ARGS)

.PHONY: test_traces
test_traces: brokers ## Read traces back from a real Jaeger, on each broker (Go, Java, Maven, root)
	@$(BIN)/python -m tests.search install elasticsearch
	@$(BIN)/pytest -n 0 -m monitoring tests/monitoring/test_traces.py $(ARGS)

.PHONY: test_chaos
test_chaos: $(VENV)/dev.stamp ## Fill PostgreSQL's disk and change the clock while orders continue (root)
	@$(BIN)/pytest -n 0 -m chaos_root tests/chaos $(ARGS)

.PHONY: test_pooler
test_pooler: $(VENV)/dev.stamp ## Run the service through a real pgbouncer (apt, root)
	@$(BIN)/pytest -n 0 -m pooler tests/pooler $(ARGS)

RATE ?= 500
.PHONY: rehearse_short
rehearse_short: $(VENV)/dev.stamp ## Rehearse a release under load behind HAProxy (apt, root): RATE=500 ARGS="--pause 20 --write"
	@$(BIN)/python -m tests.rehearsal --rate $(RATE) $(ARGS)

.PHONY: test_failover
test_failover: $(VENV)/dev.stamp ## Kill PostgreSQL under load and promote its standby
	@$(BIN)/pytest -n 0 -m failover tests/rehearsal $(ARGS)

$(CLIENTS)/node.stamp: tests/openapi/package.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is needed" >&2; exit 1; }
	@mkdir -p $(CLIENTS) && cp $< $(CLIENTS)/
	@npm install --prefix $(CLIENTS) --no-package-lock --no-audit --no-fund --ignore-scripts --silent
	@touch $@

.PHONY: test_openapi
test_openapi: $(VENV)/dev.stamp $(CLIENTS)/node.stamp ## Lint the API's description with Redocly and Spectral (Node.js)
	@$(BIN)/hello openapi > $(CLIENTS)/openapi.json
	@REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true $(CLIENTS)/node_modules/.bin/redocly lint \
		--config tests/openapi/redocly.yaml $(CLIENTS)/openapi.json
	@$(CLIENTS)/node_modules/.bin/spectral lint --ruleset tests/openapi/spectral.yaml --fail-severity hint $(CLIENTS)/openapi.json

$(CLIENTS)/venv.stamp: tests/openapi/requirements.txt | $(VENV)/dev.stamp
	@mkdir -p $(CLIENTS)
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(CLIENTS)/venv
	@$(BIN)/uv pip install --quiet --python $(CLIENTS)/venv/bin/python -r $<
	@touch $@

.PHONY: test_clients
test_clients: $(VENV)/dev.stamp $(CLIENTS)/node.stamp $(CLIENTS)/venv.stamp ## Generate a Python and a TypeScript client and use them (Node.js)
	@$(BIN)/python -m tests.openapi $(CLIENTS)

.PHONY: test_proxy
test_proxy: $(VENV)/dev.stamp ## Run the tests through an nginx with TLS and a prefix (apt, root)
	@$(BIN)/pytest -n 0 -m proxy tests/proxy $(ARGS)

.PHONY: test_browser
test_browser: $(VENV)/dev.stamp ## Use the pages in a real Chromium, by mouse and by keyboard (apt, root)
	@$(BIN)/pytest -n 2 --dist worksteal -m browser tests/browser $(ARGS)

.PHONY: screenshots
screenshots: $(VENV)/dev.stamp ## Take pictures of the pages into docs/screenshots (apt, root)
	@$(BIN)/python -m tests.browser

TESTS ?= tests/contracts tests/integrated tests/chaos/test_chaos.py
.PHONY: test_postgres16
test_postgres16: ## Run contract, integrated and chaos tests on PostgreSQL 16 (Maven); TESTS= selects others
	@$(MAKE) --no-print-directory test_postgres MAJOR=16

.PHONY: test_postgres17
test_postgres17: ## Run the same tests on PostgreSQL 17
	@$(MAKE) --no-print-directory test_postgres MAJOR=17

.PHONY: test_postgres
test_postgres: $(VENV)/dev.stamp
	@$(BIN)/python -m tests.support.postgres_releases $(MAJOR)
	@TEST_POSTGRES=$(MAJOR) $(BIN)/pytest -m "integrated or external" --ignore tests/integrated/connectors/embedded/test_servers.py $(TESTS) $(ARGS)

.PHONY: test_upgrade
test_upgrade: $(VENV)/dev.stamp ## Run the previous release on the new schema, and the new one on the old schema (git history)
	@$(BIN)/pytest -n 0 -m upgrade tests/upgrade $(ARGS)

.PHONY: engine
engine: $(VENV)/dev.stamp ## Install a Docker engine (apt, root; Go for Compose) and build the images
	@$(BIN)/python -m tests.docker install

.PHONY: test_compose
test_compose: engine ## Test the image and the Compose files on a real engine (Go, root)
	@$(BIN)/python -m tests.docker run $(BIN)/pytest -n 0 -m compose tests/docker $(ARGS)

.PHONY: cluster
cluster: $(VENV)/dev.stamp ## Install a Kubernetes cluster and build its images (apt, Go, root)
	@$(BIN)/python -m tests.cluster install

.PHONY: rehearse
rehearse: cluster ## Release, crash, drain and roll back under load on a real Kubernetes cluster (apt, Go, root)
	@$(BIN)/python -m tests.cluster run $(BIN)/python -m tests.cluster.rehearse $(ARGS)

COVERED = $(COMPOSE) --project-name hello-coverage -f docker-compose.yml -f docker-compose.coverage.yml
.PHONY: coverage_compose
coverage_compose: ## Run the external tests against a Compose stack and report its lines that did not run
	@code=0; \
	{ $(COVERED) run --rm --build test $(ARGS) && $(COVERED) stop api worker && $(COVERED) run --rm --no-deps coverage; } \
		|| code=$$?; \
	$(COVERED) down --volumes; exit $$code

.PHONY: test_reload
test_reload: $(VENV)/dev.stamp ## Run the tests after every change
	@$(BIN)/ptw . $(ARGS)

.PHONY: chart_tools
chart_tools: $(VENV)/dev.stamp ## Build Helm and kube-score, fetch the definitions of Kubernetes (Go)
	@$(BIN)/python -m tests.deploy install

.PHONY: test_chart
test_chart: chart_tools ## Lint, render, validate and score the chart for every file of values (Go)
	@$(BIN)/pytest -n 2 -m deploy tests/deploy $(ARGS)

.PHONY: test_chart_server
test_chart_server: $(VENV)/dev.stamp ## Let a real API server of Kubernetes check the chart (apt, Go)
	@$(BIN)/python -m tests.deploy install server
	@$(BIN)/pytest -n 0 -m deploy_server tests/deploy $(ARGS)

.PHONY: test_chart_cluster
test_chart_cluster: cluster ## Install the chart on a real cluster that enforces network policies (apt, Go, root)
	@$(BIN)/python -m tests.deploy install cluster
	@$(BIN)/python -m tests.cluster run $(BIN)/pytest -n 0 -p no:randomly -m deploy_cluster tests/deploy $(ARGS)

.PHONY: gitops
gitops: $(VENV)/dev.stamp ## Render the chart into deploy/gitops/deployment.yml (Go); IMAGE= names another image
	@$(BIN)/python -m tests.deploy gitops $(IMAGE) $(ARGS)

.PHONY: check_pipelines
check_pipelines: $(VENV)/dev.stamp ## Lint the workflows and the scripts that they call (Go)
	@$(BIN)/python -m tests.deploy.pipelines check

.PHONY: check_terraform
check_terraform: $(VENV)/dev.stamp ## Check the Terraform configuration (Terraform, Go): TF_PLUGIN_MIRROR=/its/providers
	@$(BIN)/pytest -n 0 -m terraform tests/deploy/terraform $(ARGS)

.PHONY: test_terraform
test_terraform: $(VENV)/dev.stamp ## Apply and destroy both environments on moto (Terraform): TF_PLUGIN_MIRROR=/its/providers
	@$(BIN)/pytest -n 0 -m terraform_apply tests/deploy/terraform $(ARGS)

FOR ?= 5m
.PHONY: release_check
release_check: $(VENV)/run.stamp ## Judge a release by its metrics: PROMETHEUS=http://... FOR=5m VERSION=commit
	@test -n "$(PROMETHEUS)" || { echo 'Say where its metrics are: make release_check PROMETHEUS=http://...' >&2; exit 2; }
	@$(BIN)/hello release check --prometheus $(PROMETHEUS) --for $(FOR) $(if $(VERSION),--version $(VERSION)) $(ARGS)

.PHONY: deploy_aws
deploy_aws: ## Release an image to AWS by Terraform: ENVIRONMENT=dev IMAGE=repository@sha256:...
	@terraform -chdir=deploy/terraform/environments/$(ENVIRONMENT) init -input=false -backend-config=backend.hcl
	@terraform -chdir=deploy/terraform/environments/$(ENVIRONMENT) apply -var image=$(IMAGE) $(ARGS)

SECONDS ?= 5
ROUNDS ?= 3
.PHONY: bench
bench: $(VENV)/dev.stamp ## Compare Hello with other servers: SECONDS=5 ROUNDS=3 ARGS="--only hello-on,go --write"
	@$(BIN)/python -m benchmarks.compare --seconds $(SECONDS) --rounds $(ROUNDS) $(ARGS)

.PHONY: check
check: $(VENV)/dev.stamp ## Check style, types, layers, Dockerfile, Compose files, dashboards, diagrams and locks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose*.yml
	@$(BIN)/python -m monitoring.dashboards --check
	@$(BIN)/python docs/diagrams/render.py --check
	@$(BIN)/python requirements/lock.py --check

.PHONY: fix
fix: $(VENV)/dev.stamp ## Format, and apply the linter's fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: dashboards_pictures
dashboards_pictures: monitoring_servers ## Draw the dashboards under the demonstration load into docs/dashboards
	@$(BIN)/python -m tests.monitoring.draw $(ARGS)

.diagrams/node.stamp: docs/diagrams/package.json
	@command -v npm >/dev/null || { echo "Node.js 20 or newer with npm is needed" >&2; exit 1; }
	@mkdir -p .diagrams && cp $< .diagrams/
	@PUPPETEER_SKIP_DOWNLOAD=1 npm install --prefix .diagrams --no-package-lock --no-audit --no-fund --ignore-scripts --silent
	@touch $@

.PHONY: diagrams
diagrams: $(VENV)/dev.stamp .diagrams/node.stamp ## Draw the diagrams of the documentation as SVG (Node.js, Chromium)
	@$(BIN)/python docs/diagrams/render.py

.PHONY: dashboards
dashboards: $(VENV)/dev.stamp ## Write the dashboards of Grafana from their Python code
	@$(BIN)/python -m monitoring.dashboards

.PHONY: lock
lock: $(VENV)/dev.stamp ## Lock the dependencies; ARGS=--upgrade takes newer versions
	@$(BIN)/python requirements/lock.py $(ARGS)

.PHONY: migrate
migrate: $(VENV)/run.stamp ## Migrate the database of DATABASE_URL to the newest schema
	@$(BIN)/hello migrate $(ARGS)

.PHONY: migration
migration: $(VENV)/dev.stamp ## Write a migration from the changed entities: m="add something"
	@test -n "$(m)" || { echo 'Say what it does: make migration m="add something"' >&2; exit 1; }
	@$(BIN)/hello migration "$(m)" --data-dir $(DATA_DIR)
	@$(BIN)/ruff check --quiet --fix migrations && $(BIN)/ruff format --quiet migrations

.PHONY: destroy
destroy: $(VENV)/run.stamp ## Remove the local data, the virtual environment and the caches
	@$(BIN)/hello destroy --data-dir $(DATA_DIR)
	@rm -rf $(VENV) $(CLIENTS) .bench .brokers .coverage* .deploy .diagrams .docker .docs .hypothesis .import_linter_cache .kubernetes .monitoring .mutation .mypy_cache .pipelines .postgres .pytest_cache .rehearsal .ruff_cache .terraform_tools
