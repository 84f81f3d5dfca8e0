# Whisker. `make run` plays the shipped clips on the virtual rat; `make test` runs every test.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

DEPS := .deps
ARCH := $(shell uname -m)
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
GO ?= go
include deps.mk
include firmware/firmware.mk

.PHONY: help deps build run test bench picture lint clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 22

deps: $(DEPS)/mujoco/.ok $(DEPS)/rodent.xml ## fetch MuJoCo and the rat model into .deps

THREE := bridge/view/assets/three
build: deps $(DEPS)/node/.ok ## build bin/whisker
	mkdir -p $(THREE)
	cp $(DEPS)/node/node_modules/three/build/three.module.js $(DEPS)/node/node_modules/three/build/three.core.js \
	   $(DEPS)/node/node_modules/three/examples/jsm/controls/OrbitControls.js $(THREE)/
	$(GO) build -o bin/whisker ./cmd/whisker

# HOLD=1 keeps playing until Ctrl-C; ARGS adds flags of `whisker run`.
run: build ## play stand, turn and walk on the rat in real time, with the live view on http://127.0.0.1:8765
	bin/whisker run --clip stand --clip turn --clip walk --baseline --view 127.0.0.1:8765 --record out/run.mcap $(if $(HOLD),--hold) $(ARGS)

picture: build $(DEPS)/chromium.ok ## take the picture of the README from a run in Chromium
	.ci/picture bridge/view/picture.png

# DATA=dir also runs the tests on outside recordings, models and policies in dir.
test: build $(DEPS)/venv/.ok $(DEPS)/chromium.ok lint ## run every test
	.ci/gotest "$(DATA)"

# Figures need a machine that does nothing else; ROUNDS=1 is a quick look.
bench: build $(DEPS)/venv/.ok $(DEPS)/venv-bench/.ok $(DEPS)/cyclictest.ok ## print every timing as a ratio to a peer
	python3 .ci/bench.py $(or $(ROUNDS),5)

lint: deps $(DEPS)/bin/staticcheck ## gofmt, go vet, staticcheck
	@unformatted="$$(gofmt -l $$(git ls-files '*.go'))"; [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	$(GO) vet -tags browser,data ./...
	$(DEPS)/bin/staticcheck -tags browser,data ./...
	CGO_ENABLED=0 GOARCH=arm64 $(GO) build -o /dev/null ./cmd/whisker

clean: ## remove what was built, keep what was fetched
	rm -rf bin out $(THREE)/*.js
