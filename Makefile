# obrol: terminal chat. `make` alone explains itself.

PYTHON ?= python3
VENV   := .venv
HOST   ?=
PORT   ?= 59000
ROOM   ?=
NAME   ?=
SECONDS ?=
ROUNDS  ?= 200
SEED    ?=
CERT_HOST ?=
PREFIX  ?= /usr/local
DESTDIR ?=
PYTEST  = $(VENV)/bin/python -m pytest

ROOMS   = wire reactor curses_client
TO      = $(DESTDIR)$(PREFIX)
UNITS   = $(TO)/lib/systemd/system
# $(call fill,TEMPLATE,MODE,TARGET,MODULE): a file of reactor/service with its words put in.
fill    = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@MODULE@|$(4)|g' \
  -e "s|@PYTHON@|$$($(PYTHON) -c 'import sys; print(sys.executable)')|g" \
  reactor/service/$(1).in | install -D -m $(2) /dev/stdin '$(TO)/$(3)'

.DEFAULT_GOAL := help
.PHONY: help server client console cert install uninstall test check fix bench fuzz soak students kills crowd \
  clean python

help: ## this list
	@echo 'obrol - terminal chat for one machine or a LAN'
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18
	@echo
	@echo 'Try:  make server              in one terminal'
	@echo '      make client NAME=rizky   in another'

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'obrol needs Python 3.11 or newer; say PYTHON=/path/to/python3.11' >&2; exit 1; }

server: python ## run the server   [HOST=127.0.0.1 PORT=59000 ARGS=...]
	@exec $(PYTHON) -m reactor $(if $(HOST),--host '$(HOST)') --port '$(PORT)' $(ARGS)

client: python ## join the talk    NAME=rizky [HOST= PORT=59000 ROOM=lab ARGS=...]
	@test -n '$(NAME)' || { echo 'Who are you? Say: make client NAME=rizky' >&2; exit 2; }
	@exec $(PYTHON) -m curses_client $(if $(HOST),--host '$(HOST)') --port '$(PORT)' $(if $(ROOM),--room '$(ROOM)') $(ARGS) -- '$(NAME)'

console: python ## the operator's  [NAME=your login name PORT=59000 ARGS=...]
	@exec $(PYTHON) -m curses_client --console $(if $(NAME),'$(NAME)') --port '$(PORT)' $(ARGS)

cert: python ## a TLS certificate for a lab  [CERT_HOST=name-or-address ARGS='--folder DIR']
	@$(PYTHON) -m reactor.selfsigned $(if $(CERT_HOST),--host '$(CERT_HOST)') $(ARGS)

install: python ## for everybody on this machine, with a systemd unit   [PREFIX=/usr/local DESTDIR=]
	@rm -rf '$(TO)/lib/obrol'
	@find $(ROOMS) -name '*.py' -exec install -D -m 644 '{}' '$(TO)/lib/obrol/{}' ';'
	@install -m 644 README.md LICENSE '$(TO)/lib/obrol'
	@umask 022; $(PYTHON) -m compileall -q $(if $(DESTDIR),-s '$(DESTDIR)') '$(TO)/lib/obrol'
	@$(call fill,launcher,755,bin/obrol,curses_client)
	@$(call fill,launcher,755,bin/obrol-server,reactor)
	@$(call fill,obrol.service,644,lib/systemd/system/obrol.service)
	@$(call fill,obrol.socket,644,lib/systemd/system/obrol.socket)
	@$(call fill,obrol.sysusers,644,lib/sysusers.d/obrol.conf)
	@echo 'installed obrol and obrol-server in $(TO)/bin; the README says how to start the service'
	@$(PYTHON) -m reactor.reachable

uninstall: ## take away what install put there; the log in /var/lib/obrol stays   [PREFIX= DESTDIR=]
	@rm -rf '$(TO)/lib/obrol'
	@rm -f '$(TO)/bin/obrol' '$(TO)/bin/obrol-server' '$(UNITS)/obrol.service' \
	  '$(UNITS)/obrol.socket' '$(TO)/lib/sysusers.d/obrol.conf'
	@rmdir --ignore-fail-on-non-empty '$(UNITS)' '$(TO)/lib/systemd' '$(TO)/lib/sysusers.d' 2>/dev/null || true

$(VENV)/.ready: tests/requirements.txt | python
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	@touch $@

test: $(VENV)/.ready ## every test (makes its own virtual environment)
	$(PYTEST) -n 2 $(ARGS)

check: $(VENV)/.ready ## lint, types, and that docs and code agree
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(PYTEST) -q tests/test_house.py tests/test_docs.py tests/test_trust.py

fix: $(VENV)/.ready ## let the formatter and the linter mend what they can
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

bench: $(VENV)/.ready ## measure on this machine, beside others   [ARGS='--quick --only fanout --svg tests/bench/pictures']
	@$(VENV)/bin/python -m tests.bench $(ARGS)

fuzz: $(VENV)/.ready ## damaged sessions at every door   [SECONDS=300 SEED=]
	@$(VENV)/bin/python -m tests.fuzz $(if $(SECONDS),--seconds '$(SECONDS)') $(if $(SEED),--seed '$(SEED)') $(ARGS)

soak: $(VENV)/.ready ## 2,000 clients, files, cuts, kills, restarts   [SECONDS=300 ARGS='--connections 500']
	@$(VENV)/bin/python -m tests.soak $(if $(SECONDS),--seconds '$(SECONDS)') $(if $(SEED),--seed '$(SEED)') $(ARGS)

kills: $(VENV)/.ready ## kill -9 under load, and nothing is lost   [ROUNDS=200]
	@OBROL_KILLS='$(ROUNDS)' $(PYTEST) -q -s tests/reactor/test_kill.py::test_kill_loop $(ARGS)

crowd: $(VENV)/.ready ## 512 people who do not read, and a server with 256 MiB
	@OBROL_CROWD=full $(PYTEST) -q -s tests/reactor/test_send_total.py $(ARGS)

students: $(VENV)/.ready ## lab students' programs at every door   [SECONDS=60 ARGS='--each 10']
	@$(VENV)/bin/python -m tests.students_load $(if $(SECONDS),--seconds '$(SECONDS)') $(ARGS)

clean: ## remove what the targets above made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
