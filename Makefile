# `make help` lists what there is. Everything runs from two virtual environments made on demand.

PORT ?= 8000
SIMULATOR_PORT ?= 8900
VENV ?= .venv
TEST_VENV ?= .venv-test
export PYTHON PORT SIMULATOR_PORT

.DEFAULT_GOAL := help
.PHONY: help demo test test-sqlite test-quick lint format messages bench screenshots clean venv venv-test

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'
	@echo "  Variables: PYTHON, PORT, SIMULATOR_PORT, TEST_POSTGRES_URL, TEST_REDIS_URL"

demo: venv ## Start the console with a simulated OSVI: no account, no other server
	@exec $(VENV)/bin/python -m osvi_console.demo

test: venv-test ## Lint, types, checks and the whole suite on every engine found
	@exec $(TEST_VENV)/bin/python tools/test.py

test-sqlite: venv-test ## The suite on SQLite only
	@exec $(TEST_VENV)/bin/python tools/test.py --only sqlite

test-quick: venv-test ## The suite on SQLite without what starts processes or a browser
	@exec $(TEST_VENV)/bin/python tools/test.py --only sqlite --quick

lint: venv-test ## Lint, formatting, templates, types and checks, without the suite
	@exec $(TEST_VENV)/bin/python tools/test.py --only lint

format: venv-test ## Format code and templates
	@$(TEST_VENV)/bin/ruff check --fix --quiet .
	@$(TEST_VENV)/bin/ruff format .
	@$(TEST_VENV)/bin/djlint templates --reformat --quiet || true

messages: venv-test ## Take the sentences of the code into the catalogues in locale/ and compile them
	@exec $(TEST_VENV)/bin/python tools/messages.py

bench: venv-test ## Measure dispatch and latency
	@exec $(TEST_VENV)/bin/python benchmarks/run.py

screenshots: venv-test ## Photograph the running demo for the README
	@exec $(TEST_VENV)/bin/python tools/screenshots.py --base-url http://127.0.0.1:$(PORT)

clean: ## Remove environments, caches and the demo's data; keeps data/ and .env
	rm -rf .venv .venv-test* .demo staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis htmlcov .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

venv:
	@tools/venv.sh $(VENV) requirements.txt

venv-test:
	@tools/venv.sh $(TEST_VENV) requirements-dev.txt
