import BillhookCore

extension ProjectionCut {
  /// What stays of some columns, however many of them are chosen together.
  ///
  /// - Parameters:
  ///   - columns: A range that begins and ends as `step` says; all before it are settled.
  ///   - current: Those columns as they stand, transposed: `[columns, out]`.
  /// - Returns: The mask, transposed: `[columns, out]` in bool.
  /// - Throws: What `kept` throws.
  func stays(in columns: Range<Int>, of current: Tensor) throws -> Tensor {
    let masks = try stride(from: 0, to: columns.count, by: step ?? columns.count).map { start in
      let part = start..<min(start + (step ?? columns.count), columns.count)
      let range = columns.lowerBound + part.lowerBound..<columns.lowerBound + part.upperBound
      let own = try current.narrowed(0, to: part).transposed(0, 1)
      return try kept(range, of: own, settled: columns.lowerBound).transposed(0, 1)
    }
    return try Tensor.joined(masks, along: 0).contiguous()
  }
}
