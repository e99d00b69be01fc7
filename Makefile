# Two commands matter: `make demo` and `make test`. Both set up what they need, in .venv.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test docs thorough pages keyboard check format lock bench bench-matching bench-matching-database bench-pages bench-import bench-people bench-scale rate browser fuzz crash machines clean

help: ## Say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: .venv/run.done ## Start everything with invented customers, and print address and logins
	@$(BIN)/tenantry demo

test: .venv/dev.done .venv-docs/done browser check ## Check the house, then run all tests, browser tests included
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

thorough: .venv/dev.done .venv-docs/done browser check ## Run all tests with all sizes, pages and keys: what `make test` leaves out of some
	TENANTRY_ALL_SIZES=1 TENANTRY_ALL_LOOKS=1 TENANTRY_ALL_KEYS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

pages: .venv/dev.done browser ## Look at every page in both themes on both widths: all four by themselves, with pictures
	TENANTRY_ALL_LOOKS=1 $(BIN)/python -m pytest -n $(WORKERS) tests/e2e -k "fits or fit"

keyboard: .venv/dev.done browser ## Clear a hundred pending companies by keyboard alone, and count keys and seconds
	TENANTRY_ALL_KEYS=1 $(BIN)/python -m pytest -n 0 -s tests/e2e/test_deciding_by_keyboard.py -k cleared

check: .venv/dev.done ## Lint, format check, types, import contract
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

format: .venv/dev.done ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv-docs/done ## Build the documentation site into build/site
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet --site-dir build/site
	@echo "Open build/site/index.html."

lock: .venv/dev.done ## Pin dependencies anew, with hashes and without any index address
	cd requirements && for name in run dev bench emm docs; do \
	  ../$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade \
	    $$name.in $$(case $$name in dev|bench) echo -c run.txt;; esac) -o $$name.txt || exit 1; done

bench: .venv/bench.done ## Benchmark against a peer, and print ratios
	$(BIN)/python bench/listing.py --write docs/reference/benchmarks.md

bench-matching: .venv/bench.done .venv-emm/done ## Match test data beside other matchers. Needs MATCHING_DATA=folder, see bench/README.md
	@[ -d "$(MATCHING_DATA)" ] || { echo "Say where the data is: make bench-matching MATCHING_DATA=folder"; exit 1; }
	$(BIN)/python bench/matching.py --data "$(MATCHING_DATA)" --write docs/reference/matching.md

bench-matching-database: .venv/dev.done ## Match and search among a million companies in PostgreSQL
	$(BIN)/python bench/matching_database.py --write docs/reference/matching.md

bench-pages: .venv/dev.done ## Time the pages of pending companies with a million rows
	$(BIN)/python bench/pages.py --write docs/reference/benchmarks.md

bench-import: .venv/dev.done ## Import 200,000 companies with 50 bad lines, twice
	$(BIN)/python bench/imports.py --write docs/reference/benchmarks.md

bench-scale: .venv/dev.done ## Sync a million tenants, and people among two million. ONLY=tenants or people: one part
	$(BIN)/python bench/scale.py $(if $(ONLY),--only $(ONLY)) --write docs/reference/benchmarks.md

bench-people: .venv/dev.done ## Read people of 10,000 tenants, one of 200,000, and at the limit. ONLY=throughput, crowd or rate: one part
	$(BIN)/python bench/people.py $(if $(ONLY),--only $(ONLY)) --write docs/reference/benchmarks.md

.PHONY: faults
faults: .venv/dev.done ## Play every fault of both providers in every phase, and write the table of what came out
	@mkdir -p build && rm -f build/faults.jsonl
	@TENANTRY_ALL_FAULTS=$(CURDIR)/build/faults.jsonl $(BIN)/python -m pytest -q -n $(WORKERS) --dist load --tb=short \
	  --show-capture=no tests/faults/test_fault_matrix.py; ended=$$?; \
	  PYTHONPATH=. $(BIN)/python -m tests.faults.outcomes docs/reference/fault-matrix.md build/faults.jsonl && exit $$ended

rate: .venv/dev.done ## Read details at the published limit for two minutes, and print how much of it was used
	$(BIN)/python bench/rate.py --write docs/reference/benchmarks.md

# Browser tests use TENANTRY_CHROMIUM, or the Chromium on the PATH. Root gets Debian's when there is none.
browser:
	@if [ -z "$$TENANTRY_CHROMIUM" ] && ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
	  && ! command -v google-chrome >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	  else echo "The browser tests need Chromium. Install it (apt-get install chromium), or set TENANTRY_CHROMIUM."; exit 1; fi; fi

fuzz: .venv/dev.done ## Feed each provider's client 100,000 spoiled answers, and print what came out
	PYTHONPATH=. $(BIN)/python -m tests.providers.fuzzing $(or $(COUNT),100000) $(or $(SEED),1) docs/reference/threat-model.md

crash: .venv/dev.done ## Kill parts of whole installations at 200 points, judge what is left, and print the table
	PYTHONPATH=. $(BIN)/python -m tests.faults.crashing $(or $(COUNT),200) $(or $(SEED),1) docs/reference/faults.md

machines: .venv/dev.done ## Two web processes and four workers on a PostgreSQL server: throughput, fairness, a rolling restart
	PYTHONPATH=. $(BIN)/python -m tests.faults.machines $(MACHINES) --write docs/reference/machines.md

clean: ## Remove what was set up
	rm -rf .venv .venv-emm .venv-docs build

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.done: requirements/run.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv/dev.done: requirements/dev.txt .venv/run.done
	$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.txt
	@touch $@

.venv/bench.done: requirements/bench.txt .venv/dev.done
	$(BIN)/python -m pip install -q --require-hashes -r requirements/bench.txt
	@touch $@

.venv-emm/done: requirements/emm.txt
	$(PYTHON) -m venv .venv-emm
	.venv-emm/bin/python -m pip install -q --require-hashes -r requirements/emm.txt
	@touch $@

.venv-docs/done: requirements/docs.txt
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install -q --require-hashes -r requirements/docs.txt
	@touch $@
