# make demo: the whole job on a virtual board. make test: everything that is checked.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

.PHONY: demo test lint bench clean

demo: .venv/installed-demo
	$(BIN)/tinyteach demo $(ARGS)

test: .venv/installed-test lint
	$(BIN)/pytest -n 2 --dist loadscope $(ARGS)

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# One environment; the test extra contains the demo's.
.venv/installed-demo: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	test -e .venv/installed-test || $(BIN)/pip install --quiet -e ".[demo]"
	touch $@

.venv/installed-test: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e ".[test]"
	touch $@

clean:
	rm -rf .venv build dist
