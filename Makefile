# One command each. The work is done by small scripts in tools/ and by the callcenter program itself.
PYTHON ?= python3
BOOTSTRAP = @$(PYTHON) tools/bootstrap.py
ARGS ?=

.PHONY: help run test lint format faults bench clean prompts lock api-client migration

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

run: ## the whole centre on this machine, until Ctrl-C
	$(BOOTSTRAP) --web -- callcenter run $(ARGS)

test: ## every test, with all set-up (ARGS="-k press" for some)
	$(BOOTSTRAP) --dev --web -- python tools/test.py $(ARGS)

faults: ## faults at their full length: database gone, clock set, disk full, sockets left (half an hour)
	$(BOOTSTRAP) --dev --web -- python tools/test.py tests/faults tests/e2e/test_the_servers_die.py tests/e2e/test_the_console_holds.py $(ARGS)

lint: ## every check that needs no running system
	$(BOOTSTRAP) --dev --node -- python tools/lint.py $(ARGS)

format: ## Python and TypeScript, in place
	$(BOOTSTRAP) --dev --node -- python tools/format.py

bench: ## figures beside their bars, into docs/benchmarks.md
	$(BOOTSTRAP) --dev --web -- callcenter bench $(ARGS)

prompts: ## render the spoken sentences anew (optional extra "speech")
	$(BOOTSTRAP) --dev --speech -- python tools/render_prompts.py $(ARGS)

api-client: ## the web app's generated API client, from the server
	$(BOOTSTRAP) --dev --node -- python tools/api_client.py

migration: ## the next migration, from what the models say (ARGS="what it is for")
	$(BOOTSTRAP) --dev -- python tools/migration.py $(ARGS)

lock: ## the locked requirements, from pyproject.toml
	$(BOOTSTRAP) --dev -- python tools/lock.py $(ARGS)

clean: ## everything that was made here: environments, builds, the demo's data
	@$(PYTHON) tools/clean.py $(ARGS)
