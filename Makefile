# make demo: the whole job on a virtual board. make test: everything that is checked.
# Both set up .venv when it is not there.
#   make demo ARGS="--photos DIR"     make test ARGS="-k pairing"     make hil BOARD=NAME
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
BOARD ?=

.PHONY: demo test lint bench hil clean

demo: .venv/installed-demo
	$(BIN)/tinyteach demo $(ARGS)

# Both cores. The ci profile of hypothesis: the same examples each time, no limit on their duration.
test: .venv/installed-test lint
	$(BIN)/pytest -n 2 --dist loadscope --hypothesis-profile ci $(ARGS)

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Ratios, side by side in one run; nothing is asserted.
bench: .venv/installed-demo
	$(BIN)/python bench/runtime.py $(ARGS)
	$(BIN)/python bench/instructions.py $(ARGS)
	$(BIN)/python bench/link.py $(ARGS)

# The same checks against a board: a paired one's name, a port, a URL; without BOARD a virtual one.
hil: .venv/installed-demo
	$(BIN)/tinyteach verify $(if $(BOARD),--board $(BOARD)) $(ARGS)

# One environment with the extra that is wanted. pip is what a failed venv lacks.
.venv/installed-%: pyproject.toml
	@echo "Installing into .venv, which takes a minute or two the first time."
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
