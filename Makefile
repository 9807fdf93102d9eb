# Two commands do all the set-up on a fresh Debian 12 or Raspberry Pi OS: `make demo` and `make test`.
# They put everything into .venv; nothing else on the machine changes but for the packages they say they install.

PYTHON ?= python3
VENV ?= .venv
# More than there are cores: the tests wait for clocks and processes more than they compute.
JOBS ?= 6
TEST_LIMIT ?= 20m
DESTDIR ?=
OPT ?= /opt/modemd
# For a store in PostgreSQL: EXTRAS=fast,postgres
EXTRAS ?= fast

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# The plain kind of editable install: the other kind looks for every module at start-up.
EDITABLE := install --config-settings editable_mode=compat --editable

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench install install-files uninstall clean

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runs ## show the whole gateway with simulated modems (no hardware, no root)
	@$(BIN)/modemd demo $(DEMO_ARGS)

test: $(VENV)/.tests ## install what the tests need, and run them
	@.ci/need mosquitto mosquitto "tests that need an MQTT broker are skipped" || true
	@.ci/need mosquitto_pub mosquitto-clients "tests of the manual's MQTT commands are skipped" || true
	@PATH="$$PATH:$$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)" \
	  .ci/need initdb postgresql "tests on PostgreSQL are skipped" || true
	timeout --foreground $(TEST_LIMIT) $(BIN)/python -m pytest -n $(JOBS) $(PYTEST_ARGS)

lint: $(VENV)/.tests ## ruff, its format, and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if command -v shellcheck >/dev/null; then shellcheck .ci/run .ci/need; fi

format: $(VENV)/.tests ## let ruff write the code as it wants it
	$(BIN)/ruff format .

bench: $(VENV)/.tests ## measure the gateway, and print a table
	@.ci/need mosquitto mosquitto "the rows of the broker are left out" || true
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

# Without wheels for this machine (some Raspberry Pis) the fast parts are left out: all works, somewhat slower.
$(VENV)/.runs: pyproject.toml | $(BIN)/python
	@echo "Installing modemd and what it needs into $(VENV) (once; a minute or so) ..."
	@$(PIP) $(EDITABLE) '.[fast]' \
	  || { echo "no uvloop and orjson for this machine: going on without"; $(PIP) $(EDITABLE) .; }
	@touch $@

$(VENV)/.tests: pyproject.toml | $(BIN)/python
	@echo "Installing modemd and what its tests need into $(VENV) (once; a minute or so) ..."
	@$(PIP) $(EDITABLE) '.[test]'
	@touch $@ $(VENV)/.runs

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "modemd needs Python 3.11 or later; PYTHON=... names another than $(PYTHON)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || .ci/need '' python3-venv "without it there can be no virtual environment"
	$(PYTHON) -m venv $(VENV)

install: ## as root: modemd in /opt/modemd, its unit, user, rules and a first configuration; or a newer one
	@test -z "$(DESTDIR)" || { echo "a virtual environment cannot be moved: make install-files DESTDIR=..."; exit 1; }
	@test "$$(id -u)" = 0 || { echo "this installs for the whole machine: sudo make install"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "modemd needs Python 3.11 or later; PYTHON=... names another than $(PYTHON)"; exit 1; }
	@case "$$($(PYTHON) -c 'import os, sys; print(os.path.realpath(sys.executable))')" in /root/*|/home/*) \
	  echo "$(PYTHON) is one user's own, and the daemon cannot run it: make install PYTHON=/usr/bin/python3"; exit 1;; esac
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || .ci/need '' python3-venv "without it there can be no virtual environment"
	$(PYTHON) -m venv $(OPT)
	$(OPT)/bin/python -m pip --disable-pip-version-check --quiet install '.[$(EXTRAS)]' \
	  || $(OPT)/bin/python -m pip --disable-pip-version-check --quiet install .
	@$(MAKE) --no-print-directory install-files
	ln -sf $(OPT)/bin/modemd /usr/local/bin/modemd
	systemd-sysusers modemd.conf
	systemd-tmpfiles --create modemd.conf
	@if test -d /run/systemd/system; then \
	  set -ex; systemctl daemon-reload; systemctl try-restart modemd; \
	  udevadm control --reload && udevadm trigger --subsystem-match=usb --subsystem-match=tty \
	    || echo "udev does not run here: modems that are plugged in already keep their rights until unplugged"; \
	else \
	  echo "systemd does not run here: all is in place, but 'modemd run' has to be started some other way"; \
	fi
	@echo "Look into /etc/modemd/config.yaml, try 'modemd check', then: systemctl enable --now modemd"

install-files: ## lay the unit, the rules and a first configuration under DESTDIR
	install -D -m 644 systemd/modemd.service $(DESTDIR)/etc/systemd/system/modemd.service
	@sed -i 's|/opt/modemd/|$(OPT)/|' $(DESTDIR)/etc/systemd/system/modemd.service
	install -D -m 644 systemd/70-modemd.rules $(DESTDIR)/etc/udev/rules.d/70-modemd.rules
	install -D -m 644 systemd/sysusers.conf $(DESTDIR)/etc/sysusers.d/modemd.conf
	install -D -m 644 systemd/tmpfiles.conf $(DESTDIR)/etc/tmpfiles.d/modemd.conf
	@test -e $(DESTDIR)/etc/modemd/config.yaml \
	  || install -D -m 644 config.example.yaml $(DESTDIR)/etc/modemd/config.yaml

uninstall: ## as root: take the program and its unit away; configuration, store and spool stay
	@if test -d /run/systemd/system; then systemctl disable --now modemd || true; fi
	rm -rf $(OPT)
	rm -f /usr/local/bin/modemd /etc/systemd/system/modemd.service /etc/udev/rules.d/70-modemd.rules \
	  /etc/systemd/system/multi-user.target.wants/modemd.service /etc/sysusers.d/modemd.conf /etc/tmpfiles.d/modemd.conf
	@if test -d /run/systemd/system; then systemctl daemon-reload; fi
	@echo "Left as they are: /etc/modemd, /var/lib/modemd, /var/spool/modemd and the user modemd"

clean: ## take away what was made here
	rm -rf $(VENV) build dist ./*.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
