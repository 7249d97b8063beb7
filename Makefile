# Everything a person does with the project. `make` alone lists the targets.
# The environment is .venv/, made from requirements.lock by whichever target needs it first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check bench report-check validate compared docs pilot reference lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "peereval needs Python 3.11 or later; say which with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

demo: $(STAMP) ## analyse the bundled pilot into out/pilot
	$(BIN)/peereval analyse data/pilot/study.toml --out out/pilot

test: $(STAMP) ## run the tests
	$(BIN)/python -m pytest

check: $(STAMP) ## ruff, mypy (strict on src) and the rules tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/rules

bench: $(STAMP) ## measure speed and memory beside a plain pandas + pingouin script
	$(BIN)/python benchmarks/bench.py

report-check: $(STAMP) ## compare the bundled studies with every number the report printed
	$(BIN)/peereval analyse data/pilot/study.toml --out out/pilot --quiet
	$(BIN)/python data/pilot/report_check.py out/pilot/restricted/results.parquet
	$(BIN)/peereval analyse data/pilot_leads/study.toml --out out/pilot_leads --quiet
	$(BIN)/python data/pilot/report_check.py out/pilot_leads/restricted/results.parquet data/pilot_leads/published_numbers.csv
	$(BIN)/peereval analyse data/pilot_leads/young_people.toml --out out/young_people --quiet
	$(BIN)/python data/pilot/report_check.py out/young_people/restricted/results.parquet data/pilot_leads/published_young_people.csv

validate: $(STAMP) ## simulate surveys whose truth is known and write docs/validation.md (minutes)
	$(BIN)/python benchmarks/validate.py

compared: $(STAMP) ## write docs/compared_with_r.md: our numbers beside R's
	mkdir -p out && rm -f out/compared.csv
	RECORD_COMPARISONS=out/compared.csv $(BIN)/python -m pytest -q tests/reference
	$(BIN)/python tests/support/compared.py out/compared.csv docs/compared_with_r.md

docs: $(STAMP) ## write docs/scales.md again from the scale files
	$(BIN)/peereval scales document > docs/scales.md

pilot: $(STAMP) ## make the bundled synthetic pilot again from its seed
	$(BIN)/peereval simulate --pilot --out data/pilot --overwrite
	$(BIN)/peereval simulate --pilot-leads --out data/pilot_leads --overwrite

reference: ## recompute tests/reference with R (packages: tests/reference/README.md)
	cd tests/reference && for script in make_data.R $$(ls *.R | grep -v make_data.R); do Rscript --vanilla $$script || exit 1; done

lock: ## resolve the dependencies again into requirements.lock (needs uv)
	uv pip compile pyproject.toml --extra duckdb --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade -o requirements.lock

clean: ## remove the environment and everything generated
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
