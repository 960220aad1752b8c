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

/// No number comes of what is none: the weight that is the reason is named, with its file.
@Suite struct NonFiniteTests {
  private static let tensors = [
    "model.layers.2.mlp.up_proj.weight", "model.layers.1.self_attn.k_proj.weight",
    "model.layers.0.input_layernorm.weight", "lm_head.weight",
  ]

  /// Calls `body` with a model that has one such element, and the file that it lies in.
  private func withSpoiled(
    _ tensor: String,
    _ value: Double,
    _ body: (LanguageModel, _ file: String) throws -> Void
  ) throws {
    try ModelCopy.with("llama-gqa") { copy in
      try copy.spoil(tensor, at: 7, with: value)
      try body(copy.open(), "\(copy.path)/model.safetensors")
    }
  }

  private static let criteria: [any Criterion] = [
    AngularDistance(), BlockInfluence(), RemovalPerplexity(), Taylor(),
    {
      var taylor = Taylor()
      taylor.order = .mixed
      return taylor
    }(),
    {
      var taylor = Taylor()
      taylor.aggregate = .sumAbs
      return taylor
    }(),
    Flap(), WandaSp(),
    {
      var flap = Flap()
      flap.metric = .wifn
      return flap
    }(),
  ]

  @Test(arguments: criteria.indices, [Double.nan, .infinity, -.infinity])
  func noCriterionMakesAScoreOfIt(criterion: Int, value: Double) throws {
    let criterion = Self.criteria[criterion]
    let tokens = try Golden("llama-gqa").tokens
    for tensor in Self.tensors.prefix(3) {
      // An infinite norm or matrix gives products with zeros, or infinity less infinity.
      try withSpoiled(tensor, value) { model, file in
        let isOfBlock = criterion.granularities.contains(.block)
        let unit: any PruningUnit = isOfBlock ? Block() : MLPChannel()
        let error = #expect(throws: BrokenWeight.self) {
          try Scoring(model, [unit], .testing()).scored(by: criterion, on: tokens)
        }
        #expect(
          error?.weight.file == file && error?.weight.tensor == tensor,
          "\(criterion.signature)"
        )
      }
    }
  }

  /// Without data only the weights that are scored are looked at.
  @Test func magnitudeNamesTheWeight() throws {
    for value in [Double.nan, .infinity] {
      try withSpoiled(Self.tensors[0], value) { model, file in
        let error = #expect(throws: BrokenWeight.self) {
          try Scoring(model, [Block()], .testing()).scored(by: Magnitude(), on: nil)
        }
        #expect(error?.weight.tensor == Self.tensors[0])
      }
    }
  }

  @Test(arguments: tensors, [Double.nan, .infinity])
  func noEvaluationMakesANumberOfIt(tensor: String, value: Double) throws {
    let tokens = try Golden("llama-gqa").tokens
    try withSpoiled(tensor, value) { model, file in
      let error = #expect(throws: BrokenWeight.self) {
        try Perplexity().finiteMetrics(of: model, on: tokens, .testing())
      }
      #expect(error?.description.hasPrefix("\(file): `\(tensor)` holds ") == true)
    }
  }

  /// Finite weights whose product is beyond the arithmetic's type.
  @Test(arguments: [DType.float16, .float32])
  func arithmeticThatLeavesItsTypeIsNamed(dtype: DType) throws {
    let tokens = try Golden("llama-gqa").tokens
    try withSpoiled("model.norm.weight", dtype == .float16 ? 6e4 : 1e38) { model, _ in
      var large: [WeightID: Tensor] = [:]
      for (id, shape) in model.configuration.allWeights where id.role == .up || id.role == .gate {
        large[id] = try Tensor.full(shape, dtype == .float16 ? 1e4 : 1e30)
      }
      let context = RunContext(dtype: dtype, scratch: "")
      let error = #expect(throws: PluginError.self) {
        try Perplexity().finiteMetrics(of: model.live(replacing: large), on: tokens, context)
      }
      let said = error?.description ?? ""
      #expect(said.contains("`perplexity` is nan, though all weights are finite"), "\(said)")
      #expect(said.contains("set `compute = float32`") == (dtype == .float16), "\(said)")
    }
  }

  @Test func anEvaluationWithoutTargetsIsNoNumber() throws {
    let golden = try Golden("llama-gqa")
    let tokens = TokenSet([TokenWindow([3])], note: "one")
    #expect(throws: PluginError.self) {
      try Perplexity().finiteMetrics(of: golden.model, on: tokens, .testing())
    }
  }

  /// A row of the embedding that no token of the probe reaches, and weights beyond float16.
  @Test func noSavedTensorIsNoNumber() throws {
    func save(_ model: LanguageModel, _ format: HuggingFace, in folder: String) throws {
      let provenance = Provenance(
        recipe: "",
        source: "",
        removals: [],
        derivation: [],
        parameters: (0, 0)
      )
      _ = try Saving(format: format, context: .testing(scratch: folder))
        .save(model, provenance, to: "\(folder)/out", overwrite: false)
    }
    let width = try Golden("llama-gqa").model.configuration.hiddenSize
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/nan")
      try ModelCopy(of: "llama-gqa", in: "\(folder)/nan")
        .spoil("model.embed_tokens.weight", at: 60 * width, with: .nan)
      let error = #expect(throws: BrokenWeight.self) {
        try save(LanguageModel(opening: "\(folder)/nan"), HuggingFace(), in: folder)
      }
      #expect(error?.weight.position == [60, 0])
      #expect(!FileSystem.exists("\(folder)/out"))
      try FileSystem.makeDirectory("\(folder)/large")
      try ModelCopy(of: "llama-gqa", in: "\(folder)/large")
        .spoil("model.embed_tokens.weight", at: 60 * width, with: -70_000)
      var format = HuggingFace()
      format.dtype = .float16
      let large = try LanguageModel(opening: "\(folder)/large")
      let other = #expect(throws: FileError.self) { try save(large, format, in: folder) }
      #expect(other?.description.contains("`embedding`: would hold numbers up to 70000.0") == true)
      #expect(other?.description.contains("dtype = bfloat16") == true)
      try save(large, HuggingFace(), in: folder)
    }
  }

  @Test func aRepairNamesTheWeight() throws {
    let golden = try Golden("llama-gqa")
    try withSpoiled(Self.tensors[1], .nan) { model, _ in
      let gates = MLPChannel().closing(
        [MLPChannel().units(of: model)[1].unit(0)],
        in: Gates(),
        of: model
      )
      let error = #expect(throws: BrokenWeight.self) {
        try Repairing(model, .testing(scratch: "/nowhere"))
          .repair(model.removing(gates), by: BiasCompensation(), on: golden.tokens)
      }
      #expect(error?.weight.tensor == Self.tensors[1])
    }
  }
}
