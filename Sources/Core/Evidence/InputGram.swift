public import BillhookEngine
public import BillhookModels
import BillhookTorch

/// The products XᵀX of the inputs of projections, over all tokens: what layer-wise solvers need.
///
/// Products of a batch are taken in f32, and batches are added in f64, so a sum loses nothing to
/// the number of batches, and depends on how the data is cut only as far as f32 rounds.
///
/// Memory for an input of width n: 4·n² bytes for the sums, and 2·n² for those of one batch, which
/// is one and a half matrices of f32; the result keeps half of one, and a whole one for each damping
/// that it is factored with.
public struct InputGram: ActivationEvidence {
  /// The name that criteria's declarations are listed under.
  public static let name = "input_gram"
  /// What it measures.
  public static let summary = "Products of the inputs of each projection with one another."

  /// No settings.
  public init() {}

  /// The products of one batch.
  public func observe(_ activations: BlockActivations) throws -> [WeightRole: InputProducts] {
    try activations.inputs.mapValues { try InputProducts(of: $0) }
  }

  /// The products over the tokens of both; adds to the first's in place.
  public func merge(
    _ one: [WeightRole: InputProducts],
    _ other: [WeightRole: InputProducts]
  ) throws -> [WeightRole: InputProducts] {
    try one.merging(other) { try $0.joined(with: $1) }
  }

  /// All sums with one batch, which is as much as all results with a factor each; and the two matrices
  /// that making the largest factor takes beside it.
  public func bytes(
    for block: BlockShape,
    of model: LanguageModel,
    showing roles: Set<WeightRole>
  ) -> Int {
    var sites = Set(roles.map(\.input))
    let squares = model.configuration.weights(of: block)
      .filter { $0.id.role.kind == .projection && sites.remove($0.id.role.input) != nil }
      .map { $0.shape[1] * $0.shape[1] }
    return 6 * squares.reduce(0, +) + 8 * (squares.max() ?? 0)
  }

  /// The products by the role that stands for an input; see `WeightRole.input`.
  public func finish(_ partial: [WeightRole: InputProducts]) throws -> [WeightRole: Gram] {
    try partial.mapValues { try Gram($0) }
  }
}

extension [WeightRole: Gram] {
  /// The products of what enters a projection.
  ///
  /// - Throws: `EvidenceError` when the inputs of that projection were not shown.
  public func require(_ role: WeightRole) throws(EvidenceError) -> Gram {
    guard let gram = self[role.input] else {
      let known = keys.map(\.rawValue).sorted().joined(separator: ", ")
      throw EvidenceError(
        evidence: InputGram().signature,
        "was gathered for the inputs of \(known.isEmpty ? "nothing" : known), not for "
          + role.rawValue
      )
    }
    return gram
  }
}

extension Statistics {
  /// The upper triangular factor of the inverse of the products of a projection's inputs, which
  /// `Gram.inverseFactor` makes.
  ///
  /// A damping that had to be raised is noted.
  ///
  /// - Parameters:
  ///   - id: The projection.
  ///   - damping: λ as a fraction of the mean diagonal of XᵀX.
  /// - Returns: U with UᵀU = (XᵀX + λI)⁻¹: `[in, in]`.
  /// - Throws: `EvidenceError` when `InputGram` was not gathered for the projection.
  public func inverseFactor(of id: WeightID, damping: Double) throws -> Tensor {
    try result(of: InputGram()).require(id.role)
      .inverseFactor(.mean(damping)) { note($0, about: "the inputs of \(id)") }
  }
}
