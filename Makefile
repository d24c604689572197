# One command each; all of it works from here with Go, a C compiler, git and make.
GO       ?= go
BIN      := $(CURDIR)/bin
PREFIX   ?= $(HOME)/.local
FUZZTIME ?= 10s
DURATION ?= 10m
VERSION  ?= $(shell git describe --tags --match 'proxy/v*' --always --abbrev=12 --dirty 2>/dev/null | sed 's|^proxy/||')

# For all of go's commands, so that what one compiled need not be compiled again for
# another. The tag leaves plugins out of kustomize, which is part of kubectl's describe:
# a program that may load plugins keeps all code, and mcp-k8s would have twice its size.
export GOFLAGS := $(GOFLAGS) -trimpath -tags=kustomize_disable_go_plugin_support

MODULES = $(shell $(GO) list -m -f '{{.Dir}}')
PRODUCT = $(addsuffix /...,$(filter-out %/testbed,$(MODULES)))
MAINS  := $(patsubst %/main.go,%,$(wildcard proxy/cmd/*/main.go daemon/cmd/*/main.go servers/mcp-*/main.go))
SERVERS := $(patsubst %/main.go,%,$(wildcard servers/mcp-*/main.go))
LINK   := -buildvcs=false -ldflags '-X github.com/loom-core/loom/core/version.Linked=$(VERSION)'
TOOLS   = GOWORK=off $(GO) -C tools
STEPS   = MAKE='$(MAKE)' tools/steps.sh
CHECK  := build test vet tidy-diff workspace drift
eachmod = @set -e; for d in $(MODULES) $(CURDIR)/tools; do (cd $$d && GOWORK=off $(1)) || { echo "FAIL: (cd $$d && GOWORK=off $(1))"; exit 1; }; done

.PHONY: help build install test race lint vet darwin staticcheck tidy-diff workspace drift tidy fuzz check ci chaos conformance contract keyring clients clients-e2e demo testbed-tools testbed-engine testbed-engine-stop e2e e2e-containers leftovers bench diagrams docs

help: ## this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: ## binaries into bin/, each with the versions of its own go.mod (VERSION=…)
	@for m in $(MAINS); do GOWORK=off $(GO) -C $$m build $(LINK) -o $(BIN)/ . || { echo "FAIL: (cd $$m && GOWORK=off $(GO) build -o $(BIN)/ .)"; exit 1; }; done

install: build ## binaries into ~/.local/bin (PREFIX=…)
	@tools/install.sh '$(PREFIX)/bin' $(addprefix $(BIN)/,$(notdir $(MAINS)))

test: ## unit, script and protocol tests of every module (vet does all of its own)
	@$(GO) run ./testbed/cmd/skips $(GO) test -vet=off work
	$(TOOLS) test ./...

race: ## the same under the race detector
	@$(GO) run ./testbed/cmd/skips $(GO) test -race -vet=off work

lint: vet darwin staticcheck tidy-diff workspace ## formatting, vet, the same for macOS, staticcheck, go.mod and go.work drift, sh syntax

vet:
	@test -z "$$(gofmt -l $(MODULES) tools)" || { gofmt -d $(MODULES) tools; exit 1; }
	$(GO) vet work

darwin:
	GOOS=darwin GOARCH=arm64 $(GO) vet $(PRODUCT)
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null $(PRODUCT)

staticcheck:
	@$(TOOLS) build -o $(BIN)/tools/ tool
	$(BIN)/tools/staticcheck -checks inherit,ST1000 work

tidy-diff:
	$(call eachmod,$(GO) mod tidy -diff)

workspace:
	@tools/check-workspace.sh
	@GO='$(GO)' tools/one-version.sh
	@for f in tools/*.sh; do sh -n $$f || exit 1; done; bash -n .ci/run

tidy: ## go.mod and go.sum of every module, with the versions of the workspace
	@GO='$(GO)' tools/one-version.sh -w
	$(call eachmod,$(GO) mod tidy)

fuzz: ## every fuzz target for FUZZTIME (10s)
	@GO='$(GO)' tools/fuzz.sh $(FUZZTIME)

check: ## what a change must pass: build, test, vet, drift (lint and fuzz are CI's)
	@$(STEPS) $(CHECK)

# What make contract has run make e2e need not run once more.
ci: ## check, lint, fuzz, race and the longer suites: what .ci/run calls (needs npm)
	@FUZZTIME=$${FUZZTIME:-5s} SEED=$${SEED:-1} DURATION=60s E2E_SKIP=TestForgeGitHub $(STEPS) $(CHECK) staticcheck darwin fuzz race chaos conformance contract keyring clients clients-e2e e2e leftovers e2e-containers

conformance: ## the MCP conformance suite and the reference servers, directly and through loom (needs npm)
	@if tools/npm-ci.sh testbed/clients; then LOOM_CONFORMANCE=1 $(GO) test ./testbed/conformance/... -v -count=1; \
	else echo 'skip  make conformance: its packages cannot be installed from npm'; [ -z "$${CI:-}" ]; fi

contract: ## what our servers ask of GitHub and GitLab, held against their own descriptions (needs npm, 390 MB)
	@if tools/npm-ci.sh testbed/contract/npm; then export LOOM_CONTRACT=1 LOOM_E2E=1; \
	$(GO) test ./testbed/contract/... ./testbed/standin/... -v -count=1 && $(GO) test ./testbed/e2e -run TestForgeGitHub -v -count=1 -timeout 30m; \
	else echo 'skip  make contract: the descriptions cannot be installed from npm'; [ -z "$${CI:-}" ]; fi

keyring: ## loom-keyring against real keyrings: gnome-keyring, pass, the encrypted file, keyctl (Debian packages)
	@have=installed; tools/debian.sh gnome-keyring:gnome-keyring-daemon dbus:dbus-run-session dbus:dbus-send pass:pass gnupg:gpg || { \
		[ $$? = 2 ] || [ -z "$${CI:-}" ] || exit 1; \
		have=some; echo 'skip  part of make keyring: its Debian packages cannot be installed'; }; \
	LOOM_KEYRING=$$have $(GO) test ./testbed/keyring -v -count=1

chaos: ## everything breaks while clients call, and 10,000 questions find their client (SEED=…, DURATION=10m)
	LOOM_CHAOS=1 SEED='$(SEED)' DURATION='$(DURATION)' $(GO) test ./testbed/chaos -run TestChaos -v -count=1 -timeout 0
	LOOM_CHAOS=1 $(GO) test ./testbed -run TestMisrouting -v -count=1

clients: build ## MCP clients and servers from npm, pinned, through loom (needs npm)
	@tools/npm-ci.sh testbed/clients
	LOOM_CLIENTS=1 $(GO) test ./testbed/clients/... -v -count=1

clients-e2e: build ## the AI clients themselves, from npm, pinned: loom sync, list, call (needs npm, 2 GB)
	@tools/npm-ci.sh testbed/clients/agents install --no-save
	LOOM_CLIENTS=1 LOOM_AGENTS=1 $(GO) test ./testbed/clients/... -run 'TestAgents|TestCodex|TestClaude|TestCopilot' -v -count=1 -timeout 30m

demo: ## the promise in six lines: two clients, one server, crashes survived
	@$(GO) run ./testbed/cmd/demo

testbed-tools: ## the programs of the testbed's services, built once into ~/.cache/loom-testbed
	@$(GO) run ./testbed/cmd/testbed-tools

testbed-engine: ## a Docker engine of the testbed's own, for LOOM_TESTBED=containers (Debian packages, root)
	@tools/debian.sh docker.io:/usr/sbin/dockerd docker.io:docker containerd:containerd runc:/usr/sbin/runc iptables:/usr/sbin/iptables || true # it says itself what is missing
	@PATH="$$PATH:/usr/sbin:/sbin" $(GO) run ./testbed/cmd/testbed-engine start

testbed-engine-stop: ## ends it, with all that it has running; its images stay
	@$(GO) run ./testbed/cmd/testbed-engine stop

# go test takes a pattern apart at / and |, and each part has flags of its own.
CHOSEN = $(if $(RUN),-run '(?i)$(subst /,/(?i),$(subst |,|(?i),$(RUN)))')

# Where its Debian packages cannot be installed Kubernetes says what it does without.
e2e: ## the whole line against real upstreams; RUN=loki: one of them (LOOM_TESTBED=local|auto)
	@tools/debian.sh containerd:containerd runc:runc containernetworking-plugins:/usr/lib/cni/bridge || [ -z "$${CI:-}" ]
	@if tools/npm-ci.sh testbed/contract/npm; then export LOOM_CONTRACT=1; else [ -z "$${CI:-}" ]; fi && \
	LOOM_E2E=1 $(GO) test ./testbed/e2e/... -v -count=1 -timeout 60m $(CHOSEN) $(if $(E2E_SKIP),-skip '$(E2E_SKIP)')

# The local provider's programs are in its images, and tests say what an engine leaves.
e2e-containers: ## the same in containers, of an engine that is started for it; RUN=loki: one of them
	LOOM_E2E=1 LOOM_TESTBED=containers LOOM_TESTBED_IMAGES=local GO='$(GO)' tools/with-engine.sh $(GO) test -p 1 ./testbed/e2e/... $(if $(RUN),,./testbed/engine/... ./testbed/containers/...) -v -count=1 -timeout 60m $(CHOSEN)

leftovers: ## what a testbed leaves that is stopped, cancelled or killed: nothing
	LOOM_E2E=1 $(GO) test ./testbed/local/... -v -count=1 -timeout 60m

bench: build ## direct stdio, a byte relay and Loom side by side (go test -bench . ./core/jsonrpc times the scanner alone)
	@$(GO) run ./testbed/bench -bin $(BIN)

diagrams: ## package graphs in docs/diagrams
	$(TOOLS) run ./pkggraph -C .. -out ../docs/diagrams

docs: ## a page for each server in docs/servers, made of its definitions
	@mkdir -p docs/servers
	@for m in $(SERVERS); do $(GO) -C $$m run . tools --markdown >docs/servers/$$(basename $$m).md || exit 1; done

drift:
	$(TOOLS) run ./pkggraph -C .. -check ../docs/diagrams
	@for m in $(SERVERS); do $(GO) -C $$m run . tools --markdown | diff -u docs/servers/$$(basename $$m).md - || { echo "FAIL: docs/servers/$$(basename $$m).md is old; make docs writes it"; exit 1; }; done
