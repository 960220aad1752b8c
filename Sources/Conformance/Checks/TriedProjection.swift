import BillhookCore

/// A projection with its inputs over all tokens, which a repair is shown.
struct TriedProjection {
  private let id: WeightID
  /// `[out, in]`.
  private let weight: Tensor
  /// `[tokens, in]` in f64.
  private let inputs: Tensor

  init(_ id: WeightID, of model: LanguageModel, _ batches: [BlockActivations]) throws {
    self.id = id
    let weight = try model.weights.tensor(id, dtype: .float32, device: .cpu)
    self.weight = weight
    let parts = try batches.compactMap { $0.inputs[id.role.input] }
      .map { try $0.to(.float64).reshaped([-1, weight.shape[1]]) }
    inputs = try .joined(parts, along: 0)
  }

  /// What a projection loses, and who knows of it when.
  enum Loss {
    /// Columns, which are known.
    case columns
    /// Weights, which are known.
    case weights
    /// Weights, which are chosen on the way, so many columns at a time.
    case weightsOnTheWay(step: Int)
  }

  /// What a repair came to.
  struct Outcome {
    /// The largest change of a weight or of the bias, relative to the largest weight.
    let size: Double
    /// The error of the outputs, as the sum of squares over all tokens.
    let error: Double
    /// The same where nothing but zeros is changed.
    let plainError: Double
    /// Whether the weights and masks that the repair was shown are as they were.
    let isIntact: Bool
  }

  /// Has a repair make up for the loss of a share of the columns, or of each row.
  func outcome(
    of repair: any Repair,
    losing share: Double,
    _ loss: Loss,
    _ statistics: Statistics
  ) throws -> Outcome {
    let shown = try weight.copied()
    // Masks as they are shown, and as they were then, by their first column.
    var masks: [(start: Int, shown: Tensor, chosen: Tensor)] = []
    func mask(of current: Tensor, from start: Int = 0) throws -> Tensor {
      let mask = try Self.mask(share, of: current, inEachRow: loss.isInEachRow)
      masks.append((start, mask, try mask.copied()))
      return mask
    }
    let cut: ProjectionCut
    switch loss {
    case .columns:
      _ = try mask(of: weight)
      let count = Int(share * Double(weight.shape[1]))
      cut = ProjectionCut(id: id, weight: shown, columns: Array(0..<count))
    case .weights: cut = ProjectionCut(id: id, weight: shown, mask: try mask(of: weight))
    case .weightsOnTheWay(let step):
      cut = ProjectionCut(id: id, weight: shown, step: step) { columns, current, _ in
        try mask(of: current, from: columns.lowerBound)
      }
    }
    let repaired = try repair.repaired(cut, statistics)
    let asked = masks.reduce(0) { $0 + $1.chosen.shape[1] }
    guard asked == weight.shape[1] else {
      throw TrialError(
        description: "asked for a mask of \(asked) of \(weight.shape[1]) columns; ask once for each"
      )
    }
    let inOrder = masks.sorted { $0.start < $1.start }
    let chosen = try Tensor.joined(inOrder.map(\.chosen), along: 1)
    let made = try change(to: chosen.choosing(repaired.weight ?? weight, else: .zeros([])))
    let bias = try (repaired.addedBias ?? .zeros([weight.shape[0]])).to(.float64).unsqueezed(1)
    let isSame = try masks.allSatisfy { try $0.shown.equals($0.chosen) }
    return Outcome(
      size: try max(made.abs().max().scalar(), bias.abs().max().scalar())
        / weight.abs().max().scalar(),
      error: try error(of: made, bias),
      plainError: try error(of: change(to: weight.keeping(chosen)), .zeros([])),
      isIntact: try isSame && shown.equals(weight)
    )
  }

  /// What stays when a share of some columns goes: the first columns, or the smallest weights of each
  /// row.
  private static func mask(
    _ share: Double,
    of columns: Tensor,
    inEachRow: Bool
  ) throws -> Tensor {
    let (rows, width) = (columns.shape[0], columns.shape[1])
    let order: Tensor
    if inEachRow {
      order = try columns.abs().sorted(1).positions.sorted(1).positions
    } else {
      let places = try Tensor.arange(to: Double(width), dtype: .int64)
      order = try places.unsqueezed(0) + Tensor.zeros([rows, 1], dtype: .int64)
    }
    return try .!(order .< Double(Int(share * Double(width))))
  }

  /// The differences of weights, `[out, in]` in f64.
  private func change(to new: Tensor) throws -> Tensor { try (new - weight).to(.float64) }

  /// The sum of squared differences of outputs over all tokens.
  private func error(of change: Tensor, _ bias: Tensor) throws -> Double {
    try (change.matmul(inputs.transposed(0, 1)) + bias).pow(2).sum().scalar()
  }
}

extension TriedProjection.Loss {
  /// Whether each row loses weights of its own.
  fileprivate var isInEachRow: Bool {
    switch self {
    case .columns: false
    case .weights, .weightsOnTheWay: true
    }
  }

  /// What messages call it.
  var text: String {
    switch self {
    case .columns: "columns"
    case .weights: "weights"
    case .weightsOnTheWay: "weights, chosen on the way"
    }
  }
}
