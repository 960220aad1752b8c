import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// How many weights a saved model lacks of each comparison group, by numbers that were written down.
///
/// The model's hidden states are 32 wide; 4 heads of 12 make 48 rows of queries, 2 make 24 of keys and
/// of values; the MLP has 56 channels.
@Suite struct SparseCountTests {
  /// What is asked for, and 30 % of each size by each rounding.
  private static let counts: [String: [Int: Int]] = [
    "down": [24: 7, 32: 9, 48: 14, 56: 16, 4608: 1382, 5376: 1612, 9984: 2995],
    "nearest": [24: 7, 32: 10, 48: 14, 56: 17, 4608: 1382, 5376: 1613, 9984: 2995],
    "down_plus_one": [24: 8, 32: 10, 48: 15, 56: 17, 4608: 1383, 5376: 1613, 9984: 2996],
  ]

  private static let roundings = ["down", "nearest", "down_plus_one"]

  private static let attention: [WeightRole] = [.query, .key, .value, .output]
  private static let mlp: [WeightRole] = [.gate, .up, .down]

  /// Weights by themselves, and with data, block after block.
  private static let criteria = ["{ by magnitude", "on windows { by wanda"]

  /// Prunes 30 % by each criterion, and looks at what was saved.
  private func pruned(
    group: String,
    rounding: String,
    _ look: (LanguageModel, [Int: Int], String) throws -> Void
  ) throws {
    let counts = try #require(Self.counts[rounding])
    for criterion in Self.criteria {
      try Fixture.withFolder { folder in
        let recipe = """
          prune weight \(criterion), remove 30%, group = \(group), rounding = \(rounding) }
          save "OUT"
          """
        let report = try TinyRun(recipe, in: folder).report()
        #expect(report.failures.isEmpty)
        let model = try LanguageModel(opening: "\(folder)/out")
        #expect(try model.maskedProjections().count == 28)
        try look(model, counts, "\(criterion), \(group), \(rounding)")
      }
    }
  }

  /// How many weights are zero in each row, or in each column, of a matrix.
  private func zeros(_ id: WeightID, of model: LanguageModel, along dimension: Int) throws -> [Int]
  {
    let weight = try model.weights.stored(id)
    let mask = try #require(try model.weights.mask(id))
    // Masks say what is zero, and nothing else is.
    #expect(try (weight .== 0).hasSameBytes(as: .!mask), "\(id)")
    return try (weight .== 0).sum([dimension], dtype: .int64).integers()
  }

  /// How many weights are zero in some projections of a block.
  private func zeros(_ roles: [WeightRole], _ block: Int, of model: LanguageModel) throws -> Int {
    try roles.reduce(0) { count, role in
      count + (try zeros(WeightID(role, block: block), of: model, along: 1).reduce(0, +))
    }
  }

  @Test(arguments: roundings) func eachRowLosesAsMany(rounding: String) throws {
    try pruned(group: "row", rounding: rounding) { model, counts, what in
      for id in model.projections {
        let inputs = id.role == .output ? 48 : id.role == .down ? 56 : 32
        let found = try zeros(id, of: model, along: 1)
        #expect(found.allSatisfy { $0 == counts[inputs] }, "\(what), \(id)")
      }
    }
  }

  @Test(arguments: roundings) func eachColumnLosesAsMany(rounding: String) throws {
    let rows: [WeightRole: Int] = [
      .query: 48, .key: 24, .value: 24, .output: 32, .gate: 56, .up: 56, .down: 32,
    ]
    try pruned(group: "column", rounding: rounding) { model, counts, what in
      for id in model.projections {
        let outputs = try #require(rows[id.role])
        let found = try zeros(id, of: model, along: 0)
        #expect(found.allSatisfy { $0 == counts[outputs] }, "\(what), \(id)")
      }
    }
  }

  @Test(arguments: roundings) func eachModuleLosesAsMany(rounding: String) throws {
    try pruned(group: "module", rounding: rounding) { model, counts, what in
      var own: Set<Int> = []
      for block in 0..<4 {
        let attention = try zeros(Self.attention, block, of: model)
        #expect(attention == counts[4608], "\(what), attention of block \(block)")
        let mlp = try zeros(Self.mlp, block, of: model)
        #expect(mlp == counts[5376], "\(what), MLP of block \(block)")
        own.insert(try zeros([.query], block, of: model))
      }
      // The matrices of a module are compared with each other, so each loses another number.
      #expect(own.count > 1, "\(what)")
    }
  }

  @Test(arguments: roundings) func eachBlockLosesAsMany(rounding: String) throws {
    try pruned(group: "block", rounding: rounding) { model, counts, what in
      var attention: Set<Int> = []
      for block in 0..<4 {
        let found = try zeros(Self.attention + Self.mlp, block, of: model)
        #expect(found == counts[9984], "\(what), block \(block)")
        attention.insert(try zeros(Self.attention, block, of: model))
      }
      #expect(attention.count > 1, "\(what)")
    }
  }
}
