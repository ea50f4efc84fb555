# The verbs of this project; `make help` lists them.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help deps build all asan servers test test-openstack test-mutants demo demo-many demo-down lint tidy format generate clean

# How far a build is, with seconds; and what was compiled in one clone is found from another.
export NINJA_STATUS := [%f/%t, %e s] $(empty)
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := true
export CCACHE_PCH_EXTSUM := true
export CCACHE_SLOPPINESS := pch_defines,time_macros

help: ## this list
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

# The C++ first: what is wrong with it shows before the servers, which may take long to get.
test: all lint tidy asan servers ## run every test: units and components with sanitizers, then all of them as they ship
	@echo "== all tests, as it ships"
	@ctest --test-dir build/release -LE openstack -j2 --output-on-failure --no-tests=error --progress

test-openstack: deps servers ## run what needs the real Keystone, Barbican and Octavia (installs them, without a system service)
	@hack/install-deps openstack
	@cmake --preset release -Wno-dev >/dev/null
	@cmake --build --preset release --target cloudsim openstack_controller
	@ctest --test-dir build/release -L openstack --output-on-failure --no-tests=error --progress

test-mutants: deps ## break the controller in one line at a time, and expect the provers to notice each (docs/testing.md)
	@tests/mutants/run

demo: deps ## show it: servers, simulated cloud and controller on 127.0.0.1, left running
	@tests/demo/demo

demo-many: ## in the running demo: 200 bindings of one kubectl apply on one listener, and how many PUTs they took
	@tests/demo/demo-many

demo-down: ## stop what make demo left running, and remove its logs
	@tests/demo/demo-down

lint: deps ## check format, include directions, shell scripts and generated files
	@hack/lint

tidy: deps ## check the code with clang-tidy, as far as it changed since it was last clean
	@hack/tidy

format: deps ## format the C++ code
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

generate: ## write what is generated from crds/
	@hack/generate

clean: demo-down ## stop the demo and remove what was built, but no cache
	@rm -rf build
