# All set-up is done by packaging/bootstrap.py; without make, run it directly: python packaging/bootstrap.py run
PYTHON ?= python3
ARGS ?=

.PHONY: help run test bundle manual release lock
help:
	@$(PYTHON) packaging/bootstrap.py || true

# The program; ARGS are its own, as in: make run ARGS="scan.nii.gz"
# All checks; make test ARGS=quick leaves out what takes long, ARGS=coverage shows what no test has run
# The manual, in dist/manual
# What is published, checked, in dist/
run test bundle manual release lock:
	@$(PYTHON) packaging/bootstrap.py $@ $(ARGS)
