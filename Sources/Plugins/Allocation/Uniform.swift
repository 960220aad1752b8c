import BillhookCore

/// The same share of its units from every block.
struct Uniform: ProportionalAllocation {
  static let name = "uniform"
  static let summary = "The same share from every block, so that all blocks stay alike."

  static let reference: Reference? = Reference(
    formula: """
      share of block b = share of all blocks

      share: of the units of a kind, those that go
      """,
    papers: [.wanda]
  )

  /// All blocks have the same share.
  func shares(ofBlocks count: Int, _ statistics: Statistics) -> [Double] {
    Array(repeating: 1, count: count)
  }
}
