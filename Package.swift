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

/// A room of the house: module `Billhook<name>` in `Sources/<name>`.
func room(_ name: String, needs: [Target.Dependency] = []) -> Target {
  .target(
    name: "Billhook\(name)",
    dependencies: needs,
    path: "Sources/\(name)",
    swiftSettings: swiftSettings
  )
}

/// The tests of a room, in `Tests/<name>Tests`.
func tests(_ name: String, needs: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.byName(name: "Billhook\(name)"), "TestSupport"] + needs,
    path: "Tests/\(name)Tests",
    swiftSettings: swiftSettings
  )
}

let package = Package(
  name: "billhook",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "billhook", targets: ["billhook"]),
    .library(
      name: "BillhookCore",
      targets: ["BillhookCore", "BillhookModels", "BillhookRecipe", "BillhookTorch"]
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
      cxxSettings: [
        .unsafeFlags([
          "-isystem", "\(libtorch)/include",
          "-isystem", "\(libtorch)/include/torch/csrc/api/include",
        ])
      ],
      linkerSettings: [
        .unsafeFlags(["-L\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"]),
        .linkedLibrary("torch_cpu"),
        .linkedLibrary("c10"),
      ]
    ),
    room("Torch", needs: ["CTorch"]),
    room("Models", needs: ["BillhookTorch"]),
    room("Recipe"),
    room("Core", needs: ["BillhookModels", "BillhookRecipe", "BillhookTorch"]),
    room("Plugins", needs: ["BillhookCore", "BillhookModels", "BillhookTorch"]),
    room(
      "Runner",
      needs: [
        "BillhookCore", "BillhookModels", "BillhookRecipe", "BillhookTorch",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),
    room(
      "Conformance",
      needs: [
        "BillhookCore", "BillhookModels", "BillhookPlugins", "BillhookRecipe", "BillhookTorch",
      ]
    ),
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
      dependencies: ["BillhookCore", "BillhookModels", "BillhookTorch"],
      path: "Tests/Support",
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "ExamplesTests",
      dependencies: [
        "BillhookConformance", "BillhookCore", "BillhookModels", "BillhookPlugins",
        "BillhookTorch", "CustomCriterion", "TestSupport", "billhook",
      ],
      path: "Tests/ExamplesTests",
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "BillhookCore", "BillhookModels", "BillhookPlugins", "BillhookTorch", "TestSupport",
      ],
      path: "Tests/FuzzTests",
      swiftSettings: swiftSettings
    ),
    tests("Torch"),
    tests("Models", needs: ["BillhookTorch"]),
    tests("Recipe"),
    tests(
      "Core",
      needs: ["BillhookModels", "BillhookPlugins", "BillhookRecipe", "BillhookTorch"]
    ),
    tests("Plugins", needs: ["BillhookCore", "BillhookModels", "BillhookTorch"]),
    tests("Conformance", needs: ["BillhookCore", "BillhookModels", "BillhookPlugins"]),
    tests("Runner", needs: ["BillhookCore", "BillhookModels", "BillhookPlugins", "billhook"]),
  ],
  cxxLanguageStandard: .cxx20
)
