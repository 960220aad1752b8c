import BillhookFiles
import BillhookTorch

extension Decoder {
  /// The hidden states after a block, as `run` gives them, computed piece by piece.
  ///
  /// What does not depend on other tokens is computed for some tokens at a time, attention for some
  /// queries and some heads at a time.
  func runInPieces(
    _ block: BlockShape,
    _ hidden: Tensor,
    _ weights: LentWeights,
    _ tables: AttentionTables?,
    cache: KeyValueCache?,
    closed: ClosedParts,
    between: @escaping BetweenPieces,
    observe: ((DecoderSite, Tensor) throws -> Void)?
  ) throws -> Tensor {
    let columns = hidden.shape[1]
    let pieces = sizes.pieces(of: columns)
    let attention = closed.attention ? nil : block.attention
    let course = PieceCourse(
      block,
      hidden: hidden.shape[2],
      columns: columns,
      attends: attention != nil
    )
    var seen: [DecoderSite: [Tensor]] = [:]
    func see(_ site: DecoderSite, _ tensor: Tensor) {
      if observe != nil { seen[site, default: []].append(tensor) }
    }
    /// Calls `between` after a piece, and at the same point of the backward pass.
    func pass(_ tensor: Tensor, entered: Int, left: Int) throws {
      let share = course.share(entered: entered, left: left)
      try between(share)
      if tensor.requiresGradient { try tensor.onGradient { try between(share) } }
    }
    var queries: [Tensor] = []
    var all: (keys: Tensor, values: Tensor)?
    let fault = try Tensor.zeros([], dtype: hidden.dtype, device: hidden.device)
    if let attention, let tables {
      var keys: [Tensor] = []
      var values: [Tensor] = []
      for (number, piece) in pieces.enumerated() {
        let input = try normalised(
          hidden.narrowed(1, to: piece),
          weights.require(.attentionNorm)
        )
        see(.input(.query), input)
        let rotation = try tables.rotation.narrowed(to: piece)
        let found = try projected(attention, input, weights.piece(number), rotation)
        queries.append(found.queries)
        keys.append(found.keys)
        values.append(found.values)
        try fault.add(found.fault)
        try pass(found.queries, entered: piece.upperBound, left: 0)
      }
      let joined = (try Tensor.joined(keys, along: 2), try Tensor.joined(values, along: 2))
      all = try cache?.extend(block: block.sourceIndex, keys: joined.0, values: joined.1) ?? joined
    }
    var leaving: [Tensor] = []
    for (number, piece) in pieces.enumerated() {
      var states = try hidden.narrowed(1, to: piece)
      if let attention, let all {
        let mixed = try mixedApart(
          attention,
          queries[number],
          all.keys,
          all.values,
          piece,
          texts: tables?.texts ?? []
        ) {
          try pass($0, entered: columns, left: $1)
        }
        let output = try attended(attention, mixed, closed, fault, like: states)
        see(.input(.output), output)
        let added = try projectedBack(output, weights.piece(number))
        see(.added(.output), added)
        states = try states + added
      }
      see(.afterAttention, states)
      let left = try throughMLP(block, states, weights.piece(number), closed) { see($0, $1) }
      leaving.append(left)
      try pass(left, entered: columns, left: piece.upperBound)
    }
    for site in DecoderSite.inOrder {
      if let parts = seen[site] { try observe?(site, Tensor.joined(parts, along: 1)) }
    }
    return try Tensor.joined(leaving, along: 1)
  }

  /// The values that some queries see in their own texts, weighted: `[batch, heads, queries, head]`.
  private func mixedApart(
    _ shape: AttentionShape,
    _ queries: Tensor,
    _ keys: Tensor,
    _ values: Tensor,
    _ columns: Range<Int>,
    texts: [[Range<Int>]],
    pass: (Tensor, _ column: Int) throws -> Void
  ) throws -> Tensor {
    guard !texts.isEmpty else {
      return try mixedInPieces(shape, queries, keys, values, columns, pass: pass)
    }
    let rows = try texts.enumerated().map { row, texts in
      let own = row..<row + 1
      let parts = try texts.map { $0.clamped(to: columns) }.enumerated().filter { !$1.isEmpty }
        .map { number, part in
          let start = columns.lowerBound
          return try mixedInPieces(
            shape,
            queries.narrowed(0, to: own)
              .narrowed(2, to: part.lowerBound - start..<part.upperBound - start),
            keys.narrowed(0, to: own),
            values.narrowed(0, to: own),
            part,
            from: texts[number].lowerBound,
            pass: pass
          )
        }
      return try Tensor.joined(parts, along: 2)
    }
    return try Tensor.joined(rows, along: 0)
  }

  /// The values that some queries see, weighted: `[batch, heads, queries, head]`.
  ///
  /// - Parameters:
  ///   - shape: The attention.
  ///   - queries: The queries, `[batch, heads, queries, head]`.
  ///   - keys: The keys of all columns.
  ///   - values: The values of all columns.
  ///   - columns: The columns of the queries.
  ///   - beginning: The first column of their text.
  ///   - pass: Called after each piece, with its result and the columns that are done.
  /// - Returns: The values.
  /// - Throws: What `pass` throws.
  private func mixedInPieces(
    _ shape: AttentionShape,
    _ queries: Tensor,
    _ keys: Tensor,
    _ values: Tensor,
    _ columns: Range<Int>,
    from beginning: Int = 0,
    pass: (Tensor, _ column: Int) throws -> Void
  ) throws -> Tensor {
    let window = shape.window ?? keys.shape[2]
    let perGroup = shape.queryHeads / shape.keyValueHeads
    var done: [Tensor] = []
    var start = columns.lowerBound
    while start < columns.upperBound {
      let first = max(beginning, start - window + 1)
      let most = max(1, sizes.scores / (columns.upperBound - first))
      let count = min(columns.upperBound - start, most)
      let rows = start..<start + count
      let seen = first..<rows.upperBound
      let mask = try AttentionTables.mask(of: rows, over: seen, window)
        .to(keys.dtype, device: keys.device)
      let products = 2 * count * seen.count * shape.headSize * perGroup * keys.shape[0]
      let groups = max(1, min(shape.keyValueHeads, sizes.products / max(1, products)))
      let own = rows.lowerBound - columns.lowerBound..<rows.upperBound - columns.lowerBound
      var heads: [Tensor] = []
      for group in stride(from: 0, to: shape.keyValueHeads, by: groups) {
        let part = group..<min(group + groups, shape.keyValueHeads)
        let mixed = try mixed(
          shape.narrowed(toGroups: part.count),
          queries.narrowed(1, to: part.lowerBound * perGroup..<part.upperBound * perGroup)
            .narrowed(2, to: own).to(keys.dtype),
          keys.narrowed(1, to: part).narrowed(2, to: seen),
          values.narrowed(1, to: part).narrowed(2, to: seen),
          .masked(mask)
        )
        heads.append(mixed)
        try pass(mixed, start)
      }
      done.append(try Tensor.joined(heads, along: 1))
      start = rows.upperBound
    }
    return try Tensor.joined(done, along: 2)
  }
}

extension AttentionShape {
  /// The same attention with fewer KV groups.
  fileprivate func narrowed(toGroups count: Int) -> AttentionShape {
    var shape = self
    shape.queryHeads = queryHeads / keyValueHeads * count
    shape.keyValueHeads = count
    return shape
  }
}
