import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline
@testable import BillhookPlugins
import Foundation
import Testing
import TestSupport

/// What is saved is compared before it gets its name, and nothing that was there is lost.
@Suite struct SavingTests {
  /// Writes a model, then changes what it wrote.
  struct Damaging: Format {
    static let name = "damaging"
    static let summary = "Writes a model and damages it."
    var damage: @Sendable (String) throws -> Void = { _ in }

    func write(_ model: LanguageModel, into directory: String, _ context: RunContext) throws {
      try HuggingFace().write(model, into: directory, context)
      try damage(directory)
    }

    func read(_ directory: String) throws -> LanguageModel {
      try LanguageModel(opening: directory)
    }

    func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType {
      try HuggingFace().dtype(of: weight, in: model)
    }
  }

  /// Writes weights and tokenizer each into a folder of its own, which no other reader would open.
  struct Apart: Format {
    static let name = "apart"
    static let summary = "Writes a model one folder deeper."
    /// What is done to the model when it is read.
    var change: @Sendable (LanguageModel) throws -> LanguageModel = { $0 }

    func write(_ model: LanguageModel, into directory: String, _ context: RunContext) throws {
      try FileSystem.makeDirectory("\(directory)/inside")
      try HuggingFace().write(model, into: "\(directory)/inside", context)
    }

    func read(_ directory: String) throws -> LanguageModel {
      try change(LanguageModel(opening: "\(directory)/inside"))
    }

    func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType {
      try HuggingFace().dtype(of: weight, in: model)
    }
  }

  /// What is compared is what the format's own reader finds, wherever and however it was written.
  @Test func theFormatReadsWhatItWrote() throws {
    let model = try Golden("llama-gqa").model
    try Fixture.withFolder { (folder) throws in
      #expect(try save(model, by: Apart(), to: "\(folder)/out") == .written)
      #expect(try save(model, by: Apart(), to: "\(folder)/out") == .alreadyThere)
      #expect(try LanguageModel(opening: "\(folder)/out/inside").blocks.count == 4)
      #expect(throws: FileError.self) { try LanguageModel(opening: "\(folder)/out") }
      let other = Apart { try $0.removingBlocks([2]) }
      let error = #expect(throws: FileError.self) {
        try save(model, by: other, to: "\(folder)/other")
      }
      #expect(error?.message == "has 3 blocks, expected 4")
      #expect(try FileSystem.names(in: folder) == ["out"])
    }
  }

  private func save(
    _ model: LanguageModel,
    by format: any Format = HuggingFace(),
    recipe: String = "",
    to path: String,
    overwrite: Bool = false
  ) throws -> Saving.Outcome {
    try Saving(format: format, context: .testing()).save(
      model,
      Provenance(
        recipe: recipe,
        source: "test",
        removals: [],
        derivation: [recipe],
        parameters: (0, 0)
      ),
      to: path,
      overwrite: overwrite
    )
  }

  /// Ways in which a written model can differ from the one in memory.
  static let damages: [(what: String, damage: @Sendable (String) throws -> Void)] = [
    (
      "one bit of one weight",
      { folder in
        let path = "\(folder)/model.safetensors"
        var bytes = try FileSystem.read(path)
        bytes[bytes.count - 100] ^= 1
        try FileSystem.write(bytes, to: path)
      }
    ),
    (
      "a number that is none",
      { folder in
        let path = "\(folder)/model.safetensors"
        var bytes = try FileSystem.read(path)
        bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 192, 127])
        try FileSystem.write(bytes, to: path)
      }
    ),
    (
      "a block too few",
      { folder in
        var text = try JSONText(FileSystem.read("\(folder)/config.json"))
        text.set("num_hidden_layers", to: 3)
        try FileSystem.write(text.bytes, to: "\(folder)/config.json")
      }
    ),
    (
      "another norm epsilon",
      { folder in
        var text = try JSONText(FileSystem.read("\(folder)/config.json"))
        text.set("rms_norm_eps", to: 0.5)
        try FileSystem.write(text.bytes, to: "\(folder)/config.json")
      }
    ),
    ("no weights", { try FileSystem.remove("\($0)/model.safetensors") }),
  ]

  @Test(arguments: damages.indices)
  func whatIsNotTheModelGetsNoName(index: Int) throws {
    let model = try Golden("llama-gqa").model
    try Fixture.withFolder { (folder) throws in
      let format = Damaging(damage: Self.damages[index].damage)
      let error = #expect(throws: (any Error).self, "\(Self.damages[index].what)") {
        try save(model, by: format, to: "\(folder)/out")
      }
      // What is compared is a fault of the file; what its reader refuses names the format.
      #expect(error is FileError || error is PluginError)
      #expect(try FileSystem.names(in: folder).isEmpty)
    }
  }

  @Test func aFailedReplacementLeavesWhatWasThere() throws {
    let model = try Golden("llama-gqa").model
    try Fixture.withFolder { (folder) throws in
      let path = "\(folder)/out"
      #expect(try save(model, to: path) == .written)
      let smaller = try model.removingBlocks([1])
      let damaging = Damaging(damage: Self.damages[0].damage)
      #expect(throws: FileError.self) {
        try save(smaller, by: damaging, to: path, overwrite: true)
      }
      #expect(throws: FileError.self) { try save(smaller, to: path) }
      #expect(try LanguageModel(opening: path).blocks.count == 4)
      #expect(try save(model, to: path) == .alreadyThere)
      #expect(try save(smaller, to: path, overwrite: true) == .written)
      #expect(try LanguageModel(opening: path).blocks.count == 3)
      #expect(try FileSystem.names(in: folder) == ["out"])
    }
  }

  @Test func anotherRecipeIsAnotherResult() throws {
    let model = try Golden("llama-gqa").model
    try Fixture.withFolder { (folder) throws in
      #expect(try save(model, recipe: "a", to: "\(folder)/out") == .written)
      #expect(throws: FileError.self) { try save(model, recipe: "b", to: "\(folder)/out") }
    }
  }

  @Test func whatAKilledSaveLeftIsCleanedAndWhatOthersWriteIsNot() throws {
    let model = try Golden("llama-gqa").model
    try Fixture.withFolder { (folder) throws in
      // No process has so high a number, and process 1 always runs.
      try FileSystem.makeDirectory("\(folder)/.out.billhook-new-2147483647")
      try FileSystem.makeDirectory("\(folder)/.out.billhook-new-1")
      try FileSystem.makeDirectory("\(folder)/.out.billhook-new-mine")
      #expect(try save(model, to: "\(folder)/out") == .written)
      let names = try FileSystem.names(in: folder)
      #expect(names == [".out.billhook-new-1", ".out.billhook-new-mine", "out"])
    }
  }

  @Test func roundedWeightsAreComparedAsRounded() throws {
    let model = try Golden("llama-gqa").model
    var format = HuggingFace()
    format.dtype = .bfloat16
    try Fixture.withFolder { (folder) throws in
      #expect(try save(model, by: format, to: "\(folder)/out") == .written)
      #expect(try save(model, by: format, to: "\(folder)/out") == .alreadyThere)
    }
  }
}
