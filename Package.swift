// swift-tools-version: 6.2
import PackageDescription

// libtorch is found by LIBTORCH, else at .libtorch/torch, where `make setup` puts it. Nothing
// here looks at the file system: SwiftPM caches what a manifest answers, so a check made here
// would go stale. A missing libtorch is reported by the one `#error` in Sources/CTorch.
let libtorch = Context.environment["LIBTORCH"] ?? "\(Context.packageDirectory)/.libtorch/torch"

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// Optimises in debug builds as well: tests spend a quarter of their time on the bytes of files and tokens if
// those rooms are not. The older build system compiles them whole, since what is made for one file may refer to
// another, which a build of changed files alone does not notice there. The newer one, that of Swift 6.4, asks
// for the dependencies of each file, which such a compilation does not write.
#if compiler(>=6.4)
let compilesWhole = false
#else
let compilesWhole = Context.environment["BUILD_FLAGS"]?.contains("swiftbuild") != true
#endif
let optimised = SwiftSetting.unsafeFlags(
  ["-O"] + (compilesWhole ? ["-wmo", "-num-threads", "2", "-disable-batch-mode"] : []),
  .when(configuration: .debug)
)

/// A room of the house, by the name of its folder in `Sources`, and by that of its module.
func module(_ name: String) -> Target.Dependency { .byName(name: "Billhook\(name)") }

/// A room of the house: module `Billhook<name>` in `Sources/<name>`; optimised in debug builds as well, or not.
func room(
  _ name: String,
  needs: [String],
  _ packages: [Target.Dependency] = [],
  isOptimised: Bool = false
) -> Target {
  .target(
    name: "Billhook\(name)",
    dependencies: needs.map(module) + packages,
    path: "Sources/\(name)",
    swiftSettings: swiftSettings + (isOptimised ? [optimised] : [])
  )
}

/// The tests of a room, in `Tests/<name>Tests`.
func tests(
  _ name: String,
  needs: [String] = [],
  _ others: [Target.Dependency] = []
) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: (needs.filter { $0 != name } + [name]).map(module) + ["TestSupport"] + others,
    path: "Tests/\(name)Tests",
    swiftSettings: swiftSettings
  )
}

// What a room may use: everything to its left.
let engine = ["Files", "Tokenizer", "Jinja", "Torch", "Models", "Engine"]
let core = engine + ["Recipe", "Core"]
let house = core + ["Pipeline", "Resolver"]

let package = Package(
  name: "billhook",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "billhook", targets: ["billhook"]),
    .library(
      name: "BillhookCore",
      targets: core.map { "Billhook\($0)" }
    ),
    .library(name: "BillhookPlugins", targets: ["BillhookPlugins"]),
    .library(name: "BillhookRunner", targets: ["BillhookRunner"]),
    .library(name: "BillhookConformance", targets: ["BillhookConformance"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .target(
      name: "CTorch",
      path: "Sources/CTorch",
      sources: ["CTorch.cpp", "processes.cpp"],
      cxxSettings: [
        .headerSearchPath("gloo"),
        .unsafeFlags([
          "-isystem", "\(libtorch)/include",
          "-isystem", "\(libtorch)/include/torch/csrc/api/include",
        ]),
      ],
      linkerSettings: [
        .unsafeFlags(["-L\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"]),
        .linkedLibrary("torch_cpu"),
        .linkedLibrary("c10"),
      ]
    ),
    room("Files", needs: [], isOptimised: true),
    room("Tokenizer", needs: ["Files"], isOptimised: true),
    room("Jinja", needs: []),
    room("Torch", needs: [], ["CTorch"], isOptimised: true),
    room("Models", needs: ["Files", "Tokenizer", "Jinja", "Torch"]),
    room("Engine", needs: engine.dropLast()),
    room("Recipe", needs: [], isOptimised: true),
    room("Core", needs: core.dropLast()),
    room("Plugins", needs: core),
    room("Pipeline", needs: core),
    room("Resolver", needs: core + ["Pipeline"]),
    room("Page", needs: core + ["Pipeline"], isOptimised: true),
    room(
      "Runner",
      needs: house + ["Page"],
      [.product(name: "ArgumentParser", package: "swift-argument-parser")]
    ),
    room("Conformance", needs: house + ["Plugins"]),
    .executableTarget(
      name: "billhook",
      dependencies: ["BillhookRunner", "BillhookPlugins"],
      path: "Sources/billhook",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "CustomCriterion",
      dependencies: ["BillhookCore", "BillhookPlugins", "BillhookRunner"],
      path: "Examples/CustomCriterion",
      exclude: ["custom.recipe"],
      swiftSettings: swiftSettings
    ),
    .target(
      name: "TestSupport",
      dependencies: (house + ["Plugins", "Runner"]).map(module),
      path: "Tests/Support",
      swiftSettings: swiftSettings
    ),
    tests("Files"),
    tests("Tokenizer", needs: ["Files"]),
    tests("Jinja", needs: house + ["Plugins"]),
    tests("Torch"),
    tests("Models", needs: engine),
    tests("Engine", needs: house + ["Plugins"]),
    tests("Recipe"),
    tests("Core", needs: house + ["Plugins"]),
    tests("Plugins", needs: house),
    tests("Pipeline", needs: house + ["Plugins"]),
    tests("Resolver", needs: house + ["Plugins"]),
    tests("Page", needs: core + ["Pipeline"]),
    tests("Conformance", needs: house + ["Plugins"]),
    tests("Runner", needs: house + ["Plugins"], ["billhook"]),
    .testTarget(
      name: "ExamplesTests",
      dependencies: (house + ["Plugins", "Conformance"]).map(module)
        + ["CustomCriterion", "TestSupport", "billhook"],
      path: "Tests/ExamplesTests",
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "FuzzTests",
      dependencies: (house + ["Plugins"]).map(module) + ["TestSupport"],
      path: "Tests/FuzzTests",
      swiftSettings: swiftSettings
    ),
  ],
  cxxLanguageStandard: .cxx20
)
