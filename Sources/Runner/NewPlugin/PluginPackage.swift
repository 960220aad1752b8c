import ArgumentParser
import BillhookCore
import BillhookPipeline

/// A package of the author's own: billhook with one more plugin.
struct PluginPackage {
  let names: PluginNames
  let source: BillhookSource
  private let template: PluginTemplate

  init(_ names: PluginNames, _ template: PluginTemplate, _ source: BillhookSource) {
    self.names = names
    self.template = template
    self.source = source
  }

  /// Writes the package into a new folder.
  ///
  /// - Parameter parent: The folder that it is made in.
  /// - Returns: The path of the new folder.
  /// - Throws: `ValidationError` when there is something of its name already.
  func write(in parent: String) throws -> String {
    let folder = parent == "." ? names.package : "\(parent)/\(names.package)"
    guard !FileSystem.exists(folder) else {
      throw ValidationError("\(folder) is there already; choose another name, or move it away")
    }
    // As a whole or not at all: half a package would be in the way of the next try.
    try OutputDirectory(folder).write("the package") { folder in
      for (path, text) in files {
        try FileSystem.makeDirectory(FileSystem.parent(of: "\(folder)/\(path)"))
        try FileSystem.write(Array(text.utf8), to: "\(folder)/\(path)")
      }
    }
    return folder
  }

  /// The files of the package with their texts.
  var files: [(path: String, text: String)] {
    [
      ("Package.swift", manifest), ("Makefile", makefile), ("README.md", readme),
      (".gitignore", ".build/\n.libtorch/\n.swiftpm/\n.billhook/\nout/\n/\(names.executable)\n"),
      ("Sources/\(names.type).swift", template.source), ("Sources/main.swift", main),
      ("Tests/\(names.type)Tests.swift", tests), (names.recipe, recipe),
    ]
  }

  private var main: String {
    """
    import BillhookPlugins
    import BillhookRunner

    BillhookRunner.main(
      plugins: BuiltinPlugins.all + [\(template.types.map { "\($0).self" }.joined(separator: ", "))]
    )

    """
  }

  private var tests: String {
    """
    import BillhookConformance
    import BillhookCore
    import Testing

    @testable import \(names.module)

    @Suite struct \(names.type)Tests {
    \(template.tests.indented)
    }

    """
  }

  /// Runs on what Billhook's own examples run on.
  private var recipe: String {
    """
    # \(names.plugin) on the tiny model of Billhook's examples.
    let billhook = \(source.checkout.literalText)

    model "$billhook/Examples/Models/tiny"

    data calibration = text "$billhook/Examples/Data/train.txt" {
      windows = random, samples = 10, length = 128, seed = 1234, bos = none
    }
    data heldout = text "$billhook/Examples/Data/heldout.txt" { length = 128, bos = none }

    \(template.statements)

    """
  }

  private var manifest: String {
    func product(_ name: String) -> String {
      ".product(name: \"Billhook\(name)\", package: \(Quoted.swift(source.identity)))"
    }
    return """
      // swift-tools-version: 6.2
      import PackageDescription

      let package = Package(
        name: "\(names.package)",
        platforms: [.macOS(.v15)],
        products: [.executable(name: "\(names.executable)", targets: ["\(names.module)"])],
        dependencies: [
          \(source.dependency)
        ],
        targets: [
          .executableTarget(
            name: "\(names.module)",
            dependencies: [
              \(product("Core")),
              \(product("Plugins")),
              \(product("Runner")),
            ],
            path: "Sources"
          ),
          .testTarget(
            name: "\(names.module)Tests",
            dependencies: [
              "\(names.module)",
              \(product("Conformance")),
            ],
            path: "Tests"
          ),
        ]
      )

      """
  }

  private var readme: String {
    """
    # \(names.plugin)

    A plugin for Billhook. `Sources/\(names.type).swift` is the file to fill in; `main.swift` makes
    the whole `billhook` command with the plugin built in.

        make test    # fetches libtorch once, builds, and tries the plugin on tiny models
        make run     # runs \(names.recipe)

        make build CONFIGURATION=release    # for large models; links ./\(names.executable)
        ./\(names.executable) run \(names.recipe)

    Plain `swift build` and editors find libtorch by `LIBTORCH`, which is `.libtorch/torch` in this
    folder. Billhook's CONTRIBUTING.md and `\(names.executable) explain` tell more.

    """
  }
}

extension String {
  /// The text with every line indented that is not empty.
  fileprivate var indented: String {
    split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : "  \($0)" }.joined(separator: "\n")
  }
}
