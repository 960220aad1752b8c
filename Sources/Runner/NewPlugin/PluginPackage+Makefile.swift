extension PluginPackage {
  /// A Makefile that needs nothing but Swift and Python.
  var makefile: String {
    """
    # Everything works in this folder alone: no root, nothing is installed outside of it.
    .DEFAULT_GOAL := help
    .PHONY: help setup build test run clean

    # Billhook's sources, in quotes for the shell, and libtorch, which they are built with.
    hash := \\#
    billhook := \(Quoted.make(Quoted.shell(source.checkout)))
    swift := LIBTORCH="$$PWD/.libtorch/torch" swift
    CONFIGURATION ?= debug
    BUILD_FLAGS ?=

    # Where products lie depends on the version of Swift and on its build system, so ask.
    show_bin := $(swift) build $(BUILD_FLAGS) -c $(CONFIGURATION) --show-bin-path

    help: ## Show what can be made
    \t@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-6s %s\\n", $$1, $$2 }' Makefile

    setup: ## Get libtorch into .libtorch (once)
    \t@test -e $(billhook) || swift package resolve
    \t@$(billhook)/Scripts/setup_libtorch.sh "$$PWD/.libtorch"

    build: setup ## Build and link ./\(names.executable): CONFIGURATION=release for large models
    \t$(swift) build $(BUILD_FLAGS) -c $(CONFIGURATION)
    \t@ln -sf "$$($(show_bin))/\(names.executable)" \(names.executable)

    test: setup ## Build and run the tests
    \tOMP_NUM_THREADS=1 $(swift) test $(BUILD_FLAGS) --disable-xctest

    run: build ## Run \(names.recipe)
    \t./\(names.executable) run \(names.recipe)

    clean: ## Remove what was built; libtorch stays
    \trm -rf .build .billhook out \(names.executable)

    """
  }
}
