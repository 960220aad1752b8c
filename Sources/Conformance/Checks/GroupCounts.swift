import BillhookCore

/// How many weights are gone of each group of weights that are compared with each other.
struct GroupCounts {
  /// The groups of a matrix, or one group of several matrices.
  struct Part {
    /// What messages call each of the groups.
    let name: String
    /// The number of weights of each.
    let size: Int
    /// How many of them are gone.
    let gone: [Int]
  }

  /// All groups, in an order that follows from the model.
  let parts: [Part]

  /// Counts what masks take away.
  ///
  /// - Parameters:
  ///   - model: The model with masks; of a projection without one nothing is gone.
  ///   - roles: The projections that are counted.
  ///   - group: What is compared with each other.
  ///   - pattern: The pattern that masks have, whose neighbours are the groups then; nil for none.
  /// - Throws: What reading a mask throws.
  init(
    of model: LanguageModel,
    in roles: Set<WeightRole>,
    by group: ComparisonGroup,
    pattern: SparsityPattern? = nil
  ) throws {
    let matrices = try model.configuration.allWeights.filter { roles.contains($0.id.role) }.map {
      Matrix(id: $0.id, part: try Self.part(of: $0.id, $0.shape, in: model, by: group, pattern))
    }
    guard pattern == nil else {
      parts = matrices.map(\.part)
      return
    }
    switch group {
    case .row, .column, .matrix: parts = matrices.map(\.part)
    case .module:
      parts = Self.pooled(matrices) { id in
        "the \(id.role.isOfAttention ? "attention" : "MLP") of block \(id.block ?? 0)"
      }
    case .block: parts = Self.pooled(matrices) { "block \($0.block ?? 0)" }
    case .model: parts = Self.pooled(matrices) { _ in "the whole model" }
    }
  }

  private struct Matrix {
    let id: WeightID
    let part: Part
  }

  /// The groups of one matrix.
  private static func part(
    of id: WeightID,
    _ shape: [Int],
    in model: LanguageModel,
    by group: ComparisonGroup,
    _ pattern: SparsityPattern?
  ) throws -> Part {
    let all = shape.reduce(1, *)
    let (name, size): (String, Int) =
      switch (pattern, group) {
      case (let pattern?, _): ("\(pattern.size) neighbours of \(id)", pattern.size)
      case (nil, .row): ("a row of \(id)", shape[1])
      case (nil, .column): ("a column of \(id)", shape[0])
      case (nil, _): ("\(id)", all)
      }
    guard let mask = try model.weights.mask(id) else {
      return Part(name: name, size: size, gone: Array(repeating: 0, count: all / size))
    }
    let isTurned = pattern == nil && group == .column
    let lines = try (isTurned ? mask.transposed(0, 1) : mask).reshaped([-1, size])
    let kept = try lines.sum([1], dtype: .int64).integers()
    return Part(name: name, size: size, gone: kept.map { size - $0 })
  }

  /// One group of all matrices that get the same name.
  private static func pooled(_ matrices: [Matrix], named name: (WeightID) -> String) -> [Part] {
    Dictionary(grouping: matrices) { name($0.id) }.sorted { $0.key < $1.key }.map { name, pool in
      Part(
        name: name,
        size: pool.reduce(0) { $0 + $1.part.size },
        gone: [pool.reduce(0) { $0 + $1.part.gone.reduce(0, +) }]
      )
    }
  }
}
