# Everything works in this checkout alone: no root, nothing is installed outside of it.
.DEFAULT_GOAL := help
.PHONY: help setup build demo recovery bench test kill-test mutation-test task-test plugin-test fuzz
.PHONY: gpu-test docs format lint scripts clean

swift_sources := Sources Tests Examples Package.swift
c_sources = $(shell git ls-files '*.cpp' '*.hpp' 'Sources/CTorch/*.h')

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: ## Get libtorch into .libtorch (once)
	@Scripts/setup_libtorch.sh

# Of every build, such as BUILD_FLAGS="--build-system swiftbuild"; scripts find them in the environment.
BUILD_FLAGS ?=
export BUILD_FLAGS

# Where products lie depends on the version of Swift and on its build system, so ask.
show_bin = swift build $(BUILD_FLAGS) --show-bin-path

build: setup ## Build the release executable, and link it as ./billhook
	swift build $(BUILD_FLAGS) -c release --product billhook
	@ln -sf "$$($(show_bin) -c release)/billhook" billhook

demo: build ## Prune the tiny model with Examples/quickstart.recipe
	./billhook run Examples/quickstart.recipe

recovery: build ## Compare ways of retraining with Examples/recovery.recipe
	./billhook run Examples/recovery.recipe

THREADS ?= $(shell getconf _NPROCESSORS_ONLN)
python := .venv/bin/python3

$(python):
	python3 -m venv .venv
	.venv/bin/pip install --quiet 'torch>=2.11,<2.16' transformers peft

bench: build $(python) ## Compare time and memory with plain Python, as ratios: THREADS=2
	OMP_NUM_THREADS=$(THREADS) $(python) Benchmarks/bench.py ./billhook \
	  --threads $(THREADS)

test: setup ## Run all tests
	OMP_NUM_THREADS=1 swift test $(BUILD_FLAGS) --disable-xctest

KILLS ?= 50

kill-test: setup ## Kill runs, or fill the disk, and run them again: KILLS=50
	BILLHOOK_KILLS=$(KILLS) OMP_NUM_THREADS=1 swift test $(BUILD_FLAGS) --disable-xctest \
	  --filter 'KillTests|FullDiskTests|ProcessesTests/whoever'

MUTATIONS ?= 2000

mutation-test: setup ## Damage files of the work folder and run again: MUTATIONS=2000
	BILLHOOK_MUTATIONS=$(MUTATIONS) OMP_NUM_THREADS=1 swift test $(BUILD_FLAGS) --disable-xctest \
	  --filter StoreMutationTests

ANSWERS ?= answers.json

task-test: setup ## Compare answers with those of lm-eval: ANSWERS=a.json:b.json
	BILLHOOK_TASK_ANSWERS=$(ANSWERS) OMP_NUM_THREADS=$(THREADS) swift test $(BUILD_FLAGS) \
	  --disable-xctest --no-parallel --filter TaskComparisonTests

plugin-test: setup ## Build and run what `billhook new plugin` writes, for each kind
	swift build $(BUILD_FLAGS) --product billhook
	Scripts/try_new_plugin.sh "$$($(show_bin))/billhook"

gpu-test: setup ## Run recipes on a GPU that the processor emulates
	swift build $(BUILD_FLAGS) --product billhook
	OMP_NUM_THREADS=1 Scripts/check_emulated_gpu.sh "$$($(show_bin))/billhook"

MINUTES ?= 1
READER ?= [a-z]*
fuzzing = $(BUILD_FLAGS) -c release -Xswiftc -enable-testing --scratch-path .build/fuzz

# Without the lock, so that several readers can be tried at once, each in a process of its own.
fuzz: setup ## Try random inputs: MINUTES=30 for each reader, READER=json for one
	swift build $(fuzzing) --build-tests
	BILLHOOK_FUZZ_MINUTES=$(MINUTES) OMP_NUM_THREADS=1 swift test $(fuzzing) --skip-build \
	  --ignore-lock --disable-xctest --filter 'FuzzTests/$(READER)\(' \
	  || { cat "$${TMPDIR:-/tmp}"/billhook-fuzz/* 2>/dev/null; exit 1; }

docs: setup ## Write a page for each plugin, and check the doc comments: .build/documentation
	swift build $(BUILD_FLAGS)
	rm -f Docs/Plugins/*.md
	"$$($(show_bin))/billhook" explain --pages Docs/Plugins
	Scripts/check_docc.sh "$$($(show_bin))" .build/documentation

format: ## Format the sources in place
	swift format --in-place --recursive --parallel $(swift_sources)
	! command -v clang-format >/dev/null || clang-format -i $(c_sources)

lint: ## Check format and style of the sources
	swift format lint --strict --recursive --parallel $(swift_sources)
	Scripts/lint.sh

scripts: ## Check that the scripts still run: names, usage, what they compile
	python3 Scripts/check_scripts.py

clean: ## Remove what was built; libtorch stays
	rm -rf .build billhook Examples/out Examples/.billhook
