import ArgumentParser
import BillhookCore

/// The type that a model computes in, as `compute` sets it in a recipe.
struct ComputeOptions: ParsableArguments {
  @Option(
    help: "The type to compute in: float32, bfloat16, float16 or float64. (default: as stored)",
    transform: ComputeType.init
  )
  var compute: ComputeType?

  /// The type for a model: the one that was asked for, else that of its embedding.
  func dtype(of model: LanguageModel) throws -> DType {
    try compute?.dtype ?? model.weights.storedType(WeightID(.embedding))
  }
}
