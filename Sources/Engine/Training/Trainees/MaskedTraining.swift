import BillhookModels
import BillhookTorch

/// What masks add to the memory of a training, in bytes.
struct MaskedTraining {
  /// The masks of weights that are trained themselves, which are in memory all the time.
  let held: Int
  /// While a matrix with a masked update is made, and while its gradient becomes those of the update.
  let passing: Int
  private let merged: [Int: Int]

  /// Adds up shapes.
  ///
  /// - Parameters:
  ///   - model: The model that passes run through.
  ///   - load: What is trained.
  ///   - dtype: The type of the arithmetic.
  /// - Throws: `FileError` when masks cannot be looked at.
  init(_ model: LanguageModel, _ load: TrainingMemory.Load, dtype: DType) throws {
    let masked = try model.maskedProjections().intersection(load.weights)
    let counts = model.configuration.allWeights.filter { masked.contains($0.id) }
      .map { (id: $0.id, count: $0.shape.reduce(1, *)) }
    let size = DType.bool.byteCount
    guard !load.areWhole else {
      held = size * counts.reduce(0) { $0 + $1.count }
      (passing, merged) = (0, [:])
      return
    }
    held = 0
    guard load.areMasked else {
      (passing, merged) = (0, [:])
      return
    }
    // In f32: the product, its sum with the matrix, and what the mask leaves of it; on the way back as
    // many gradients.
    passing = 3 * DType.float32.byteCount * (counts.map(\.count).max() ?? 0)
    // The dense matrix that a pass computes with, and the mask, which gradients need.
    merged = counts.reduce(into: [:]) { bytes, weight in
      guard let block = weight.id.block else { return }
      bytes[block, default: 0] += (dtype.byteCount + size) * weight.count
    }
  }

  /// What gradients need of a block in addition: a dense matrix with its mask for each masked update.
  func merged(inBlock block: Int) -> Int { merged[block] ?? 0 }
}
