# The verbs of this project; `make help` lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help deps build all asan servers python-packages test test-openstack test-mutants demo demo-many demo-down
.PHONY: bench soak lint tidy format generate clean

# Ninja shows the progress of a build with seconds.
export NINJA_STATUS := [%f/%t, %e s] $(empty)

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that are missing
	@hack/install-deps

build: deps ## build the controller: build/release/certificate-binding-controller
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release --target certificate-binding-controller

all: deps
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release

asan: deps ## run the tests of units and components with the address and undefined-behaviour sanitizers
	@cmake --preset asan -Wno-dev >/dev/null
	@cmake --build --preset asan
	@ctest --test-dir build/asan -L 'unit|component' -j2 --output-on-failure --no-tests=error --progress

servers:
	@tests/testbed/binaries etcd kube-apiserver kubectl kube-controller-manager helm >/dev/null

python-packages: deps
	@tests/clouds_yaml/openstacksdk >/dev/null
	@tests/schemathesis/schemathesis >/dev/null

# The C++ comes first, so that its faults show before the servers are fetched, which may take long.
test: all lint tidy asan servers python-packages ## run every test: first units and components with sanitizers, then all as they ship
	@echo "== all tests, with the program as it ships"
	@ctest --test-dir build/release -LE openstack -j2 --output-on-failure --no-tests=error --progress

test-openstack: deps servers ## install the real Keystone, Barbican and Octavia, and run the tests that need them
	@hack/install-deps openstack
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release --target cloudsim openstack_controller
	@ctest --test-dir build/release -L openstack --output-on-failure --no-tests=error --progress

test-mutants: deps ## break the controller in one line at a time; the provers have to notice each break
	@tests/mutants/run

demo: deps ## show the controller at work with servers and a simulated cloud on 127.0.0.1; all keep running
	@tests/demo/demo

demo-many: ## in the running demo, one kubectl apply of 200 bindings of one listener; count the PUTs
	@tests/demo/demo-many

demo-down: ## stop the running demo, and remove its logs
	@tests/demo/demo-down

bench: build servers ## measure this controller beside peers and write docs/performance.md; BENCH=small is quick and writes nothing
	@cmake --build --preset release --target testbed-servers
	@tests/bench/bench

soak: deps servers ## 30 minutes of churn, outages and leaders that end; SOAK_MINUTES=5 is shorter, SOAK_SEED=2 is another story
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release --target soak
	@build/release/tests/soak/soak

lint: deps ## check format, include directions, documents, shell scripts and generated files
	@hack/lint

tidy: deps ## check with clang-tidy the code that changed since its last clean check
	@hack/tidy

format: deps ## format the C++ code
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

generate: ## write the files that are generated from crds/ and health.lua
	@hack/generate

clean: demo-down ## stop the demo and remove the build folder; caches stay
	@rm -rf build
