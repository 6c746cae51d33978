# make demo: the whole job on a virtual board. make test: everything that is checked.
# Both set up .venv when it is not there.
#   make demo ARGS="--photos DIR"     make test ARGS="-k pairing"     make hil BOARD=NAME
#   make soak                         make soak SOAK=tests/soak/pairing_cuts.py ARGS="--trials 20"
#   make soak SOAK=marked             make test ARGS="-m soak tests/agent"
#   make fuzz MINUTES=10              make fuzz ARGS="--target archives pictures"
#   make docs                         make pictures
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
BOARD ?=
MINUTES ?= 10
SOAK ?= marked $(sort $(wildcard tests/soak/*.py))
PYTEST := $(BIN)/pytest -n 7 --dist loadscope --no-loadscope-reorder --hypothesis-profile ci

.PHONY: demo test debian lint soak fuzz bench hil docs pictures clean

demo: .venv/installed-demo
	$(BIN)/tinyteach demo $(ARGS)

# Where Python keeps no bytecode every worker compiles all tests anew.
unexport PYTHONDONTWRITEBYTECODE

# Seven on two cores, since for more than half of the time a test waits for a board; the longest files first
# (tests/conftest.py), TensorFlow in one process and a browser in two (tests/scheduling.py).
# The ci profile of hypothesis: the same examples each time, no limit on their duration.
test: .venv/installed-test debian lint .venv/compiled-tests
	$(PYTEST) $(ARGS)

# Once, by one process, before all would do it at the same time.
.venv/compiled-tests: .venv/installed-test
	@$(BIN)/pytest --collect-only -qq >/dev/null || true
	@touch $@

# One line of what Debian has and is not here; nothing where all is.
debian: .venv/installed-test
	@$(BIN)/python tests/debian_packages.py

lint: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tests/agent_types.py

# What takes minutes or hours, one after the other, each whatever became of the others: first the
# tests that are marked so, then the commands, which take ARGS.
soak: .venv/installed-test
	@failed=; for each in $(SOAK); do echo "$$each"; \
	if test $$each = marked; then $(PYTEST) -m soak; else $(BIN)/python $$each $(ARGS); fi || \
	failed="$$failed $$each"; done; \
	test -z "$$failed" || { echo "Failed:$$failed"; exit 1; }

# Every decoder of the host, guided by coverage; so many minutes in all, on all cores.
fuzz: .venv/installed-fuzz
	$(BIN)/python tests/fuzz/decoders.py --minutes $(MINUTES) $(ARGS)

# Ratios, side by side in one run; nothing is asserted.
bench: .venv/installed-demo
	$(BIN)/python bench/runtime.py $(ARGS)
	$(BIN)/python bench/instructions.py $(ARGS)
	$(BIN)/python bench/link.py $(ARGS)
	$(BIN)/python bench/keys.py
	$(BIN)/python bench/help.py $(ARGS)
	$(BIN)/python bench/heap.py

# The same checks against a board: a paired one's name, a port, a URL; without BOARD a virtual one.
hil: .venv/installed-demo
	$(BIN)/tinyteach verify $(if $(BOARD),--board $(BOARD)) $(ARGS)

# The site, into build/site: every warning is an error, so every link between pages leads somewhere.
docs: .venv/installed-docs
	$(BIN)/sphinx-build -W --keep-going -q -b html -c docs . build/site $(ARGS)
	@echo "build/site/index.html"

# The pictures of README and docs, made anew of what is there now.
pictures: .venv/installed-pictures
	$(BIN)/python tests/pictures/terminal.py
	$(BIN)/python tests/pictures/page.py
	$(BIN)/python tests/studio/screenshots.py

# One environment with the extra that is wanted. pip is what a failed venv lacks.
.venv/installed-%: pyproject.toml
	@echo "Installing into .venv, which takes a minute or two the first time."
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
