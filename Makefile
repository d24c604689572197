# One command each; all of it works from here with Go, a C compiler, git and make.
GO       ?= go
BIN      := $(CURDIR)/bin
FUZZTIME ?= 10s
MODULES   = $(shell $(GO) list -m -f '{{.Dir}}')
MAINS    := proxy/cmd/loom daemon/cmd/loomd servers/mcp-git servers/mcp-prometheus
eachmod   = @set -e; for d in $(MODULES); do (cd $$d && GOWORK=off $(1)) || { echo "FAIL: (cd $$d && GOWORK=off $(1))"; exit 1; }; done

.PHONY: help build test race lint tidy

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

build: ## binaries into bin/, each with the versions of its own go.mod
	@for m in $(MAINS); do echo "build $$m"; GOWORK=off $(GO) -C $$m build -trimpath -o $(BIN)/ . || exit 1; done

test: ## unit, script and protocol tests of every module
	$(GO) test work

race: ## the same under the race detector
	$(GO) test -race work

lint: ## formatting and vet
	@test -z "$$(gofmt -l $(MODULES))" || { gofmt -d $(MODULES); exit 1; }
	$(GO) vet work

tidy: ## go.mod and go.sum of every module
	$(call eachmod,$(GO) mod tidy)
	$(GO) work sync
